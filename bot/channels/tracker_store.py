"""Keeps each conversation's tracker as one row, bounded in length.

The dialogue's memory lies in the slots; older events are folded into them, so that a
turn costs the same at the 500th event as at the 10th. The transcript is desk's, not
Rasa's.
"""

import json
import time
from typing import Any, Iterable, List, Optional

import sqlalchemy as sa
import sqlalchemy.pool
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.channels.tracker_memory import TrackerMemory

LONGEST = 80
"""Events after which a tracker is folded."""
KEPT = 40
"""Events that stay, at least, when it is."""


class ConversationStore(TrackerStore):
    """Trackers in a table of SQLite or PostgreSQL."""

    def __init__(
        self,
        domain: Domain,
        host: Optional[str] = None,
        event_broker: Optional[EventBroker] = None,
        database: str = "sqlite://",
        **kwargs: Any,
    ) -> None:
        """Open (and if need be create) the table.

        Args:
            domain: The bot's domain; its slots make empty trackers.
            host: Not used; Rasa passes it to every store.
            event_broker: Rasa's, if one is configured.
            database: SQLAlchemy address.
            **kwargs: Passed on to Rasa's store.
        """
        sqlite = database.startswith("sqlite")
        arguments = {"check_same_thread": False, "timeout": 10} if sqlite else {}
        # Connections stay open: SQLite writes its log back whenever the last one closes.
        pool = sa.pool.StaticPool if database == "sqlite://" else sa.pool.QueuePool
        self._engine = sa.create_engine(
            database, connect_args=arguments, future=True, poolclass=pool
        )
        self._memory = TrackerMemory()
        self._table = sa.Table(
            "tracker",
            sa.MetaData(),
            sa.Column("conversation_id", sa.String(64), primary_key=True),
            sa.Column("events", sa.Text, nullable=False),
            sa.Column("updated_at", sa.Float, nullable=False),
        )
        self._table.metadata.create_all(self._engine)
        if sqlite:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        super().__init__(domain, event_broker, **kwargs)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the tracker as it stands, folded if it has grown long."""
        events = _folded(list(tracker.events), self.domain)
        version = time.time()
        text = self._memory.keep(tracker.sender_id, version, events)
        row = {"events": text, "updated_at": version}
        mine = self._table.c.conversation_id == tracker.sender_id
        with self._engine.begin() as connection:
            changed = connection.execute(sa.update(self._table).where(mine).values(row))
            if changed.rowcount == 0:
                row["conversation_id"] = tracker.sender_id
                connection.execute(sa.insert(self._table).values(row))

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """The conversation's tracker, or None if there is none yet."""
        events = self._read(sender_id)
        if events is None:
            return None
        return DialogueStateTracker.from_events(
            sender_id, events, self.domain.slots, domain=self.domain
        )

    def _read(self, sender_id: str) -> Optional[List[Event]]:
        """The events of the row; from memory if it is still the row that was seen last."""
        mine = self._table.c.conversation_id == sender_id
        remembered = self._memory.find(sender_id)
        with self._engine.connect() as connection:
            if remembered is not None:
                version = sa.select(self._table.c.updated_at).where(mine)
                if connection.execute(version).scalar() == remembered.version:
                    return list(remembered.events)
            query = sa.select(self._table.c.updated_at, self._table.c.events).where(mine)
            row = connection.execute(query).first()
        if row is None:
            return None
        events = deserialise_events(json.loads(row.events))
        self._memory.keep(sender_id, row.updated_at, events)
        return list(events)

    async def delete(self, sender_id: str) -> None:
        """Forget the conversation."""
        self._memory.drop(sender_id)
        mine = self._table.c.conversation_id == sender_id
        with self._engine.begin() as connection:
            connection.execute(sa.delete(self._table).where(mine))

    async def keys(self) -> Iterable[str]:
        """Ids of all conversations."""
        with self._engine.connect() as connection:
            return [row[0] for row in connection.execute(sa.select(self._table.c.conversation_id))]


def _folded(events: List[Event], domain: Domain) -> List[Event]:
    """The events, or their last ones behind the slots that the earlier ones made."""
    if len(events) <= LONGEST:
        return events
    cut = len(events) - KEPT
    while cut > 0 and not _starts_turn(events, cut):
        cut -= 1
    if cut == 0:
        return events
    before = DialogueStateTracker.from_events("folded", events[:cut], domain.slots, domain=domain)
    slots = [
        SlotSet(slot.name, slot.value)
        for slot in before.slots.values()
        if slot.value != slot.initial_value
    ]
    return [SessionStarted(), *slots, ActionExecuted(ACTION_LISTEN_NAME), *events[cut:]]


def _starts_turn(events: List[Event], index: int) -> bool:
    """Whether an owner's message stands at `index`, right after the bot listened."""
    previous = events[index - 1]
    listened = isinstance(previous, ActionExecuted) and previous.action_name == ACTION_LISTEN_NAME
    return isinstance(events[index], UserUttered) and listened
