"""The trained model: which inputs it was made of, and training when they changed."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from desk.config import ROOT, Settings
from desk.launcher.errors import SetupError

BOT_PYTHON = ROOT / "bot" / ".venv" / "bin" / "python"
INPUTS = ("config.yml", "domain.yml", "bot/uv.lock")
INPUT_FOLDERS = {"bot/data": "*.yml", "bot/nlu": "*.py", "knowledge/places": "*.yml"}
FINGERPRINT_LENGTH = 12
KEPT_MODELS = 3


def _input_files() -> Iterator[Path]:
    yield from (ROOT / name for name in INPUTS)
    for folder, pattern in INPUT_FOLDERS.items():
        yield from sorted((ROOT / folder).rglob(pattern))


def fingerprint() -> str:
    """Twelve hexadecimal digits that change whenever an input of the training does."""
    digest = hashlib.sha256()
    for path in _input_files():
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:FINGERPRINT_LENGTH]


def model_path(settings: Settings) -> Path:
    """Where the model made of the present inputs lies, or would lie."""
    return settings.models / f"jinjibu-{fingerprint()}.tar.gz"


NOT_FOR_RASA = frozenset(
    {
        "JINJIBU_AUDIT_KEY_FILE",
        "JINJIBU_DATABASE_URL",
        "JINJIBU_KEY_FILE",
        "JINJIBU_NOTIFY_SECRETS",
        "JINJIBU_OIDC_CLIENT_SECRET",
        "JINJIBU_SMTP_PASSWORD",
    }
)
"""What the process with the oldest packages need not know."""


def rasa_environment() -> dict[str, str]:
    """The environment variables under which Rasa runs quietly and sends nothing out."""
    return {
        **{name: value for name, value in os.environ.items() if name not in NOT_FOR_RASA},
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    }


def train_if_needed(settings: Settings, *, may_train: bool = True) -> Path:
    """The current model, trained now if its inputs have changed.

    Args:
        settings: Where models lie.
        may_train: False: refuse instead of training.

    Raises:
        SetupError: The model is out of step and may not be trained, or training failed.
    """
    path = model_path(settings)
    if path.exists():
        return path
    if not may_train:
        raise SetupError(
            "The model and the code are out of step: the training data, the domain or the "
            f"components have changed since the last training (wanted: {path.name}).",
            "Start without --no-train, or bring back the files the model was trained on.",
        )
    settings.models.mkdir(parents=True, exist_ok=True)
    _train(path)
    _forget_old_models(path)
    return path


def run_with_rasa(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run one of our programs in Rasa's environment to its end; gives code and output."""
    return subprocess.run(  # noqa: S603 (our own interpreter and arguments)
        command,
        cwd=ROOT,
        env=rasa_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _train(path: Path) -> None:
    unfinished = path.with_name(f"unfinished-{os.getpid()}-{path.name}")
    name = unfinished.name.removesuffix(".tar.gz")
    command = [str(BOT_PYTHON), "-m", "bot.train", "--out", str(path.parent), "--name", name]
    done = run_with_rasa(command)
    if done.returncode != 0 or not unfinished.exists():
        unfinished.unlink(missing_ok=True)
        last = "\n".join(done.stdout.splitlines()[-25:])
        raise SetupError(
            f"Training the model failed. The last lines of the training:\n{last}",
            "Check what was changed in config.yml, domain.yml or bot/data; './check' shows "
            "every problem in these files.",
        )
    unfinished.replace(path)


def _forget_old_models(current: Path) -> None:
    models = sorted(
        current.parent.glob("jinjibu-*.tar.gz"), key=lambda p: p.stat().st_mtime, reverse=True
    )
    for old in models[KEPT_MODELS:]:
        if old != current:
            old.unlink(missing_ok=True)
