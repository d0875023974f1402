"""What signals over a server have in common: batches, reconnection, gaps."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from typing import ClassVar

import structlog

from desk.db import new_id
from desk.signals.ports import Hear

log = structlog.get_logger()
CHANNEL = "jinjibu_signals"
EVERYTHING = "*"
"""Topic that stands for all: more was to be sent than is kept."""
MOST_WAITING = 10_000
TOPICS_A_MESSAGE = 100
"""A message stays under the 8,000 bytes that PostgreSQL takes."""
FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 5.0
STOP_SECONDS = 1.0


class Pause:
    """The growing time between two tries."""

    def __init__(self) -> None:
        self._seconds = FIRST_DELAY_SECONDS

    def reset(self) -> None:
        """Begin with the shortest again."""
        self._seconds = FIRST_DELAY_SECONDS

    async def wait(self) -> None:
        """Wait, longer each time; a little at random, so that processes do not come at once."""
        await asyncio.sleep(self._seconds * random.uniform(0.5, 1.0))  # noqa: S311 (no secret)
        self._seconds = min(LONGEST_DELAY_SECONDS, 2 * self._seconds)


class LinkedSignals(ABC):
    """Signals that a server carries; it may be away, restart, and lose some.

    What is sent while the server is away waits here, each topic once. After a reconnection
    the subscribers are told that they may have missed something.
    """

    is_shared = True
    errors: ClassVar[tuple[type[Exception], ...]]
    """What the server's client raises when the server is away."""

    def __init__(self) -> None:
        self._origin = new_id().hex[-12:]
        self._waiting: dict[str, None] = {}
        self._has_waiting = asyncio.Event()
        self._hearers: list[Hear] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._is_listening = False
        self._is_away_noted = False

    @property
    def is_connected(self) -> bool:
        """See `Signals.is_connected`."""
        return self._is_listening

    def send(self, topic: str) -> None:
        """See `Signals.send`."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting = {EVERYTHING: None}
        self._waiting[topic] = None
        self._has_waiting.set()

    def subscribe(self, hear: Hear) -> None:
        """See `Signals.subscribe`."""
        self._hearers.append(hear)

    async def start(self) -> None:
        """See `Signals.start`."""
        work = {"signals-listen": self._keep_listening, "signals-send": self._keep_sending}
        self._tasks = [asyncio.create_task(each(), name=name) for name, each in work.items()]

    async def stop(self) -> None:
        """See `Signals.stop`."""
        was_connected = self._is_listening
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(TimeoutError, *self.errors):
            if self._waiting and was_connected:
                await asyncio.wait_for(self._flush(), STOP_SECONDS)
        with suppress(*self.errors):
            await self.disconnect()

    @abstractmethod
    def listen(self) -> AsyncIterator[str | None]:
        """Connect and give each message as it comes; None as soon as none will be missed."""

    @abstractmethod
    async def deliver(self, messages: Sequence[str]) -> None:
        """Give the messages to the server."""

    @abstractmethod
    async def disconnect(self) -> None:
        """Give up the connections that `deliver` uses; the next delivery makes new ones."""

    async def _keep_listening(self) -> None:
        pause = Pause()
        while True:
            try:
                async with aclosing(self.listen()) as messages:  # type: ignore[type-var]
                    async for message in messages:
                        if message is None:
                            self._note_connected()
                            pause.reset()
                        self._hear(message)
            except self.errors as exc:
                self._note_away(exc)
            except Exception:
                log.exception("signals_failed")
            finally:
                self._is_listening = False
            await pause.wait()

    def _note_connected(self) -> None:
        log.info("signals_connected")
        self._is_listening, self._is_away_noted = True, False

    def _note_away(self, exc: Exception) -> None:
        """Log once that the server is away, not with each try."""
        if not self._is_away_noted:
            log.warning("signals_away", error=type(exc).__name__)
        self._is_away_noted = True

    def _hear(self, message: str | None) -> None:
        if message is None:
            self._tell(None)
            return
        origin, *topics = message.split()
        if origin == self._origin:
            return
        for topic in topics:
            self._tell(None if topic == EVERYTHING else topic)

    def _tell(self, topic: str | None) -> None:
        for hear in self._hearers:
            hear(topic)

    async def _keep_sending(self) -> None:
        pause = Pause()
        while True:
            await self._has_waiting.wait()
            try:
                await self._flush()
                pause.reset()
            except self.errors:
                with suppress(*self.errors):
                    await self.disconnect()
                await pause.wait()

    async def _flush(self) -> None:
        """Deliver what is waiting; what could not be delivered waits on."""
        topics, self._waiting = self._waiting, {}
        self._has_waiting.clear()
        words = list(topics)
        parts = [words[n : n + TOPICS_A_MESSAGE] for n in range(0, len(words), TOPICS_A_MESSAGE)]
        try:
            await self.deliver([" ".join((self._origin, *part)) for part in parts])
        except BaseException:
            self._waiting = topics | self._waiting
            self._has_waiting.set()
            raise
