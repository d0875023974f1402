"""Wakes the streams of a conversation when a row has been added, in whichever process."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sse_starlette import ServerSentEvent

from desk.outage import is_outage
from desk.signals.ports import LocalSignals, Signals

log = structlog.get_logger()
TOPIC = "conversation:"
LOOK_SECONDS = 2.0
"""How often a stream looks by itself where nothing tells it of other processes."""
CONNECTED_LOOK_SECONDS = 5.0
OUTAGE_PAUSE_SECONDS = 1.0


class Fanout:
    """Tells listeners that a conversation has changed; the database says what.

    Listeners are of this process; the signals carry the word to those of the others.
    """

    def __init__(self, signals: Signals | None = None) -> None:
        self._listeners: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._signals = signals or LocalSignals()
        self._signals.subscribe(self._hear)

    @property
    def look_seconds(self) -> float:
        """After this time without a word a listener looks by itself."""
        is_told = self._signals.is_shared and self._signals.is_connected
        return CONNECTED_LOOK_SECONDS if is_told else LOOK_SECONDS

    def publish(self, conversation_id: UUID) -> None:
        """Wake everybody who listens to the conversation."""
        self._wake(conversation_id)
        self._signals.send(f"{TOPIC}{conversation_id}")

    @contextmanager
    def listen(self, conversation_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set whenever the conversation changes."""
        listener = asyncio.Event()
        self._listeners[conversation_id].add(listener)
        try:
            yield listener
        finally:
            self._listeners[conversation_id].discard(listener)
            if not self._listeners[conversation_id]:
                del self._listeners[conversation_id]

    def _wake(self, conversation_id: UUID) -> None:
        for listener in self._listeners.get(conversation_id, ()):
            listener.set()

    def _hear(self, topic: str | None) -> None:
        if topic is None:
            for conversation_id in self._listeners:
                self._wake(conversation_id)
        elif topic.startswith(TOPIC):
            self._wake(UUID(topic.removeprefix(TOPIC)))


async def outlast_outages(
    begin: Callable[[int], AsyncIterator[ServerSentEvent]], seq: int
) -> AsyncIterator[ServerSentEvent]:
    """A stream that goes on after the last number it gave when the database was away.

    Args:
        begin: Gives the events after a sequence number.
        seq: What the client has.
    """
    while True:
        try:
            async with aclosing(begin(seq)) as events:  # type: ignore[type-var]
                async for event in events:
                    if event.id is not None:
                        seq = int(event.id)
                    yield event
        except SQLAlchemyError as exc:
            if not is_outage(exc):
                raise
            log.warning("stream_waits_for_database", error=type(exc).__name__)
        else:
            return
        await asyncio.sleep(OUTAGE_PAUSE_SECONDS)
