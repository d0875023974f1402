"""Daily work: one run a day over any number of processes, made up after downtime."""

import asyncio
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from desk.config import JST
from desk.db import Database, now
from desk.jobs import service as jobs
from desk.jobs.cron import Cron, ensure_cron
from desk.jobs.models import Job, JobState
from desk.jobs.worker import Worker

NIGHTLY = Cron(name="nightly", kind="work", at=time(2, 30))


def at(hour: int, minute: int = 0, *, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=JST)


async def keys(database: Database) -> list[str | None]:
    async with database.read() as tx:
        return list(await tx.scalars(select(Job.unique_key).order_by(Job.unique_key)))


class TestLastDue:
    def test_a_minute_before_the_time_it_is_yesterday(self):
        assert NIGHTLY.last_due(at(2, 29)) == date(2026, 11, 23)

    def test_at_the_time_it_is_today(self):
        assert NIGHTLY.last_due(at(2, 30)) == date(2026, 11, 24)

    def test_the_day_is_that_of_japan(self):
        moment = datetime.fromisoformat("2026-11-23T17:30:00+00:00")

        assert NIGHTLY.last_due(moment) == date(2026, 11, 24)


class TestEnsureCron:
    async def test_it_queues_the_due_run_and_the_next(self, database: Database):
        async with database.write() as tx:
            assert await ensure_cron(tx, NIGHTLY, at(3)) == 2

        assert await keys(database) == ["nightly:2026-11-24", "nightly:2026-11-25"]
        async with database.read() as tx:
            due = await tx.scalars(select(Job.run_at).order_by(Job.run_at))
            assert list(due) == [at(2, 30), at(2, 30, day=25)]

    async def test_many_processes_queue_each_run_once(self, database: Database):
        async def ensure() -> int:
            async with database.write() as tx:
                return await ensure_cron(tx, NIGHTLY, at(3))

        queued = await asyncio.gather(*(ensure() for _ in range(8)))

        assert sorted(queued) == [0] * 7 + [2]
        assert len(await keys(database)) == 2

    async def test_a_run_that_is_done_is_not_queued_again(self, database: Database):
        async with database.write() as tx:
            await ensure_cron(tx, NIGHTLY, at(3))
            for job in await jobs.lease(tx, "w", limit=5):
                await jobs.finish(tx, job)

        async with database.write() as tx:
            assert await ensure_cron(tx, NIGHTLY, at(4)) == 0

    async def test_after_a_downtime_the_latest_missed_run_is_made_up(self, database: Database):
        async with database.write() as tx:
            await ensure_cron(tx, NIGHTLY, at(3, day=20))

        async with database.write() as tx:
            await ensure_cron(tx, NIGHTLY, at(12, day=24))

        assert await keys(database) == [
            "nightly:2026-11-20",
            "nightly:2026-11-21",
            "nightly:2026-11-24",
            "nightly:2026-11-25",
        ]


class TestWorker:
    async def test_it_queues_and_does_the_daily_work_by_itself(self, database: Database):
        done = asyncio.Event()
        runs: list[str] = []

        async def work(job: Job) -> None:
            runs.append(job.payload["run"])
            done.set()

        worker = Worker(database, {"work": work}, crons=[NIGHTLY])

        worker.start()
        await asyncio.wait_for(done.wait(), 10)
        await worker.stop()

        assert runs == [f"nightly:{NIGHTLY.last_due(now())}"]


class TestGiveUp:
    async def test_a_job_that_its_handler_gives_up_is_dead_at_once(self, database: Database):
        dead: list[Job] = []

        async def give_up(job: Job) -> None:
            raise jobs.GiveUpError("it will never do")

        async def on_dead(job: Job) -> None:
            dead.append(job)

        worker = Worker(database, {"work": give_up}, on_dead=on_dead)
        async with database.write() as tx:
            await jobs.enqueue(tx, "work", {}, run_at=now() - timedelta(seconds=1))

        assert await worker.run_due() == 1

        async with database.read() as tx:
            (job,) = await jobs.list_dead(tx)
        assert (job.state, job.attempts) == (JobState.DEAD, 1)
        assert job.last_error == "GiveUpError: it will never do"
        assert len(dead) == 1
