"""Puts the parts of the detector together."""

import re
from collections.abc import Sequence
from functools import cache

from desk.line.confidential.matters import Matters
from desk.line.confidential.patterns import Patterns
from desk.line.confidential.people import NameFinder
from desk.line.confidential.words import Kind, Words, words


class Detector:
    """Finds personal and confidential content in a message; made once a process."""

    def __init__(self, lists: Words | None = None) -> None:
        """Load the word lists and the dictionary (a third of a second)."""
        self._words = lists or words()
        self._patterns = Patterns(self._words)
        self._names = NameFinder(self._words)
        self._matters = Matters(self._words)
        self._ends = re.compile(f"[{self._words.sentence_ends}\n]+")

    def find(self, text: str, account_words: tuple[str, ...] = ()) -> frozenset[Kind]:
        """What must not stay in LINE.

        Args:
            text: The owner's message as typed.
            account_words: Words that make a nearby seven-digit number a bank account.

        Returns:
            The kinds of content that were found; empty for an ordinary message.
        """
        tidy = self._words.tidy(text)
        found = set(self._patterns.find(tidy, account_words))
        for sentence in filter(None, map(str.strip, self._ends.split(tidy))):
            if self._names.finds(sentence):
                found.add(Kind.NAME)
            found.update(self._matters.find(sentence))
        return frozenset(found)

    def tidy(self, text: str) -> str:
        """The text as `locate` counts its places: one spelling, full names without a gap."""
        return self._names.without_gaps(self._words.tidy(text))

    def locate(self, text: str) -> Sequence[tuple[Kind, int, int]]:
        """Where personal data stand, as far as they have a place: matters of people have none.

        Args:
            text: As `tidy` gives it.

        Returns:
            Kind, begin and end of each, in order; they may overlap.
        """
        found = list(self._patterns.locate(text))
        begin = 0
        for sentence in re.split(f"([{self._words.sentence_ends}\n]+)", text):
            names = self._names.locate(sentence) if sentence.strip() else ()
            found += [(Kind.NAME, begin + first, begin + last) for first, last in names]
            begin += len(sentence)
        return sorted(found, key=lambda each: (each[1], -each[2]))


@cache
def _detector() -> Detector:
    return Detector()


def locate_personal(text: str) -> tuple[str, Sequence[tuple[Kind, int, int]]]:
    """The tidy text, and where personal data stand in it (see ``Detector.locate``)."""
    detector = _detector()
    tidy = detector.tidy(text)
    return tidy, detector.locate(tidy)


def find_confidential(text: str, account_words: tuple[str, ...] = ()) -> frozenset[Kind]:
    """What must not stay in LINE (see ``Detector.find``), with one detector for the process."""
    return _detector().find(text, account_words)
