"""Whole numbers in Japanese text: figures, kanji numerals and numbers spelled in kana."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DIGITS = {"〇": 0, "零": 0, **{char: value for value, char in enumerate("一二三四五六七八九", 1)}}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10_000, "億": 100_000_000}

_KANA_DIGITS = {
    "いち": 1, "いっ": 1, "に": 2, "さん": 3, "よん": 4, "よ": 4, "し": 4, "ご": 5, "ろく": 6,
    "ろっ": 6, "なな": 7, "しち": 7, "はち": 8, "はっ": 8, "きゅう": 9, "く": 9,
}  # fmt: skip
_KANA_UNITS = {
    "じゅう": 10, "じゅっ": 10, "じっ": 10, "ひゃく": 100, "びゃく": 100, "ぴゃく": 100,
    "せん": 1000, "ぜん": 1000,
}  # fmt: skip
_KANA_PIECE = "|".join(sorted([*_KANA_DIGITS, *_KANA_UNITS], key=len, reverse=True))
# Kana numbers are looked for before a counter only: alone, 「に」「し」「ご」 are other words.
_KANA = rf"(?:{_KANA_PIECE})+?(?=にん|めい)"
_FIGURES = r"[0-9]+(?:,[0-9]{3})*"
_KANJI = r"[〇零一二三四五六七八九十百千万]+"
_NUMBER = re.compile(
    rf"(?P<mixed>{_FIGURES}[十百千万](?:[0-9〇一二三四五六七八九十百千]+)?)"
    rf"|(?P<figures>{_FIGURES})|(?P<kanji>{_KANJI})|(?P<kana>{_KANA})"
)


@dataclass(frozen=True)
class Number:
    """A number in the text, with the span it was written in."""

    value: int
    start: int
    end: int


def find_numbers(text: str) -> Iterator[Number]:
    """Numbers of a normalised text in order; katakana is read as hiragana."""
    for match in _NUMBER.finditer(to_hiragana(text)):
        value = _value(match)
        if value is not None:
            yield Number(value, match.start(), match.end())


def parse_kanji(numeral: str) -> int:
    """The value of a kanji numeral, with figures between the units where they are mixed.

    「二五」 is read digit by digit (25), as addresses and voice input write it.
    """
    total = section = 0
    digits = ""
    for char in numeral:
        if char in _MYRIADS:
            total += (section + int(digits or (0 if section else 1))) * _MYRIADS[char]
            section, digits = 0, ""
        elif char in _UNITS:
            section += int(digits or 1) * _UNITS[char]
            digits = ""
        else:
            digits += str(_DIGITS.get(char, char))
    return total + section + int(digits or 0)


def parse_kana(numeral: str) -> int | None:
    """The value of a number spelled in hiragana, None where the pieces make no number."""
    total = digit = 0
    for piece in re.findall(_KANA_PIECE, numeral):
        if piece in _KANA_UNITS:
            total += (digit or 1) * _KANA_UNITS[piece]
            digit = 0
        elif digit:
            return None
        else:
            digit = _KANA_DIGITS[piece]
    return total + digit


def to_hiragana(text: str) -> str:
    """Katakana as hiragana, character by character, so that offsets stay."""
    return "".join(chr(ord(char) - 0x60) if "ァ" <= char <= "ヶ" else char for char in text)


def _value(match: re.Match[str]) -> int | None:
    """The value of a match of `_NUMBER`."""
    if match["figures"]:
        return int(match["figures"].replace(",", ""))
    if match["kana"]:
        return parse_kana(match["kana"])
    return parse_kanji((match["mixed"] or match["kanji"]).replace(",", ""))
