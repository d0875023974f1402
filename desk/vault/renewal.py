"""Seals values anew with the newest key, a few rows at a time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from desk.db import Transaction
from desk.vault import repository
from desk.vault.cipher import Vault
from desk.vault.errors import SealBrokenError
from desk.vault.rows import row_name
from desk.vault.tables import PLAIN, SealedTable
from desk.vault.types import EncryptedJson

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What became of some rows."""

    last: UUID | None
    """Id of the last row looked at; None when there was none left."""
    renewed: int = 0
    """Rows that hold values of the newest key now."""
    broken: tuple[UUID, ...] = ()
    """Rows that could not be opened; they stay as they are."""


async def renew_batch(
    tx: Transaction,
    vault: Vault,
    each: SealedTable,
    *,
    after: UUID | None = None,
    limit: int | None = None,
    may_be_plain: bool = False,
) -> Batch:
    """Seal the next rows with the newest key and hash them with it.

    Args:
        tx: A writing transaction.
        vault: The keys.
        each: The table.
        after: Begin behind this row.
        limit: At most so many rows; as many as the table's fit into memory if None.
        may_be_plain: Also values that a migration found unsealed; else those count as broken.
    """
    key_id = vault.current_key_id
    rows = await repository.list_outdated(tx, each, key_id, after=after, limit=limit or each.batch)
    changes, broken = [], []
    for row in rows:
        try:
            values = _renewed(vault, each, row, may_be_plain=may_be_plain)
        except SealBrokenError as exc:
            # The row is named; a trace would say no more.
            log.error(  # noqa: TRY400
                "sealed_row_broken", table=each.name, id=str(row["id"]), why=exc.what
            )
            broken.append(row["id"])
            continue
        changes.append((row, values))
    # Whoever wrote a row meanwhile has sealed it with the newest key already.
    await repository.replace(tx, each, changes)
    last = rows[-1]["id"] if rows else None
    return Batch(last=last, renewed=len(changes), broken=tuple(broken))


def _renewed(
    vault: Vault, each: SealedTable, row: Mapping[str, Any], *, may_be_plain: bool
) -> dict[str, Any]:
    """The row's values, made with the newest key."""
    here = row_name(row["id"])
    texts = {
        name: _text(vault, each.sealed[name].context, row[name], here, may_be_plain=may_be_plain)
        for name in each.texts
    }
    values: dict[str, Any] = {}
    for name, kind in each.sealed.items():
        if each.is_bytes(name):
            values[name] = _bytes_anew(vault, kind.context, row[name], here)
            continue
        text = texts[name]
        sealed = None if text is None else vault.seal(text, context=kind.context, row=here)
        values[name] = sealed
    for name, lookup in each.hashes.items():
        source: Any = texts[lookup.source]
        if source and isinstance(each.sealed[lookup.source], EncryptedJson):
            source = json.loads(source)
        values[name] = lookup.of(source, vault)
    return values


def _text(
    vault: Vault, context: str, stored: str | None, row: str, *, may_be_plain: bool
) -> str | None:
    if stored is None:
        return None
    if may_be_plain and stored.startswith(PLAIN):
        return stored.removeprefix(PLAIN)
    return vault.open(stored, context=context, row=row)[0]


def _bytes_anew(vault: Vault, context: str, stored: bytes | None, row: str) -> bytes | None:
    if stored is None:
        return None
    value, _ = vault.open_bytes(bytes(stored), context=context, row=row)
    return vault.seal_bytes(value, context=context, row=row)


async def find_broken(
    tx: Transaction, vault: Vault, each: SealedTable, *, after: UUID | None
) -> Batch:
    """Open the next rows and tell which cannot be."""
    rows = await repository.list_rows(tx, each, after=after, limit=each.batch)
    broken = []
    for row in rows:
        try:
            for name, kind in each.sealed.items():
                here = row_name(row["id"])
                if not each.is_bytes(name):
                    _text(vault, kind.context, row[name], here, may_be_plain=False)
                elif row[name] is not None:
                    vault.open_bytes(bytes(row[name]), context=kind.context, row=here)
        except SealBrokenError:
            broken.append(row["id"])
    return Batch(last=rows[-1]["id"] if rows else None, broken=tuple(broken))
