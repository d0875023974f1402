"""SQL of the keys and of the sealed values as they are stored."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    LargeBinary,
    bindparam,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from desk.db import Transaction, now
from desk.jobs.models import Job, JobState
from desk.vault.cipher import VERSION
from desk.vault.models import VaultKey
from desk.vault.tables import SealedTable, unsealed_sql

KEY_ID_LENGTH = 8
UNSEALED = "plain"
"""Stands for a key where values are counted that no key has sealed."""


async def lock_keys(tx: Transaction) -> None:
    """Keep other processes from registering a key until the end of the transaction."""
    if not tx.is_sqlite:  # On SQLite the transaction holds the only write lock.
        await tx.execute(text("LOCK TABLE vault_key IN EXCLUSIVE MODE"))


async def list_keys(tx: Transaction) -> Sequence[VaultKey]:
    """Every key that was ever registered, the oldest first."""
    return (await tx.scalars(select(VaultKey).order_by(VaultKey.created_at, VaultKey.id))).all()


async def add_key(tx: Transaction, key_id: str, proof: str) -> None:
    """Register a key; nothing happens if it is registered."""
    insert = sqlite_insert if tx.is_sqlite else postgresql_insert
    values = {"id": key_id, "proof": proof, "created_at": now()}
    await tx.execute(insert(VaultKey).values(values).on_conflict_do_nothing())


async def retire_key(tx: Transaction, key_id: str) -> None:
    """Note that the key opens nothing any more."""
    await tx.execute(update(VaultKey).where(VaultKey.id == key_id).values(retired_at=now()))


def _is_current(each: SealedTable, name: str, key_id: str) -> Any:
    """SQL condition: the value is empty or made with this key."""
    column = each.raw.c[name]
    prefix = f"{VERSION}:{key_id}:" if name in each.sealed else f"{key_id}."
    if each.is_bytes(name):
        return or_(column.is_(None), _beginning(column, len(prefix)) == prefix.encode())
    return or_(column.is_(None), column.startswith(prefix, autoescape=True))


def _beginning(column: Any, length: int) -> Any:
    """SQL: the first bytes of a column of bytes."""
    return func.substr(column, 1, length, type_=LargeBinary)


async def list_outdated(
    tx: Transaction, each: SealedTable, key_id: str, *, after: UUID | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Rows with a value that another key made, or none; in the order of their ids."""
    outdated = [not_(_is_current(each, name, key_id)) for name in each.columns]
    query = select(each.raw).where(or_(*outdated)).order_by(each.raw.c.id).limit(limit)
    if after is not None:
        query = query.where(each.raw.c.id > after)
    return [dict(row._mapping) for row in await tx.execute(query)]


async def list_rows(
    tx: Transaction, each: SealedTable, *, after: UUID | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Rows as they are stored, in the order of their ids."""
    query = select(each.raw).order_by(each.raw.c.id).limit(limit)
    if after is not None:
        query = query.where(each.raw.c.id > after)
    return [dict(row._mapping) for row in await tx.execute(query)]


async def replace(
    tx: Transaction,
    each: SealedTable,
    changes: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
) -> None:
    """Store other values in rows that still hold the old ones.

    Args:
        tx: A writing transaction.
        each: The table.
        changes: A row as it was read, and its new values by column; for each row.
    """
    if not changes:
        return
    columns = each.raw.c
    same = [columns[name].is_not_distinct_from(bindparam(f"old_{name}")) for name in each.sealed]
    statement = update(each.raw).where(columns.id == bindparam("row_id"), *same)
    statement = statement.values({name: bindparam(f"new_{name}") for name in each.columns})
    await tx.execute(
        statement,
        [
            {
                "row_id": row["id"],
                **{f"old_{name}": row[name] for name in each.sealed},
                **{f"new_{name}": values[name] for name in each.columns},
            }
            for row, values in changes
        ],
    )


async def count_by_key(tx: Transaction, each: SealedTable) -> dict[str, int]:
    """How many values of a table each key has made; `UNSEALED` stands for none."""
    counts: dict[str, int] = {}
    for name in each.columns:
        column = each.raw.c[name]
        key: Any = func.substr(column, 1, KEY_ID_LENGTH)
        if each.is_bytes(name):
            key = _beginning(column, len(VERSION) + 1 + KEY_ID_LENGTH)
        elif name in each.sealed:
            sealed = func.substr(column, len(VERSION) + 2, KEY_ID_LENGTH)
            key = case((column.startswith(f"{VERSION}:"), sealed), else_=UNSEALED)
        query = select(key, func.count()).where(column.is_not(None)).group_by(key)
        for found, count in await tx.execute(query):
            key_id = _key_of(bytes(found)) if each.is_bytes(name) else str(found)
            counts[key_id] = counts.get(key_id, 0) + int(count)
    return counts


def _key_of(beginning: bytes) -> str:
    version, _, key_id = beginning.partition(b":")
    return key_id.decode("ascii", "replace") if version == VERSION.encode() else UNSEALED


async def has_unsealed(tx: Transaction, each: SealedTable) -> bool:
    """Whether a migration left values that are still to be sealed."""
    if not each.texts:
        return False
    unsealed = text(unsealed_sql(each.texts))
    found = select(exists(select(each.raw.c.id).where(unsealed)))
    return bool((await tx.execute(found)).scalar_one())


async def count_jobs(tx: Transaction, kind: str) -> dict[str, int]:
    """How many jobs of a kind are in each state, finished ones left out."""
    query = select(Job.state, func.count()).where(Job.kind == kind, Job.state != JobState.DONE)
    return {str(s): int(n) for s, n in await tx.execute(query.group_by(Job.state))}
