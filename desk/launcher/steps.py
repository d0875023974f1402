"""The steps of a start, each of which does its work or says what to do."""

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from advisor.errors import KnowledgeError
from advisor.knowledge import load_knowledge
from desk.audit.errors import AuditKeyError
from desk.auth.service import AuthService
from desk.chat.sites import SitesError, load_sites
from desk.config import ROOT, Settings
from desk.db import Database
from desk.disk import MEGABYTE, free_bytes
from desk.launcher.errors import SetupError
from desk.line.accounts import AccountsError, load_accounts
from desk.migrate import DatabaseIsNewerError, migrate
from desk.vault.errors import VaultError
from desk.vault.service import open_database, prepare

NEEDED_BYTES = 300 * 1024 * 1024
NEEDED_BYTES_FOR_SETUP = 3 * 1024**3
SECRET_BYTES = 32


def check_ports(settings: Settings) -> None:
    """Refuse to start when a port is taken, before anything else is done."""
    wanted = [
        (settings.host, settings.port, "--port"),
        ("127.0.0.1", settings.rasa_port, "--rasa-port"),
    ]
    for host, port, option in wanted:
        check_port(host, port, option)


def check_port(host: str, port: int, option: str) -> None:
    """Refuse to start when this port is taken; `option` chooses another one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise SetupError(
                f"Port {port} on {host} cannot be used: {exc.strerror}.",
                f"Stop the program that uses it (perhaps this service is running "
                f"already), or choose another port with {option}.",
            ) from exc


def prepare_data(settings: Settings) -> None:
    """Make the data folder, for this user only, and see that the disk has room."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = settings.data / f".write-test-{os.getpid()}"
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
    except OSError as exc:
        raise SetupError(
            f"The data folder {settings.data} cannot be written: {exc.strerror}.",
            "Free some space or give this user the right to write there, or choose another "
            "folder with --data.",
        ) from exc
    check_disk(settings.data, NEEDED_BYTES)


def check_disk(folder: Path, needed: int) -> None:
    """Refuse to go on when the disk of `folder` has less than `needed` bytes."""
    free = free_bytes(folder)
    if free < needed:
        raise SetupError(
            f"The disk is (nearly) full: {free // MEGABYTE} MB are free in {folder}, "
            f"{needed // MEGABYTE} MB are needed.",
            "Free some space, or choose a data folder on another disk with --data.",
        )


def check_knowledge(settings: Settings) -> None:
    """Refuse to start with broken content, sites or LINE accounts; every problem is listed."""
    try:
        knowledge = load_knowledge(settings.knowledge)
    except KnowledgeError as exc:
        lines = "\n".join(str(problem) for problem in exc.problems)
        raise SetupError(
            f"The content in {settings.knowledge} has problems:\n{lines}",
            "Mend the files named above and check them with "
            "'.venv/bin/python -m advisor validate knowledge/'.",
        ) from exc
    try:
        sites = load_sites(settings.sites_file, knowledge.hubs)
    except SitesError as exc:
        raise SetupError(
            f"The table of sites has problems:\n{exc}",
            "Mend the file that JINJIBU_SITES_FILE names; README.md shows one that works.",
        ) from exc
    try:
        load_accounts(settings.line_file, sites)
    except AccountsError as exc:
        raise SetupError(
            f"The table of LINE accounts has problems:\n{exc}",
            "Mend the file that JINJIBU_LINE_FILE names; docs/settings.md shows one that works.",
        ) from exc


def sync_rasa_environment() -> None:
    """Install Rasa's locked packages into `bot/.venv`, with Python 3.10.

    Does nothing where the environment matches the lock file already.
    """
    local = ROOT / ".tools" / "bin" / "uv"
    uv = os.environ.get("JINJIBU_UV") or shutil.which("uv") or (local.exists() and str(local))
    if not uv:
        raise SetupError("uv was not found.", "Start with ./run, which installs it.")
    project = ROOT / "bot"
    if not (project / ".venv").exists():
        check_disk(ROOT, NEEDED_BYTES_FOR_SETUP)
    environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    extra = [] if os.environ.get("JINJIBU_DEV") == "1" else ["--no-dev", "--inexact"]
    done = subprocess.run(  # noqa: S603 (our own arguments)
        # Compiled at once: importing Rasa takes a third of the time, also where Python
        # is told not to write bytecode.
        [uv, "sync", "--locked", "--quiet", "--compile-bytecode", "--project", project, *extra],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise _sync_error(done.stderr.strip())


def _sync_error(output: str) -> SetupError:
    last = "\n".join(output.splitlines()[-12:])
    if "No space left" in output:
        return SetupError(
            f"The disk is full while installing Rasa:\n{last}",
            "Free at least 3 GB and start again; what was downloaded is kept.",
        )
    if "interpreter" in output.lower() or "python install" in output.lower():
        return SetupError(
            f"Rasa needs Python 3.10 and none could be found or downloaded:\n{last}",
            "Install Python 3.10 (for example 'pyenv install 3.10' or 'uv python install "
            "3.10' on a machine with internet access) and start again.",
        )
    return SetupError(
        f"Installing Rasa's packages failed:\n{last}",
        "Check the network connection and start again; what was downloaded is kept.",
    )


async def migrate_database(settings: Settings) -> str | None:
    """Bring the database to the newest revision and seal what has to be sealed.

    Raises:
        SetupError: A newer program has used it, it cannot be reached, or its keys, or that
            of the audit log, are missing or wrong.
    """
    database = _open(settings)
    try:
        revision = await migrate(database)
        await prepare(database, settings)
    except VaultError as exc:
        raise SetupError(exc.what, exc.remedy) from exc
    except AuditKeyError as exc:
        raise SetupError(
            exc.detail, "Restore the file from its backup, or give this user the right to use it."
        ) from exc
    except DatabaseIsNewerError as exc:
        raise SetupError(
            str(exc), "Update the program (git pull), then start again. Nothing was changed."
        ) from exc
    except (SQLAlchemyError, OSError) as exc:
        raise SetupError(
            f"The database cannot be opened: {type(exc).__name__}: {exc}",
            "Check JINJIBU_DATABASE_URL and that the database server runs, or that the data "
            "folder can be written.",
        ) from exc
    else:
        return revision
    finally:
        await database.close()


def _open(settings: Settings) -> Database:
    try:
        return open_database(settings)
    except VaultError as exc:
        raise SetupError(exc.what, exc.remedy) from exc


async def first_administrator(settings: Settings) -> tuple[str, str] | None:
    """Login and one-time password of the administrator made now, or None if there is one."""
    database = open_database(settings)
    try:
        return await AuthService(database, settings).ensure_first_admin()
    finally:
        await database.close()


def prepare_database(settings: Settings) -> tuple[str, str] | None:
    """Migrate, and make the first administrator on the first start."""

    async def work() -> tuple[str, str] | None:
        await migrate_database(settings)
        return await first_administrator(settings)

    return asyncio.run(work())


def with_secrets(settings: Settings) -> Settings:
    """The settings with the secrets that the two processes share, random if unset."""
    return settings.model_copy(
        update={
            "rasa_token": settings.rasa_token or secrets.token_urlsafe(SECRET_BYTES),
            "action_secret": settings.action_secret or secrets.token_urlsafe(SECRET_BYTES),
        }
    )
