"""The two processes of one machine: started, watched, restarted, stopped together."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from desk.config import ROOT, Settings
from desk.launcher.model import BOT_PYTHON, NOT_FOR_RASA, rasa_environment
from desk.launcher.parent import WATCH
from desk.vault.errors import VaultError
from desk.vault.keys import KeyFile
from desk.vault.trackers import tracker_keys, tracker_url

log = structlog.get_logger()
STOP_SECONDS = 8.0
RESTART_WINDOW_SECONDS = 180.0
"""A process that ends too often in this time will not come right by itself."""


class Child:
    """One process of the service."""

    def __init__(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        settings: Settings,
        *,
        secrets: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """A process that is not started yet.

        Args:
            name: Of its log and process id files.
            command: What starts it.
            environment: All of its environment variables but `secrets`.
            settings: Where its files lie.
            secrets: Gives further variables, asked for at each start.
        """
        self.name = name
        self.log_path = settings.data / "log" / f"{name}.log"
        self._command = command
        self._environment = {**environment, WATCH: "1"}
        self._secrets = secrets
        self._pid_path = settings.data / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._starts: deque[float] = deque(maxlen=settings.restarts_per_three_minutes)

    def start(self) -> None:
        """Start the process; its output goes to its log file.

        It runs in a session of its own, so that Ctrl-C reaches only the launcher, which
        then stops everything in order. Its standard input stays open as long as the
        launcher lives: a child ends when that closes.
        """
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        secrets = self._secrets()
        self._starts.append(time.monotonic())
        with self.log_path.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 (our own command)
                self._command,
                cwd=ROOT,
                env={**self._environment, **secrets},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._pid_path.write_text(f"{self._process.pid}\n")

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def restart_if_ended(self) -> bool:
        """Start the process again if it has ended.

        Returns:
            False if it ended too often lately to be started again.
        """
        if self.is_running:
            return True
        code = self._process.returncode if self._process else None
        log.error("process_ended", process=self.name, code=code)
        recent = [s for s in self._starts if time.monotonic() - s < RESTART_WINDOW_SECONDS]
        if len(recent) >= (self._starts.maxlen or 0):
            return False
        self._close_input()
        self.start()
        return True

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._process is not None and self.is_running:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, deadline: float) -> None:
        """Wait for the end; kill what has not ended at `deadline` (monotonic seconds)."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("process_killed", process=self.name)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._close_input()
        self._pid_path.unlink(missing_ok=True)

    def _close_input(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def last_lines(self, count: int = 15) -> str:
        """The end of the process's log, for error messages."""
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-count:])


ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""A message is too small to share out: more threads of numpy only wait for each other."""


def desk_child(settings: Settings) -> Child:
    """Desk: pages, API, jobs, actions."""
    return Child(
        "desk",
        [sys.executable, "-m", "desk", "serve"],
        {**ONE_THREAD, **os.environ, **_variables(settings)},
        settings,
    )


def rasa_child(settings: Settings, model: Path) -> Child:
    """Rasa: understanding and dialogue, on loopback."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::", "localhost"} else settings.host  # noqa: S104
    address = f"http://{host}:{settings.port}/internal/actions"
    environment = {
        **ONE_THREAD,
        **rasa_environment(),
        **_variables(settings),
        "JINJIBU_ACTION_URL": address,
        "JINJIBU_TRACKER_URL": tracker_url(settings),
    }
    environment = {k: v for k, v in environment.items() if k not in NOT_FOR_RASA}
    command = [str(BOT_PYTHON), "-m", "bot.serve", "--model", str(model)]
    command += ["--port", str(settings.rasa_port)]
    secrets = _tracker_secrets(KeyFile(settings.key_path))
    return Child("rasa", command, environment, settings, secrets=secrets)


def _tracker_secrets(file: KeyFile) -> Callable[[], Mapping[str, str]]:
    """Gives the keys of the trackers as they stand; those of before if the file is gone.

    Raises:
        VaultError: The key file cannot be used now.
    """
    known = tracker_keys(file)

    def secrets() -> Mapping[str, str]:
        nonlocal known
        try:
            known = tracker_keys(file)
        except VaultError as exc:
            log.warning("key_file_unreadable", error=type(exc).__name__)
        return {"JINJIBU_TRACKER_KEYS": known}

    return secrets


def _variables(settings: Settings) -> dict[str, str]:
    """The settings as the children's environment variables."""
    given = settings.model_dump(mode="json", exclude={"resolved_database_url"})
    return {
        f"JINJIBU_{name.upper()}": json.dumps(value)
        if isinstance(value, list | dict)
        else str(value)
        for name, value in given.items()
        if value not in (None, "")
    }


def start_all(children: list[Child]) -> None:
    """Start every child."""
    for child in children:
        child.start()


def stop_all(children: list[Child]) -> None:
    """Stop every child, first desk and then Rasa, within ten seconds."""
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.wait(deadline)
