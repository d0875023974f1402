"""Answers to questions about programs and topics: published texts, with source and date."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from advisor.errors import UnknownIdError, did_you_mean
from advisor.evidence_checks import MARKS, MONEY_MARKS, gives_amount
from advisor.knowledge import KnowledgeBase
from advisor.model import AspectText, Level, Precision, Program, SourceRef, Status
from advisor.status import StatusOn, status_on

AMOUNT: Final = "amount"
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
    contact = kb.contacts[published.ask or program.contact].name
    if published.text is None:
        sentences.append(kb.wording("answer.missing", contact=contact))
    elif _withholds(published, aspect, kb, on):
        sentences.append(kb.wording("answer.withheld", contact=contact))
    else:
        sentences.append(published.text)
    sentences.append(_certainty_sentence(published.source, kb, on))
    return Answer(
        text="".join(sentence for sentence in sentences if sentence),
        source=source,
        as_of=program.reviewed_on if source is None else source.date,
        status=state.status,
        is_published=published.text is not None,
    )


def answer_program_text(
    program_id: str, text: str, source_id: str, kb: KnowledgeBase, *, on: dt.date
) -> Answer:
    """Answer with another published text of a program, such as a caution, after its status."""
    program = kb.get_program(program_id)
    state = status_on(program, on=on)
    told = answer_text(text, source_id, kb, on=on)
    status = _status_sentence(program, state, kb, on=on)
    return replace(told, text=status + told.text, status=state.status)


def _is_past_check(source_id: str | None, kb: KnowledgeBase, on: dt.date) -> bool:
    return source_id is not None and kb.sources[source_id].verify_by < on


def _withholds(published: AspectText, aspect: str, kb: KnowledgeBase, on: dt.date) -> bool:
    """Tell whether a text must not be told: an amount whose source waits for a new check."""
    if not _is_past_check(published.source, kb, on) or published.text is None:
        return False
    return aspect == AMOUNT or gives_amount(published.text, kb.word_list(MONEY_MARKS))


def _certainty_sentence(source_id: str | None, kb: KnowledgeBase, on: dt.date) -> str:
    """Say that a source is secondary, or that its check has become too old."""
    if source_id is None:
        return ""
    if _is_past_check(source_id, kb, on):
        return kb.wording("answer.past_check")
    is_primary = kb.sources[source_id].level is Level.A
    return "" if is_primary else kb.wording("answer.secondary")


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


def answer_topic(topic_id: str, kb: KnowledgeBase, *, on: dt.date) -> Answer:
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
    return answer_text(topic.text, topic.source, kb, on=on)


def answer_text(text: str, source_id: str, kb: KnowledgeBase, *, on: dt.date) -> Answer:
    """Answer with a published text that belongs to no program.

    Args:
        text: The text.
        source_id: Its source.
        kb: The knowledge base.
        on: Date on which it is told.
    """
    source = kb.source_ref(source_id)
    says_so = any(mark in text for mark in kb.word_list(MARKS))
    is_told = says_so and not _is_past_check(source_id, kb, on)
    return Answer(
        text=text if is_told else text + _certainty_sentence(source_id, kb, on),
        source=source,
        as_of=source.date,
        status=Status.OPEN,
        is_published=True,
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
