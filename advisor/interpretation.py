"""Interpretation: an owner's free words as the answer to the question that was asked."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from advisor.answer_text import AnswerText
from advisor.choice_reader import Chosen, NoChoice, read_choice, read_circled, read_exactly
from advisor.knowledge import KnowledgeBase
from advisor.labels import EMPLOYEES, MUNICIPALITY, PREFECTURE
from advisor.logic import FactValue
from advisor.model import AnswerType, Question
from advisor.numerals import NumberReader, count_people
from advisor.routing import RouteKind, route

MOST_PEOPLE: Final = 999_999
"""Largest number of people that is taken for a company's."""
_LONGEST_NAME: Final = 60
_LEAST_BARE_YEN: Final = 1_000
"""A smaller number without a unit may be a sum in units of 10,000 yen."""
_MOST_YEN: Final = 10**12
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_PHONE: Final = re.compile(r"(?:\+81[- ]?\(?0?\)?|\(?0)[0-9()\- ]{8,14}[0-9]")
_PHONE_LENGTHS: Final = (10, 11)


class InterpretationKind(StrEnum):
    """Whether words answer a question."""

    VALUE = "value"
    UNKNOWN = "unknown"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """Result of reading an answer."""

    kind: InterpretationKind
    value: FactValue | None = None
    prefecture: str | None = None
    """For places: the prefecture, if it is clear."""
    candidates: tuple[str, ...] = ()
    """For places: what to ask back, when the name means several."""


_UNCLEAR: Final = Interpretation(kind=InterpretationKind.UNCLEAR)
_UNKNOWN: Final = Interpretation(kind=InterpretationKind.UNKNOWN)


def interpret(
    question: Question,
    text: str,
    kb: KnowledgeBase,
    *,
    intent: str | None = None,
    entities: Sequence[Mapping[str, Any]] = (),
) -> Interpretation:
    """Read an owner's words as the answer to a question.

    Args:
        question: What was asked.
        text: What the owner wrote.
        kb: The knowledge base.
        intent: Intent that the language understanding gave to the text.
        entities: Entities it found, ``{entity, value}``.

    Returns:
        The value, not knowing, or unclear; never a guess between two readings.
    """
    answer = AnswerText(question, text, kb, intent, entities)
    return _READERS[question.type](answer)


def _value(value: FactValue) -> Interpretation:
    return Interpretation(kind=InterpretationKind.VALUE, value=value)


def _unknown_or_unclear(answer: AnswerText) -> Interpretation:
    return _UNKNOWN if answer.mentions_dont_know() else _UNCLEAR


def _read_choice(answer: AnswerText) -> Interpretation:
    found = read_choice(answer)
    if isinstance(found, Chosen):
        return _value(found.value)
    return _UNKNOWN if found is NoChoice.DONT_KNOW else _UNCLEAR


def _read_number(answer: AnswerText) -> Interpretation:
    """Read a whole number of people, at least 1."""
    exact = read_exactly(answer)
    if exact is not None:
        return _value(exact.value)
    if read_circled(answer) is not None:
        return _read_choice(answer)
    entity = answer.entity(EMPLOYEES) if answer.question.key == EMPLOYEES else None
    if entity is not None and str(entity.get("value", "")).isdecimal():
        number: int | None = int(entity["value"])
    else:
        number = count_people(answer.folded, NumberReader(answer.kb), answer.kb)
    if number is not None and 1 <= number <= MOST_PEOPLE:
        return _value(number)
    return _unknown_or_unclear(answer)


def _read_yen(answer: AnswerText) -> Interpretation:
    """Read a sum of money; several sums are added up, a bare small number is not clear."""
    numbers = NumberReader(answer.kb).find(answer.folded)
    marks = answer.kb.word_list("yen_marks")
    yen = [n.value for n in numbers if n.rest.startswith(marks)]
    if not yen and len(numbers) == 1 and numbers[0].value >= _LEAST_BARE_YEN:
        yen = [numbers[0].value]
    if yen and sum(yen) <= _MOST_YEN:
        return _value(sum(yen))
    return _unknown_or_unclear(answer)


