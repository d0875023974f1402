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

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import aliased

from desk.db import Transaction, new_id, now
from desk.jobs.models import UNFINISHED, Job, JobState

LEASE = timedelta(seconds=30)
KEY_LOCKS = 20261124
"""Sets our advisory locks apart from those of other programs in the same PostgreSQL."""
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
    last = None if key is None else await _last_unfinished(tx, key)
    values = {
        "id": _id_after(last),
        "kind": kind,
        "payload": payload,
        "key": key,
        "unique_key": unique_key,
        "run_at": run_at or now(),
        "max_attempts": max_attempts,
    }
    return await _insert(tx, values)


async def enqueue_for(
    tx: Transaction,
    owner: str,
    kind: str,
    payload: dict[str, Any],
    *,
    key: str,
    unique_key: str,
    max_attempts: int = 10,
) -> Job | None:
    """Queue work that the caller wants to do itself, once this transaction is committed.

    It is the caller's from the beginning if nothing of its key is unfinished, which spares
    looking for it again.

    Args:
        tx: The transaction that makes the work necessary.
        owner: Name of the worker.
        kind: Name of the handler.
        payload: JSON-able arguments.
        key: Order: jobs of one key run one after the other.
        unique_key: The same work is queued only once, ever.
        max_attempts: After so many failures the job is dead and shown to staff.

    Returns:
        The job if it is leased to `owner`; None if another is before it, or if work with
        this `unique_key` was queued before.
    """
    is_free = tx.is_sqlite or await _try_lock(tx, key)
    last = await _last_unfinished(tx, key)
    moment = now()
    values: dict[str, Any] = {
        "id": _id_after(last),
        "kind": kind,
        "payload": payload,
        "key": key,
        "unique_key": unique_key,
        "run_at": moment,
        "max_attempts": max_attempts,
    }
    is_mine = is_free and last is None
    if is_mine:
        values |= {
            "state": JobState.RUNNING,
            "lease_owner": owner,
            "lease_until": moment + LEASE,
            "attempts": 1,
        }
    is_new = await _insert(tx, values) is not None
    return Job(**values) if is_new and is_mine else None


async def _insert(tx: Transaction, values: dict[str, Any]) -> UUID | None:
    insert = sqlite_insert if tx.is_sqlite else postgresql_insert
    statement = insert(Job).values(values).on_conflict_do_nothing(index_elements=["unique_key"])
    return (await tx.execute(statement.returning(Job.id))).scalar_one_or_none()


async def _last_unfinished(tx: Transaction, key: str) -> UUID | None:
    """The last job of the key that is not done yet.

    Jobs of one key are queued by transactions that wait for each other (they change the same
    conversation or case), so the last one is seen here.
    """
    query = (
        select(Job.id)
        .where(Job.key == key, Job.state.in_(UNFINISHED))
        .order_by(Job.id.desc())
        .limit(1)
    )
    return (await tx.execute(query)).scalar_one_or_none()


async def has_unfinished(tx: Transaction, key: str, kind: str) -> bool:
    """Whether a job of this kind is among those of the key that are not done yet."""
    query = select(exists().where(Job.key == key, Job.kind == kind, Job.state.in_(UNFINISHED)))
    return bool((await tx.execute(query)).scalar_one())


def _id_after(last: UUID | None) -> UUID:
    """A new id behind `last`, whatever the clocks of the machines say."""
    fresh = new_id()
    if last is None or last < fresh:
        return fresh
    return UUID(int=last.int + 1 + random.getrandbits(32))


def _is_free(moment: datetime) -> Any:
    """SQL condition: the job is due, or its worker has died."""
    return or_(
        and_(Job.state == JobState.QUEUED, Job.run_at <= moment),
        and_(Job.state == JobState.RUNNING, Job.lease_until < moment),
    )


_Other = aliased(Job)
_IS_FIRST_OF_KEY = or_(
    Job.key.is_(None),
    ~exists().where(
        _Other.key == Job.key,
        _Other.id != Job.id,
        or_(
            _Other.state == JobState.RUNNING,
            and_(Job.state == JobState.QUEUED, _Other.state == JobState.QUEUED, _Other.id < Job.id),
        ),
    ),
)
"""SQL condition: no other job of the same key runs, and no earlier one waits.

A job whose worker has died goes on before an earlier one that staff retried meanwhile.
"""


