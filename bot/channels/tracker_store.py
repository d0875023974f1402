"""Keeps each conversation's tracker as one row, bounded in length.

The dialogue's memory lies in the slots; older events are folded into them, so that a
turn costs the same at the 500th event as at the 10th. The transcript is desk's, not
Rasa's. What is stored is sealed, since owners type names and addresses.
"""

import json
import logging
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
from bot.channels.tracker_seal import TrackerSeal, TrackerSealError

logger = logging.getLogger(__name__)
LONGEST = 80
"""Events after which a tracker is folded."""
KEPT = 40
"""Events that stay, at least, when it is."""
BATCH = 50
"""Trackers that are sealed anew in one transaction."""
COMPACTED = 1
"""SQLite's `user_version` once the pages that held plain trackers have been rewritten."""


class ConversationStore(TrackerStore):
    """Trackers in a table of SQLite or PostgreSQL."""

    def __init__(
        self,
        domain: Domain,
        host: Optional[str] = None,
        event_broker: Optional[EventBroker] = None,
        database: str = "sqlite://",
        keys: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        """Open (and if need be create) the table, and seal what the newest key has not.

        Args:
            domain: The bot's domain; its slots make empty trackers.
            host: Not used; Rasa passes it to every store.
            event_broker: Rasa's, if one is configured.
            database: SQLAlchemy address.
            keys: As `TrackerSeal.from_text` reads them; those of the environment if None.
            **kwargs: Passed on to Rasa's store.

        Raises:
            TrackerKeysError: There are no keys; nothing is stored plain.
        """
        self._seal = TrackerSeal.from_text(keys) if keys else TrackerSeal.from_environment()
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
            sa.Column("key_id", sa.String(16), index=True),
        )
        self._key_in_use = sa.Table(
            "tracker_key", self._table.metadata, sa.Column("key_id", sa.String(16))
        )
        if sqlite:
            sa.event.listen(self._engine, "connect", _set_up_sqlite)
        self._prepare_tables()
        self._renew()
        if sqlite:
            self._compact()
        super().__init__(domain, event_broker, **kwargs)

    def _prepare_tables(self) -> None:
        """Create what is missing, and note which key seals from now on.

        desk retires no key that is noted here or that a tracker needs.
        """
        with self._engine.begin() as connection:
            inspector = sa.inspect(connection)
            if inspector.has_table("tracker") and not _has_keys(inspector):
                connection.execute(sa.text("ALTER TABLE tracker ADD COLUMN key_id VARCHAR(16)"))
                for index in self._table.indexes:
                    index.create(connection)
            self._table.metadata.create_all(connection)
            connection.execute(sa.delete(self._key_in_use))
            connection.execute(sa.insert(self._key_in_use).values(key_id=self._seal.key_id))

    def _renew(self) -> None:
        """Seal with the newest key what is plain or was sealed with an older one.

        What cannot be opened stays as it is; the next turn of that conversation fails.
        """
        key = self._table.c.key_id
        outdated = sa.or_(key.is_(None), key != self._seal.key_id)
        ids, last = self._table.c.conversation_id, ""
        while True:
            query = sa.select(ids).where(outdated, ids > last).order_by(ids).limit(BATCH)
            with self._engine.begin() as connection:
                found = [row[0] for row in connection.execute(query)]
                for conversation_id in found:
                    self._renew_one(connection, conversation_id)
            if not found:
                return
            last = found[-1]

    def _renew_one(self, connection: sa.engine.Connection, conversation_id: str) -> None:
        mine = self._table.c.conversation_id == conversation_id
        stored = connection.execute(sa.select(self._table.c.events).where(mine)).scalar_one()
        try:
            text = self._seal.open(stored, conversation_id, may_be_plain=True)
        except TrackerSealError as exc:
            # The conversation is named; a trace would say no more.
            logger.error("%s", exc)  # noqa: TRY400
            return
        values = {"events": self._seal.seal(text, conversation_id), "key_id": self._seal.key_id}
        connection.execute(sa.update(self._table).where(mine).values(values))

    def _compact(self) -> None:
        """Rewrite an SQLite file once, so that no freed page or log holds a plain tracker."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if connection.exec_driver_sql("PRAGMA user_version").scalar() >= COMPACTED:
                return
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql(f"PRAGMA user_version = {COMPACTED}")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the tracker as it stands, folded if it has grown long."""
        events = _folded(list(tracker.events), self.domain)
        version = time.time()
        text = self._memory.keep(tracker.sender_id, version, events)
        row = {
            "events": self._seal.seal(text, tracker.sender_id),
            "updated_at": version,
            "key_id": self._seal.key_id,
        }
        mine = self._table.c.conversation_id == tracker.sender_id
        with self._engine.begin() as connection:
            changed = connection.execute(sa.update(self._table).where(mine).values(row))
            if changed.rowcount == 0:
                row["conversation_id"] = tracker.sender_id
                connection.execute(sa.insert(self._table).values(row))

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """The conversation's tracker, or None if there is none yet.

        Raises:
            TrackerSealError: It cannot be opened. To begin anew would forget, unsaid, what
                the owner has told.
        """
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
        events = deserialise_events(json.loads(self._seal.open(row.events, sender_id)))
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


def _has_keys(inspector: Any) -> bool:
    """Whether the table of an earlier version knows by which key a tracker is sealed."""
    return "key_id" in {column["name"] for column in inspector.get_columns("tracker")}


def _set_up_sqlite(connection: Any, _: object) -> None:
    """Several readers beside a writer, and nothing left of what was overwritten."""
    for pragma in ("journal_mode=WAL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


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
