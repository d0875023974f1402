"""Two ends of each kind of signals, and the server between them."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from desk.signals.ports import Signals
from desk.signals.postgresql import PostgresSignals
from desk.signals.redis import RedisSignals
from tests.servers import OwnServer

SECONDS = 30


@dataclass(kw_only=True)
class Link:
    """A server that carries signals, and what speaks over it."""

    server: OwnServer
    make: Callable[[], Signals]


@dataclass
class Ear:
    """Hears topics and lets a test wait for one."""

    heard: list[str | None] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, topic: str | None) -> None:
        self.heard.append(topic)
        self._news.set()

    async def wait_for(self, topic: str | None) -> None:
        """Wait until a topic has been heard."""
        await self._wait(lambda: topic in self.heard)

    async def wait_for_any(self) -> None:
        """Wait until anything has been heard."""
        await self._wait(lambda: bool(self.heard))

    async def _wait(self, is_there: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not is_there():
                self._news.clear()
                await self._news.wait()

    def forget(self) -> None:
        self.heard.clear()


@pytest.fixture(params=["valkey", "postgresql"])
def link(request: pytest.FixtureRequest) -> Iterator[Link]:
    """Each server that can carry signals."""
    if request.param == "valkey":
        server = request.getfixturevalue("valkey")
        yield Link(server=server, make=lambda: RedisSignals(server.url))
    else:
        server = request.getfixturevalue("own_postgres")
        url = server.url().replace("postgresql:", "postgresql+psycopg:")
        yield Link(server=server, make=lambda: PostgresSignals(url))
    if not server.is_running:
        server.start()


@pytest_asyncio.fixture
async def pair(link: Link) -> AsyncIterator[tuple[Signals, Signals, Ear]]:
    """Two processes' signals, connected, and the ear of the second."""
    first, second, ear, other = link.make(), link.make(), Ear(), Ear()
    first.subscribe(other.hear)
    second.subscribe(ear.hear)
    for each in (first, second):
        await each.start()
    for one in (ear, other):
        await one.wait_for(None)
    ear.forget()
    yield first, second, ear
    for each in (first, second):
        await each.stop()


KILLED = [signal.SIGINT, signal.SIGKILL]
