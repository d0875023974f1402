"""A database of an older version gets its counts at once and its search by jobs."""

import pytest
from alembic import command
from sqlalchemy import select
from sqlalchemy.engine import Connection

from desk.cases.counts import count_by_status
from desk.config import Settings
from desk.db import Database
from desk.jobs.models import Job
from desk.vault.models import SearchEntry
from desk.vault.rotation import RENEW_JOB
from desk.vault.service import prepare
from tests.desk.cases.test_counts import set_case
from tests.desk.test_migrations import _before, _config_on
from tests.desk.vault.conftest import open_case
from tests.desk.vault.test_searching import found, worker

pytestmark = pytest.mark.asyncio
REVISION = "0013"


def _go_back(connection: Connection) -> None:
    config = _config_on(connection)
    command.downgrade(config, _before(config, REVISION))


def _go_on(connection: Connection) -> None:
    command.upgrade(_config_on(connection), "head")


class TestUpgrade:
    async def test_cases_that_are_there_are_counted_and_made_findable(
        self, database: Database, settings: Settings
    ) -> None:
        await prepare(database, settings)
        ids = [await open_case(database) for _ in range(3)]
        await set_case(database, ids[0], status="closed")
        async with database.engine.begin() as connection:
            await connection.run_sync(_go_back)
        async with database.engine.begin() as connection:
            await connection.run_sync(_go_on)

        await prepare(database, settings)
        async with database.read() as tx:
            counts = await count_by_status(tx, None)
            before = (await tx.scalars(select(SearchEntry))).all()
            queued = (await tx.scalars(select(Job.id).where(Job.kind == RENEW_JOB))).all()
        await worker(database).run_due()

        assert (counts["received"], counts["closed"]) == (2, 1)
        assert (len(before), len(queued)) == (0, 1)
        assert await found(database, "花子さん") == set(ids)
        await set_case(database, ids[1], status="closed")
        async with database.read() as tx:
            assert (await count_by_status(tx, None))["closed"] == 2
