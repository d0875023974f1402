"""Makes findable what no entry of the newest key stands for: old rows, and after a rotation.

The steps are jobs of the renewal of keys; each does some rows and queues the next in the
same transaction. Done twice they change nothing.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import and_, exists, inspect, select

from desk.db import Transaction, new_id
from desk.jobs import service as jobs
from desk.vault.cipher import Vault
from desk.vault.errors import SealBrokenError
from desk.vault.models import SearchEntry
from desk.vault.searching import SearchableRow, entry_of, put_statement, searchable_classes

log = structlog.get_logger()
RENEW_JOB = "vault.renew"
INDEX = "index"
"""Phase of a renewal in which texts are made findable."""
BATCH = 200


async def queue_step(tx: Transaction, payload: dict[str, Any]) -> None:
    """Queue a step of a renewal; the same step is queued once only."""
    parts = [str(payload.get(part) or "") for part in ("run", "table", "after")]
    if payload.get("phase"):
        parts.insert(1, str(payload["phase"]))
    unique_key = f"{RENEW_JOB}:{':'.join(parts)}"
    await jobs.enqueue(tx, RENEW_JOB, payload, key=RENEW_JOB, unique_key=unique_key)


def first_step(key_id: str, run: str | None = None) -> dict[str, Any]:
    """The first step of making everything findable with this key."""
    table = _name(searchable_classes()[0])
    return {"key": key_id, "run": run or new_id().hex[-8:], "phase": INDEX, "table": table}


async def queue_if_empty(tx: Transaction, key_id: str) -> None:
    """Queue the whole if there are texts and the index has never been filled."""
    if await _any(tx, select(SearchEntry.id)):
        return
    for each in searchable_classes():
        if await _any(tx, select(_id(each)).where(each.is_searched())):
            await queue_step(tx, first_step(key_id, f"first-{key_id}"))
            return


async def _any(tx: Transaction, query: Any) -> bool:
    return bool((await tx.execute(select(exists(query)))).scalar_one())


async def index_step(tx: Transaction, vault: Vault, payload: dict[str, Any]) -> None:
    """Do one step and queue the next."""
    classes = searchable_classes()
    number = [_name(each) for each in classes].index(payload["table"])
    after = UUID(payload["after"]) if payload.get("after") else None
    last = await index_batch(tx, vault, classes[number], after=after)
    if last is not None:
        await queue_step(tx, {**payload, "after": last.hex})
    elif number + 1 < len(classes):
        await queue_step(tx, {**payload, "table": _name(classes[number + 1]), "after": None})
    else:
        log.info("search_index_filled", key_id=vault.current_key_id)


async def index_batch(
    tx: Transaction,
    vault: Vault,
    each: type[SearchableRow],
    *,
    after: UUID | None,
    limit: int = BATCH,
) -> UUID | None:
    """Make the next rows findable that no entry of the newest key stands for.

    The rows are held until the end of the transaction, so that nobody erases them between
    reading and writing. A row that somebody else holds fails the step, which is tried again:
    waiting for it could lock both.

    Returns:
        Id of the last row looked at; None when there was none left.
    """
    row_id = _id(each)
    is_theirs = and_(SearchEntry.source_id == row_id, SearchEntry.key_id == vault.current_key_id)
    query = (
        select(row_id)
        .where(each.is_searched(), ~exists().where(is_theirs))
        .order_by(row_id)
        .limit(limit)
        .with_for_update(nowait=True)
    )
    if after is not None:
        query = query.where(row_id > after)
    ids: Sequence[UUID] = (await tx.scalars(query)).all()
    for row in await _open(tx, each, ids):
        values = entry_of(row, vault)
        if values is not None:
            await tx.execute(put_statement(values, is_sqlite=tx.is_sqlite))
    return ids[-1] if ids else None


async def _open(
    tx: Transaction, each: type[SearchableRow], ids: Sequence[UUID]
) -> Sequence[SearchableRow]:
    """The rows; one that cannot be opened is left out, and found by nobody."""
    try:
        return (await tx.scalars(select(each).where(_id(each).in_(ids)))).all()
    except SealBrokenError:
        found: list[SearchableRow] = []
        for row_id in ids:
            try:
                found += (await tx.scalars(select(each).where(_id(each) == row_id))).all()
            except SealBrokenError as exc:
                # The row is named; a trace would say no more.
                log.error(  # noqa: TRY400
                    "sealed_row_broken", table=_name(each), id=str(row_id), why=exc.what
                )
        return found


def _id(each: type[SearchableRow]) -> Any:
    return inspect(each).attrs["id"].columns[0]


def _name(each: type[SearchableRow]) -> str:
    return str(inspect(each).local_table.name)
