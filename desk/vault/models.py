"""The tables of the keys that a database is sealed with, and of what can be searched.

The secrets are not in them.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Integer, String, Text
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

    Its index is made by the migration alone: GIN on PostgreSQL, the FTS5 table `search_index`
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
