"""Desk processes that share one database, and what talks with them."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from desk.config import ROOT
from desk.vault.keys import KeyFile
from tests.product import free_port, wait_until

START_SECONDS = 90
SECONDS = 60
PAUSE_SECONDS = 0.2


class Desk:
    """One desk process."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self._log = data / f"desk-{self.port}.log"
        if not (data / "keys.json").exists():
            KeyFile(data / "keys.json").create()
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("JINJIBU_")},
            "OMP_NUM_THREADS": "1",
            "JINJIBU_DATA": str(data),
            "JINJIBU_PORT": str(self.port),
            "JINJIBU_MESSAGES_PER_TEN_SECONDS": "10000",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text(errors="replace")

    def start(self) -> None:
        """Start it; `wait_ready` waits."""
        command = [sys.executable, "-m", "tests.desk.processes.desk_process"]
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=output, stderr=output
            )

    def wait_ready(self, *, degraded: list[str] | None = None) -> None:
        """Wait until it would answer, with its signals connected."""

        def is_ready() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.log[-3000:]
            try:
                answer = httpx.get(f"{self.base}/readyz", trust_env=False)
            except httpx.HTTPError:
                return False
            return answer.status_code == 200 and answer.json()["degraded"] == (degraded or [])

        wait_until(is_ready, START_SECONDS)

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)


class Talk:
    """An owner's conversation, held through any of the desks."""

    def __init__(self, client: httpx.AsyncClient, started: dict[str, Any]) -> None:
        self.client = client
        self.path = f"/api/chat/conversations/{started['conversation_id']}"
        self.headers = {"Authorization": f"Bearer {started['token']}"}

    @classmethod
    async def begin(cls, client: httpx.AsyncClient, desk: Desk) -> "Talk":
        """Begin a conversation at one of the desks."""
        answer = await client.post(f"{desk.base}/api/chat/conversations", json={})
        assert answer.status_code == 201, answer.text
        return cls(client, answer.json())

    async def send(self, desk: Desk, text: str, message_id: str | None = None) -> httpx.Response:
        """Say something at one of the desks."""
        body = {"client_message_id": message_id or str(uuid4()), "text": text}
        url = f"{desk.base}{self.path}/messages"
        return await self.client.post(url, json=body, headers=self.headers)

    async def messages(self, desk: Desk) -> list[dict[str, Any]]:
        """The conversation after the greeting, as one desk lists it."""
        url = f"{desk.base}{self.path}/messages"
        answer = await self.client.get(url, params={"after": 2}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        listed: list[dict[str, Any]] = answer.json()["messages"]
        return listed


class Stream:
    """What an owner's page hears from one desk; it connects again as a page does."""

    def __init__(self, talk: Talk, desk: Desk) -> None:
        self.seqs: list[int] = []
        self.connections = 0
        self._talk, self._desk = talk, desk
        self._news = asyncio.Event()
        self._is_open = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Stream"]:
        """Listen while the block runs."""
        self._is_open = True
        task = asyncio.create_task(self._read())
        try:
            await self._wait(lambda: self.connections > 0)
            yield self
        finally:
            # The HTTP client may turn the cancellation into an error of its own.
            self._is_open = False
            task.cancel()
            await asyncio.wait([task], timeout=SECONDS)
            assert task.done(), "the stream does not end"

    async def wait_for(self, *seqs: int) -> None:
        """Wait until these messages have come."""
        await self._wait(lambda: {*seqs} <= {*self.seqs})

    async def _wait(self, is_there: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not is_there():
                self._news.clear()
                await self._news.wait()

    async def _read(self) -> None:
        while self._is_open:
            try:
                await self._read_once()
            except httpx.HTTPError:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _read_once(self) -> None:
        after = self.seqs[-1] if self.seqs else 2
        url = f"{self._desk.base}{self._talk.path}/events"
        headers = {**self._talk.headers, "Last-Event-ID": str(after)}
        async with self._talk.client.stream("GET", url, headers=headers, timeout=60) as answer:
            if answer.status_code != 200:
                await asyncio.sleep(PAUSE_SECONDS)
                return
            async for line in answer.aiter_lines():
                self._take(line)

    def _take(self, line: str) -> None:
        if line.startswith("event: hello"):
            self.connections += 1
        elif line.startswith("data:") and '"seq"' in line:
            self.seqs.append(json.loads(line.removeprefix("data:"))["seq"])
        self._news.set()
