"""Puts the parts of the detector together."""

import re
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


@cache
def _detector() -> Detector:
    return Detector()


def find_confidential(text: str, account_words: tuple[str, ...] = ()) -> frozenset[Kind]:
    """What must not stay in LINE (see ``Detector.find``), with one detector for the process."""
    return _detector().find(text, account_words)
