"""Wakes the streams of a conversation when a row has been added. In process."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID


class Fanout:
    """Tells listeners that a conversation has changed; the database says what."""

    def __init__(self) -> None:
        self._listeners: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)

    def publish(self, conversation_id: UUID) -> None:
        """Wake everybody who listens to the conversation."""
        for listener in self._listeners.get(conversation_id, ()):
            listener.set()

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
