"""The worker's leases: renewed while a handler runs, given up when they are lost."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from desk.db import Database, now
from desk.jobs import service as jobs
from desk.jobs.models import Job, JobState
from desk.jobs.worker import Worker

SHORT = timedelta(seconds=3)
SECONDS = 30


async def queue(database: Database, **options: object) -> None:
    async with database.write() as tx:
        await jobs.enqueue(tx, "work", {}, **options)  # type: ignore[arg-type]


async def the_job(database: Database) -> Job:
    async with database.read() as tx:
        return (await tx.scalars(select(Job))).one()


def outage() -> OperationalError:
    """What the driver raises when the server does not answer."""
    return OperationalError("SELECT 1", {}, Exception("server closed the connection"))


class TestLease:
    async def test_long_job_keeps_its_lease_and_runs_once(self, database: Database):
        runs, begun, may_end = [], asyncio.Event(), asyncio.Event()

        async def long(job: Job) -> None:
            runs.append(job.id)
            begun.set()
            await may_end.wait()

        workers = [Worker(database, {"work": long}, lease=SHORT) for _ in range(2)]
        for worker in workers:
            worker.start()
        await queue(database)
        workers[0].wake()
        await asyncio.wait_for(begun.wait(), SECONDS)
        first = (await the_job(database)).lease_until
        async with asyncio.timeout(SECONDS):
            while (await the_job(database)).lease_until == first:
                workers[1].wake()
        may_end.set()
        for worker in workers:
            await worker.stop()

        assert len(runs) == 1
        assert (await the_job(database)).state == JobState.DONE

    async def test_lease_that_was_over_before_the_work_began_is_not_used(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ):
        runs = []
        real = jobs.lease

        async def slow(*args: object, **options: object) -> object:
            leased = await real(*args, **options)  # type: ignore[arg-type]
            # The answer is long on its way; meanwhile another worker may begin.
            await asyncio.sleep(0.2)
            return leased

        async def work(job: Job) -> None:
            runs.append(job.id)

        await queue(database)
        monkeypatch.setattr(jobs, "lease", slow)
        worker = Worker(database, {"work": work}, lease=timedelta(seconds=0.1))

        leased = await worker._lease(1)
        await worker._run(*leased[0])

        assert runs == []
        assert (await the_job(database)).state == JobState.RUNNING

    async def test_handler_whose_job_was_taken_over_is_broken_off(self, database: Database):
        begun, ended = asyncio.Event(), asyncio.Event()

        async def long(job: Job) -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        worker = Worker(database, {"work": long}, lease=SHORT)
        worker.start()
        await queue(database)
        worker.wake()
        await asyncio.wait_for(begun.wait(), SECONDS)

        async with database.write() as tx:
            await tx.execute(
                update(Job).values(lease_owner="other", lease_until=now() + timedelta(hours=1))
            )

        await asyncio.wait_for(ended.wait(), SECONDS)
        await worker.stop()
        job = await the_job(database)
        assert (job.state, job.lease_owner) == (JobState.RUNNING, "other")


class TestOutage:
    async def test_job_broken_off_by_the_database_has_not_used_up_a_try(self, database: Database):
        runs = []

        async def breaks_once(job: Job) -> None:
            runs.append(job.attempts)
            if len(runs) == 1:
                raise outage()

        await queue(database, max_attempts=1)

        assert await Worker(database, {"work": breaks_once}).run_due() == 2
        assert runs == [1, 1]
        assert (await the_job(database)).state == JobState.DONE

    async def test_outcome_is_written_when_the_database_is_back(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ):
        tries = []
        real = jobs.finish

        async def finish(tx: object, job: Job) -> None:
            tries.append(1)
            if len(tries) == 1:
                raise outage()
            await real(tx, job)  # type: ignore[arg-type]

        monkeypatch.setattr(jobs, "finish", finish)
        monkeypatch.setattr("desk.jobs.worker.OUTCOME_PAUSE_SECONDS", 0)

        async def work(job: Job) -> None:
            pass

        await queue(database)
        await Worker(database, {"work": work}).run_due()

        assert (await the_job(database)).state == JobState.DONE


class TestBurial:
    async def test_what_follows_from_a_dead_job_is_done_before_it_is_marked(
        self, database: Database
    ):
        """A worker that is killed in between must not leave the rest undone."""
        seen = []

        async def fails(job: Job) -> None:
            raise ValueError

        async def on_dead(job: Job) -> None:
            seen.append((await the_job(database)).state)

        await queue(database, max_attempts=1)
        await Worker(database, {"work": fails}, on_dead=on_dead).run_due()

        assert seen == [JobState.RUNNING]
        assert (await the_job(database)).state == JobState.DEAD

    async def test_job_stays_leased_when_that_fails_and_it_is_done_again(self, database: Database):
        calls = []

        async def fails(job: Job) -> None:
            raise ValueError

        async def on_dead(job: Job) -> None:
            calls.append(1)
            if len(calls) == 1:
                raise RuntimeError

        worker = Worker(database, {"work": fails}, on_dead=on_dead)
        await queue(database, max_attempts=1)
        await worker.run_due()
        assert (await the_job(database)).state == JobState.RUNNING

        async with database.write() as tx:
            await tx.execute(update(Job).values(lease_until=now() - timedelta(seconds=1)))
        await worker.run_due()

        assert (await the_job(database)).state == JobState.DEAD
        assert len(calls) == 2
