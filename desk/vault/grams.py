"""Texts as they are searched: one spelling, pairs of characters, and where words stand. Pure.

Half-width, full-width, capital and small letters are the same. Every character of the one
spelling knows the stretch of the text that it came from, so that hits can be marked there.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_CLUSTER = re.compile(r".[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*", re.DOTALL)
"""A character with the marks that melt into it when it is normalised."""
SIZE = 2
"""Characters of a gram: shorter words are not found by the index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A text in its one spelling."""

    text: str
    spans: Sequence[tuple[int, int]]
    """For each character of `text`: from where to where it stands in the original."""


def fold(text: str) -> Folded:
    """The text in its one spelling."""
    pieces: list[str] = []
    spans: list[tuple[int, int]] = []
    for found in _CLUSTER.finditer(text):
        piece = unicodedata.normalize("NFKC", found.group()).lower()
        pieces.append(piece)
        spans += [found.span()] * len(piece)
    return Folded(text="".join(pieces), spans=spans)


def grams_of(text: str) -> set[str]:
    """The pairs of neighbouring characters of a text, white space left out."""
    folded = fold(text).text
    pairs = (folded[at : at + SIZE] for at in range(len(folded) - SIZE + 1))
    return {pair for pair in pairs if not any(sign.isspace() for sign in pair)}


def words_of(typed: str) -> Sequence[str]:
    """The words of what was typed into a search field, in the one spelling, each once."""
    return list(dict.fromkeys(fold(typed).text.split()))


def has_words(text: str, words: Sequence[str]) -> bool:
    """Whether every word stands in the text."""
    folded = fold(text).text
    return all(word in folded for word in words)


def find_words(text: str, words: Sequence[str]) -> Sequence[tuple[int, int]]:
    """Where the words stand in the text: stretches from-to, in order, never overlapping."""
    folded = fold(text)
    marked = [False] * len(text)
    for word in words:
        at = folded.text.find(word)
        while at >= 0 and word:
            start, end = folded.spans[at][0], folded.spans[at + len(word) - 1][1]
            marked[start:end] = [True] * (end - start)
            at = folded.text.find(word, at + 1)
    spans: list[tuple[int, int]] = []
    for at, is_marked in enumerate(marked):
        if not is_marked:
            continue
        if spans and spans[-1][1] == at:
            spans[-1] = (spans[-1][0], at + 1)
        else:
            spans.append((at, at + 1))
    return spans
