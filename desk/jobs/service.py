"""Queue, lease and finish durable work. At least once; every effect is idempotent.

A job is queued in the caller's transaction, so it exists exactly when the data it
speaks of exist. A worker leases it, works outside any transaction, and marks it done;
if the worker dies the lease runs out and another takes the job over.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import aliased

from desk.db import Transaction, new_id, now
from desk.jobs.models import Job, JobState

LEASE = timedelta(seconds=30)
FIRST_DELAY_SECONDS = 2.0
LONGEST_DELAY_SECONDS = 600.0


async def enqueue(
    tx: Transaction,
    kind: str,
    payload: dict[str, Any],
    *,
    key: str | None = None,
    unique_key: str | None = None,
    run_at: datetime | None = None,
    max_attempts: int = 10,
) -> UUID | None:
    """Queue work in the caller's transaction.

    Args:
        tx: The transaction that makes the work necessary.
        kind: Name of the handler.
        payload: JSON-able arguments; ids, never whole records.
        key: Order: jobs of one key run one after the other.
        unique_key: The same work is queued only once, ever.
        run_at: Not before this moment; now if None.
        max_attempts: After so many failures the job is dead and shown to staff.

    Returns:
        The job's id, or None if work with this `unique_key` was queued before.
    """
    values = {
        "id": new_id(),
        "kind": kind,
        "payload": payload,
        "key": key,
        "unique_key": unique_key,
        "run_at": run_at or now(),
        "max_attempts": max_attempts,
    }
    insert = sqlite_insert if tx.is_sqlite else postgresql_insert
    statement = insert(Job).values(values).on_conflict_do_nothing(index_elements=["unique_key"])
    return (await tx.execute(statement.returning(Job.id))).scalar_one_or_none()


def _is_free(moment: datetime) -> Any:
    """SQL condition: the job is due, or its worker has died."""
    return or_(
        and_(Job.state == JobState.QUEUED, Job.run_at <= moment),
        and_(Job.state == JobState.RUNNING, Job.lease_until < moment),
    )


def _is_first_of_key() -> Any:
    """SQL condition: no earlier job of the same key is unfinished."""
    earlier = aliased(Job)
    return or_(
        Job.key.is_(None),
        ~exists().where(
            earlier.key == Job.key,
            earlier.id < Job.id,
            earlier.state.in_([JobState.QUEUED, JobState.RUNNING]),
        ),
    )


async def lease(
    tx: Transaction, owner: str, *, limit: int = 1, job_id: UUID | None = None
) -> Sequence[Job]:
    """Take due jobs for `owner`, oldest first.

    Args:
        tx: A writing transaction; keep it short.
        owner: Name of the worker.
        limit: At most so many.
        job_id: Only this job (the request that queued it wants to do it itself).

    Returns:
        The leased jobs; each is the worker's until `lease_until`.
    """
    moment = now()
    query = select(Job.id).where(_is_free(moment), _is_first_of_key())
    if job_id is not None:
        query = query.where(Job.id == job_id)
    query = query.order_by(Job.run_at, Job.id).limit(limit)
    if not tx.is_sqlite:
        query = query.with_for_update(skip_locked=True)
    ids = (await tx.scalars(query)).all()
    if not ids:
        return []
    await tx.execute(
        update(Job)
        .where(Job.id.in_(ids))
        .values(
            state=JobState.RUNNING,
            lease_owner=owner,
            lease_until=moment + LEASE,
            attempts=Job.attempts + 1,
        )
    )
    jobs = await tx.scalars(
        select(Job)
        .where(Job.id.in_(ids))
        .order_by(Job.id)
        .execution_options(populate_existing=True)
    )
    return jobs.all()


async def finish(tx: Transaction, job: Job) -> None:
    """Mark `job` done, if this lease still holds."""
    await tx.execute(
        update(Job)
        .where(Job.id == job.id, Job.lease_owner == job.lease_owner)
        .values(state=JobState.DONE, finished_at=now(), lease_until=None, last_error=None)
    )


class RetryLaterError(Exception):
    """A handler's wish for when the job is tried again; it counts as a failed try."""

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class GiveUpError(Exception):
    """A handler's word that trying again would not help: the job is dead at once."""


async def fail(
    tx: Transaction,
    job: Job,
    error: str,
    *,
    delay_seconds: float | None = None,
    give_up: bool = False,
) -> bool:
    """Give `job` back to be tried again later, or bury it.

    Args:
        tx: A writing transaction.
        job: The leased job.
        error: What went wrong; ids and types, no personal data.
        delay_seconds: When it is tried again; by exponential back-off if None.
        give_up: Bury it now, whatever tries are left.

    Returns:
        True if the job is dead now (given up, or `max_attempts` reached).
    """
    dead = give_up or job.attempts >= job.max_attempts
    values: dict[str, Any] = {"last_error": error[:2000], "lease_until": None}
    if dead:
        values |= {"state": JobState.DEAD, "finished_at": now()}
    else:
        if delay_seconds is None:
            backoff = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** (job.attempts - 1))
            delay_seconds = backoff * random.uniform(0.8, 1.2)  # noqa: S311 (spreads retries)
        values |= {"state": JobState.QUEUED, "run_at": now() + timedelta(seconds=delay_seconds)}
    await tx.execute(
        update(Job).where(Job.id == job.id, Job.lease_owner == job.lease_owner).values(**values)
    )
    return dead


async def retry(tx: Transaction, job_id: UUID) -> bool:
    """Queue a dead job once more (staff pressed the button); False if it is not dead."""
    result = await tx.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.DEAD)
        .values(state=JobState.QUEUED, run_at=now(), attempts=0, finished_at=None)
    )
    return bool(getattr(result, "rowcount", 0))


async def list_dead(tx: Transaction, *, limit: int = 100) -> Sequence[Job]:
    """Jobs that were given up, newest first."""
    query = select(Job).where(Job.state == JobState.DEAD).order_by(Job.id.desc()).limit(limit)
    return (await tx.scalars(query)).all()
