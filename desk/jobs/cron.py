"""Work that comes round every day, as rows of the jobs table.

Each day's run is a job with a unique key such as `nightly:2026-11-24`. Every process puts
it there, so it does not matter which of them are running; the database keeps one.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from desk.config import JST
from desk.db import Transaction
from desk.jobs import service as jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """One kind of daily work."""

    name: str
    """Begins the unique key of each run."""
    kind: str
    """Name of the handler."""
    at: time
    """Time of day in Japan."""

    def run_at(self, day: date) -> datetime:
        """When the run of `day` is due."""
        return datetime.combine(day, self.at, tzinfo=JST)

    def last_due(self, moment: datetime) -> date:
        """The latest day (JST) whose run is due at `moment`."""
        today = moment.astimezone(JST).date()
        return today if self.run_at(today) <= moment else today - timedelta(days=1)


async def ensure_cron(tx: Transaction, cron: Cron, moment: datetime) -> int:
    """Queue the run that is due and the next one, unless they are queued already.

    After a downtime the latest run that was missed is made up; older ones are not, since
    each run looks at everything that is there.

    Args:
        tx: A writing transaction; keep it short.
        cron: The daily work.
        moment: This moment.

    Returns:
        How many runs were queued now.
    """
    due = cron.last_due(moment)
    queued = 0
    for day in (due, due + timedelta(days=1)):
        job_id = await jobs.enqueue(
            tx,
            cron.kind,
            {"run": f"{cron.name}:{day}"},
            unique_key=f"{cron.name}:{day}",
            run_at=cron.run_at(day),
        )
        queued += job_id is not None
    return queued
