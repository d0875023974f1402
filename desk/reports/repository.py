"""SQL of the reports: it counts; no report reads a row for each message."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, case, exists, func, literal_column, or_, select

from desk.auth.models import StaffUser
from desk.cases.models import Case, CaseKind, HubCalendar
from desk.chat.models import Author, Conversation, Message, Satisfaction
from desk.db import Transaction
from desk.reports.models import ItemKind, ReportCase, ReportItem
from desk.reports.period import Period
from desk.reports.scope import (
    NO_CONCERN,
    WORST_FIRST,
    CaseChoice,
    Scope,
    cases_of,
    chosen,
    has_need,
    hour_of,
    is_open,
    is_resolved,
    of_hub,
    talks_of,
    weekday_of,
)

PERSON_PAYLOADS = ("/talk_to_human%", '/choose{"question": "share_info_consent"%')
"""Buttons by which an owner asks for a person, or answers whether the talk may be shared."""

NOTHING: Any = literal_column("''")
"""No code; not a parameter, which PostgreSQL would not see to be the same in GROUP BY."""


class Timing(NamedTuple):
    """When a case was opened and answered."""

    case_id: UUID
    hub_id: str
    created_at: datetime
    answered_at: datetime | None
    result: str | None


def _said() -> Any:
    return exists().where(Message.conversation_id == Conversation.id, Message.author == Author.USER)


async def count_talks_by_hour(tx: Transaction, scope: Scope) -> Mapping[tuple[int, int], int]:
    """Conversations in which the owner wrote, by weekday (0: Monday) and hour of their begin."""
    began = select(
        weekday_of(tx, Conversation.created_at).label("weekday"),
        hour_of(tx, Conversation.created_at).label("hour"),
    ).where(talks_of(scope), _said())
    rows = began.subquery()
    query = select(rows.c.weekday, rows.c.hour, func.count()).group_by(rows.c.weekday, rows.c.hour)
    return {(int(row[0]), int(row[1])): int(row[2]) for row in await tx.execute(query)}


def _has_card(kind: str) -> Any:
    # Not the bare column: its index leads to the cards of all conversations.
    shown = func.coalesce(Message.card_kind, NOTHING)
    return exists().where(Message.conversation_id == Conversation.id, shown == kind)


def _has_case(scope: Scope, *wanted: Any, kind: CaseKind | None = CaseKind.CONSULTATION) -> Any:
    conditions = [Case.conversation_id == Conversation.id, *wanted]
    if kind is not None:
        conditions.append(Case.kind == kind)
    if scope.hub_id is not None and kind is not None:
        conditions.append(Case.hub_id == scope.hub_id)
    return exists().where(*conditions)


async def count_stages(tx: Transaction, scope: Scope) -> Mapping[str, int]:
    """How many conversations came to each stage; erased ones are left out.

    Returns:
        Keys: started, said, diagnosis, recommendation, person, case, answered, resolved,
        and contained: the owner wrote, asked for no person, and no case was opened.
    """
    pressed = exists().where(
        Message.conversation_id == Conversation.id,
        Message.author == Author.USER,
        or_(*(Message.payload.like(pattern) for pattern in PERSON_PAYLOADS)),
    )
    any_case = _has_case(scope, kind=None)
    person = or_(
        pressed,
        exists().where(Case.conversation_id == Conversation.id, Case.kind == CaseKind.CONSULTATION),
    )
    stages = {
        "said": _said(),
        "diagnosis": _has_card("diagnosis"),
        "recommendation": _has_card("recommendations"),
        "person": person,
        "case": _has_case(scope),
        "answered": _has_case(scope, Case.answered_at.is_not(None)),
        "resolved": _has_case(scope, is_resolved()),
        "contained": and_(_said(), ~person, ~any_case),
    }
    flags = select(*(case((it, 1), else_=0).label(name) for name, it in stages.items())).where(
        talks_of(scope), Conversation.erased_at.is_(None)
    )
    rows = flags.subquery()
    sums = [func.coalesce(func.sum(rows.c[name]), 0) for name in stages]
    found = (await tx.execute(select(func.count(), *sums).select_from(rows))).one()
    return dict(zip(("started", *stages), map(int, found), strict=True))


async def count_answers(tx: Transaction, scope: Scope) -> Mapping[tuple[str, str], int]:
    """Answers to whether it helped, by what they came after; unanswered is an empty answer."""
    answer = func.coalesce(Satisfaction.answer, NOTHING)
    query = (
        select(Satisfaction.after, answer, func.count())
        .join(Conversation, Conversation.id == Satisfaction.conversation_id)
        .where(talks_of(scope), Conversation.erased_at.is_(None))
        .group_by(Satisfaction.after, answer)
    )
    return {(str(row[0]), str(row[1])): int(row[2]) for row in await tx.execute(query)}


async def list_timings(tx: Transaction, scope: Scope) -> Sequence[Timing]:
    """When the period's cases were opened and answered."""
    query = select(Case.id, Case.hub_id, Case.created_at, Case.answered_at, Case.result)
    rows = await tx.execute(query.where(cases_of(scope)).order_by(Case.id))
    return [Timing(*row) for row in rows]


