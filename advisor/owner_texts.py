"""Every text of the knowledge that an owner can see, with its place and its source."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from advisor.model import Program, Question

if TYPE_CHECKING:
    from advisor.knowledge import KnowledgeBase


class TextKind(StrEnum):
    """What a text is to an owner."""

    FACT = "fact"
    """States something about the world; must have a source."""
    QUESTION = "question"
    """Asks, or is offered as an answer."""
    FRAME = "frame"
    """Words around facts, with placeholders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerText:
    """One text."""

    place: str
    """File below ``knowledge/``."""
    key: str
    text: str
    kind: TextKind
    source: str | None = None
    """Id of its source; None for what is no fact."""

    @property
    def is_name(self) -> bool:
        """Tell whether it is an official name, which nobody can word more plainly."""
        return self.key.rpartition(".")[2] == "name"


def owner_texts(kb: "KnowledgeBase") -> Iterator[OwnerText]:
    """Walk all texts of the knowledge that owners can see, file by file."""
    yield from _model_texts(kb)
    for question in kb.questions.values():
        yield from _question_texts(question)
    for program in kb.programs.values():
        yield from _program_texts(program)
    yield from _hub_texts(kb)
    for topic in kb.topics.values():
        yield _fact("topics.yml", f"{topic.id}.text", topic.text, topic.source)
    for contact in kb.contacts.values():
        yield _fact("contacts.yml", f"{contact.id}.name", contact.name, contact.source)
        if contact.note is not None:
            yield _fact("contacts.yml", f"{contact.id}.note", contact.note, contact.source)
    for name, text in kb.texts.items():
        yield OwnerText(place="wording", key=name, text=text, kind=TextKind.FRAME)


def _fact(place: str, key: str, text: str, source: str | None) -> OwnerText:
    return OwnerText(place=place, key=key, text=text, kind=TextKind.FACT, source=source)


def _model_texts(kb: "KnowledgeBase") -> Iterator[OwnerText]:
    place = "model/dimensions.yml"
    for item in kb.dimensions.values():
        for key in ("plain_name", "definition", "weak_text", "strong_text"):
            yield _fact(place, f"{item.id}.{key}", getattr(item, key), item.source)
        yield _fact(place, f"{item.id}.why", item.why, item.why_source)
        for level, text in enumerate(item.levels):
            yield _fact(place, f"{item.id}.levels[{level}]", text, item.source)
    for shift in kb.shifts.values():
        yield _fact("model/shifts.yml", f"{shift.id}.plain", shift.plain, shift.source)
    for concern in kb.concerns.values():
        place, key = "model/concerns.yml", concern.id
        yield _fact(place, f"{key}.heard", concern.heard, concern.source)
        yield _fact(place, f"{key}.finding", concern.finding, concern.source)
        yield _fact(place, f"{key}.fit_reason", concern.fit_reason, concern.source)


def _question_texts(question: Question) -> Iterator[OwnerText]:
    place = f"questions/{question.key if question.is_maturity else 'facts'}.yml"
    yield OwnerText(
        place=place, key=f"{question.id}.text", text=question.text, kind=TextKind.QUESTION
    )
    for index, choice in enumerate(question.choices):
        key = f"{question.id}.choices[{index}].title"
        yield OwnerText(place=place, key=key, text=choice.title, kind=TextKind.QUESTION)
        if choice.stated is not None:
            heard = choice.stated.heard
            key = f"{question.id}.choices[{index}].stated.heard"
            yield OwnerText(place=place, key=key, text=heard, kind=TextKind.QUESTION)


def _program_texts(program: Program) -> Iterator[OwnerText]:
    place = f"programs/{program.id}.yml"
    lead = lead_source(program)
    for key in ("name", "plain_name", "summary", "first_step"):
        yield _fact(place, key, getattr(program, key), lead)
    for party in program.parties:
        yield _fact(place, f"parties.{party.name}", f"{party.name} {party.role}", lead)
    for document in program.documents:
        yield _fact(place, "documents", document, lead)
    for gap in program.gaps:
        yield _fact(place, "gaps", gap, lead)
    yield from _condition_texts(program, place)
    for aspect, answer in program.answers.items():
        if answer.text is not None:
            yield _fact(place, f"answers.{aspect}", answer.text, answer.source)


def _condition_texts(program: Program, place: str) -> Iterator[OwnerText]:
    """Walk what a program depends on: conditions, states, steps, cautions, prerequisites."""
    for name, criteria in (("criteria", program.criteria), ("exclusions", program.exclusions)):
        for criterion in criteria:
            yield _fact(place, f"{name}.{criterion.id}", criterion.text, criterion.source)
    for state in program.states:
        if state.note is not None:
            yield _fact(place, f"states.{state.since}", state.note, state.source)
    for key, items in (("steps", program.steps), ("cautions", program.cautions)):
        for index, item in enumerate(items):
            yield _fact(place, f"{key}[{index}]", item.text, item.source)
    for prerequisite in program.prerequisites:
        key = f"prerequisites.{prerequisite.id}"
        yield _fact(place, key, prerequisite.text, prerequisite.source)


def lead_source(program: Program) -> str:
    """Give the source that a program as a whole rests on: that of its overview."""
    overview = program.answers.get("overview")
    if overview is not None and overview.source is not None:
        return overview.source
    return program.sources[0]


def _hub_texts(kb: "KnowledgeBase") -> Iterator[OwnerText]:
    for hub in kb.hubs.values():
        place, source = f"hubs/{hub.id}.yml", hub.sources[0]
        yield _fact(place, "name", hub.name, source)
        yield _fact(place, "status_note", hub.status_note, source)
        for index, activity in enumerate(hub.activities):
            yield _fact(place, f"activities[{index}]", activity, source)
        if hub.theme is not None:
            yield _fact(place, "theme", hub.theme.text, hub.theme.source)
