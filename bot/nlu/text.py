"""Japanese text in one spelling, with a way back to the text as it was typed.

`normalise` turns what an owner typed into one canonical spelling (NFKC, unified dashes and long
vowels, no invisible characters, lower case). Every character of the result knows which code
points of the original it stands for, so a span found in the result can be shown in the original.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Voicing marks may follow their kana as code points of their own; they compose under NFKC.
_VOICING = "ﾞﾟ゛゜"
_COMBINING_VOICING = str.maketrans("゛゜", "\u3099\u309a")
_DASHES = frozenset("-‐‑‒–—―−─━ｰー")
_WAVES = frozenset("~〜～∼∿")
_DOTS = frozenset("….。・‥,、")
# Forms that NFKC leaves alone although owners and their input methods mix them freely.
_VARIANTS = {"髙": "高", "﨑": "崎", "濵": "浜", "邉": "辺", "邊": "辺", "槗": "橋"}
_ONE_IS_ENOUGH = frozenset("!?ー-…、。っッw笑~〜 \n")
_LONGEST_RUN = 3


@dataclass(frozen=True)
class Span:
    """A stretch of text, `start` inclusive and `end` exclusive, in code points."""

    start: int
    end: int


@dataclass(frozen=True)
class NormalisedText:
    """Normalised text and, for each of its characters, the original code points it came from."""

    original: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @property
    def has_words(self) -> bool:
        """Whether any letter or digit is in the text; emoji and symbols alone say nothing."""
        return any(unicodedata.category(char)[0] in "LN" for char in self.text)

    def to_original(self, start: int, end: int) -> Span:
        """The span of the original that the characters `start:end` of `text` came from."""
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else len(self.original)
            return Span(at, at)
        return Span(self.starts[start], self.ends[end - 1])

    def fingerprint(self) -> str:
        """A stable hash, which Rasa asks of everything stored on a training message."""
        return hashlib.sha256(f"{self.original}\0{self.text}".encode()).hexdigest()


@dataclass(frozen=True)
class _Char:
    """One character on its way to the normalised text."""

    char: str
    start: int
    end: int


def normalise(text: str, *, max_chars: int = 2000) -> NormalisedText:
    """Bring a message into the one spelling that all components work on.

    Args:
        text: The message as typed.
        max_chars: Code points of the original that are looked at; the rest is ignored, because
            the desk refuses longer messages and the tokenizer has a limit of its own.
    """
    chars = _collapse_runs(_resolve_marks(list(_compatible(text[:max_chars]))))
    chars = _strip(chars)
    return NormalisedText(
        original=text,
        text="".join(item.char for item in chars),
        starts=tuple(item.start for item in chars),
        ends=tuple(item.end for item in chars),
    )


def _compatible(text: str) -> Iterable[_Char]:
    """NFKC cluster by cluster, without invisible characters, in lower case."""
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and (text[end] in _VOICING or unicodedata.combining(text[end])):
            end += 1
        cluster = text[start:end].translate(_COMBINING_VOICING)
        for char in unicodedata.normalize("NFKC", cluster):
            for final in _plain(char):
                yield _Char(final, start, end)
        start = end


def _plain(char: str) -> str:
    """A character without its case, its variant form and its invisibility."""
    if char in "\n\r\v\f\u2028\u2029":
        return "\n"
    if char.isspace():
        return " "
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") or _is_variation(char):
        return ""
    return _VARIANTS.get(char, char.lower())


def _is_variation(char: str) -> bool:
    """Whether the character only chooses a glyph for the one before it."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _resolve_marks(chars: Sequence[_Char]) -> list[_Char]:
    """Decide what dashes, waves, commas and dots mean from the characters beside them."""
    resolved: list[_Char] = []
    for index, item in enumerate(chars):
        before = resolved[-1].char if resolved else ""
        after = chars[index + 1].char if index + 1 < len(chars) else ""
        resolved.append(_Char(_mark(item.char, before, after), item.start, item.end))
    return resolved


def _mark(char: str, before: str, after: str) -> str:
    """The canonical form of one character between two others."""
    if char in _DASHES:
        long_vowel = before == "ー" or (_is_kana(before) and not _is_ascii_word(after))
        return "ー" if long_vowel else "-"
    if char in _WAVES:
        return "ー" if (_is_kana(before) or before == "ー") and not after.isdigit() else "〜"
    if char in "…‥":
        return "…"
    if char == ",":
        return "," if before.isdigit() and after.isdigit() else "、"
    if char in "・." and (before in _DOTS or after in _DOTS) and (before or after):
        return "…"
    if char == "." and not (_is_ascii_word(before) and _is_ascii_word(after)):
        return "。" if before and not _is_ascii_word(before) else "."
    return char


def _is_kana(char: str) -> bool:
    return bool(char) and ("ぁ" <= char <= "ゖ" or "ァ" <= char <= "ヺ")


def _is_ascii_word(char: str) -> bool:
    return bool(char) and char.isascii() and char.isalnum()


def _collapse_runs(chars: Sequence[_Char]) -> list[_Char]:
    """Shorten runs of one character; the character kept covers the ones dropped."""
    collapsed: list[_Char] = []
    run = 0
    for item in chars:
        char = "…" if item.char == "。" and collapsed and collapsed[-1].char == "…" else item.char
        same = bool(collapsed) and collapsed[-1].char == char
        run = run + 1 if same else 1
        limit = 1 if char in _ONE_IS_ENOUGH else _LONGEST_RUN
        if same and run > limit and not char.isdigit():
            collapsed[-1] = _Char(char, collapsed[-1].start, item.end)
        elif char == " " and collapsed and collapsed[-1].char == "\n":
            continue
        else:
            collapsed.append(_Char(char, item.start, item.end))
    return collapsed


def _strip(chars: list[_Char]) -> list[_Char]:
    """The characters without white space at either end."""
    first, last = 0, len(chars)
    while first < last and chars[first].char in " \n":
        first += 1
    while last > first and chars[last - 1].char in " \n":
        last -= 1
    return chars[first:last]
