"""Names looked up in text: support measures, question words, lines of business.

The tables are YAML files under `bot/data/lookup`, kept by people who do not code. They are read
when the model is trained and travel inside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.nlu.text import Span, normalise
from bot.nlu.tokenizer import tokenize

# Marks that owners put into names or leave out: 副業・兼業, 「地域の人事部」, 人材 シェア.
_SKIPPED = frozenset("・ 「」『』\"'“”-,、()")
# Shorter readings are found inside other words too often (ごうせつ is five).
_MIN_READING = 4
_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}


_Entry = tuple[str, tuple[str, bool]]


class LookupFileError(ValueError):
    """A lookup file is not of the form that its header describes."""


@dataclass(frozen=True)
class Alias:
    """A name found in a text: what it stands for, and where."""

    target: str
    span: Span
    is_name: bool


class AliasTable:
    """Finds names in normalised text; the longest name wins, overlaps are dropped.

    Args:
        entries: For each target its sure names and its hints, as they stand in the files.
        readings: Whether names are also found when written in kana.
    """

    def __init__(
        self, entries: Mapping[str, Mapping[str, Iterable[str]]], *, readings: bool = False
    ) -> None:
        """Index the names by their text without marks."""
        self._written: dict[str, tuple[str, bool]] = {}
        self._read: dict[str, tuple[str, bool]] = {}
        for target, kinds in entries.items():
            for kind, names in kinds.items():
                for name in names:
                    self._add(target, name, is_name=kind == "names", readings=readings)
        self._by_writing = _index(self._written)
        self._by_reading = _index(self._read)

    def find(self, text: str) -> list[Alias]:
        """Names in a normalised text, in order."""
        bare, offsets = _without_marks(text)
        found = list(_scan(bare, self._by_writing))
        if self._by_reading:
            taken = [(start, end) for _, start, end in found]
            found += [
                hit
                for hit in _scan(bare.translate(_KATAKANA), self._by_reading)
                if not any(hit[1] < end and start < hit[2] for start, end in taken)
            ]
        return sorted(
            (
                Alias(target, Span(offsets[start], offsets[end - 1] + 1), is_name)
                for (target, is_name), start, end in found
            ),
            key=lambda alias: alias.span.start,
        )

    def _add(self, target: str, name: str, *, is_name: bool, readings: bool) -> None:
        written = _without_marks(normalise(name).text)[0]
        self._written.setdefault(written, (target, is_name))
        if not readings or not is_name:
            return
        reading = "".join(token.reading for token in tokenize(normalise(name).text))
        reading = _without_marks(reading.translate(_KATAKANA))[0]
        if len(reading) >= _MIN_READING:
            self._read.setdefault(reading, (target, is_name))


def read_lookup(path: Path) -> dict[str, Any]:
    """The content of one lookup file.

    Raises:
        LookupFileError: The file is missing or no mapping.
    """
    if not path.is_file():
        raise LookupFileError(f"{path}: no such file; config.yml names it as lookup table")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise LookupFileError(f"{path}: a mapping is wanted, as its header says")
    return content


def _without_marks(text: str) -> tuple[str, list[int]]:
    """The text without the marks that names may carry, and the offset of each character."""
    offsets = [index for index, char in enumerate(text) if char not in _SKIPPED]
    return "".join(text[index] for index in offsets), offsets


def _index(names: Mapping[str, tuple[str, bool]]) -> dict[str, list[_Entry]]:
    """Names by their first character, the longest first."""
    index: dict[str, list[_Entry]] = defaultdict(list)
    for name in sorted(names, key=len, reverse=True):
        index[name[0]].append((name, names[name]))
    return dict(index)


def _scan(
    text: str, index: Mapping[str, list[_Entry]]
) -> Iterator[tuple[tuple[str, bool], int, int]]:
    """Longest names from left to right, without overlap."""
    start = 0
    while start < len(text):
        for name, meaning in index.get(text[start], ()):
            if text.startswith(name, start):
                yield meaning, start, start + len(name)
                start += len(name) - 1
                break
        start += 1
