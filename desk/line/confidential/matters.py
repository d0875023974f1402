"""Confidential matters of one person: health, private life, pay, conduct."""

import re
from collections.abc import Iterator
from typing import Final

from desk.line.confidential.words import Kind, Words, any_of

_NEAR: Final = 32
"""Characters between the person and the matter, at most."""


class Matters:
    """Expressions built from the word lists."""

    def __init__(self, words: Words) -> None:
        not_single = any_of(words.not_single)
        known = any_of((*words.roles, *words.kin))
        oneself = rf"{any_of(words.oneself)}(?={words.oneself_particles})"
        singles = "|".join(words.single_people)
        self._single = re.compile(rf"(?:{singles}|{known}(?!{not_single})|{oneself})")
        self._general = re.compile(any_of(words.general))
        self._pay_general = re.compile(any_of(words.pay_general))
        self._pay = re.compile(any_of(words.pay))
        numeral = f"[0-9{words.kanji_numerals}]"
        self._sum = re.compile(
            rf"{numeral}[0-9,.{words.kanji_numerals}]{{0,12}}\s*{any_of(words.sums)}"
        )
        real = f"(?!{'|'.join(words.hypothetical)})"
        self._matters = {
            kind: re.compile(f"(?:{'|'.join((any_of(listed), *patterns))}){real}")
            for kind, listed, patterns in (
                (Kind.HEALTH, words.health, words.health_patterns),
                (Kind.FAMILY, words.family, words.family_patterns),
                (Kind.CONDUCT, words.conduct, words.conduct_patterns),
            )
        }

    def find(self, sentence: str) -> Iterator[Kind]:
        """What the sentence (`Words.tidy`) tells of one person."""
        people = [match.span() for match in self._single.finditer(sentence)]
        if not people:
            return
        if not self._general.search(sentence):
            for kind, matter in self._matters.items():
                if any(_is_near(people, each.span()) for each in matter.finditer(sentence)):
                    yield kind
        if self._is_pay(sentence, people):
            yield Kind.PAY

    def _is_pay(self, sentence: str, people: list[tuple[int, int]]) -> bool:
        if self._pay_general.search(sentence):
            return False
        sums = [each.span() for each in self._sum.finditer(sentence)]
        return any(
            _is_near(people, each.span()) and _is_near(sums, each.span())
            for each in self._pay.finditer(sentence)
        )


def _is_near(spans: list[tuple[int, int]], span: tuple[int, int]) -> bool:
    """Whether one of the spans begins or ends near another one."""
    begin, end = span
    return any(first - end <= _NEAR and begin - last <= _NEAR for first, last in spans)
