"""The search index of sealed texts: written wherever a text is written, in its transaction.

A class whose texts can be found derives from `SearchableRow` and says by `searched` what
they are. The hooks below hang on the flush of the object, the one place through which such
texts reach the database; statements that blank many rows call `forget_talk`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import delete, event, func, inspect, select, true
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapper

from desk.db import Base, Transaction
from desk.vault.cipher import Vault
from desk.vault.grams import grams_of
from desk.vault.models import Part, SearchEntry
from desk.vault.rows import SealedRow
from desk.vault.types import get_vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What can be found of one row, and by whom."""

    part: Part
    texts: Sequence[str]
    """Empty ones do not matter."""
    conversation_id: Any
    """Its id, or a query that gives it."""
    case_id: UUID | None = None
    """If it belongs to one case of the conversation only."""


class SearchableRow(SealedRow):
    """Mixin of classes whose sealed texts can be searched."""

    SEARCHED_COLUMNS: ClassVar[frozenset[str]]
    """Columns that `searched` reads."""

    @classmethod
    def is_searched(cls) -> Any:
        """SQL condition: rows that may have something to be found."""
        return true()

    def searched(self) -> Searched | None:
        """What can be found of the row; None for nothing."""
        raise NotImplementedError


def searchable_classes() -> Sequence[type[SearchableRow]]:
    """Every class whose texts can be searched, by the name of its table."""
    found = [m.class_ for m in Base.registry.mappers if issubclass(m.class_, SearchableRow)]
    return sorted(found, key=lambda each: str(inspect(each).local_table.name))


def entry_of(row: SearchableRow, vault: Vault) -> dict[str, Any] | None:
    """The columns of a row's entry; None if there is nothing to be found."""
    found = row.searched()
    if found is None:
        return None
    grams: set[str] = set().union(*(grams_of(text) for text in found.texts))
    if not grams:
        return None
    key_id, hashes = vault.grams(grams)
    return {
        "source_id": row.id,  # type: ignore[attr-defined]
        "part": found.part,
        "conversation_id": found.conversation_id,
        "case_id": found.case_id,
        "key_id": key_id,
        "grams": hashes,
    }


def put_statement(values: dict[str, Any], *, is_sqlite: bool) -> Any:
    """Statement that writes an entry in place of the one that may be there."""
    insert = sqlite_insert if is_sqlite else postgresql_insert
    statement = insert(SearchEntry).values(values)
    changed = {name: statement.excluded[name] for name in values if name != "source_id"}
    return statement.on_conflict_do_update(index_elements=["source_id"], set_=changed)


@event.listens_for(SearchableRow, "after_insert", propagate=True)
def _after_insert(mapper: Mapper[Any], connection: Connection, row: SearchableRow) -> None:
    """Make what was written findable."""
    values = entry_of(row, get_vault(connection.dialect))
    if values is not None:
        connection.execute(_put(connection, values))


@event.listens_for(SearchableRow, "after_update", propagate=True)
def _after_update(mapper: Mapper[Any], connection: Connection, row: SearchableRow) -> None:
    """Let the index say what the row says now."""
    attributes = inspect(row).attrs
    if not any(attributes[name].history.has_changes() for name in row.SEARCHED_COLUMNS):
        return
    values = entry_of(row, get_vault(connection.dialect))
    if values is None:
        connection.execute(_drop(row))
    else:
        connection.execute(_put(connection, values))


@event.listens_for(SearchableRow, "after_delete", propagate=True)
def _after_delete(mapper: Mapper[Any], connection: Connection, row: SearchableRow) -> None:
    """Take what is gone out of the index."""
    connection.execute(_drop(row))


def _put(connection: Connection, values: dict[str, Any]) -> Any:
    return put_statement(values, is_sqlite=connection.dialect.name == "sqlite")


def _drop(row: SearchableRow) -> Any:
    return delete(SearchEntry).where(SearchEntry.source_id == row.id)  # type: ignore[attr-defined]


async def forget_talk(tx: Transaction, conversation_id: UUID) -> None:
    """Take everything that was said in a conversation out of the index."""
    await tx.execute(
        delete(SearchEntry).where(
            SearchEntry.conversation_id == conversation_id, SearchEntry.part == Part.TALK
        )
    )


async def count_by_key(tx: Transaction) -> dict[str, int]:
    """How many entries each key has made."""
    query = select(SearchEntry.key_id, func.count()).group_by(SearchEntry.key_id)
    return {str(key_id): int(count) for key_id, count in await tx.execute(query)}
