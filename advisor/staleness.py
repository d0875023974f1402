"""What has to be checked again, by whom, and what rests on it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from advisor.knowledge import KnowledgeBase
from advisor.model import Program, Status

REVIEW_DAYS: Final = 365
"""A program or hub is read through again after this many days."""


class StaleKind(StrEnum):
    """Why something has to be checked again."""

    SOURCE = "source"
    STATE = "state"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleItem:
    """One thing to check again."""

    kind: StaleKind
    keeper: str
    """Id of ``keepers.yml``."""
    place: str
    """File and key: where the new date is entered."""
    title: str
    due_on: dt.date
    """Last day on which it counted as checked."""
    is_due: bool
    """That day is over; False for what falls due within the time asked for."""
    used_by: tuple[str, ...]
    """Files that rest on it."""


def find_stale(kb: KnowledgeBase, *, on: dt.date, within_days: int = 0) -> tuple[StaleItem, ...]:
    """List what has to be checked again, most overdue first.

    Args:
        kb: The knowledge base.
        on: Calendar date (JST).
        within_days: Also list what falls due in so many days.
    """
    last = on + dt.timedelta(days=within_days)
    items = [item for item in _all_items(kb, on) if item.due_on < last]
    return tuple(sorted(items, key=lambda item: (item.due_on, item.keeper, item.place)))


def _all_items(kb: KnowledgeBase, on: dt.date) -> Iterator[StaleItem]:
    uses = uses_of_sources(kb)
    for source in kb.sources.values():
        yield StaleItem(
            kind=StaleKind.SOURCE,
            keeper=source.keeper,
            place=f"sources.yml: {source.id}.verify_by",
            title=source.title,
            due_on=source.verify_by,
            is_due=source.verify_by < on,
            used_by=uses.get(source.id, ()),
        )
    for program in kb.programs.values():
        yield from _program_items(program, kb, on)
    for hub in kb.hubs.values():
        yield _review(f"hubs/{hub.id}.yml", hub.name, hub.reviewed_on, hub.sources[0], kb, on)


def _program_items(program: Program, kb: KnowledgeBase, on: dt.date) -> Iterator[StaleItem]:
    place = f"programs/{program.id}.yml"
    current = max((s for s in program.states if s.since <= on), key=lambda s: s.since, default=None)
    if current is not None and current.status is Status.OPEN and current.verify_by is not None:
        yield StaleItem(
            kind=StaleKind.STATE,
            keeper=kb.sources[current.source].keeper,
            place=f"{place}: states.{current.since}.verify_by",
            title=program.name,
            due_on=current.verify_by,
            is_due=current.verify_by < on,
            used_by=(place,),
        )
    yield _review(place, program.name, program.reviewed_on, program.sources[0], kb, on)


def _review(
    place: str, title: str, reviewed_on: dt.date, source: str, kb: KnowledgeBase, on: dt.date
) -> StaleItem:
    due = reviewed_on + dt.timedelta(days=REVIEW_DAYS)
    return StaleItem(
        kind=StaleKind.REVIEW,
        keeper=kb.sources[source].keeper,
        place=f"{place}: reviewed_on",
        title=title,
        due_on=due,
        is_due=due < on,
        used_by=(place,),
    )


def uses_of_sources(kb: KnowledgeBase) -> dict[str, tuple[str, ...]]:
    """List, for each source, the files that rest on it."""
    found: dict[str, dict[str, None]] = {}
    for source, place in _uses(kb):
        found.setdefault(source, {})[place] = None
    return {source: tuple(places) for source, places in found.items()}


def _uses(kb: KnowledgeBase) -> Iterator[tuple[str, str]]:
    for contact in kb.contacts.values():
        yield contact.source, "contacts.yml"
    for dimension in kb.dimensions.values():
        yield dimension.source, "model/dimensions.yml"
        yield dimension.why_source, "model/dimensions.yml"
    for shift in kb.shifts.values():
        yield shift.source, "model/shifts.yml"
    for concern in kb.concerns.values():
        yield concern.source, "model/concerns.yml"
    for topic in kb.topics.values():
        if topic.source is not None:
            yield topic.source, "topics.yml"
    yield kb.places_source, "places/municipalities.yml"
    yield from _uses_by_id(kb)


def _uses_by_id(kb: KnowledgeBase) -> Iterator[tuple[str, str]]:
    """Walk the folders with a file for each id."""
    for program in kb.programs.values():
        for source in sources_of_program(program):
            yield source, f"programs/{program.id}.yml"
    for parameter in kb.parameters.values():
        for value in parameter.values:
            yield value.source, f"parameters/{parameter.id}.yml"
    for hub in kb.hubs.values():
        for source in hub.sources:
            yield source, f"hubs/{hub.id}.yml"


def sources_of_program(program: Program) -> tuple[str, ...]:
    """List every source that a program's file names, each once."""
    named = (
        *program.sources,
        *(criterion.source for criterion in (*program.criteria, *program.exclusions)),
        *(state.source for state in program.states),
        *(item.source for item in (*program.steps, *program.cautions)),
        *(item.source for item in program.prerequisites),
        *(answer.source for answer in program.answers.values() if answer.source is not None),
    )
    return tuple(dict.fromkeys(named))