def _read_place(answer: AnswerText) -> Interpretation:
    """Read a municipality, from entities or by the table of places."""
    places = answer.kb.places
    stated = places.find_prefecture(answer.raw)
    told = answer.entity_text(PREFECTURE)
    if told is not None:
        stated = places.prefecture_of(told) or stated
    named = answer.entity_text(MUNICIPALITY)
    if named is not None:
        return _place(answer, named, stated)
    if places.prefecture_of(answer.core) is None:
        whole = _place(answer, answer.core, None)
        if whole.kind is InterpretationKind.VALUE or whole.candidates:
            return whole
    found = places.find_in(answer.raw)
    if len(found) == 1 and places.prefecture_of(answer.core) is None:
        return _place(answer, found[0].name, found[0].prefecture if stated else None)
    if found:
        names = tuple(m.full_name for m in found)
        return Interpretation(kind=InterpretationKind.UNCLEAR, prefecture=stated, candidates=names)
    if stated in places.outside_prefectures:
        return Interpretation(kind=InterpretationKind.VALUE, value=stated, prefecture=stated)
    return Interpretation(kind=_unknown_or_unclear(answer).kind, prefecture=stated)


def _place(answer: AnswerText, name: str, prefecture: str | None) -> Interpretation:
    """Read one name by the routing table."""
    found = route(answer.kb, municipality=name, prefecture=prefecture)
    if found.municipality is not None:
        return Interpretation(
            kind=InterpretationKind.VALUE,
            value=found.municipality.name,
            prefecture=found.municipality.prefecture,
        )
    if found.kind is RouteKind.OUTSIDE:
        return Interpretation(kind=InterpretationKind.VALUE, value=name, prefecture=prefecture)
    return Interpretation(kind=InterpretationKind.UNCLEAR, candidates=found.candidates)


def _read_prefecture(answer: AnswerText) -> Interpretation:
    places = answer.kb.places
    told = answer.entity_text(PREFECTURE)
    found = places.prefecture_of(told) if told is not None else None
    found = found or places.find_prefecture(answer.core)
    if found is None:
        of_towns = {m.prefecture for m in places.find_in(answer.raw)}
        found = of_towns.pop() if len(of_towns) == 1 else None
    if found is None:
        return _unknown_or_unclear(answer)
    return Interpretation(kind=InterpretationKind.VALUE, value=found, prefecture=found)


def _read_email(answer: AnswerText) -> Interpretation:
    found = _EMAIL.search(unicodedata.normalize("NFKC", answer.raw))
    if found is None or ".." in found.group():
        return _unknown_or_unclear(answer)
    return _value(found.group())


def _read_phone(answer: AnswerText) -> Interpretation:
    """Read a Japanese phone number; dashes stay where the owner put them."""
    text = answer.raw
    for dash in answer.kb.word_list("phone_dashes"):
        text = text.replace(dash, "-")
    found = _PHONE.search(unicodedata.normalize("NFKC", text))
    if found is None:
        return _unknown_or_unclear(answer)
    digits = re.sub(r"^\+810?", "0", re.sub(r"[^0-9+]", "", found.group()))
    if len(digits) not in _PHONE_LENGTHS:
        return _UNCLEAR
    shown = re.sub(r"[() ]+", "-", found.group()).strip("-")
    is_dashed = re.fullmatch(r"0[0-9]+-[0-9]+-[0-9]+", shown) is not None
    return _value(shown if is_dashed else digits)


def _read_name(answer: AnswerText) -> Interpretation:
    """Read a name: what remains without "my name is"."""
    if answer.says_dont_know():
        return _UNKNOWN
    kb = answer.kb
    text = unicodedata.normalize("NFKC", answer.raw)
    for word in kb.word_list("name_beginnings"):
        text = text.removeprefix(word).strip()
    text = text.strip(answer.marks)
    for word in kb.word_list("name_endings"):
        if text.endswith(word) and len(text) > len(word):
            text = text.removesuffix(word).strip(answer.marks)
            break
    is_refusal = text in kb.word_list("no_words") or answer.intent == "deny"
    if is_refusal or len(text) > _LONGEST_NAME or not any(c.isalpha() for c in text):
        return _UNCLEAR
    return _value(text)


_READERS: Final[Mapping[AnswerType, Callable[[AnswerText], Interpretation]]] = {
    AnswerType.BOOLEAN: _read_choice,
    AnswerType.CHOICE: _read_choice,
    AnswerType.INTEGER: _read_number,
    AnswerType.YEN: _read_yen,
    AnswerType.PLACE: _read_place,
    AnswerType.PREFECTURE: _read_prefecture,
    AnswerType.EMAIL: _read_email,
    AnswerType.PHONE: _read_phone,
    AnswerType.NAME: _read_name,
    AnswerType.TEXT: _read_name,
}
