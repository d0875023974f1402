"""The migrations make the tables that the code uses, and refuse a newer database."""

import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.engine import Connection

from desk.auth.models import StaffSession, StaffUser
from desk.config import Settings
from desk.db import Base, Database
from desk.migrate import DatabaseIsNewerError, _config, migrate


@pytest.fixture
async def empty(empty_database_url: str):
    settings = Settings(_env_file=None, database_url=empty_database_url)
    database = Database(settings.resolved_database_url)
    yield database
    await database.close()


def _upgrade(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


class TestMigrate:
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
                lambda c: compare_metadata(MigrationContext.configure(c), Base.metadata)
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
