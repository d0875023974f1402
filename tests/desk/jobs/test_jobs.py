"""The jobs table: enqueued with the data, leased, ordered by key, unique, taken over."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from desk.db import Database, now
from desk.jobs import service as jobs
from desk.jobs.models import Job, JobState
from desk.jobs.worker import Worker


async def states(database: Database) -> list[str]:
    async with database.read() as tx:
        return list(await tx.scalars(select(Job.state).order_by(Job.id)))


async def make_due(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(update(Job).values(run_at=now() - timedelta(seconds=1)))


class TestEnqueue:
    async def test_job_does_not_exist_when_the_transaction_fails(self, database: Database):
        async def fail_after_enqueueing() -> None:
            async with database.write() as tx:
                await jobs.enqueue(tx, "work", {})
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await fail_after_enqueueing()

        assert await states(database) == []

    async def test_same_unique_key_is_queued_once_even_after_it_is_done(self, database: Database):
        async with database.write() as tx:
            first = await jobs.enqueue(tx, "work", {}, unique_key="a")
            leased = await jobs.lease(tx, "w")
            await jobs.finish(tx, leased[0])

        async with database.write() as tx:
            second = await jobs.enqueue(tx, "work", {}, unique_key="a")

        assert first is not None
        assert second is None


class TestLease:
    async def test_two_workers_never_get_the_same_job(self, database: Database):
        async with database.write() as tx:
            await jobs.enqueue(tx, "work", {})

        async with database.write() as tx:
            first = await jobs.lease(tx, "a")
        async with database.write() as tx:
            second = await jobs.lease(tx, "b")

        assert len(first) == 1
        assert second == []

    async def test_later_job_of_a_key_waits_for_the_earlier_one(self, database: Database):
        async with database.write() as tx:
            await jobs.enqueue(tx, "work", {"n": 1}, key="k")
            await jobs.enqueue(tx, "work", {"n": 2}, key="k")

        async with database.write() as tx:
            leased = await jobs.lease(tx, "w", limit=5)
        assert [job.payload["n"] for job in leased] == [1]
        async with database.write() as tx:
            await jobs.finish(tx, leased[0])
            then = await jobs.lease(tx, "w", limit=5)

        assert [job.payload["n"] for job in then] == [2]

    async def test_job_of_a_dead_worker_is_taken_over_when_its_lease_is_over(
        self, database: Database
    ):
        async with database.write() as tx:
            await jobs.enqueue(tx, "work", {})
            await jobs.lease(tx, "dead")
        async with database.write() as tx:
            assert await jobs.lease(tx, "b") == []
            await tx.execute(update(Job).values(lease_until=now() - timedelta(seconds=1)))

        async with database.write() as tx:
            taken = await jobs.lease(tx, "b")

        assert [job.lease_owner for job in taken] == ["b"]
        assert taken[0].attempts == 2

    async def test_worker_that_lost_its_lease_cannot_finish_the_job(self, database: Database):
        async with database.write() as tx:
            await jobs.enqueue(tx, "work", {})
            lost = (await jobs.lease(tx, "slow"))[0]
            tx.expunge(lost)
            await tx.execute(update(Job).values(lease_owner="b"))

        async with database.write() as tx:
            await jobs.finish(tx, lost)

        assert await states(database) == [JobState.RUNNING]

    async def test_job_is_not_leased_before_its_time(self, database: Database):
        async with database.write() as tx:
            await jobs.enqueue(tx, "work", {}, run_at=now() + timedelta(days=1))

        async with database.write() as tx:
            assert await jobs.lease(tx, "w") == []


class TestWorker:
    async def test_failing_job_is_tried_again_and_then_dead_with_its_error(
        self, database: Database
    ):
        dead: list[Job] = []

        async def fails(job: Job) -> None:
            raise ValueError("broken")

        async def on_dead(job: Job) -> None:
            dead.append(job)

        worker = Worker(database, {"work": fails}, on_dead=on_dead)
        async with database.write() as tx:
            await jobs.enqueue(tx, "work", {}, max_attempts=2)

        assert await worker.run_due() == 1
        assert await states(database) == [JobState.QUEUED]
        await make_due(database)
        assert await worker.run_due() == 1

        assert await states(database) == [JobState.DEAD]
        assert len(dead) == 1
        async with database.read() as tx:
            assert (await jobs.list_dead(tx))[0].last_error == "ValueError: broken"

    async def test_dead_job_runs_again_when_staff_retry_it(self, database: Database):
        runs: list[int] = []

        async def fails_once(job: Job) -> None:
            runs.append(1)
            if len(runs) == 1:
                raise ValueError

        worker = Worker(database, {"work": fails_once})
        async with database.write() as tx:
            job_id = await jobs.enqueue(tx, "work", {}, max_attempts=1)
        await worker.run_due()
        assert job_id is not None

        async with database.write() as tx:
            await jobs.retry(tx, job_id)
        await worker.run_due()

        assert await states(database) == [JobState.DONE]
        assert len(runs) == 2

    async def test_running_worker_does_queued_work_when_woken(self, database: Database):
        done = asyncio.Event()

        async def work(job: Job) -> None:
            done.set()

        worker = Worker(database, {"work": work}, poll_seconds=60)
        worker.start()
        await asyncio.sleep(0)
        async with database.write() as tx:
            await jobs.enqueue(tx, "work", {})
        worker.wake()

        await asyncio.wait_for(done.wait(), 10)
        await worker.stop()
