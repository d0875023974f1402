"""The two processes of one machine: started, watched, restarted, stopped together."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import structlog

from desk.config import ROOT, Settings
from desk.launcher.model import BOT_PYTHON, NOT_FOR_RASA, rasa_environment
from desk.launcher.parent import WATCH

log = structlog.get_logger()
STOP_SECONDS = 8.0
RESTARTS = 12
RESTART_WINDOW_SECONDS = 180.0
"""A process that ends more often than this in this time will not come right by itself."""


class Child:
    """One process of the service."""

    def __init__(
        self, name: str, command: list[str], environment: dict[str, str], data: Path
    ) -> None:
        self.name = name
        self.log_path = data / "log" / f"{name}.log"
        self._command = command
        self._environment = {**environment, WATCH: "1"}
        self._pid_path = data / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._starts: deque[float] = deque(maxlen=RESTARTS)

    def start(self) -> None:
        """Start the process; its output goes to its log file.

        It runs in a session of its own, so that Ctrl-C reaches only the launcher, which
        then stops everything in order. Its standard input stays open as long as the
        launcher lives: a child ends when that closes.
        """
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self._starts.append(time.monotonic())
        with self.log_path.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 (our own command)
                self._command,
                cwd=ROOT,
                env=self._environment,
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
        if len(recent) >= RESTARTS:
            return False
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
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._pid_path.unlink(missing_ok=True)

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
        settings.data,
    )


def rasa_child(settings: Settings, model: Path) -> Child:
    """Rasa: understanding and dialogue, on loopback."""
    tracker = f"sqlite:///{(settings.data / 'rasa.db').resolve()}"
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::", "localhost"} else settings.host  # noqa: S104
    address = f"http://{host}:{settings.port}/internal/actions"
    environment = {
        **ONE_THREAD,
        **rasa_environment(),
        **_variables(settings),
        "JINJIBU_ACTION_URL": address,
        "JINJIBU_TRACKER_URL": os.environ.get("JINJIBU_TRACKER_URL", tracker),
    }
    environment = {k: v for k, v in environment.items() if k not in NOT_FOR_RASA}
    command = [str(BOT_PYTHON), "-m", "bot.serve", "--model", str(model)]
    return Child("rasa", [*command, "--port", str(settings.rasa_port)], environment, settings.data)


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
