"""Starts and stops the whole product as ./run does, for tests that need it running."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.talker import Talker

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 240
STOP_SECONDS = 15


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Product:
    """One running product with a data folder of its own."""

    def __init__(self, data: Path, *, today: str | None = None, **settings: str) -> None:
        self.data = data
        self.port, self.rasa_port = free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.output = data / "run.out"
        self.admin: tuple[str, str] | None = None
        data.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("JINJIBU_")},
            **{f"JINJIBU_{name.upper()}": value for name, value in settings.items()},
            "JINJIBU_RASA_TOKEN": "token-of-the-tests",
        }
        for name in ("JINJIBU_UV", "JINJIBU_DEV"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        if today:
            self.environment["JINJIBU_TODAY"] = today
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Product":
        """The product; leaving stops it, also when a test fails."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def start(self, *options: str) -> "Product":
        """Start it and wait until it says that it is ready."""
        command = [sys.executable, "-m", "desk", "up", "--port", str(self.port)]
        command += ["--rasa-port", str(self.rasa_port), "--data", str(self.data), *options]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while "Ready." not in self.printed:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"the product ended or is not ready:\n{self.printed}")
            time.sleep(0.1)
        found = re.search(r"login\s+(\S+)\n\s+password\s+(\S+)", self.printed)
        if found:
            self.admin = (found.group(1), found.group(2))
        return self

    @property
    def printed(self) -> str:
        """What it has printed so far."""
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def pid(self, name: str) -> int:
        """Process id of `desk` or `rasa`."""
        return int((self.data / f"{name}.pid").read_text())

    def kill(self, name: str) -> None:
        """kill -9 one of the two processes."""
        os.kill(self.pid(name), signal.SIGKILL)

    def kill_all(self) -> None:
        """kill -9 the launcher; its children notice and end by themselves."""
        assert self.process is not None
        pids = [self.pid("desk"), self.pid("rasa")]
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not any(is_alive(pid) for pid in pids), STOP_SECONDS)

    def stop(self) -> int:
        """Ask it to stop.

        Returns:
            Its exit code.
        """
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(STOP_SECONDS)

    def wait_ready(self) -> None:
        """Wait until a message would be answered."""

        def ready() -> bool:
            try:
                return httpx.get(f"{self.base}/readyz", trust_env=False).status_code == 200
            except httpx.HTTPError:
                return False

        wait_until(ready, START_SECONDS)

    def jinjibu(self, *arguments: str) -> str:
        """Run the command line on this product's data; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "desk", *arguments],
            cwd=ROOT,
            env={**self.environment, "JINJIBU_DATA": str(self.data)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def wait_until(condition: Any, seconds: float) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


class OwnerClient(Talker):
    """An owner who talks by the public API."""

    def __init__(self, base: str) -> None:
        self.client = httpx.Client(base_url=base, timeout=30, trust_env=False)
        started = self.client.post("/api/chat/conversations", json={"channel": "web"}).json()
        self.id: str = started["conversation_id"]
        self.client.headers["Authorization"] = f"Bearer {started['token']}"
        self.url = f"/api/chat/conversations/{self.id}"
        self.last: list[dict[str, Any]] = started["messages"]
        self.sent = 0

    def __enter__(self) -> "OwnerClient":
        """The owner; leaving closes the connections."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.client.close()

    def send(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Send a message and keep its answers."""
        body = {"client_message_id": str(uuid4()), **body}
        response = self.client.post(f"{self.url}/messages", json=body)
        assert response.status_code in {200, 202}, response.text
        self.sent += 1
        self.last = response.json()["messages"]
        return self.last

    def messages(self) -> list[dict[str, Any]]:
        """The whole conversation."""
        listed: list[dict[str, Any]] = self.client.get(f"{self.url}/messages").json()["messages"]
        return listed