async def list_calendars(tx: Transaction) -> Mapping[str, Mapping[str, Any]]:
    """The rules of the hubs that have hours of their own."""
    return {row.hub_id: row.rules for row in await tx.scalars(select(HubCalendar))}


async def count_open(
    tx: Transaction, scope: Scope, spans: Mapping[str, Period]
) -> Mapping[tuple[str, bool], int]:
    """Open cases by the span of days in which they were opened, and whether they have an answer."""
    whens = [
        (and_(Case.created_at >= s.start, Case.created_at < s.end), k) for k, s in spans.items()
    ]
    rows = (
        select(
            case(*whens, else_="").label("span"),
            case((Case.answered_at.is_not(None), 1), else_=0).label("is_answered"),
        )
        .where(of_hub(scope), is_open())
        .subquery()
    )
    query = select(rows.c.span, rows.c.is_answered, func.count())
    found = await tx.execute(query.group_by(rows.c.span, rows.c.is_answered))
    return {(str(row[0]), bool(row[1])): int(row[2]) for row in found}


async def count_groups(tx: Transaction, scope: Scope, column: Any) -> Mapping[str, int]:
    """Cases whose codes are known, by a column of `ReportCase`; no code is an empty one."""
    code = func.coalesce(column, NOTHING)
    query = select(code, func.count()).select_from(ReportCase)
    query = query.join(Case, Case.id == ReportCase.case_id)
    return dict((await tx.execute(query.where(cases_of(scope)).group_by(code))).all())


async def count_items(
    tx: Transaction, scope: Scope, kind: ItemKind, column: Any
) -> Mapping[tuple[str, str, str], int]:
    """Items by a column of `ReportCase` (no code is an empty one), code and state."""
    group = func.coalesce(column, NOTHING)
    query = (
        select(group, ReportItem.code, ReportItem.state, func.count())
        .join(Case, Case.id == ReportItem.case_id)
        .join(ReportCase, ReportCase.case_id == ReportItem.case_id)
        .where(cases_of(scope), ReportItem.kind == kind)
        .group_by(group, ReportItem.code, ReportItem.state)
    )
    return {(str(r[0]), str(r[1]), str(r[2])): int(r[3]) for r in await tx.execute(query)}


async def count_needs(tx: Transaction, scope: Scope) -> Mapping[tuple[str, str, str], int]:
    """Cases by prefecture, municipality (no code is an empty one) and the worst of their needs.

    A case without a concern has the need `none`.
    """
    worst = case(*((has_need(need), need.value) for need in WORST_FIRST), else_=NO_CONCERN)
    rows = (
        select(
            func.coalesce(ReportCase.prefecture, NOTHING).label("prefecture"),
            func.coalesce(ReportCase.municipality, NOTHING).label("municipality"),
            worst.label("need"),
        )
        .select_from(Case)
        .join(ReportCase, ReportCase.case_id == Case.id)
        .where(cases_of(scope))
        .subquery()
    )
    columns = (rows.c.prefecture, rows.c.municipality, rows.c.need)
    query = select(*columns, func.count()).group_by(*columns)
    return {(str(r[0]), str(r[1]), str(r[2])): int(r[3]) for r in await tx.execute(query)}


async def count_erased(tx: Transaction, scope: Scope) -> int:
    """Conversations of the period whose owners had them erased."""
    query = select(func.count()).select_from(Conversation)
    erased = Conversation.erased_at.is_not(None)
    return int((await tx.execute(query.where(talks_of(scope), erased))).scalar_one())


async def list_cases(
    tx: Transaction,
    scope: Scope,
    choice: CaseChoice,
    *,
    ids: Sequence[UUID] | None = None,
    limit: int,
    offset: int = 0,
) -> Sequence[tuple[Case, str | None]]:
    """The chosen cases with the names of those responsible, the newest first.

    Args:
        tx: A reading transaction.
        scope: Whose and of when.
        choice: Which of them.
        ids: Only these, at most a few hundred; None for any.
        limit: At most so many.
        offset: After so many.
    """
    query = select(Case, StaffUser.display_name).outerjoin(
        StaffUser, StaffUser.id == Case.assignee_id
    )
    query = query.where(chosen(tx, scope, choice))
    if ids is not None:
        query = query.where(Case.id.in_(ids))
    query = query.order_by(Case.created_at.desc(), Case.id.desc()).limit(limit).offset(offset)
    return [(row[0], row[1]) for row in await tx.execute(query)]