async def lease(
    tx: Transaction,
    owner: str,
    *,
    limit: int = 1,
    lasts: timedelta | None = None,
) -> Sequence[Job]:
    """Take due jobs for `owner`, oldest first.

    Of two workers that look at once, one gets a job. On PostgreSQL they pass over what the
    other has locked; on SQLite a writing transaction is alone.

    Args:
        tx: A writing transaction; keep it short.
        owner: Name of the worker.
        limit: At most so many.
        lasts: Time after which another worker may take a job over; `LEASE` if None.

    Returns:
        The leased jobs; each is the worker's until `lease_until`.
    """
    moment = now()
    may_be_leased = and_(_is_free(moment), _IS_FIRST_OF_KEY)
    query = select(Job.id, Job.key).where(may_be_leased)
    query = query.order_by(Job.run_at, Job.id).limit(limit)
    if not tx.is_sqlite:
        query = query.with_for_update(skip_locked=True)
    keys = {row.id: row.key for row in await tx.execute(query)}
    if not tx.is_sqlite:
        keys = await _keep_lockable(tx, keys)
    if not keys:
        return []
    jobs = await tx.scalars(
        update(Job)
        # Looked at once more, now that nobody else can begin a job of these keys.
        .where(Job.id.in_(keys), may_be_leased)
        .values(
            state=JobState.RUNNING,
            lease_owner=owner,
            lease_until=moment + (lasts or LEASE),
            attempts=Job.attempts + 1,
        )
        .returning(Job)
        .execution_options(populate_existing=True)
    )
    return sorted(jobs, key=lambda job: job.id)


async def _keep_lockable(tx: Transaction, keys: dict[UUID, str | None]) -> dict[UUID, str | None]:
    """The jobs but those of a key of which another worker is leasing one right now.

    Row locks are not enough for the order within a key: two workers could each see another
    job of it as the first. The lock ends with the transaction.
    """
    return {job_id: key for job_id, key in keys.items() if key is None or await _try_lock(tx, key)}


async def _try_lock(tx: Transaction, key: str) -> bool:
    """Whether nobody else is leasing a job of the key; from now on nobody can until the commit."""
    lock = select(func.pg_try_advisory_xact_lock(func.hashtextextended(key, KEY_LOCKS)))
    return bool((await tx.execute(lock)).scalar_one())


async def renew(
    tx: Transaction, owner: str, job_ids: Sequence[UUID], *, lasts: timedelta | None = None
) -> set[UUID]:
    """Keep leases of running jobs.

    Returns:
        The jobs that are still the owner's; the others have been taken over.
    """
    kept = await tx.scalars(
        update(Job)
        .where(Job.id.in_(job_ids), Job.state == JobState.RUNNING, Job.lease_owner == owner)
        .values(lease_until=now() + (lasts or LEASE))
        .returning(Job.id)
    )
    return set(kept)


_WAITS_BEHIND = exists().where(_Other.key == Job.key, _Other.state == JobState.QUEUED)


async def finish(tx: Transaction, job: Job) -> bool:
    """Mark `job` done, if this lease still holds.

    Returns:
        Whether another job of its key waits; then the workers have to be woken.
    """
    done = await tx.execute(
        update(Job)
        .where(Job.id == job.id, Job.lease_owner == job.lease_owner)
        .values(state=JobState.DONE, finished_at=now(), lease_until=None, last_error=None)
        .returning(_WAITS_BEHIND)
        .execution_options(synchronize_session=False)
    )
    return bool(done.scalar_one_or_none())


class RetryLaterError(Exception):
    """A handler's wish for when the job is tried again; it counts as a failed try."""

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class GiveUpError(Exception):
    """A handler's word that trying again would not help: the job is dead at once."""


def is_last_try(job: Job) -> bool:
    """Whether a failure of this try makes the job dead."""
    return job.attempts >= job.max_attempts


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
    dead = give_up or is_last_try(job)
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


async def release(tx: Transaction, job: Job, *, delay_seconds: float = 0.0) -> None:
    """Give `job` back without counting the try: it was broken off, it did not fail."""
    await tx.execute(
        update(Job)
        .where(Job.id == job.id, Job.state == JobState.RUNNING, Job.lease_owner == job.lease_owner)
        .values(
            state=JobState.QUEUED,
            run_at=now() + timedelta(seconds=delay_seconds),
            lease_until=None,
            attempts=Job.attempts - 1,
        )
    )


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
