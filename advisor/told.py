"""Facts as owners were told them: an id, and a version that changes when the fact does.

Whoever keeps the pair with the conversation can find out later who was told something that
has changed since. Ids: ``programs/<id>/answers/<aspect>``, ``programs/<id>/advice`` (what a
recommendation says), ``programs/<id>/amount``, and ``topics/<id>``, ``hubs/<id>``,
``dimensions/<id>``, ``shifts/<id>``, ``contacts/<id>``.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from advisor.knowledge import KnowledgeBase
from advisor.model import Program
from advisor.status import status_on

_VERSION_LENGTH: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFact:
    """One fact in the form in which it was told."""

    fact: str
    version: str


def told(facts: Iterable[str], kb: KnowledgeBase, *, on: dt.date) -> tuple[ToldFact, ...]:
    """Give the facts with their versions, each once, in order; unknown ids are left out."""
    found = ((fact, version_of(fact, kb, on=on)) for fact in dict.fromkeys(facts))
    return tuple(ToldFact(fact=f, version=v) for f, v in found if v is not None)


def version_of(fact: str, kb: KnowledgeBase, *, on: dt.date) -> str | None:
    """Give the version of a fact as it is told on a date, or None if it is told no more.

    The date is that of the telling: what was right then stays right, even when the program has
    ended since; what the knowledge now says differently about that date has changed.
    """
    kind, _, rest = fact.partition("/")
    if kind == "programs":
        parts = _program_parts(rest, kb, on)
    else:
        reader = _READERS.get(kind)
        parts = reader(rest, kb) if reader is not None else None
    if parts is None:
        return None
    text = json.dumps(parts, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_VERSION_LENGTH]


def _source_parts(source_id: str | None, kb: KnowledgeBase) -> list[str]:
    if source_id is None:
        return []
    source = kb.sources[source_id]
    return [source.title, str(source.date), source.level.value]


def _program_parts(rest: str, kb: KnowledgeBase, on: dt.date) -> list[object] | None:
    program_id, _, part = rest.partition("/")
    program = kb.programs.get(program_id)
    if program is None:
        return None
    kind, _, aspect = part.partition("/")
    if kind == "answers":
        return _answer_parts(program, aspect, kb, on)
    if kind == "advice":
        return _advice_parts(program, kb, on)
    return _amount_parts(program, kb, on) if kind == "amount" else None


def _status_parts(program: Program, kb: KnowledgeBase, on: dt.date) -> list[object]:
    state = status_on(program, on=on)
    return [state.status.value, state.note, _source_parts(state.source, kb)]


def _answer_parts(
    program: Program, aspect: str, kb: KnowledgeBase, on: dt.date
) -> list[object] | None:
    answer = program.answers.get(aspect)
    if answer is None:
        return None
    ask = kb.contacts[answer.ask].name if answer.ask is not None else None
    return [_status_parts(program, kb, on), answer.text, ask, _source_parts(answer.source, kb)]


def _advice_parts(program: Program, kb: KnowledgeBase, on: dt.date) -> list[object]:
    return [
        program.name,
        program.plain_name,
        program.summary,
        _status_parts(program, kb, on),
        [criterion.text for criterion in (*program.criteria, *program.exclusions)],
        program.first_step,
        kb.contacts[program.contact].name,
        [item.text for item in (*program.steps, *program.cautions)],
    ]


def _amount_parts(program: Program, kb: KnowledgeBase, on: dt.date) -> list[object] | None:
    if program.amount is None:
        return None
    values = [
        [parameter_id, str(value.value), _source_parts(value.source, kb)]
        for parameter_id in dict.fromkeys(program.amount.parameter_ids())
        for value in kb.parameters[parameter_id].values
        if value.since <= on and (value.until is None or on <= value.until)
    ]
    return [values, program.amount.cost_items, program.amount.tax.value]


def _topic_parts(name: str, kb: KnowledgeBase) -> list[object] | None:
    topic = kb.topics.get(name)
    return None if topic is None else [topic.text, _source_parts(topic.source, kb)]


def _hub_parts(name: str, kb: KnowledgeBase) -> list[object] | None:
    hub = kb.hubs.get(name)
    if hub is None:
        return None
    members = [member.name for member in hub.members]
    theme = None if hub.theme is None else hub.theme.text
    return [hub.name, hub.secretariat, members, hub.activities, theme, hub.status_note]


def _dimension_parts(name: str, kb: KnowledgeBase) -> list[object] | None:
    found = kb.dimensions.get(name)
    return None if found is None else [found.definition, found.why, found.weak_text, found.levels]


def _shift_parts(name: str, kb: KnowledgeBase) -> list[object] | None:
    found = kb.shifts.get(name)
    return None if found is None else [found.before, found.after, found.plain]


def _contact_parts(name: str, kb: KnowledgeBase) -> list[object] | None:
    found = kb.contacts.get(name)
    return None if found is None else [found.name, found.url, found.phone, found.note]


_READERS: Final[dict[str, Callable[[str, KnowledgeBase], list[object] | None]]] = {
    "topics": _topic_parts,
    "hubs": _hub_parts,
    "dimensions": _dimension_parts,
    "shifts": _shift_parts,
    "contacts": _contact_parts,
}
