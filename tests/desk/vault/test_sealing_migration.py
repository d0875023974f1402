"""Cases from before the encryption: sealed in batches, and taken back."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Date, DateTime, MetaData, Table, Uuid, func, insert, select, text
from sqlalchemy.engine import Connection

from desk.cases.doubles import list_doubles
from desk.config import Settings
from desk.db import Base, Database, new_id, now
from desk.migrate import _config, migrate
from desk.vault.errors import UnsealedRowsError
from desk.vault.keys import KeyFile
from desk.vault.renewal import renew_batch
from desk.vault.service import check, open_database, prepare, settle, vault_of
from desk.vault.tables import sealed_tables
from tests.desk.vault.conftest import CONTACT, HEADLINE, NOTE, case_service, spellings, stored_bytes

BEFORE = "0002"
CASES = 5
SNAPSHOT = {"situation": {"facts": {"company_name": CONTACT["company_name"]}}}
STORED = """SELECT c.id, c.headline, c.contact, c.snapshot, e.body FROM "case" c
    JOIN case_event e ON e.case_id = c.id ORDER BY c.id"""
CASE_TABLE = next(each for each in sealed_tables(Base.metadata) if each.name == "case")
SECRETS = (*CONTACT.values(), HEADLINE, NOTE)


async def run_alembic(database: Database, work: Callable[[Config], None]) -> None:
    """Run one of Alembic's commands on a database."""

    def run(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        work(config)

    async with database.engine.begin() as connection:
        await connection.run_sync(run)


@pytest.fixture
def settings(tmp_path: Path, empty_database_url: str) -> Settings:
    """Settings without a key file."""
    return Settings(_env_file=None, data=tmp_path, database_url=empty_database_url)


@pytest.fixture
async def old(settings: Settings) -> AsyncIterator[Database]:
    """A database that an older version has left, with cases and notes in plain."""
    database = open_database(settings)
    await run_alembic(database, lambda config: command.upgrade(config, BEFORE))
    async with database.engine.begin() as connection:
        await connection.run_sync(_fill)
    yield database
    await database.close()


def _fill(connection: Connection) -> None:
    tables = MetaData()
    tables.reflect(connection)
    for number in range(CASES):
        conversation, case = new_id(), new_id()
        common = {"created_at": now(), "updated_at": now(), "version": 1}
        _insert(
            connection,
            tables.tables["conversation"],
            **common,
            id=conversation,
            token_hash=str(number),
            channel="web",
            holder="bot",
            last_seq=0,
            expires_at=now(),
        )
        _insert(
            connection,
            tables.tables["case"],
            **common,
            id=case,
            number=f"TSU-2611-{number:04d}",
            kind="consultation",
            hub_id="tsubame",
            conversation_id=conversation,
            handoff_number=1,
            turn_id="t",
            status="received",
            headline=HEADLINE,
            snapshot=SNAPSHOT,
            consent={},
            contact=CONTACT,
            promised_on=date(2026, 11, 24),
        )
        _insert(
            connection,
            tables.tables["case_event"],
            id=new_id(),
            case_id=case,
            seq=1,
            kind="noted",
            actor="staff",
            body={"text": NOTE},
            created_at=now(),
        )


def _insert(connection: Connection, into: Table, **values: Any) -> None:
    """Insert as the older version did (SQLite's tables do not tell all their types)."""
    for name, value in values.items():
        kinds = {UUID: Uuid(), dict: JSON(), date: Date()}
        into.c[name].type = kinds.get(type(value), into.c[name].type)
        if name.endswith("_at"):
            into.c[name].type = DateTime(timezone=True)
    connection.execute(insert(into).values(values))


async def count_plain(database: Database) -> int:
    """Rows of cases that are not sealed yet."""
    raw = CASE_TABLE.raw
    async with database.read() as tx:
        query = select(func.count()).select_from(raw).where(raw.c.contact.startswith("plain:"))
        return int((await tx.execute(query)).scalar_one())


class TestMigrate:
    async def test_everything_is_sealed_and_reads_as_before(
        self, old: Database, settings: Settings
    ):
        await migrate(old)

        assert await prepare(old, settings) == 2 * CASES

        cases = case_service(old)
        listed = await cases.list_cases("tsubame")
        assert [case.contact for case in listed] == [CONTACT] * CASES
        assert {case.headline for case in listed} == {HEADLINE}
        assert listed[0].snapshot == SNAPSHOT
        assert [e.body for e in await cases.list_events(listed[0].id, None)] == [{"text": NOTE}]

    async def test_nothing_plain_is_left_on_the_disk(self, old: Database, settings: Settings):
        before = stored_bytes(settings)
        assert [s for s in SECRETS if not any(form in before for form in spellings(s))] == []

        await migrate(old)
        await prepare(old, settings)

        stored = stored_bytes(settings)
        assert b"TSU-2611-0004" in stored
        assert [s for s in SECRETS if any(form in stored for form in spellings(s))] == []

    async def test_doubles_among_the_old_cases_are_found(self, old: Database, settings: Settings):
        await migrate(old)
        await prepare(old, settings)
        case = (await case_service(old).list_cases("tsubame"))[0]

        async with old.read() as tx:
            assert len(await list_doubles(tx, case.id, "tsubame")) == CASES - 1

    async def test_sealing_that_was_broken_off_goes_on_where_it_stopped(
        self, old: Database, settings: Settings
    ):
        await migrate(old)
        KeyFile(settings.key_path).create()
        database = open_database(settings)
        await settle(database)
        async with database.write() as tx:
            await renew_batch(tx, vault_of(database), CASE_TABLE, limit=2, may_be_plain=True)
        assert await count_plain(database) == CASES - 2
        with pytest.raises(UnsealedRowsError):
            await check(database)

        assert await prepare(database, settings) == 2 * CASES - 2

        await check(database)
        assert await count_plain(database) == 0
        await database.close()

    async def test_sealing_again_changes_nothing(self, old: Database, settings: Settings):
        await migrate(old)
        await prepare(old, settings)
        async with old.read() as tx:
            before = (await tx.execute(select(CASE_TABLE.raw))).all()

        assert await prepare(old, settings) == 0

        async with old.read() as tx:
            assert (await tx.execute(select(CASE_TABLE.raw))).all() == before

    async def test_taking_it_back_opens_everything_again(self, old: Database, settings: Settings):
        async with old.read() as tx:
            before = (await tx.execute(text(STORED))).all()
        await migrate(old)
        await prepare(old, settings)
        scripts = ScriptDirectory.from_config(_config())
        revision = scripts.get_revision("0007").down_revision
        assert isinstance(revision, str)

        await run_alembic(old, lambda config: command.downgrade(config, revision))

        async with old.read() as tx:
            after = (await tx.execute(text(STORED))).all()
        assert after == before
