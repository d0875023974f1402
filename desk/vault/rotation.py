"""A new key for everything: added, taken up row by row, the old one retired at last.

A renewal is a chain of jobs. Each does some rows and queues the next in the same
transaction, so that whatever ends it, it goes on behind the last row that was done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from desk.audit.service import Actor
from desk.db import Base, Database, Transaction, new_id
from desk.jobs.models import Job
from desk.vault import indexing, repository, searching
from desk.vault.errors import KeyInUseError
from desk.vault.renewal import find_broken, renew_batch
from desk.vault.service import note_deed, settle, vault_of
from desk.vault.tables import SealedTable, sealed_tables

log = structlog.get_logger()
RENEW_JOB = indexing.RENEW_JOB


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """A key and how much depends on it."""

    id: str
    created_at: datetime
    retired_at: datetime | None
    is_current: bool
    values: int
    """Sealed values, hashes and entries of the search index that were made with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultState:
    """The keys of a database and how far a renewal has come."""

    keys: Sequence[KeyState]
    unsealed: int
    """Values that no key has sealed."""
    steps: dict[str, int]
    """Unfinished steps of a renewal by state (queued, running, dead)."""

    @property
    def total(self) -> int:
        """All values."""
        return self.unsealed + sum(key.values for key in self.keys)

    @property
    def current(self) -> int:
        """Values that were made with the newest key."""
        return sum(key.values for key in self.keys if key.is_current)


async def rotate(database: Database) -> str:
    """Add a key, which encrypts from now on, and queue the renewal of all that is there.

    Returns:
        The id of the key.

    Raises:
        VaultError: The present keys are missing or wrong.
    """
    await settle(database)
    key = vault_of(database).file.add()
    await settle(database)
    async with database.write() as tx:
        await _queue_first(tx, key.id)
        note_deed(tx, "keys_rotated", key.id, actor=Actor.OPERATOR)
    log.info("key_added", key_id=key.id)
    return key.id


async def renew(database: Database) -> None:
    """Queue the renewal of everything that the newest key has not made."""
    async with database.write() as tx:
        await _queue_first(tx, vault_of(database).current_key_id)


async def _queue_first(tx: Transaction, key_id: str) -> None:
    """Queue the first step of a renewal."""
    first = sealed_tables(Base.metadata)[0]
    await indexing.queue_step(tx, {"key": key_id, "run": new_id().hex[-8:], "table": first.name})


async def renew_step(database: Database, job: Job) -> None:
    """Do one step of a renewal and queue the next; done twice, it changes nothing more.

    A renewal for a key that is no longer the newest ends: the next one does its work.
    """
    vault, payload = vault_of(database), job.payload
    if vault.current_key_id != payload["key"]:
        return
    if payload.get("phase") == indexing.INDEX:
        async with database.write() as tx:
            await indexing.index_step(tx, vault, payload)
        return
    tables = sealed_tables(Base.metadata)
    number = [each.name for each in tables].index(payload["table"])
    after = UUID(payload["after"]) if payload.get("after") else None
    async with database.write() as tx:
        batch = await renew_batch(tx, vault, tables[number], after=after)
        if batch.last is not None:
            await indexing.queue_step(tx, {**payload, "after": batch.last.hex})
        elif number + 1 < len(tables):
            await indexing.queue_step(
                tx, {**payload, "table": tables[number + 1].name, "after": None}
            )
        else:
            log.info("renewal_ended", key_id=vault.current_key_id)
            await indexing.queue_step(tx, indexing.first_step(payload["key"], payload["run"]))


async def retire(database: Database, key_id: str) -> None:
    """Take an old key out of use, in the database and then in the key file.

    Raises:
        KeyInUseError: It encrypts, or something is sealed or hashed with it.
    """
    vault = vault_of(database)
    async with database.write() as tx:
        await repository.lock_keys(tx)
        if key_id not in {key.id for key in await repository.list_keys(tx)}:
            raise KeyInUseError(f"There is no key {key_id}.", "'jinjibu keys status' lists them.")
        if key_id == vault.current_key_id:
            raise KeyInUseError(
                f"Key {key_id} is the newest and encrypts.", "Run 'jinjibu keys rotate' first."
            )
        used = (await _counts(tx)).get(key_id, 0)
        if used:
            raise KeyInUseError(
                f"{used} values are still sealed with key {key_id}.",
                "Wait until 'jinjibu keys status' counts none; 'jinjibu keys renew' goes on.",
            )
        await repository.retire_key(tx, key_id)
        note_deed(tx, "key_retired", key_id, actor=Actor.OPERATOR)
    vault.file.remove(key_id)
    log.info("key_retired", key_id=key_id)


async def _counts(tx: Transaction) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in sealed_tables(Base.metadata):
        for key_id, count in (await repository.count_by_key(tx, each)).items():
            counts[key_id] = counts.get(key_id, 0) + count
    for key_id, count in (await searching.count_by_key(tx)).items():
        counts[key_id] = counts.get(key_id, 0) + count
    return counts


async def state(database: Database) -> VaultState:
    """The keys and how much depends on each; no key is needed to tell."""
    async with database.read() as tx:
        counts = await _counts(tx)
        known = await repository.list_keys(tx)
        steps = await repository.count_jobs(tx, RENEW_JOB)
    current = vault_of(database).current_key_id
    keys = [
        KeyState(
            id=key.id,
            created_at=key.created_at,
            retired_at=key.retired_at,
            is_current=key.id == current,
            values=counts.get(key.id, 0),
        )
        for key in known
    ]
    return VaultState(keys=keys, unsealed=counts.get(repository.UNSEALED, 0), steps=steps)


async def verify(database: Database) -> Sequence[str]:
    """Open every sealed value.

    Returns:
        Rows that cannot be opened, as `table id`.
    """
    broken: list[str] = []
    for each in sealed_tables(Base.metadata):
        broken += [f"{each.name} {row}" for row in await _broken_rows(database, each)]
    return broken


async def _broken_rows(database: Database, each: SealedTable) -> list[UUID]:
    found: list[UUID] = []
    last = None
    while True:
        async with database.read() as tx:
            batch = await find_broken(tx, vault_of(database), each, after=last)
        found += batch.broken
        last = batch.last
        if last is None:
            return found
