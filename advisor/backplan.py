"""Back-planner: what must be done before what, by when, counted back from the wished start."""

import datetime as dt
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from advisor.knowledge import KnowledgeBase
from advisor.model import Level, Prerequisite, Program, SourceRef, Status
from advisor.program_readers import START
from advisor.status import StatusOn, status_on

_MONTHS_A_YEAR: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One thing to do before the start."""

    id: str
    text: str
    opens_on: dt.date | None
    """First day on which it can be done; None when nothing is published."""
    due_on: dt.date
    """Last day."""
    is_late: bool
    """The last day is over."""
    status: StatusOn
    """Status of the program on the last day."""
    source: SourceRef


@dataclass(frozen=True, slots=True, kw_only=True)
class BackPlan:
    """The way to a wished start, first things first."""

    program_id: str
    start: dt.date
    steps: tuple[PlanStep, ...]
    is_possible: bool
    """No step is late, and the program has not ended by the day of any step."""
    earliest_start: dt.date
    """First start that the published lead times allow from today."""
    is_confirmed: bool
    """Every lead time rests on a source of level A."""


def plan_back(program: Program, kb: KnowledgeBase, *, start: dt.date, today: dt.date) -> BackPlan:
    """Plan back from the wished start of a program.

    Args:
        program: The program; without prerequisites the plan has no steps.
        kb: The knowledge base.
        start: Day on which the owner wishes to begin.
        today: Calendar date (JST).

    Source:
        ``prerequisites`` of ``knowledge/programs/<id>.yml``.
    """
    days: dict[str, dt.date] = {START: start}
    steps = []
    for item in program.prerequisites:
        day = days[item.before]
        due = days[item.id] = due_day(item, day)
        opens = item.opens_months_before
        steps.append(
            PlanStep(
                id=item.id,
                text=item.text,
                opens_on=None if opens is None else months_before(day, opens),
                due_on=due,
                is_late=due < today,
                status=status_on(program, on=due),
                source=kb.source_ref(item.source),
            )
        )
    steps.sort(key=lambda step: (step.due_on, -_position(program, step.id)))
    return BackPlan(
        program_id=program.id,
        start=start,
        steps=tuple(steps),
        is_possible=_is_possible(program, steps, start, today),
        earliest_start=earliest_start(program.prerequisites, today),
        is_confirmed=all(step.source.level is Level.A for step in steps),
    )


def _position(program: Program, step_id: str) -> int:
    return next(i for i, item in enumerate(program.prerequisites) if item.id == step_id)


def _is_possible(
    program: Program, steps: Sequence[PlanStep], start: dt.date, today: dt.date
) -> bool:
    has_ended = status_on(program, on=start).status is Status.ENDED or any(
        step.status.status is Status.ENDED for step in steps
    )
    return start >= today and not has_ended and not any(step.is_late for step in steps)


def due_day(item: Prerequisite, day: dt.date) -> dt.date:
    """Give the last day for something that must be done before a day."""
    return months_before(day, item.due_months_before) - dt.timedelta(days=item.due_days_before)


def earliest_start(prerequisites: Sequence[Prerequisite], today: dt.date) -> dt.date:
    """Find the first start for which nothing would be late today.

    Months differ in length, so the day is searched for from a bound that is safely early.
    """
    day = today
    while not _can_start(prerequisites, day, today):
        day += dt.timedelta(days=1)
    return day


def _can_start(prerequisites: Sequence[Prerequisite], start: dt.date, today: dt.date) -> bool:
    days = {START: start}
    for item in prerequisites:
        days[item.id] = due_day(item, days[item.before])
    return min(days.values()) >= today


def months_before(day: dt.date, months: int) -> dt.date:
    """Give the day some months earlier; the last of a month where the day does not exist."""
    index = day.year * _MONTHS_A_YEAR + day.month - 1 - months
    year, month = divmod(index, _MONTHS_A_YEAR)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
