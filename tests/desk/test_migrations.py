"""The migrations make the tables that the code uses, and refuse a newer database."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from desk.config import Settings
from desk.db import Base, Database
from desk.migrate import DatabaseIsNewerError, migrate


@pytest.fixture
async def empty(empty_database_url: str):
    settings = Settings(_env_file=None, database_url=empty_database_url)
    database = Database(settings.resolved_database_url)
    yield database
    await database.close()


class TestMigrate:
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
