"""Whole numbers in Japanese text: digits of any width, and numbers in kanji."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.knowledge import KnowledgeBase


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number in a text, with what stands right after it."""

    value: int
    end: int
    """Offset after the number, in the folded text."""
    rest: str


class NumberReader:
    """Reads numbers with the word lists of a knowledge base."""

    def __init__(self, kb: KnowledgeBase) -> None:
        """Prepare the pattern of a number."""
        self.digits = {word: value for value, word in enumerate(kb.word_list("kanji_digits"))}
        tens = kb.word_list("kanji_tens")
        self.tens = {word: 10 ** (power + 1) for power, word in enumerate(tens)}
        self.myriads = dict.fromkeys(kb.word_list("kanji_myriads"), 10_000)
        kanji = "".join(map(re.escape, (*self.digits, *self.tens, *self.myriads)))
        self._pattern = re.compile(rf"[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+[{kanji}]*|[{kanji}]+")

    def find(self, text: str) -> list[Number]:
        """Find the numbers of a text, in order."""
        folded = unicodedata.normalize("NFKC", text)
        return [
            Number(value=self.read(match.group()), end=match.end(), rest=folded[match.end() :])
            for match in self._pattern.finditer(folded)
        ]

    def read(self, word: str) -> int:
        """Read one number, written in digits, in kanji, or in both."""
        plain = word.replace(",", "")
        if plain.isascii() and plain.isdigit():
            return int(plain)
        if all(c in self.digits for c in plain):
            return int("".join(str(self.digits[c]) for c in plain))
        return self._read_mixed(plain)

    def _read_mixed(self, word: str) -> int:
        total = section = 0
        pending: int | None = None
        for token in re.findall(r"[0-9]+|.", word):
            if token.isascii():
                pending = int(token)
            elif token in self.digits:
                pending = (pending or 0) * 10 + self.digits[token]
            elif token in self.tens:
                section += (1 if pending is None else pending) * self.tens[token]
                pending = None
            else:
                section += pending or 0
                total += (section or 1) * self.myriads[token]
                section, pending = 0, None
        return total + section + (pending or 0)


def count_people(text: str, reader: NumberReader, kb: KnowledgeBase) -> int | None:
    """Read how many people a text speaks of.

    A number with a counter for people goes before a bare one; of several the largest is taken,
    since owners add up their people; a range gives its middle; years, yen and the like are not
    people.
    """
    numbers = reader.find(text)
    joined = _join_range(numbers, text, kb)
    if joined is not None:
        return joined
    counters = kb.word_list("people_counters")
    counted = [n.value for n in numbers if n.rest.startswith(tuple(counters))]
    if counted:
        return max(counted)
    others = tuple(kb.word_list("other_counters"))
    bare = [n.value for n in numbers if not n.rest.startswith(others)]
    if bare:
        return bare[0] if len(bare) == 1 else None
    for value, words in ((1, "one_person_words"), (2, "two_people_words")):
        if any(word in text for word in kb.word_list(words)):
            return value
    return None


def _join_range(numbers: Sequence[Number], text: str, kb: KnowledgeBase) -> int | None:
    """Give the middle of a range like "20 to 30 people"."""
    if len(numbers) != 2:
        return None
    low, high = numbers
    counters = kb.word_list("people_counters")
    folded = unicodedata.normalize("NFKC", text)
    between = folded[low.end : len(folded) - len(high.rest)]
    for counter in counters:
        between = between.removeprefix(counter)
    between = re.sub(r"[0-9,]+$", "", between).strip()
    marks = {unicodedata.normalize("NFKC", mark) for mark in kb.word_list("range_marks")}
    shown = "".join(c for c in between if c not in {*_kanji(kb)})
    if shown not in marks or low.value >= high.value:
        return None
    return (low.value + high.value) // 2


def _kanji(kb: KnowledgeBase) -> tuple[str, ...]:
    return (
        *kb.word_list("kanji_digits"),
        *kb.word_list("kanji_tens"),
        *kb.word_list("kanji_myriads"),
    )
