"""SQL of the pruning: what is done with, in batches; never anything open."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select

from desk.attachments.models import Attachment
from desk.attachments.repository import is_over
from desk.auth.models import LoginChallenge, OidcAttempt, StaffSession
from desk.db import Transaction
from desk.jobs.models import Job, JobState
from desk.line.models import EventState, LineEvent, LineLink, LineSend, SendState
from desk.notify.models import Delivery, DeliveryState
from desk.reconcile.models import ReconciliationReport


class Prunable(StrEnum):
    """What is pruned."""

    DELIVERIES = "deliveries"
    JOBS = "jobs"
    REPORTS = "reports"
    SESSIONS = "sessions"
    CHALLENGES = "challenges"
    OIDC_ATTEMPTS = "oidc_attempts"
    LINE_EVENTS = "line_events"
    LINE_SENDS = "line_sends"
    LINE_LINKS = "line_links"
    FILES = "files"


TABLES: dict[Prunable, Any] = {
    Prunable.DELIVERIES: Delivery,
    Prunable.JOBS: Job,
    Prunable.REPORTS: ReconciliationReport,
    Prunable.SESSIONS: StaffSession,
    Prunable.CHALLENGES: LoginChallenge,
    Prunable.OIDC_ATTEMPTS: OidcAttempt,
    Prunable.LINE_EVENTS: LineEvent,
    Prunable.LINE_SENDS: LineSend,
    Prunable.LINE_LINKS: LineLink,
    Prunable.FILES: Attachment,
}


def _is_done(what: Prunable, before: datetime) -> Any:
    """SQL condition: done with, and for long enough.

    Deliveries and jobs that were given up are not done with: staff can have them tried
    again, and until then each night's comparison names them. The newest report stays.
    """
    if what is Prunable.DELIVERIES:
        last = func.coalesce(Delivery.sent_at, Delivery.last_tried_at, Delivery.created_at)
        over = Delivery.state.in_([DeliveryState.SENT, DeliveryState.CANCELLED])
        return and_(over, Delivery.created_at < before, last < before)
    if what is Prunable.JOBS:
        return and_(Job.state == JobState.DONE, Job.finished_at < before)
    if what is Prunable.REPORTS:
        newest = select(func.max(ReconciliationReport.finished_at)).scalar_subquery()
        finished = ReconciliationReport.finished_at
        return and_(finished < before, finished < newest)
    if what is Prunable.SESSIONS:
        return or_(StaffSession.ended_at < before, StaffSession.expires_at < before)
    if what is Prunable.CHALLENGES:
        return LoginChallenge.expires_at < before
    if what is Prunable.OIDC_ATTEMPTS:
        return OidcAttempt.expires_at < before
    if what is Prunable.FILES:
        return is_over(before)
    return _is_done_in_line(what, before)


def _is_done_in_line(what: Prunable, before: datetime) -> Any:
    """The same for LINE; what waits, or goes out when the user writes again, is not done."""
    if what is Prunable.LINE_EVENTS:
        return and_(LineEvent.state != EventState.WAITING, LineEvent.received_at < before)
    if what is Prunable.LINE_SENDS:
        waits = LineSend.state.in_([SendState.PENDING, SendState.QUOTA])
        return and_(~waits, LineSend.created_at < before)
    return LineLink.expires_at < before


async def delete_batch(tx: Transaction, what: Prunable, before: datetime, *, limit: int) -> int:
    """Delete at most so many rows that are done with since before that moment.

    Returns:
        How many there were.
    """
    table = TABLES[what]
    query = select(table.id).where(_is_done(what, before)).order_by(table.id).limit(limit)
    ids: Sequence[UUID] = (await tx.scalars(query)).all()
    if ids:
        # Looked at once more: a row may have been taken up again since it was read.
        await tx.execute(delete(table).where(table.id.in_(ids), _is_done(what, before)))
    return len(ids)
