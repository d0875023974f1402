"""The LINE simulator as a third process, for trying that channel by hand.

It is the fake of LINE that the tests use (`tests/line`), served with a page. Nothing of it is
part of the product; without a checkout it is not there.
"""

import os
import secrets
import sys
from pathlib import Path

import yaml

from advisor.errors import KnowledgeError
from advisor.loading import load_yaml
from desk.config import ROOT, Settings
from desk.launcher.errors import SetupError
from desk.launcher.processes import Child

HOST = "127.0.0.1"
ACCOUNT = "simulator"
FILE = "line-simulator.yml"
SECRET_BYTES = 16
KEPT = ("bot_user_id", "channel_secrets", "access_token")
"""What stays the same from one start to the next."""


def base_url(port: int) -> str:
    """Address of the page, and what stands for https://api.line.me."""
    return f"http://{HOST}:{port}"


def with_accounts(settings: Settings, port: int) -> Settings:
    """The settings with a table of LINE accounts; one is made when the operator named none.

    Raises:
        SetupError: The simulator is not in this installation, or its table cannot be written.
    """
    if not (ROOT / "tests" / "line" / "simulator").is_dir():
        raise SetupError(
            "The LINE simulator is not in this installation.",
            "Start ./run --line-simulator in a checkout of the repository.",
        )
    if settings.line_file is not None:
        return settings
    path = settings.data / FILE
    try:
        _write(path, yaml.safe_dump({"accounts": {ACCOUNT: _entry(path, port)}}, sort_keys=False))
    except OSError as exc:
        raise SetupError(
            f"The simulator's table {path} cannot be written: {exc.strerror}.",
            "Give this user the right to write there, or choose another folder with --data.",
        ) from exc
    return settings.model_copy(update={"line_file": path})


def _entry(path: Path, port: int) -> dict[str, object]:
    """The simulator's account; of one that was made before, the bot's id and secrets stay."""
    try:
        before = load_yaml(path)["accounts"][ACCOUNT]
    except (OSError, KnowledgeError, KeyError, TypeError):
        before = {}
    return {
        "bot_user_id": f"U{secrets.token_hex(SECRET_BYTES)}",
        "channel_secrets": [secrets.token_hex(SECRET_BYTES)],
        "access_token": secrets.token_urlsafe(SECRET_BYTES),
        **{name: value for name, value in before.items() if name in KEPT},
        "api_base": base_url(port),
        "data_base": f"{base_url(port)}/data",
    }


def _write(path: Path, text: str) -> None:
    """Write what only this user may read, as a whole or not at all."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def simulator_child(settings: Settings, port: int, desk: str) -> Child:
    """The simulator, which sends its webhooks to `desk`."""
    command = [sys.executable, "-m", "tests.line.simulator", "--port", str(port)]
    command += ["--desk", desk, "--accounts", str((settings.line_file or Path()).resolve())]
    # It needs no secret of the service but those of its table.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JINJIBU_")}
    return Child("line-simulator", command, environment, settings)
