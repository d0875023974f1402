"""What a report is about: a time, and one hub or all; and which of its cases a list shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Integer, and_, exists, extract, func, or_, select

from desk.cases.models import Case, CaseKind, CaseResult, CaseStatus
from desk.chat.models import Conversation
from desk.db import Transaction
from desk.reports.facts import Need
from desk.reports.models import ItemKind, ReportCase, ReportItem
from desk.reports.period import Period

NOT_WORK = (CaseResult.DUPLICATE,)
"""Results of cases whose work went on elsewhere."""
NO_ANSWER = (CaseResult.DUPLICATE, CaseResult.WITHDRAWN)
"""Results of cases of which nobody knows whether an answer was still wanted."""
UNKNOWN = "unknown"
"""Stands for a code that is not known."""
UNKNOWN_ONLY = (UNKNOWN,)
WORST_FIRST = (Need.UNMET, Need.UNKNOWN, Need.MET)
NO_CONCERN = "none"
"""Stands for the need of a case whose owner stated no concern."""


class Counted(StrEnum):
    """By which moment a case belongs to the period."""

    CASE = "case"
    """Its own."""
    TALK = "talk"
    """That at which its conversation began."""
    NOW = "now"
    """None: it is open now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose and of when."""

    period: Period
    hub_id: str | None
    """None: all hubs."""
    sites: Sequence[str] = ()
    """Sites of that hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChoice:
    """Which cases of the scope a list shows; None is any."""

    counted: Counted = Counted.CASE
    weekday: int | None = None
    """0 is Monday; of the conversation."""
    hour: int | None = None
    """In Japan; of the conversation."""
    is_answered: bool | None = None
    is_closed: bool | None = None
    from_day: date | None = None
    """Opened on this day (JST) or later."""
    to_day: date | None = None
    """Opened on this day (JST) or before."""
    prefecture: str | None = None
    municipality: str | None = None
    industry: str | None = None
    size: str | None = None
    item: ItemKind | None = None
    code: str | None = None
    """Of the item."""
    states: Sequence[str] = ()
    """Of the item."""
    need: str | None = None
    """The worst need of the case."""


def within(column: Any, period: Period) -> Any:
    """SQL condition: a moment in the period."""
    return and_(column >= period.start, column < period.end)


def talks_of(scope: Scope) -> Any:
    """SQL condition on `Conversation`: in the period, and the hub's.

    A hub's are those with a case there, and those that began on its own site.
    """
    inside = within(Conversation.created_at, scope.period)
    if scope.hub_id is None:
        return inside
    has_case = exists().where(Case.conversation_id == Conversation.id, Case.hub_id == scope.hub_id)
    return and_(inside, or_(has_case, Conversation.site.in_(scope.sites)))


def of_hub(scope: Scope) -> Any:
    """SQL condition on `Case`: an owner's case at the hub."""
    is_consultation = Case.kind == CaseKind.CONSULTATION
    if scope.hub_id is None:
        return is_consultation
    return and_(is_consultation, Case.hub_id == scope.hub_id)


def cases_of(scope: Scope) -> Any:
    """SQL condition on `Case`: an owner's case at the hub that was opened in the period."""
    return and_(of_hub(scope), within(Case.created_at, scope.period))


def is_open() -> Any:
    """SQL condition on `Case`: work on it goes on."""
    return Case.status != CaseStatus.CLOSED


def is_resolved() -> Any:
    """SQL condition on `Case`: it was closed with a result, and not as the double of another."""
    has_result = and_(Case.result.is_not(None), Case.result.not_in(NOT_WORK))
    return and_(Case.status == CaseStatus.CLOSED, has_result)


def weekday_of(tx: Transaction, column: Any) -> Any:
    """SQL: the weekday of a moment in Japan; 0 is Monday."""
    if tx.is_sqlite:
        return (func.strftime("%w", column, "+9 hours").cast(Integer) + 6) % 7
    return extract("isodow", func.timezone("Asia/Tokyo", column)).cast(Integer) - 1


