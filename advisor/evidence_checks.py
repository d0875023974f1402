"""Checks of texts against the evidence level of their sources."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from advisor.model import Level, Program
from advisor.node import Problems

if TYPE_CHECKING:
    from advisor.knowledge import KnowledgeBase

MARKS = "unconfirmed_marks"
"""Word list: one of these must stand in a text that is not confirmed."""
AMOUNT_MARKS = "amount_marks"
"""Word list: units that make a number an amount or a rate."""
MONEY_MARKS = "money_marks"
"""Word list: units of money."""


def check_evidence(base: "KnowledgeBase", root: str, problems: Problems) -> None:
    """Report texts of level B or C that do not say so, or that give an amount."""
    for place, key, text, source in _texts(base):
        found = base.sources.get(source or "")
        if found is None or found.level is Level.A:
            continue
        path = f"{root}/{place}"
        marks = base.lists.get(MARKS, ())
        if not any(mark in text for mark in marks):
            wanted = " or ".join(marks) or f"a word of the list '{MARKS}'"
            message = f"'{found.id}' is level {found.level}, so the text must say {wanted}"
            problems.add(path, key, message)
        if gives_amount(text, base.lists.get(AMOUNT_MARKS, ())):
            message = f"'{found.id}' is level {found.level}, so the text must give no amounts"
            problems.add(path, key, message)


def gives_amount(text: str, units: Iterable[str]) -> bool:
    """Tell whether a number stands right before one of the units."""
    return any(
        part and (part[-1].isnumeric() or part[-1] == ".")
        for unit in units
        for part in text.split(unit)[:-1]
    )


def _texts(base: "KnowledgeBase") -> Iterator[tuple[str, str, str, str | None]]:
    """List place, key, text and source of what is told as a fact."""
    for program in base.programs.values():
        place = f"programs/{program.id}.yml"
        for key, text, source in _program_texts(program):
            yield place, key, text, source
    for hub in base.hubs.values():
        if hub.theme is not None:
            yield f"hubs/{hub.id}.yml", "theme", hub.theme.text, hub.theme.source
    for topic in base.topics.values():
        yield "topics.yml", topic.id, topic.text, topic.source
    for contact in base.contacts.values():
        if contact.note is not None:
            yield "contacts.yml", contact.id, contact.note, contact.source


def _program_texts(program: Program) -> Iterator[tuple[str, str, str | None]]:
    for aspect, answer in program.answers.items():
        if answer.text is not None:
            yield f"answers.{aspect}", answer.text, answer.source
    for key, items in (("steps", program.steps), ("cautions", program.cautions)):
        for index, item in enumerate(items):
            yield f"{key}[{index}]", item.text, item.source
    for index, prerequisite in enumerate(program.prerequisites):
        yield f"prerequisites[{index}]", prerequisite.text, prerequisite.source
