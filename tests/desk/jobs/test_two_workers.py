"""Two worker processes on one database: nothing lost, nothing at once, order kept."""

import asyncio
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from desk.config import Settings
from desk.db import Database
from desk.jobs import service as jobs
from desk.jobs.models import Job, JobState
from tests.desk.jobs.crew import Crew, pids_alive
from tests.desk.jobs.worker_process import KIND
from tests.desk.migrated import migrate_now
from tests.servers import Databases, PostgresServer

SECONDS = 120
KEYS = 10


@pytest.fixture
def crew(database_url: str, tmp_path: Path) -> Iterator[Crew]:
    crew = Crew(database_url, tmp_path)
    yield crew
    crew.stop()


async def queue(database: Database, count: int, *, seconds: float) -> dict[UUID, str | None]:
    """Queue jobs, most of them with one of a few keys; by id, their keys."""
    queued: dict[UUID, str | None] = {}
    for number in range(count):
        key = None if number % (KEYS + 1) == KEYS else f"key:{number % (KEYS + 1)}"
        async with database.write() as tx:
            job_id = await jobs.enqueue(tx, KIND, {"seconds": seconds}, key=key)
        assert job_id is not None
        queued[job_id] = key
    return queued


async def count_done(database: Database) -> int:
    query = select(func.count()).select_from(Job).where(Job.state == JobState.DONE)
    async with database.read() as tx:
        return int((await tx.execute(query)).scalar_one())


async def all_done(database: Database, count: int) -> None:
    async with asyncio.timeout(SECONDS):
        while await count_done(database) < count:  # noqa: ASYNC110 (another process does them)
            await asyncio.sleep(0.05)


class TestTwoWorkers:
    async def test_each_job_is_done_once_and_both_work(self, crew: Crew, database: Database):
        # A lease that does not run out however slow the machine is.
        crew.start(lease_seconds=120)
        queued = await queue(database, 120, seconds=0.02)

        await all_done(database, len(queued))

        runs = crew.runs()
        assert len(runs) == len(queued)
        assert crew.faults(queued) == []
        assert {run.pid for run in runs} == set(pids_alive(crew))

    async def test_killed_worker_loses_nothing(self, crew: Crew, database: Database):
        crew.start(lease_seconds=2)
        chance = random.Random(20261124)
        queued = await queue(database, 60, seconds=0.05)

        for _ in range(4):
            before = await count_done(database)
            async with asyncio.timeout(SECONDS):
                while await count_done(database) in range(before, min(before + 5, 60)):  # noqa: ASYNC110
                    await asyncio.sleep(chance.uniform(0, 0.1))
            crew.kill_one(chance.randrange(2))
        await all_done(database, len(queued))

        assert crew.faults(queued) == []

    async def test_job_longer_than_its_lease_is_not_run_by_the_other_too(
        self, crew: Crew, database: Database
    ):
        crew.start(lease_seconds=4)
        queued = await queue(database, 2, seconds=1.5 * crew.lease_seconds)

        await all_done(database, len(queued))

        assert len(crew.runs()) == len(queued)
        assert crew.faults(queued) == []


class TestRestart:
    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
    async def test_workers_outlast_a_restart_of_postgresql(
        self, own_postgres: PostgresServer, tmp_path: Path, how: signal.Signals
    ):
        url = Databases(own_postgres).make(migrate_now)
        database = Database(Settings(_env_file=None, database_url=url).resolved_database_url)
        queued = await queue(database, 80, seconds=0.05)
        crew = Crew(url, tmp_path)
        crew.start(lease_seconds=2)

        for done in (15, 40):
            async with asyncio.timeout(SECONDS):
                while await count_done(database) < done:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            await asyncio.to_thread(own_postgres.restart, how)
        await all_done(database, len(queued))
        alive = pids_alive(crew)
        crew.stop()
        await database.close()

        assert len(alive) == 2
        assert crew.faults(queued) == []
        assert "Traceback" not in crew.log
