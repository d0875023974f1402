"""The worker loop that carries out queued jobs."""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from desk.db import Database, Transaction, new_id, now
from desk.jobs import service as jobs
from desk.jobs.cron import Cron, ensure_cron
from desk.jobs.models import Job
from desk.outage import is_outage

log = structlog.get_logger()
Handler = Callable[[Job], Awaitable[None]]
"""Does one job; raises if it must be tried again. Called at least once per job."""
CRON_CHECK_SECONDS = 60.0
RENEWALS = 3
"""So often a lease is renewed within its time."""
LIMIT_SHARE = 0.9
OUTCOME_PAUSE_SECONDS = 1.0


def worker_name() -> str:
    """A name that no other worker has."""
    return f"{socket.gethostname()[:24]}:{os.getpid()}:{new_id().hex[-8:]}"


class Worker:
    """Leases due jobs and runs their handlers, a few at a time."""

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        *,
        on_dead: Handler | None = None,
        crons: Sequence[Cron] = (),
        poll_seconds: float = 1.0,
        slots: int = 4,
        lease: timedelta | None = None,
    ) -> None:
        self.name = worker_name()
        self._database = database
        self._handlers = handlers
        self._on_dead = on_dead
        self._crons = crons
        self._next_cron_check = 0.0
        self._poll_seconds = poll_seconds
        self._slots = slots
        self._lease_time = lease or jobs.LEASE
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._limits: dict[UUID, asyncio.Timeout] = {}
        """By job whose handler runs: when it is broken off, unless the lease is renewed."""
        self._loop_tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin working in the background of the running event loop."""
        self._loop_tasks = [
            asyncio.create_task(self._loop(), name="jobs"),
            asyncio.create_task(self._keep_leases(), name="jobs-leases"),
        ]

    def wake(self) -> None:
        """Look for due jobs now (after a commit that queued one)."""
        self._wake.set()

    async def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Take no new job; let the running ones end, then cancel them.

        A cancelled job is taken over when its lease runs out.
        """
        for task in self._loop_tasks:
            task.cancel()
        await asyncio.gather(*self._loop_tasks, return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running, timeout=grace_seconds)
        for task in self._running:
            task.cancel()

    async def run_due(self) -> int:
        """Run every job that is due now, one after the other; for tests and the CLI.

        Returns:
            How many were run.
        """
        count = 0
        while leased := await self._lease(1):
            await self._run(*leased[0])
            count += 1
        return count

    async def _lease(self, limit: int) -> list[tuple[Job, float]]:
        """Due jobs, each with the moment of the event loop's clock until which it is ours.

        It counts from before the question: the answer may be long on its way.
        """
        until = asyncio.get_running_loop().time() + self._limit_seconds
        async with self._database.write() as tx:
            leased = await jobs.lease(tx, self.name, limit=limit, lasts=self._lease_time)
        return [(job, until) for job in leased]

    async def _queue_crons(self) -> None:
        """Put the daily runs into the queue, at the start and once a minute."""
        if not self._crons or time.monotonic() < self._next_cron_check:
            return
        async with self._database.write() as tx:
            for cron in self._crons:
                await ensure_cron(tx, cron, now())
        self._next_cron_check = time.monotonic() + CRON_CHECK_SECONDS

    async def _loop(self) -> None:
        while True:
            free = self._slots - len(self._running)
            leased: list[tuple[Job, float]] = []
            try:
                await self._queue_crons()
                leased = await self._lease(free) if free > 0 else []
            except SQLAlchemyError as exc:
                # The database is away or restarting: the queue waits for it.
                log.warning("jobs_lease_failed", error=type(exc).__name__)
            except Exception as exc:
                log.exception("jobs_loop_failed", error=type(exc).__name__)
            for job, until in leased:
                task = asyncio.create_task(self._run(job, until))
                self._running.add(task)
                task.add_done_callback(self._ended)
            if not leased:
                # Not wait_for: before Python 3.12 it can swallow the cancellation by `stop`.
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_seconds):
                        await self._wake.wait()
                self._wake.clear()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()

    @property
    def _limit_seconds(self) -> float:
        """Time that a handler has: it ends before another worker may take its job over."""
        return LIMIT_SHARE * self._lease_time.total_seconds()

    async def _keep_leases(self) -> None:
        """Renew the leases of the running jobs; a job that was taken over is broken off here."""
        while True:
            await asyncio.sleep(self._lease_time.total_seconds() / RENEWALS)
            held = dict(self._limits)
            if not held:
                continue
            begin = asyncio.get_running_loop().time()
            try:
                async with self._database.write() as tx:
                    kept = await jobs.renew(tx, self.name, list(held), lasts=self._lease_time)
            except SQLAlchemyError as exc:
                log.warning("jobs_renewal_failed", error=type(exc).__name__)
                continue
            for job_id in held.keys() & self._limits.keys():
                until = begin + self._limit_seconds if job_id in kept else begin
                self._limits[job_id].reschedule(until)

    async def _run(self, job: Job, until: float) -> None:
        if asyncio.get_running_loop().time() >= until:
            log.warning("job_lease_lost", job_id=str(job.id), kind=job.kind)
            return
        limit = asyncio.timeout_at(until)
        failure: Exception | None = None
        self._limits[job.id] = limit
        try:
            async with limit:
                await self._handlers[job.kind](job)
        except Exception as exc:  # noqa: BLE001 (a failing job must never end the worker)
            failure = exc
        finally:
            del self._limits[job.id]
        if limit.expired():
            log.warning("job_lease_lost", job_id=str(job.id), kind=job.kind)
        elif failure is None:
            await self._write_outcome(job, lambda tx: jobs.finish(tx, job))
        elif isinstance(failure, SQLAlchemyError) and is_outage(failure):
            log.warning("job_broken_off", job_id=str(job.id), error=type(failure).__name__)
            await self._write_outcome(job, lambda tx: jobs.release(tx, job))
        else:
            await self._give_back(job, failure)

    async def _give_back(self, job: Job, exc: Exception) -> None:
        log.warning(
            "job_failed",
            job_id=str(job.id),
            kind=job.kind,
            attempts=job.attempts,
            error=f"{type(exc).__name__}",
        )
        hopeless = isinstance(exc, jobs.GiveUpError)
        if (hopeless or jobs.is_last_try(job)) and not await self._bury(job):
            return
        delay = exc.seconds if isinstance(exc, jobs.RetryLaterError) else None
        error = f"{type(exc).__name__}: {exc}"

        async def fail(tx: Transaction) -> None:
            await jobs.fail(tx, job, error, delay_seconds=delay, give_up=hopeless)

        await self._write_outcome(job, fail)

    async def _bury(self, job: Job) -> bool:
        """Do what follows from a job's end, before it is marked dead.

        A worker that is killed in between does it again; the other way round nobody would.
        """
        log.error("job_dead", job_id=str(job.id), kind=job.kind)
        try:
            if self._on_dead is not None:
                await self._on_dead(job)
        except Exception as exc:  # noqa: BLE001 (whatever it is, the lease runs out)
            # Without the traceback: its message may hold what an owner wrote.
            name = type(exc).__name__
            log.error("job_burial_failed", job_id=str(job.id), error=name)  # noqa: TRY400
            return False
        return True

    async def _write_outcome(
        self, job: Job, write: Callable[[Transaction], Awaitable[object]]
    ) -> None:
        """Write how a job ended, as soon as the database is there, while the lease holds.

        After that the lease runs out by itself, and the job is done again.
        """
        end = asyncio.get_running_loop().time() + self._limit_seconds
        while True:
            try:
                async with self._database.write() as tx:
                    await write(tx)
            except SQLAlchemyError as exc:
                log.warning("job_outcome_waits", job_id=str(job.id), error=type(exc).__name__)
                if not is_outage(exc) or asyncio.get_running_loop().time() > end:
                    return
            else:
                return
            await asyncio.sleep(OUTCOME_PAUSE_SECONDS)
