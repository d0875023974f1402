"""How alike two sentences are: the measure that keeps training and test sentences apart."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

NEAR_IN_TRAINING = 0.75
NEAR_TO_HELD_OUT = 0.85
SHORTEST = 6
"""Shorter sentences share their characters by nature."""


def folded(text: str) -> str:
    """The text without what does not make it another sentence: width, case, marks, spaces."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).lower()


def words_of(text: str) -> str:
    """The text without its digits: receipt numbers are alike by nature."""
    return re.sub(r"[0-9]", "", folded(text))


def grams(text: str) -> frozenset[str]:
    """Its character trigrams."""
    text = words_of(text)
    return frozenset(text[i : i + 3] for i in range(len(text) - 2))


def is_long(text: str) -> bool:
    """Whether likeness says something about it."""
    return len(words_of(text)) >= SHORTEST


class Sentences:
    """Sentences among which the same or nearly the same ones are looked for."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._known: list[tuple[str, frozenset[str]]] = []
        self._folded: dict[str, list[int]] = defaultdict(list)
        self._index: dict[str, list[int]] = defaultdict(list)
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Take in one more sentence."""
        number, own = len(self._known), grams(text)
        self._known.append((text, own))
        if key := folded(text):
            self._folded[key].append(number)
        for gram in own:
            self._index[gram].append(number)

    def near(self, text: str, limit: float) -> Iterator[int]:
        """Numbers of the sentences whose trigrams overlap with it more than `limit` (Jaccard)."""
        own = grams(text)
        shared = Counter(number for gram in own for number in self._index.get(gram, ()))
        for number, count in shared.items():
            if count / (len(own) + len(self._known[number][1]) - count) > limit:
                yield number

    def alike(self, text: str, limit: float) -> set[int]:
        """Numbers of those that are the same once folded, or long and nearer than `limit`."""
        found = set(self._folded.get(folded(text), ()))
        if is_long(text):
            near = self.near(text, limit)
            found |= {number for number in near if is_long(self._known[number][0])}
        return found

    def text(self, number: int) -> str:
        """The sentence of this number."""
        return self._known[number][0]


def near_pairs(
    texts: Iterable[str], others: Iterable[str], limit: float
) -> Iterator[tuple[str, str]]:
    """Pairs of different sentences whose trigrams overlap more than `limit` (Jaccard)."""
    known = Sentences(others)
    for text in texts:
        for number in known.near(text, limit):
            if known.text(number) != text:
                yield text, known.text(number)
