"""SQL of the console's lists.

Open cases are few and closed ones grow for ever, so the two are asked apart: the open
ones sorted in full, the closed ones along an index and never counted to the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import load_only

from desk.auth.models import StaffUser
from desk.cases.models import OPEN_STATUSES, Case, CaseKind, CaseStatus
from desk.cases.repository import visible_to
from desk.chat.models import Message
from desk.db import Transaction

OPEN = OPEN_STATUSES
COUNTED_CLOSED = 1000
"""Closed cases are counted up to this many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """A case and the name of the person responsible for it."""

    case: Case
    assignee: str | None


def _with_assignee(hub_id: str | None) -> Any:
    query = select(Case, StaffUser.display_name)
    return query.outerjoin(StaffUser, StaffUser.id == Case.assignee_id).where(visible_to(hub_id))


async def _rows(tx: Transaction, query: Any) -> Sequence[QueueRow]:
    return [QueueRow(case=case, assignee=name) for case, name in await tx.execute(query)]


async def list_open(
    tx: Transaction,
    hub_id: str | None,
    *,
    statuses: Sequence[CaseStatus],
    assignee_id: UUID | None,
    limit: int,
    offset: int,
) -> Sequence[QueueRow]:
    """Open cases: those the bot could not answer first, then by promised date.

    Args:
        tx: A reading transaction.
        hub_id: The hub; None for all.
        statuses: Of `OPEN`.
        assignee_id: Only cases of this person.
        limit: At most so many.
        offset: After so many.
    """
    query = _with_assignee(hub_id).where(Case.status.in_(statuses))
    if assignee_id is not None:
        query = query.where(Case.assignee_id == assignee_id)
    query = query.order_by(Case.kind != CaseKind.ATTENTION, Case.promised_on, Case.id)
    return await _rows(tx, query.limit(limit).offset(offset))


async def list_closed(
    tx: Transaction, hub_id: str | None, *, limit: int, offset: int
) -> Sequence[QueueRow]:
    """Closed cases, the latest promise first."""
    query = _with_assignee(hub_id).where(Case.status == CaseStatus.CLOSED)
    query = query.order_by(Case.promised_on.desc(), Case.id.desc())
    return await _rows(tx, query.limit(limit).offset(offset))


async def count_by_status(tx: Transaction, hub_id: str | None) -> dict[str, int]:
    """How many cases stand in each status; closed ones up to `COUNTED_CLOSED` + 1."""
    opened = (
        select(Case.status, func.count())
        .where(visible_to(hub_id), Case.status.in_(OPEN))
        .group_by(Case.status)
    )
    counts = {str(status): 0 for status in CaseStatus}
    counts |= dict((await tx.execute(opened)).all())
    some = (
        select(Case.id)
        .where(visible_to(hub_id), Case.status == CaseStatus.CLOSED)
        .limit(COUNTED_CLOSED + 1)
        .subquery()
    )
    closed = await tx.execute(select(func.count()).select_from(some))
    counts[CaseStatus.CLOSED] = int(closed.scalar_one())
    return counts


async def count_own(tx: Transaction, hub_id: str | None, staff_id: UUID) -> int:
    """How many open cases the person is responsible for."""
    query = select(func.count()).where(
        visible_to(hub_id), Case.assignee_id == staff_id, Case.status.in_(OPEN)
    )
    return int((await tx.execute(query)).scalar_one())


async def count_attention(tx: Transaction, hub_id: str | None) -> int:
    """How many open cases there are because the bot could not answer."""
    query = select(func.count()).where(
        visible_to(hub_id), Case.status.in_(OPEN), Case.kind == CaseKind.ATTENTION
    )
    return int((await tx.execute(query)).scalar_one())


async def find_by_number(tx: Transaction, hub_id: str | None, number: str) -> UUID | None:
    """The case with this receipt number, if the hub may see it."""
    query = select(Case.id).where(visible_to(hub_id), Case.number == number)
    return (await tx.scalars(query)).one_or_none()


async def texts_of(tx: Transaction, message_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What these messages say."""
    query = select(Message).options(load_only(Message.text)).where(Message.id.in_(message_ids))
    return {message.id: message.text for message in await tx.scalars(query)}


async def names_of(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Display names of these people."""
    query = select(StaffUser.id, StaffUser.display_name).where(StaffUser.id.in_(ids))
    return dict((await tx.execute(query)).all())


async def cases_of_talks(
    tx: Transaction, conversation_ids: Sequence[UUID], hub_id: str | None
) -> dict[UUID, Case]:
    """The newest case of each conversation, as far as the hub (None: all) may see it."""
    query = (
        select(Case)
        .where(Case.conversation_id.in_(conversation_ids), visible_to(hub_id))
        .order_by(Case.id)
    )
    return {case.conversation_id: case for case in await tx.scalars(query)}
