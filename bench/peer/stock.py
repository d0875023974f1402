"""Trains and serves the stock peer: same sentences, Rasa's usual pipeline, REST channel."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PYTHON = ROOT / "bot" / ".venv" / "bin" / "python"
ACTION = "action_answer"
READY_SECONDS = 240


def write_project(
    folder: Path, sentences: Mapping[str, list[str]], ports: Mapping[str, int]
) -> None:
    """Write the peer's Rasa project."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "config.yml", folder / "config.yml")
    (folder / "actions").mkdir(exist_ok=True)
    (folder / "actions" / "__init__.py").write_text("")
    shutil.copy(HERE / "actions.py", folder / "actions" / "actions.py")
    examples = [
        {"intent": intent, "examples": "".join(f"- {_plain(line)}\n" for line in lines)}
        for intent, lines in sentences.items()
    ]
    stories = [
        {"story": intent, "steps": [{"intent": intent}, {"action": ACTION}]} for intent in sentences
    ]
    domain = {
        "version": "3.1",
        "intents": list(sentences),
        "actions": [ACTION],
        "slots": {
            "said": {
                "type": "text",
                "influence_conversation": False,
                "mappings": [{"type": "custom"}],
            }
        },
    }
    for old in folder.glob("tracker.db*"):
        old.unlink()  # Talks of an earlier run would make this one's longer.
    tracker = {"type": "SQL", "dialect": "sqlite", "db": str(folder / "tracker.db")}
    endpoints = {
        "action_endpoint": {"url": f"http://127.0.0.1:{ports['actions']}/webhook"},
        "tracker_store": tracker,
    }
    (folder / "data").mkdir(exist_ok=True)
    _write(folder / "data" / "nlu.yml", {"version": "3.1", "nlu": examples})
    _write(folder / "data" / "stories.yml", {"version": "3.1", "stories": stories})
    _write(folder / "domain.yml", domain)
    _write(folder / "endpoints.yml", endpoints)
    _write(folder / "credentials.yml", {"rest": None})


def _plain(line: str) -> str:
    """A sentence without the marks that Rasa reads as annotations."""
    return line.translate(str.maketrans("[](){}", "［］（）｛｝"))


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def environment() -> dict[str, str]:
    """Quiet, and sending nothing out."""
    return {
        **os.environ,
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def train(folder: Path) -> float:
    """Train the peer; seconds."""
    began = time.monotonic()
    command = [str(PYTHON), "-m", "rasa", "train", "--fixed-model-name", "peer"]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout.decode() + done.stderr.decode())
    return time.monotonic() - began


class StockPeer:
    """The running peer: Rasa and its action server."""

    def __init__(self, folder: Path, ports: Mapping[str, int]) -> None:
        self.folder, self.ports = folder, ports
        self.base = f"http://127.0.0.1:{ports['rasa']}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.start_seconds = 0.0
        self.client = httpx.Client(base_url=self.base, timeout=30, trust_env=False)

    def __enter__(self) -> StockPeer:
        """Start both and wait until a message is answered."""
        began = time.monotonic()
        rasa = ["rasa", "run", "--enable-api", "-i", "127.0.0.1", "-p", str(self.ports["rasa"])]
        actions = ["rasa_sdk", "--actions", "actions", "-p", str(self.ports["actions"])]
        for arguments in (actions, rasa):
            self.processes.append(
                subprocess.Popen(
                    [str(PYTHON), "-m", *arguments],
                    cwd=self.folder,
                    env=environment(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        while not self.answers():
            if time.monotonic() - began > READY_SECONDS:
                raise SystemExit("the peer did not answer in time")
            time.sleep(0.2)
        self.start_seconds = time.monotonic() - began
        return self

    def __exit__(self, *_: object) -> None:
        """Stop both."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)
        self.client.close()

    def answers(self) -> bool:
        """Whether a message gets an answer."""
        try:
            return bool(self.say("warm-up", "人が足りません"))
        except httpx.HTTPError:
            return False

    def say(self, sender: str, text: str) -> list[Any]:
        """One turn by the REST channel."""
        body = {"sender": sender, "message": text}
        response = self.client.post("/webhooks/rest/webhook", json=body)
        answers: list[Any] = response.json()
        return answers

    def parse(self, text: str) -> str:
        """The intent of a text."""
        response = self.client.post("/model/parse", json={"text": text})
        return str(response.json()["intent"]["name"])
