"""What a case's snapshot says about the company, read leniently.

The snapshot is what was known at the hand-off, in the shape of that day; a part that is
missing or has another shape is shown as missing, never as an error.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from desk.cases.models import Case, CaseKind
from desk.console.labels import fact_value

IN_QUEUE = ("municipality", "industry", "employees")


def mapping(value: object) -> Mapping[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: object) -> Sequence[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list | tuple) else []


def part(case: Case, *path: str) -> object:
    """What stands at `path` in the snapshot, or None."""
    found: object = case.snapshot
    for key in path:
        found = mapping(found).get(key)
    return found


def facts_of(case: Case) -> Mapping[str, Any]:
    """Facts about the company by key."""
    return mapping(part(case, "situation", "facts"))


def company_words(case: Case) -> Sequence[str]:
    """The company in a few words, for the queue."""
    facts = facts_of(case)
    return [
        fact_value(key, facts[key]) for key in IN_QUEUE if facts.get(key) not in (None, "unknown")
    ]


def unanswered_id(case: Case) -> UUID | None:
    """The owner's message that the bot could not answer, if that is why the case exists.

    Such a case is opened by the machine and carries nothing of its own; the owner's
    words are that message.
    """
    if case.kind != CaseKind.ATTENTION:
        return None
    try:
        return UUID(case.turn_id)
    except ValueError:
        return None
