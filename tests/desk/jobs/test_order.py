"""The order within a key, whatever the clocks, the retries and the other workers do."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from desk.db import Database, now
from desk.jobs import service as jobs
from desk.jobs.models import Job, JobState

FUTURE = UUID("ffffffff-0000-7000-8000-000000000000")
"""What a machine whose clock is far ahead would give."""


async def queue(database: Database, number: int, key: str | None = "k") -> UUID:
    async with database.write() as tx:
        job_id = await jobs.enqueue(tx, "work", {"n": number}, key=key)
    assert job_id is not None
    return job_id


async def lease(database: Database, worker: str = "w", **options: object) -> list[int]:
    async with database.write() as tx:
        leased = await jobs.lease(tx, worker, **options)  # type: ignore[arg-type]
        return [job.payload["n"] for job in leased]


async def change(database: Database, job_id: UUID, **values: object) -> None:
    async with database.write() as tx:
        await tx.execute(update(Job).where(Job.id == job_id).values(**values))


async def finish(database: Database, job_id: UUID) -> None:
    async with database.write() as tx:
        await jobs.finish(tx, await tx.get_one(Job, job_id))


class TestClocks:
    async def test_job_queued_by_a_machine_whose_clock_is_behind_comes_after(
        self, database: Database
    ):
        await change(database, await queue(database, 1), id=FUTURE)

        second = await queue(database, 2)

        assert second > FUTURE
        assert await lease(database, limit=5) == [1]
        await finish(database, FUTURE)
        assert await lease(database, limit=5) == [2]

    async def test_clock_ahead_does_not_bind_the_next_jobs_once_it_is_done(
        self, database: Database
    ):
        await change(database, await queue(database, 1), id=FUTURE)
        await lease(database)
        await finish(database, FUTURE)

        assert await queue(database, 2) < FUTURE


class TestRetry:
    async def test_retried_job_waits_while_a_later_one_of_its_key_runs(self, database: Database):
        first, second = await queue(database, 1), await queue(database, 2)
        await change(database, first, state=JobState.DEAD)
        assert await lease(database) == [2]

        async with database.write() as tx:
            await jobs.retry(tx, first)

        assert await lease(database, limit=5) == []
        await finish(database, second)
        assert await lease(database, limit=5) == [1]

    async def test_job_of_a_dead_worker_goes_on_before_a_retried_earlier_one(
        self, database: Database
    ):
        first, second = await queue(database, 1), await queue(database, 2)
        await change(database, first, state=JobState.DEAD)
        await lease(database)
        async with database.write() as tx:
            await jobs.retry(tx, first)

        await change(database, second, lease_until=now() - timedelta(seconds=1))

        assert await lease(database, "other", limit=5) == [2]


class TestRenew:
    async def test_only_what_is_still_held_is_kept(self, database: Database):
        mine, lost, done = [await queue(database, n, key=None) for n in range(3)]
        await lease(database, limit=3)
        await change(database, lost, lease_owner="other")
        await finish(database, done)

        async with database.write() as tx:
            kept = await jobs.renew(tx, "w", [mine, lost, done])

        assert kept == {mine}

    async def test_renewed_lease_is_not_taken_over(self, database: Database):
        job_id = await queue(database, 1)
        await lease(database)
        await change(database, job_id, lease_until=now() - timedelta(seconds=1))
        async with database.write() as tx:
            await jobs.renew(tx, "w", [job_id])

        assert await lease(database, "other") == []


class TestRelease:
    async def test_broken_off_job_is_free_at_once_and_has_not_used_up_a_try(
        self, database: Database
    ):
        await queue(database, 1)
        async with database.write() as tx:
            (job,) = await jobs.lease(tx, "w")
        async with database.write() as tx:
            await jobs.release(tx, job)

        async with database.write() as tx:
            (again,) = await jobs.lease(tx, "w")
        assert again.attempts == 1


class TestTwoTransactions:
    """What only shows while another transaction is still open."""

    pytestmark = pytest.mark.on_database("postgresql")

    async def test_locked_job_is_passed_over_without_waiting(self, database: Database):
        await queue(database, 1, key=None)
        await queue(database, 2, key=None)

        async with database.write() as one, database.write() as two:
            first = await jobs.lease(one, "a")
            second = await asyncio.wait_for(jobs.lease(two, "b"), 10)

        assert [job.payload["n"] for job in (*first, *second)] == [1, 2]

    async def test_second_job_of_a_key_does_not_start_while_the_first_is_being_leased(
        self, database: Database
    ):
        await queue(database, 1)
        await queue(database, 2)

        async with database.write() as one, database.write() as two:
            first = await jobs.lease(one, "a")
            assert await jobs.lease(two, "b", limit=5) == []

        assert [job.payload["n"] for job in first] == [1]

    async def test_earlier_job_that_appears_meanwhile_does_not_start_beside_the_later_one(
        self, database: Database
    ):
        """Staff retry the first just as a worker begins the second."""
        first, _ = await queue(database, 1), await queue(database, 2)
        await change(database, first, state=JobState.DEAD)

        async with database.write() as one:
            (running,) = await jobs.lease(one, "a")
            async with database.write() as staff:
                await jobs.retry(staff, first)
            assert await lease(database, "b", limit=5) == []
        assert await lease(database, "b", limit=5) == []

        assert running.payload["n"] == 2

    async def test_key_is_free_again_when_the_leasing_transaction_fails(self, database: Database):
        await queue(database, 1)

        async def fail_after_leasing() -> None:
            async with database.write() as tx:
                assert await jobs.lease(tx, "a")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await fail_after_leasing()

        assert await lease(database, "b") == [1]

    async def test_same_work_queued_by_two_transactions_at_once_is_queued_once(
        self, database: Database
    ):
        async def enqueue() -> UUID | None:
            async with database.write() as tx:
                return await jobs.enqueue(tx, "work", {}, unique_key="once")

        queued = await asyncio.gather(*(enqueue() for _ in range(5)))

        assert len([job_id for job_id in queued if job_id]) == 1
        async with database.read() as tx:
            assert len(list(await tx.scalars(select(Job.id)))) == 1
