"""SQL of the console's lists.

Open cases are few and closed ones grow for ever, so the two are asked apart: the open
ones sorted in full, the closed ones along an index and counted by the ledger of
`desk.cases.counts`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import load_only

from desk.auth.models import StaffUser
from desk.cases.models import OPEN_STATUSES, Case, CaseKind, CaseLabel, CaseStatus, Priority
from desk.cases.repository import visible_to
from desk.chat.models import Conversation, Holder, Message
from desk.console.wanted import Sort, Wanted
from desk.db import Transaction

OPEN = OPEN_STATUSES
NOT_DUE = frozenset({CaseStatus.WAITING, CaseStatus.CLOSED})
"""In these states the owner has had the promised answer."""
MOST_HELD = 500
"""Conversations held by a person that one list looks at, to see in which an owner waits."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a list is narrowed by, for one person on one day."""

    hub_id: str | None
    """The only hub that the person may see; None for all."""
    wanted: Wanted
    user_id: UUID
    today: date
    """Calendar date (JST) that decides what is late."""
    waiting_talks: Collection[UUID] = ()
    """Conversations in which an owner waits for a person."""

    def conditions(self) -> list[Any]:
        """SQL conditions of the cases."""
        wanted = self.wanted
        found = [visible_to(self.hub_id), Case.status.in_(wanted.status or OPEN)]
        if wanted.hub:
            found.append(Case.hub_id == wanted.hub)
        if wanted.label:
            has_label = CaseLabel.case_id == Case.id, CaseLabel.label == wanted.label
            found.append(exists().where(*has_label))
        if wanted.priority:
            found.append(Case.priority >= Priority[wanted.priority.upper()])
        if wanted.assignee == "none":
            found.append(Case.assignee_id.is_(None))
        elif wanted.assignee:
            is_own = wanted.assignee == "me"
            found.append(Case.assignee_id == (self.user_id if is_own else wanted.assignee))
        if wanted.overdue:
            found += [Case.answered_at.is_(None), Case.status.not_in(NOT_DUE)]
            found.append(Case.promised_on < self.today)
        if wanted.waiting:
            found.append(Case.conversation_id.in_(self.waiting_talks))
        return found

    def order(self) -> list[Any]:
        """SQL order of the cases."""
        by_promise = [Case.kind != CaseKind.ATTENTION, Case.promised_on, Case.id]
        orders: dict[Sort, list[Any]] = {
            Sort.PROMISE: by_promise,
            Sort.NEWEST: [Case.id.desc()],
            Sort.PRIORITY: [Case.priority.desc(), *by_promise],
            Sort.WAITING: [Case.answered_at.is_not(None), Case.created_at, Case.id],
        }
        return orders[self.wanted.sort]


async def list_wanted(
    tx: Transaction, narrowing: Narrowing, *, limit: int, offset: int
) -> Sequence[QueueRow]:
    """Cases as somebody has narrowed them down."""
    query = _with_assignee(None).where(*narrowing.conditions()).order_by(*narrowing.order())
    return await _rows(tx, query.limit(limit).offset(offset))


async def count_wanted(tx: Transaction, narrowing: Narrowing) -> int:
    """How many cases there are of what somebody has narrowed down to."""
    query = select(func.count()).select_from(Case).where(*narrowing.conditions())
    return int((await tx.execute(query)).scalar_one())


async def list_held_talks(tx: Transaction, hub_id: str | None) -> Sequence[UUID]:
    """Conversations of open cases that a person holds, those held longest first."""
    query = (
        select(Conversation.id)
        .where(Conversation.holder == Holder.STAFF, Conversation.erased_at.is_(None))
        .where(
            exists().where(
                Case.conversation_id == Conversation.id, Case.status.in_(OPEN), visible_to(hub_id)
            )
        )
        .order_by(Conversation.updated_at)
        .limit(MOST_HELD)
    )
    return (await tx.scalars(query)).all()


async def list_labels(tx: Transaction, hub_id: str | None, *, limit: int) -> Sequence[str]:
    """Labels in use on open cases that the hub may see, in order."""
    query = (
        select(CaseLabel.label)
        .join(Case, Case.id == CaseLabel.case_id)
        .where(visible_to(hub_id), Case.status.in_(OPEN))
        .distinct()
        .order_by(CaseLabel.label)
        .limit(limit)
    )
    return (await tx.scalars(query)).all()


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
