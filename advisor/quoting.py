"""The owner's own words, cut to the part that matters."""

import unicodedata
from collections.abc import Iterable
from typing import Final

_LONGEST_QUOTE: Final = 40
ELLIPSIS: Final = chr(0x2026)


def bigrams(text: str) -> frozenset[str]:
    """Give the pairs of neighbouring characters of a text, width and case folded."""
    folded = "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())
    return frozenset(folded[i : i + 2] for i in range(len(folded) - 1)) or frozenset(
        {folded} - {""}
    )


def clauses(text: str, marks: Iterable[str]) -> list[str]:
    """Split a message at punctuation and line ends."""
    for mark in marks:
        text = text.replace(mark, "\n")
    return [part.strip() for part in text.splitlines() if part.strip()]


def excerpt(text: str, about: str, marks: Iterable[str]) -> str:
    """Cut a message to the clause that is nearest to a subject.

    Args:
        text: What the owner wrote.
        about: Words of the subject.
        marks: Punctuation at which to cut.

    Returns:
        At most 40 characters of the owner's own words.
    """
    text = text.strip()
    parts = clauses(text, marks)
    if not parts:
        return ""
    whole = parts[0] if len(parts) == 1 else text
    if len(whole) > _LONGEST_QUOTE or len(parts) > 1:
        wanted = bigrams(about)
        whole = max(parts, key=lambda part: len(bigrams(part) & wanted))
    return whole if len(whole) <= _LONGEST_QUOTE else whole[: _LONGEST_QUOTE - 1] + ELLIPSIS
