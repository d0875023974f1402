"""A database and its keys: opened together, compared at each start, sealed at the first."""

import asyncio
import sqlite3
from collections.abc import Sequence

import structlog
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from desk.audit.keys import with_audit
from desk.audit.service import Actor, record
from desk.config import Settings
from desk.db import Base, Database, Transaction
from desk.vault import repository
from desk.vault.cipher import Vault
from desk.vault.errors import SealBrokenError, UnsealedRowsError, WrongKeyError
from desk.vault.indexing import queue_if_empty
from desk.vault.keys import KeyFile
from desk.vault.models import VaultKey
from desk.vault.renewal import renew_batch
from desk.vault.tables import SealedTable, sealed_tables
from desk.vault.types import bind, find_vault, get_vault

log = structlog.get_logger()
PROOF = "vault_key.proof"
FIRST_BATCH = 1000
"""Rows that are sealed in one transaction when nobody is served yet."""
COMPACTED = 8
"""SQLite's `user_version` once the pages that held plain values have been rewritten."""


def open_database(settings: Settings) -> Database:
    """The database of the settings, as every process and command opens it.

    It has its keys, if there is a key file yet, and can write audit entries.

    Raises:
        KeyFileBrokenError: There is one and it cannot be used.
    """
    file = KeyFile(settings.key_path)
    vault = Vault(file) if file.exists() else None
    database = with_audit(Database(settings.resolved_database_url), settings)
    if vault is not None:
        bind(database.engine.dialect, vault)
    return database


def vault_of(database: Database) -> Vault:
    """The keys of a database.

    Raises:
        VaultLockedError: None are bound to it.
    """
    return get_vault(database.engine.dialect)


async def prepare(database: Database, settings: Settings) -> int:
    """Make a migrated database ready: its key file, its keys, everything sealed.

    A key file is made only for a database that knows no key yet.

    Returns:
        How many rows were sealed now.

    Raises:
        KeyFileMissingError: The database knows keys, and their file is not there.
        KeyFileBrokenError: The file cannot be used.
        WrongKeyError: It is that of another database.
    """
    file = KeyFile(settings.key_path)
    if find_vault(database.engine.dialect) is None:
        async with database.read() as tx:
            known = await repository.list_keys(tx)
        if not known:
            file.create()
        bind(database.engine.dialect, Vault(file))
    await settle(database)
    count = await _seal_existing(database)
    async with database.write() as tx:
        await queue_if_empty(tx, vault_of(database).current_key_id)
    if database.is_sqlite:
        await asyncio.to_thread(_compact, database.url)
    return count


async def settle(database: Database) -> None:
    """Compare the key file with the database, and register the keys that are new to it.

    Whoever put it into the file, a new key stands in the audit log from here on.

    Raises:
        VaultLockedError: There is no key file.
        WrongKeyError: It lacks a key, or holds another one under its id.
        AuditKeyError: The audit log cannot be written.
    """
    vault = vault_of(database)
    async with database.write() as tx:
        await repository.lock_keys(tx)
        known = await repository.list_keys(tx)
        _compare(vault, known)
        fresh = set(vault.key_ids) - {key.id for key in known}
        for key_id in sorted(fresh):
            proof = vault.seal(key_id, context=PROOF, row=key_id, key_id=key_id)
            await repository.add_key(tx, key_id, proof)
            note_deed(tx, "key_registered", key_id, actor=Actor.SYSTEM)


def note_deed(tx: Transaction, action: str, key_id: str, *, actor: Actor) -> None:
    """Write down in the audit log what was done with a key."""
    record(tx, action=action, actor=actor, actor_id=None, subject=f"vault_key:{key_id}")


def _compare(vault: Vault, known: Sequence[VaultKey]) -> None:
    for key in known:
        if key.retired_at is not None:
            if key.id == vault.current_key_id:
                raise _wrong(vault, key.id, "was retired, but is the newest in")
            continue
        if key.id not in vault.key_ids:
            raise _wrong(vault, key.id, "is missing in")
        try:
            vault.open(key.proof, context=PROOF, row=key.id)
        except SealBrokenError as exc:
            raise _wrong(vault, key.id, "is another one in") from exc


def _wrong(vault: Vault, key_id: str, how: str) -> WrongKeyError:
    return WrongKeyError(
        f"Key {key_id} of this database {how} the key file {vault.file.path}.",
        "Restore the key file that belongs to this database, or say where it is with "
        "JINJIBU_KEY_FILE. Nothing was changed.",
    )


async def check(database: Database) -> None:
    """Refuse to serve a database whose values cannot be opened, or are not all sealed.

    Raises:
        VaultError: Keys are missing or wrong, or `jinjibu migrate` has not ended.
    """
    await settle(database)
    async with database.read() as tx:
        for each in sealed_tables(Base.metadata):
            if await repository.has_unsealed(tx, each):
                raise UnsealedRowsError(
                    f"Table {each.name} holds values that are not encrypted yet.",
                    "Run 'jinjibu migrate'; it goes on where it stopped.",
                )


async def check_if_reachable(database: Database) -> None:
    """The same at the start of a process, which does not wait for a database that is away.

    Raises:
        VaultError: Keys are missing or wrong, or `jinjibu migrate` has not ended.
    """
    try:
        await check(database)
    except SQLAlchemyError as exc:
        log.warning("keys_not_checked", error=type(exc).__name__)


async def check_keys(settings: Settings) -> None:
    """The same before a process is started.

    Raises:
        VaultError: Keys are missing or wrong, or `jinjibu migrate` has not ended.
    """
    database = open_database(settings)
    try:
        await check_if_reachable(database)
    finally:
        await database.close()


async def _seal_existing(database: Database) -> int:
    """Seal what a migration found plain, each batch in a transaction of its own.

    Whatever ends it, the next start goes on with the rows that are left.
    """
    count = 0
    for each in sealed_tables(Base.metadata):
        async with database.read() as tx:
            if not await repository.has_unsealed(tx, each):
                continue
        count += await _seal_table(database, each)
    if count:
        log.info("existing_rows_sealed", rows=count)
    return count


async def _seal_table(database: Database, each: SealedTable) -> int:
    count, last = 0, None
    while True:
        async with database.write() as tx:
            vault = vault_of(database)
            batch = await renew_batch(
                tx, vault, each, after=last, limit=FIRST_BATCH, may_be_plain=True
            )
        count += batch.renewed
        last = batch.last
        if last is None:
            return count


def _compact(url: str) -> None:
    """Rewrite an SQLite file once, so that no freed page or log holds a plain value."""
    path = make_url(url).database
    if not path or path == ":memory:":
        return
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] >= COMPACTED:
            return
        connection.execute("VACUUM")
        connection.execute(f"PRAGMA user_version = {COMPACTED}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
