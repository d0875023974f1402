"""The worker loop that carries out queued jobs."""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

import structlog
from sqlalchemy.exc import SQLAlchemyError

from desk.db import Database, new_id, now
from desk.jobs import service as jobs
from desk.jobs.cron import Cron, ensure_cron
from desk.jobs.models import Job

log = structlog.get_logger()
Handler = Callable[[Job], Awaitable[None]]
"""Does one job; raises if it must be tried again. Called at least once per job."""
CRON_CHECK_SECONDS = 60.0


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
    ) -> None:
        self.name = worker_name()
        self._database = database
        self._handlers = handlers
        self._on_dead = on_dead
        self._crons = crons
        self._next_cron_check = 0.0
        self._poll_seconds = poll_seconds
        self._slots = slots
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._loop_task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin working in the background of the running event loop."""
        self._loop_task = asyncio.create_task(self._loop(), name="jobs")

    def wake(self) -> None:
        """Look for due jobs now (after a commit that queued one)."""
        self._wake.set()

    async def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Take no new job; let the running ones end, then cancel them.

        A cancelled job is taken over when its lease runs out.
        """
        if self._loop_task is not None:
            self._loop_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop_task
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
            await self._run(leased[0])
            count += 1
        return count

    async def _lease(self, limit: int) -> list[Job]:
        async with self._database.write() as tx:
            return list(await jobs.lease(tx, self.name, limit=limit))

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
            leased: list[Job] = []
            try:
                await self._queue_crons()
                leased = await self._lease(free) if free > 0 else []
            except SQLAlchemyError as exc:
                # The database is away or restarting: the queue waits for it.
                log.warning("jobs_lease_failed", error=type(exc).__name__)
            for job in leased:
                task = asyncio.create_task(self._run(job))
                self._running.add(task)
                task.add_done_callback(self._ended)
            if not leased:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._poll_seconds)
                self._wake.clear()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()

    async def _run(self, job: Job) -> None:
        try:
            await self._handlers[job.kind](job)
        except Exception as exc:  # noqa: BLE001 (a failing job must never end the worker)
            await self._give_back(job, exc)
            return
        with suppress(SQLAlchemyError):
            async with self._database.write() as tx:
                await jobs.finish(tx, job)

    async def _give_back(self, job: Job, exc: Exception) -> None:
        log.warning(
            "job_failed",
            job_id=str(job.id),
            kind=job.kind,
            attempts=job.attempts,
            error=f"{type(exc).__name__}",
        )
        try:
            async with self._database.write() as tx:
                delay = exc.seconds if isinstance(exc, jobs.RetryLaterError) else None
                error = f"{type(exc).__name__}: {exc}"
                hopeless = isinstance(exc, jobs.GiveUpError)
                dead = await jobs.fail(tx, job, error, delay_seconds=delay, give_up=hopeless)
            if dead and self._on_dead is not None:
                log.error("job_dead", job_id=str(job.id), kind=job.kind)
                await self._on_dead(job)
        except SQLAlchemyError as error:
            # The lease runs out by itself and the job is taken over.
            log.warning("job_release_failed", job_id=str(job.id), error=type(error).__name__)
