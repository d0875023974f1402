"""Reading an answer as one of the offered choices, or as yes or no."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from advisor.answer_text import SHORT, AnswerText, consists_of, is_hiragana
from advisor.logic import FactValue
from advisor.model import AnswerType, Choice, QuestionKind
from advisor.numerals import NumberReader
from advisor.quoting import bigrams

_CIRCLED: Final = range(0x2460, 0x2474)
_LEAST_SCORE: Final = 0.45
_LEAST_MARGIN: Final = 0.12
_NEGATION_REACH: Final = 8
_LOWEST_LEVEL: Final = 0
_SHORT_REFUSAL: Final = 8


class NoChoice(Enum):
    """An answer that names no choice."""

    DONT_KNOW = "dont_know"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An answer that names a choice."""

    value: FactValue


Reading = Chosen | NoChoice


def read_choice(answer: AnswerText) -> Reading:
    """Read one of the offered choices; the surest way of reading comes first."""
    for rule in (read_exactly, _by_position):
        found = rule(answer)
        if found is not None:
            return found
    if answer.says_dont_know():
        return NoChoice.DONT_KNOW
    is_boolean = answer.question.type is AnswerType.BOOLEAN
    rules = (_contained, _yes_or_no) if is_boolean else (_by_entity, _contained, _plain_no)
    for rule in rules:
        found = rule(answer)
        if found is not None:
            return found
    if answer.mentions_dont_know():
        return NoChoice.DONT_KNOW
    if answer.question.kind is QuestionKind.CONSENT:
        return NoChoice.UNCLEAR
    return _abbreviated(answer) or _similar(answer) or NoChoice.UNCLEAR


def read_circled(answer: AnswerText) -> int | None:
    """Read a circled digit as a place in the list, from 1."""
    if len(answer.raw) == 1 and ord(answer.raw) in _CIRCLED:
        return ord(answer.raw) - _CIRCLED.start + 1
    return None


def _wordings(answer: AnswerText, choice: Choice) -> Iterator[str]:
    return (answer.fold(words) for words in (choice.title, *choice.also))


def read_exactly(answer: AnswerText) -> Chosen | None:
    """Find the choice whose wording is the whole answer."""
    for text in (answer.folded, answer.core):
        for choice in answer.question.choices:
            for words in _wordings(answer, choice):
                if text in (words, answer.strip_softeners(words)):
                    return Chosen(value=choice.value)
    return None


def _by_position(answer: AnswerText) -> Reading | None:
    """Read a choice by its place; the place after the last one is "I do not know"."""
    choices = answer.question.choices
    position = _position(answer)
    if position is None or not choices:
        return None
    if 1 <= position <= len(choices):
        return Chosen(value=choices[position - 1].value)
    return NoChoice.DONT_KNOW if position == len(choices) + 1 else None


def _position(answer: AnswerText) -> int | None:
    kb = answer.kb
    circled = read_circled(answer)
    if circled is not None:
        return circled
    if answer.core in kb.word_list("first_words"):
        return 1
    if answer.core in kb.word_list("last_words"):
        return len(answer.question.choices)
    text = answer.core
    for word in kb.word_list("ordinal_beginnings"):
        text = text.removeprefix(answer.fold(word))
    for word in kb.word_list("ordinal_marks"):
        text = text.removesuffix(word)
    text = text.strip("()[]<>.:#")
    numbers = NumberReader(kb).find(text)
    is_number = len(numbers) == 1 and not numbers[0].rest and len(text) <= SHORT
    return numbers[0].value if is_number else None


def _by_entity(answer: AnswerText) -> Reading | None:
    """Take the class that an entity gives, where the choices are classes."""
    entity = answer.entity(answer.question.key)
    if entity is None:
        return None
    for key in ("class", "industry_class", "value"):
        value = entity.get(key)
        if isinstance(value, str) and re.fullmatch(r"[A-T]", value):
            return Chosen(value=value)
    return None


def _contained(answer: AnswerText) -> Reading | None:
    """Find the choice whose wording stands in the answer, longest first.

    Two values with wordings of the same length give nothing. A positive wording that is negated
    right after it says no to a yes/no question, and makes any other answer unclear.
    """
    hits: dict[int, set[FactValue]] = {}
    negated: set[FactValue] = set()
    for choice in answer.question.choices:
        for words in _wordings(answer, choice):
            if not _stands_in(answer, words):
                continue
            if _is_negated(answer, words):
                negated.add(choice.value)
            else:
                hits.setdefault(len(words), set()).add(choice.value)
    if hits:
        best = hits[max(hits)]
        return Chosen(value=best.pop()) if len(best) == 1 else NoChoice.UNCLEAR
    if negated == {True}:
        return Chosen(value=False)
    return NoChoice.UNCLEAR if negated else None


