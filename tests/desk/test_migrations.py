"""The migrations make the tables that the code uses, and refuse a newer database."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text
from sqlalchemy.engine import Connection

from desk.auth.models import StaffSession, StaffUser
from desk.cases.fold import derive_state, stored_state
from desk.cases.models import Case
from desk.cases.repository import list_events
from desk.config import Settings
from desk.db import Base, Database, new_id
from desk.migrate import DatabaseIsNewerError, _config, is_compared, migrate
from desk.vault.service import open_database, prepare


@pytest.fixture
def settings(tmp_path: Path, empty_database_url: str) -> Settings:
    """Settings of a database that nobody has used yet: without tables, without keys."""
    return Settings(_env_file=None, data=tmp_path, database_url=empty_database_url)


@pytest.fixture
async def empty(settings: Settings):
    database = open_database(settings)
    yield database
    await database.close()


def _config_on(connection: Connection) -> Config:
    config = _config()
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(_config_on(connection), revision)


class TestMigrate:
    @pytest.mark.on_database("sqlite")  # the rows are written in SQLite's own words
    async def test_accounts_and_their_sessions_survive_the_upgrade(self, empty: Database):
        async with empty.engine.begin() as connection:
            await connection.run_sync(_upgrade, "0002")
            await connection.execute(
                text(
                    "INSERT INTO staff_user (id, login, display_name, password_hash,"
                    " must_change_password, role, failed_logins, created_at) VALUES"
                    " ('00000000000000000000000000000001', 'hanako', 'H', '', 0, 'admin', 0,"
                    " '2026-11-24 00:00:00')"
                )
            )
            await connection.execute(
                text(
                    "INSERT INTO staff_session (id, user_id, token_hash, csrf_token, created_at,"
                    " last_seen_at, expires_at) VALUES ('00000000000000000000000000000002',"
                    " '00000000000000000000000000000001', 't', 'c', '2026-11-24 00:00:00',"
                    " '2026-11-24 00:00:00', '2026-11-24 00:00:00')"
                )
            )

        await migrate(empty)

        async with empty.read() as tx:
            session = (await tx.scalars(select(StaffSession))).one()
            assert (await tx.get_one(StaffUser, session.user_id)).login == "hanako"
        assert (session.method, session.second_factor) == ("password", "none")

    async def test_migrated_database_has_the_tables_of_the_models(self, empty: Database):
        await migrate(empty)

        async with empty.engine.connect() as connection:
            difference = await connection.run_sync(
                lambda c: compare_metadata(
                    MigrationContext.configure(c, opts={"include_name": is_compared}),
                    Base.metadata,
                )
            )
        assert difference == []

    @pytest.mark.on_database("postgresql")
    async def test_machines_that_start_at_once_wait_for_each_other(self, empty: Database):
        others = [Database(empty.url) for _ in range(3)]

        revisions = await asyncio.gather(*(migrate(each) for each in (empty, *others)))

        assert len(set(revisions)) == 1
        for each in others:
            await each.close()

    async def test_migrating_twice_changes_nothing(self, empty: Database):
        assert await migrate(empty) == await migrate(empty)

    async def test_database_of_a_newer_program_is_refused_and_left_alone(self, empty: Database):
        await migrate(empty)
        async with empty.write() as tx:
            await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))

        with pytest.raises(DatabaseIsNewerError, match="9999"):
            await migrate(empty)


CASE_WORK = "0004"
"""The migration from which on the state of a case is derived from its log."""
OPENED_AT = datetime(2026, 11, 20, 1, tzinfo=UTC)


def _migrate_to_before(connection: Connection, revision: str) -> None:
    """Bring an empty database to the revision before this one."""
    config = _config_on(connection)
    command.upgrade(config, _before(config, revision))


def _take_back(connection: Connection, revision: str) -> None:
    """Bring a migrated database back to the revision before this one."""
    config = _config_on(connection)
    command.downgrade(config, _before(config, revision))


def _before(config: Config, revision: str) -> str:
    return str(ScriptDirectory.from_config(config).get_revision(revision).down_revision)


async def _insert(database: Database, table: str, **values: Any) -> None:
    old = sa.table(table, *(sa.column(name) for name in values))
    async with database.write() as tx:
        await tx.execute(sa.insert(old).values(**values))


async def _insert_old_case(database: Database, events: list[tuple[str, str | None]]) -> None:
    """A case as the program before wrote it, with these kinds of events and states."""
    conversation_id, case_id = new_id().hex, new_id().hex
    moment = {"created_at": str(OPENED_AT), "updated_at": str(OPENED_AT)}
    await _insert(
        database,
        "conversation",
        id=conversation_id,
        token_hash=conversation_id,
        channel="web",
        holder="bot",
        version=0,
        last_seq=0,
        expires_at=str(OPENED_AT),
        **moment,
    )
    changes = [kind for kind, _ in events if kind not in {"opened", "escalated", "noted"}]
    states = ["received", *(state for _, state in events if state)]
    await _insert(
        database,
        "case",
        id=case_id,
        number=case_id[-20:],
        kind="consultation",
        hub_id="tsubame",
        conversation_id=conversation_id,
        handoff_number=1,
        turn_id="t",
        status=states[-1],
        version=1 + len(changes),
        headline="",
        snapshot="{}",
        consent="{}",
        contact="{}",
        promised_on="2026-11-26",
        **moment,
    )
    for seq, (kind, state) in enumerate(events, start=1):
        body = {"to": state} if kind in {"status_changed", "closed", "reopened"} else {}
        await _insert(
            database,
            "case_event",
            id=new_id().hex,
            case_id=case_id,
            seq=seq,
            kind=kind,
            actor="system",
            body=json.dumps(body),
            created_at=str(OPENED_AT + timedelta(hours=seq)),
        )


class TestOldCases:
    @pytest.mark.parametrize(
        "events",
        [
            [("opened", None)],
            [("opened", None), ("escalated", None), ("noted", None)],
            [("opened", None), ("status_changed", "working"), ("status_changed", "waiting")],
            [("opened", None), ("closed", "closed"), ("reopened", "working")],
            [("opened", None), ("status_changed", "snoozed"), ("erased", None)],
        ],
    )
    async def test_their_columns_hold_what_their_log_says(
        self, empty: Database, settings: Settings, events: list[tuple[str, str | None]]
    ):
        async with empty.engine.begin() as connection:
            await connection.run_sync(_migrate_to_before, CASE_WORK)
        await _insert_old_case(empty, events)

        await migrate(empty)
        await prepare(empty, settings)

        async with empty.read() as tx:
            case = (await tx.scalars(select(Case))).one()
            state = derive_state(await list_events(tx, case.id))
        assert state == stored_state(case)
        assert (state.hub_id, state.promised_on) == ("tsubame", date(2026, 11, 26))

    async def test_they_outlive_the_way_back_and_forth(self, empty: Database, settings: Settings):
        """Also on SQLite, which rebuilds no table that others refer to."""
        async with empty.engine.begin() as connection:
            await connection.run_sync(_migrate_to_before, CASE_WORK)
        await _insert_old_case(empty, [("opened", None), ("noted", None)])
        await migrate(empty)
        await prepare(empty, settings)

        async with empty.engine.begin() as connection:
            await connection.run_sync(_take_back, CASE_WORK)
        await migrate(empty)
        await prepare(empty, settings)

        async with empty.engine.connect() as connection:
            difference = await connection.run_sync(
                lambda c: compare_metadata(
                    MigrationContext.configure(c, opts={"include_name": is_compared}),
                    Base.metadata,
                )
            )
        assert difference == []
        async with empty.read() as tx:
            case = (await tx.scalars(select(Case))).one()
            assert len(await list_events(tx, case.id)) == 2
