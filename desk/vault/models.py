"""The tables of the keys that a database is sealed with, and of what can be searched.

The secrets are not in them.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import DDL, BigInteger, Integer, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, now
from desk.vault.types import GramSet


class VaultKey(Base):
    """A key of the key file, as this database knows it."""

    __tablename__ = "vault_key"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    proof: Mapped[str] = mapped_column(Text)
    """Its own id, sealed with it: tells a wrong key from the right one."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    retired_at: Mapped[datetime | None]
    """Since then it is in no key file and opens nothing."""


class Part(StrEnum):
    """Where a text that can be found stands."""

    TALK = "talk"
    CASE = "case"
    NOTE = "note"


class SearchEntry(Base):
    """The keyed hashes of the pairs of characters of one sealed text (see `desk.vault.searching`).

    Its index differs by database (`INDEXES`): GIN on PostgreSQL, the FTS5 table `search_index`
    and its triggers on SQLite.
    """

    __tablename__ = "search_entry"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    source_id: Mapped[UUID] = mapped_column(unique=True)
    """The row whose text it is; ordered by time."""
    part: Mapped[str] = mapped_column(String(8))
    conversation_id: Mapped[UUID] = mapped_column(index=True)
    case_id: Mapped[UUID | None]
    """The only case that it belongs to; None for all of the conversation."""
    key_id: Mapped[str] = mapped_column(String(16), index=True)
    grams: Mapped[Sequence[int]] = mapped_column(GramSet())


_PUT_IN = "INSERT INTO search_index(rowid, grams) VALUES (new.id, new.grams);"
_TAKE_OUT = (
    "INSERT INTO search_index(search_index, rowid, grams) VALUES ('delete', old.id, old.grams);"
)
INDEXES = {
    "sqlite": (
        """CREATE VIRTUAL TABLE search_index USING fts5(grams, content='search_entry',
           content_rowid='id', tokenize='ascii', detail='none', columnsize=0)""",
        f"""CREATE TRIGGER search_index_added AFTER INSERT ON search_entry
            BEGIN {_PUT_IN} END""",
        f"""CREATE TRIGGER search_index_removed AFTER DELETE ON search_entry
            BEGIN {_TAKE_OUT} END""",
        f"""CREATE TRIGGER search_index_changed AFTER UPDATE ON search_entry
            BEGIN {_TAKE_OUT} {_PUT_IN} END""",
    ),
    "postgresql": ("CREATE INDEX search_index_grams ON search_entry USING gin (grams)",),
}
"""What finds the entries; Alembic does not compare it (`desk.migrate.is_compared`)."""

for _dialect, _statements in INDEXES.items():
    for _statement in _statements:
        event.listen(
            SearchEntry.__table__,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )
event.listen(
    SearchEntry.__table__,
    "before_drop",
    DDL("DROP TABLE IF EXISTS search_index").execute_if(dialect="sqlite"),  # type: ignore[no-untyped-call]
)
