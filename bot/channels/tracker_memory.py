"""Remembers the last trackers of this process, so that a turn reads and writes only what is new.

The database stays the truth: a remembered tracker is used only if its row still has the
version that was read or written here, so that several servers can share one database.
"""

import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import List, Optional

from rasa.shared.core.events import Event

MOST_TRACKERS = 128
"""Of about half a megabyte each, at most."""


@dataclass(frozen=True)
class Remembered:
    """A tracker as its row says it."""

    version: float
    events: List[Event]
    texts: List[str]
    """Each event as JSON."""


class TrackerMemory:
    """The trackers that were used last, by conversation."""

    def __init__(self, most: int = MOST_TRACKERS) -> None:
        self._most = most
        self._trackers: OrderedDict[str, Remembered] = OrderedDict()

    def find(self, conversation_id: str) -> Optional[Remembered]:
        """What is remembered of the conversation; its version has to be compared."""
        found = self._trackers.get(conversation_id)
        if found is not None:
            self._trackers.move_to_end(conversation_id)
        return found

    def keep(self, conversation_id: str, version: float, events: List[Event]) -> str:
        """Remember the events of a row of this version.

        Returns:
            The events as a JSON list. Only events that were not remembered are put into
            JSON: an event does not change once its turn is over.
        """
        before = self._trackers.get(conversation_id)
        known = dict(zip(map(id, before.events), before.texts, strict=True)) if before else {}
        texts = [known.get(id(each)) or _as_text(each) for each in events]
        self._trackers[conversation_id] = Remembered(version, events, texts)
        self._trackers.move_to_end(conversation_id)
        while len(self._trackers) > self._most:
            self._trackers.popitem(last=False)
        return f"[{','.join(texts)}]"

    def drop(self, conversation_id: str) -> None:
        """Forget the conversation."""
        self._trackers.pop(conversation_id, None)


def _as_text(event: Event) -> str:
    return json.dumps(event.as_dict(), ensure_ascii=False)