def hour_of(tx: Transaction, column: Any) -> Any:
    """SQL: the hour of a moment in Japan."""
    if tx.is_sqlite:
        return func.strftime("%H", column, "+9 hours").cast(Integer)
    return extract("hour", func.timezone("Asia/Tokyo", column)).cast(Integer)


def has_need(need: Need) -> Any:
    """SQL condition on `Case`: one of its concerns has this need."""
    return exists().where(
        ReportItem.case_id == Case.id,
        ReportItem.kind == ItemKind.CONCERN,
        ReportItem.state == need.value,
    )


def _has_worst(need: str) -> Any:
    """SQL condition on `Case`: that is the worst of its needs."""
    better = WORST_FIRST if need == NO_CONCERN else WORST_FIRST[: WORST_FIRST.index(Need(need))]
    without = [~has_need(other) for other in better]
    return and_(*without) if need == NO_CONCERN else and_(has_need(Need(need)), *without)


def chosen(tx: Transaction, scope: Scope, choice: CaseChoice) -> Any:
    """SQL condition on `Case`: what a list shows."""
    wanted = [of_hub(scope), *_by_moment(tx, scope, choice), *_by_code(choice)]
    if choice.is_answered is not None:
        has_answer = Case.answered_at.is_not(None)
        wanted.append(has_answer if choice.is_answered else ~has_answer)
    if choice.is_closed is not None:
        wanted.append(is_resolved() if choice.is_closed else is_open())
    return and_(*wanted)


def _by_moment(tx: Transaction, scope: Scope, choice: CaseChoice) -> Sequence[Any]:
    wanted: list[Any] = []
    if choice.counted is Counted.CASE:
        wanted.append(within(Case.created_at, scope.period))
    elif choice.counted is Counted.NOW:
        wanted.append(is_open())
    else:
        began: list[Any] = [Conversation.id == Case.conversation_id]
        began.append(within(Conversation.created_at, scope.period))
        if choice.weekday is not None:
            began.append(weekday_of(tx, Conversation.created_at) == choice.weekday)
        if choice.hour is not None:
            began.append(hour_of(tx, Conversation.created_at) == choice.hour)
        wanted.append(exists().where(*began))
    if choice.from_day is not None:
        wanted.append(Case.created_at >= _start_of(choice.from_day))
    if choice.to_day is not None:
        wanted.append(Case.created_at < _end_of(choice.to_day))
    return wanted


def _start_of(day: date) -> datetime:
    return Period(first=day, last=day).start


def _end_of(day: date) -> datetime:
    return Period(first=day, last=day).end


def _by_code(choice: CaseChoice) -> Sequence[Any]:
    wanted: list[Any] = []
    columns = {
        ReportCase.prefecture: choice.prefecture,
        ReportCase.municipality: choice.municipality,
        ReportCase.industry: choice.industry,
        ReportCase.size: choice.size,
    }
    for column, value in columns.items():
        if value is not None:
            same = column.is_(None) if value == UNKNOWN else column == value
            wanted.append(Case.id.in_(select(ReportCase.case_id).where(same)))
    if choice.need is not None:
        wanted += [Case.id.in_(select(ReportCase.case_id)), _has_worst(choice.need)]
    if choice.item is not None:
        found: list[Any] = [ReportItem.case_id == Case.id, ReportItem.kind == choice.item]
        if choice.code is not None:
            found.append(ReportItem.code == choice.code)
        if choice.states and tuple(choice.states) != UNKNOWN_ONLY:
            found.append(ReportItem.state.in_(choice.states))
        has_item = exists().where(*found)
        has_codes = Case.id.in_(select(ReportCase.case_id))
        is_absent = choice.item is ItemKind.DIMENSION and tuple(choice.states) == UNKNOWN_ONLY
        wanted.append(and_(has_codes, ~has_item) if is_absent else has_item)
    return wanted