def _stands_in(answer: AnswerText, words: str) -> bool:
    if len(words) <= SHORT and is_hiragana(words):
        return answer.core.endswith(words)
    return words in answer.folded


def _is_negated(answer: AnswerText, words: str) -> bool:
    negations = answer.kb.word_list("negations")
    if any(words.endswith(word) for word in negations):
        return False
    after = answer.folded.partition(words)[2]
    return any(word in after[:_NEGATION_REACH] for word in negations)


def _yes_or_no(answer: AnswerText) -> Reading | None:
    """Read plain words for yes or no: the whole answer, its first word, or its intent."""
    kb = answer.kb
    yes = set(kb.word_list("yes_words"))
    if answer.question.kind in (QuestionKind.CONSENT, QuestionKind.CONFIRM):
        yes.update(kb.word_list("consent_yes_words"))
    no = set(kb.word_list("no_words"))
    head = re.split(r"[^\w]", answer.folded, maxsplit=1)[0]
    for text in (answer.folded, answer.core, head):
        if text in no or consists_of(text, no):
            return Chosen(value=False)
        if text in yes or consists_of(text, yes):
            return Chosen(value=True)
    if answer.intent in ("affirm", "deny") and not _belongs_to_confirmation(answer):
        return Chosen(value=answer.intent == "affirm")
    return None


def _belongs_to_confirmation(answer: AnswerText) -> bool:
    """Whether an answer about a consent names what only a later confirmation offers.

    Who says "send it" when asked whether banks may read it has not said that they may.
    """
    if answer.question.kind is not QuestionKind.CONSENT:
        return False
    confirmations = (q for q in answer.kb.questions.values() if q.kind is QuestionKind.CONFIRM)
    words = {w for q in confirmations for choice in q.choices for w in _wordings(answer, choice)}
    return not words.isdisjoint({answer.folded, answer.core})


def _plain_no(answer: AnswerText) -> Reading | None:
    """Read a plain no as the one choice that says no, else as the lowest level."""
    no = set(answer.kb.word_list("no_words"))
    if not _says_only_no(answer, no):
        return None
    saying_no = {c.value for c in answer.question.choices if answer.fold(c.title) in no}
    if len(saying_no) == 1:
        return Chosen(value=saying_no.pop())
    levels = {c.value for c in answer.question.choices}
    return Chosen(value=_LOWEST_LEVEL) if answer.question.is_maturity and 0 in levels else None


def _says_only_no(answer: AnswerText, no: set[str]) -> bool:
    """Tell whether the answer is a no and nothing else: 「いや、まったく」."""
    words = no.union(answer.kb.word_list("no_emphasis"))
    plain = (re.sub(r"[^\w]", "", text) for text in (answer.folded, answer.core))
    if any(text in no or consists_of(text, words) for text in plain):
        return True
    return answer.intent == "deny" and len(answer.core) <= _SHORT_REFUSAL


def _abbreviated(answer: AnswerText) -> Reading | None:
    """Find the one choice whose wordings contain the answer."""
    text = answer.core
    if len(text) < SHORT or is_hiragana(text):
        return None
    values = {
        choice.value
        for choice in answer.question.choices
        if any(text in words for words in _wordings(answer, choice))
    }
    return Chosen(value=values.pop()) if len(values) == 1 else None


def _similar(answer: AnswerText) -> Reading | None:
    """Find the choice that is clearly nearest by character pairs."""
    scores: dict[FactValue, float] = {}
    for choice in answer.question.choices:
        best = max(_score(answer.core, words) for words in _wordings(answer, choice))
        scores[choice.value] = max(best, scores.get(choice.value, 0.0))
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < _LEAST_SCORE:
        return None
    if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < _LEAST_MARGIN:
        return None
    return Chosen(value=ranked[0][0])


def _score(text: str, words: str) -> float:
    """Give how near a wording is, and how much of it stands in the text, 0 to 1."""
    answer, wanted = bigrams(text), bigrams(words)
    if not answer or not wanted:
        return 0.0
    shared = len(answer & wanted)
    overlap = 2 * shared / (len(answer) + len(wanted))
    return (overlap + shared / len(wanted)) / 2
