"""Every night what is done with and older than the settings say is deleted.

Cases, conversations and the audit log are no part of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from desk.db import Database, now
from desk.notify.repository import note_pruning
from desk.pruning.repository import Prunable, delete_batch

log = structlog.get_logger()
PRUNE_JOB = "prune.nightly"
BATCH = 500
"""Rows in one transaction, so that nobody waits long for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """For how many days what is done with is kept; 0 is for ever."""

    deliveries: int
    jobs: int
    reports: int
    logins: int
    line: int
    files: int

    def days_of(self, what: Prunable) -> int:
        """The days for one kind of rows."""
        days = {
            Prunable.DELIVERIES: self.deliveries,
            Prunable.JOBS: self.jobs,
            Prunable.REPORTS: self.reports,
            Prunable.LINE_EVENTS: self.line,
            Prunable.LINE_SENDS: self.line,
            Prunable.LINE_LINKS: self.line,
            Prunable.FILES: self.files,
        }
        return days.get(what, self.logins)


class PruneService:
    """Deletes what is done with."""

    def __init__(
        self,
        database: Database,
        keep: Keep,
        *,
        clock: Callable[[], datetime] = now,
        batch: int = BATCH,
    ) -> None:
        self._database = database
        self._keep = keep
        self._clock = clock
        self._batch = batch

    async def run(self) -> Mapping[str, int]:
        """Delete everything that has had its time.

        Broken off in the middle it goes on the next time where it was.

        Returns:
            How many rows of each kind were deleted.
        """
        counts = {}
        for what in Prunable:
            days = self._keep.days_of(what)
            if days:
                counts[str(what)] = await self._prune(what, self._clock() - timedelta(days=days))
        log.info("pruned", **counts)
        return counts

    async def _prune(self, what: Prunable, before: datetime) -> int:
        if what is Prunable.DELIVERIES:
            async with self._database.write() as tx:
                # First, so that the nightly comparison never misses what is gone.
                await note_pruning(tx, before)
        deleted = 0
        while True:
            async with self._database.write() as tx:
                found = await delete_batch(tx, what, before, limit=self._batch)
            deleted += found
            if found < self._batch:
                return deleted
