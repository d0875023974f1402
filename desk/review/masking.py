"""What of a line may leave: personal data become marks, and marks become neutral words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from desk.chat.masking import MASK, mask_numbers
from desk.line.confidential import Kind, find_confidential, locate_personal
from desk.review.errors import MarkLeftError, MarkupError, PersonalLeftError
from desk.review.vocabulary import vocabulary

PERSONAL = frozenset({Kind.NAME, Kind.PHONE, Kind.MAIL, Kind.ADDRESS, Kind.BIRTH, Kind.NUMBER})
"""What never leaves."""
SENSITIVE = frozenset({Kind.HEALTH, Kind.FAMILY, Kind.PAY, Kind.CONDUCT})
"""What two people have to look at."""
_MAIL_TAIL = re.compile(r"[A-Za-z0-9.-]*")
_BRACKETS = re.compile(r"[\[\]{}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A text with marks, and what they stand for."""

    text: str
    hidden: Sequence[tuple[str, str]]
    """Kind and words of what was masked, in order."""
    left: frozenset[Kind]
    """What the text still seems to hold: a person has to look."""


def mask(text: str) -> Masked:
    """Put a mark in the place of each name, number and address.

    Where nothing is found the text stays as it was typed; else it has one spelling (NFKC).
    """
    words = vocabulary()
    tidy, found = locate_personal(text)
    pieces: list[str] = []
    hidden: list[tuple[str, str]] = []
    end = 0
    for kind, first, last in found:
        if first < end:
            continue
        pieces += [tidy[end:first], words.marks[kind]]
        end = last + _tail(kind, tidy[last:])
        hidden.append((kind.value, tidy[first:end]))
    masked = "".join([*pieces, tidy[end:]]) if found else text
    masked = mask_numbers(masked, words.account_words).replace(MASK, words.marks[Kind.NUMBER])
    return Masked(text=masked, hidden=hidden, left=_personal_in(masked))


def _tail(kind: Kind, rest: str) -> int:
    """How many characters behind what was recognised belong to it."""
    pattern = {Kind.MAIL: _MAIL_TAIL, Kind.ADDRESS: re.compile(vocabulary().address_tail)}
    match = pattern[kind].match(rest) if kind in pattern else None
    return len(match.group()) if match else 0


def _personal_in(masked: str) -> frozenset[Kind]:
    """What personal data a masked text still seems to hold; the marks themselves are none."""
    words = vocabulary()
    plain = masked
    for mark in words.marks.values():
        plain = plain.replace(mark, words.read_as)
    return find_confidential(plain, words.account_words) & PERSONAL


def sensitive_in(text: str) -> bool:
    """Whether the text tells a private matter of one person."""
    return bool(find_confidential(text, vocabulary().account_words) & SENSITIVE)


def taught(text: str) -> str:
    """A text on one line, with neutral words in place of the marks that have one."""
    words = vocabulary()
    plain = " ".join(text.split())
    for kind, word in words.neutral.items():
        plain = plain.replace(words.marks[kind], word)
    return plain


def neutral(text: str) -> str:
    """A text that may leave: one line, with neutral words in place of the marks.

    Raises:
        MarkLeftError: A mark stands for what no neutral word can replace.
        MarkupError: It has brackets that the training would read as marks of its own.
        PersonalLeftError: It still seems to hold personal data.
    """
    words = vocabulary()
    plain = taught(text)
    if MASK[0] in plain or any(mark in plain for mark in words.marks.values()):
        raise MarkLeftError("Reword what stands behind the mark, or leave that part out.")
    if _BRACKETS.search(plain):
        raise MarkupError("Leave the brackets [ ] { } out.")
    if _personal_in(text):
        raise PersonalLeftError("It still seems to hold a name, a number or an address.")
    return plain
