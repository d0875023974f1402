"""SQL of lists, labels and mentions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, or_, select, update

from desk.auth.models import Role, StaffUser
from desk.cases.models import Case, CaseEvent, CaseLabel, CaseMention, CaseStatus, EventKind
from desk.cases.repository import visible_to
from desk.db import Transaction, new_id
from desk.notify.models import BUREAU


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuery:
    """Which cases are wanted; what is None does not matter."""

    statuses: Sequence[CaseStatus] = ()
    assignee_id: UUID | None = None
    is_unassigned: bool = False
    label: str | None = None
    number: str | None = None
    """Part of the receipt number, in capitals."""
    before: UUID | None = None
    """Only cases older than this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSlice:
    """One part of a list."""

    items: Sequence[tuple[Case, Sequence[str]]]
    """Cases with their labels."""
    has_more: bool


async def list_matching(
    tx: Transaction, hub_id: str | None, wanted: CaseQuery, *, limit: int
) -> Sequence[Case]:
    """Cases of the hub (None: of all), the newest first."""
    query = select(Case).where(visible_to(hub_id), *_conditions(wanted))
    return (await tx.scalars(query.order_by(Case.id.desc()).limit(limit))).all()


def _conditions(wanted: CaseQuery) -> list[Any]:
    conditions: list[Any] = []
    if wanted.statuses:
        conditions.append(Case.status.in_(list(wanted.statuses)))
    if wanted.assignee_id is not None:
        conditions.append(Case.assignee_id == wanted.assignee_id)
    if wanted.is_unassigned:
        conditions.append(Case.assignee_id.is_(None))
    if wanted.label is not None:
        conditions.append(
            exists().where(CaseLabel.case_id == Case.id, CaseLabel.label == wanted.label)
        )
    if wanted.number is not None:
        conditions.append(Case.number.contains(wanted.number, autoescape=True))
    if wanted.before is not None:
        conditions.append(Case.id < wanted.before)
    return conditions


async def labels_of(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The labels of these cases, in order."""
    query = select(CaseLabel).where(CaseLabel.case_id.in_(case_ids)).order_by(CaseLabel.label)
    found: dict[UUID, list[str]] = {case_id: [] for case_id in case_ids}
    for row in await tx.scalars(query):
        found[row.case_id].append(row.label)
    return found


async def set_labels(tx: Transaction, case_id: UUID, labels: Sequence[str]) -> None:
    """Give the case exactly these labels."""
    await tx.execute(delete(CaseLabel).where(CaseLabel.case_id == case_id))
    if labels:
        rows = [{"case_id": case_id, "label": label} for label in labels]
        await tx.execute(insert(CaseLabel), rows)


async def list_colleagues(tx: Transaction, hub_id: str) -> Sequence[StaffUser]:
    """Whose cases these are: people in use of the hub (for the bureau, of its role)."""
    is_theirs: Any = StaffUser.hub_id == hub_id
    if hub_id == BUREAU:
        is_theirs = or_(is_theirs, StaffUser.role == Role.BUREAU)
    query = select(StaffUser).where(is_theirs, StaffUser.disabled_at.is_(None))
    return (await tx.scalars(query.order_by(StaffUser.login))).all()


async def add_mention(tx: Transaction, event: CaseEvent, user_id: UUID, at: datetime) -> None:
    """Note that the event's note names this person."""
    tx.add(
        CaseMention(
            id=new_id(),
            case_id=event.case_id,
            event_id=event.id,
            user_id=user_id,
            created_at=at,
        )
    )


async def list_unread(
    tx: Transaction, user_id: UUID, hub_id: str | None, *, limit: int
) -> Sequence[tuple[CaseMention, Case, CaseEvent]]:
    """Unread mentions of the person in cases that they may see, oldest first."""
    query = _mentions_of(user_id, hub_id).where(CaseMention.read_at.is_(None))
    rows = await tx.execute(query.order_by(CaseMention.id).limit(limit))
    return [(mention, case, event) for mention, case, event in rows]


async def list_read(
    tx: Transaction, user_id: UUID, hub_id: str | None, *, limit: int
) -> Sequence[tuple[CaseMention, Case, CaseEvent]]:
    """Mentions that the person has read, in cases that they may see, the latest first."""
    query = _mentions_of(user_id, hub_id).where(CaseMention.read_at.is_not(None))
    rows = await tx.execute(query.order_by(CaseMention.id.desc()).limit(limit))
    return [(mention, case, event) for mention, case, event in rows]


def _mentions_of(user_id: UUID, hub_id: str | None) -> Any:
    return (
        select(CaseMention, Case, CaseEvent)
        .join(Case, Case.id == CaseMention.case_id)
        .join(CaseEvent, CaseEvent.id == CaseMention.event_id)
        .where(CaseMention.user_id == user_id, visible_to(hub_id))
    )


async def count_unread(tx: Transaction, user_id: UUID, hub_id: str | None) -> int:
    """How many unread mentions the person has in cases that they may see."""
    query = (
        select(func.count())
        .select_from(CaseMention)
        .join(Case, Case.id == CaseMention.case_id)
        .where(CaseMention.user_id == user_id, CaseMention.read_at.is_(None), visible_to(hub_id))
    )
    return int((await tx.execute(query)).scalar_one())


async def mark_read(tx: Transaction, mention_id: UUID, user_id: UUID, at: datetime) -> UUID | None:
    """Mark the person's mention as read; its case, None if there is no such unread one."""
    result = await tx.execute(
        update(CaseMention)
        .where(
            CaseMention.id == mention_id,
            CaseMention.user_id == user_id,
            CaseMention.read_at.is_(None),
        )
        .values(read_at=at)
        .returning(CaseMention.case_id)
    )
    return result.scalar_one_or_none()


async def has_event(tx: Transaction, case_id: UUID, kind: EventKind) -> bool:
    """Whether the case's log has an entry of this kind."""
    query = select(CaseEvent.id).where(CaseEvent.case_id == case_id, CaseEvent.kind == kind)
    return (await tx.execute(query.limit(1))).first() is not None
