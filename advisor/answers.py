"""Answers to questions about programs and topics: published texts, with source and date."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from advisor.errors import UnknownIdError, did_you_mean
from advisor.knowledge import KnowledgeBase
from advisor.model import Level, Precision, Program, SourceRef, Status
from advisor.status import StatusOn, status_on

_ERA_START: Final = 2018
"""Year before the first year of the present era (2019)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A published answer."""

    text: str
    source: SourceRef | None
    """None when nothing is published about it."""
    as_of: dt.date
    """Date of the source, or the day the knowledge was reviewed."""
    status: Status
    is_published: bool
    """False when the text only says that nothing is published and whom to ask."""


def answer_program(program_id: str, aspect: str, kb: KnowledgeBase, *, on: dt.date) -> Answer:
    """Answer a question about one aspect of a program.

    Args:
        program_id: The program.
        aspect: One of ``advisor.labels.ASPECTS``.
        kb: The knowledge base.
        on: Date for which the status is told.

    Raises:
        UnknownIdError: No such program or aspect.
    """
    program = kb.get_program(program_id)
    if aspect not in program.answers:
        hint = did_you_mean(aspect, program.answers)
        raise UnknownIdError(f"unknown aspect '{aspect}'.{hint}")
    published = program.answers[aspect]
    state = status_on(program, on=on)
    sentences = [_status_sentence(program, state, kb, on=on)]
    source = None if published.source is None else kb.source_ref(published.source)
    if published.text is None:
        contact = kb.contacts[published.ask or program.contact].name
        sentences.append(kb.wording("answer.missing", contact=contact))
    else:
        sentences.append(published.text)
    if source is not None and source.level is not Level.A:
        sentences.append(kb.wording("answer.secondary"))
    return Answer(
        text="".join(sentence for sentence in sentences if sentence),
        source=source,
        as_of=program.reviewed_on if source is None else source.date,
        status=state.status,
        is_published=published.text is not None,
    )


def _status_sentence(program: Program, state: StatusOn, kb: KnowledgeBase, *, on: dt.date) -> str:
    """Say the status if it is anything but open."""
    if state.status is Status.OPEN:
        return ""
    note = "" if state.note is None else kb.wording("answer.note", note=state.note)
    kind = "stale" if state.is_stale else state.status.value
    is_confirmed = state.source is not None and kb.sources[state.source].level is Level.A
    if state.status is Status.ENDED and not is_confirmed:
        kind = "ended_unconfirmed"
    sentence = kb.wording(f"answer.{kind}", note=note)
    names = [
        kb.programs[name].name
        for name in program.successors
        if status_on(kb.programs[name], on=on).status in (Status.OPEN, Status.UNVERIFIED)
    ]
    if state.status is Status.ENDED and names:
        joined = kb.wording("answer.names_joiner").join(names)
        sentence += kb.wording("answer.successors", names=joined)
    return sentence


def answer_topic(topic_id: str, kb: KnowledgeBase) -> Answer:
    """Answer a question about a topic such as the hub, the model or privacy.

    Raises:
        UnknownIdError: No such topic.
    """
    if topic_id not in kb.topics:
        raise UnknownIdError(f"unknown topic '{topic_id}'.{did_you_mean(topic_id, kb.topics)}")
    topic = kb.topics[topic_id]
    if topic.source is None:
        newest = max(source.checked_on for source in kb.sources.values())
        return Answer(
            text=topic.text, source=None, as_of=newest, status=Status.OPEN, is_published=True
        )
    source = kb.source_ref(topic.source)
    return Answer(
        text=topic.text, source=source, as_of=source.date, status=Status.OPEN, is_published=True
    )


def source_line(source: SourceRef, kb: KnowledgeBase) -> str:
    """Give the line under an answer: title and date, as exact as the date is known."""
    return kb.wording("source.line", title=source.title, date=date_text(source, kb))


def date_text(source: SourceRef, kb: KnowledgeBase) -> str:
    """Give the date of a source in the era calendar, as exact as it is known."""
    values = {
        "era": source.date.year - _ERA_START,
        "month": source.date.month,
        "day": source.date.day,
    }
    kinds = {
        Precision.YEAR: "source.year",
        Precision.MONTH: "source.month",
        Precision.DAY: "source.day",
    }
    return kb.wording(kinds[source.precision], **values)
