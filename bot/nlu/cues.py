"""Word stems that speak for a concern, an intent or an aspect, found in text.

The stems are the project's own knowledge of how owners talk (`bot/data/lookup/cues.yml`). They
carry the classifiers over words that no training sentence happens to contain. Words that tell what
is asked about a measure (`aspects.yml`) are found in the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.nlu.lookup import LookupFileError
from bot.nlu.text import normalise
from bot.nlu.tokenizer import tokenize

_GROUPS = ("concern_cues", "intent_cues", "aspects")
_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
# Readings are looked up only in text written in kana, and short ones hide in other words.
_MIN_READING = 4
_MOST_KANJI_IN_KANA_TEXT = 1


@dataclass(frozen=True)
class Cue:
    """A stem found in a text."""

    start: int
    end: int
    labels: tuple[int, ...]


class CueTable:
    """Finds stems; `labels` names the columns that a found stem counts for."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        """Index the content of `cues.yml` and `aspects.yml`.

        Raises:
            LookupFileError: One of their groups is missing.
        """
        self.labels: list[str] = []
        stems: dict[str, list[int]] = defaultdict(list)
        for group in _GROUPS:
            if not isinstance(table.get(group), dict):
                raise LookupFileError(f"cues.yml, aspects.yml: key {group!r} is missing")
            for label, words in table[group].items():
                self.labels.append(f"{group}.{label}")
                for word in dict.fromkeys(words):
                    stems[normalise(word).text].append(len(self.labels) - 1)
        self._stems = _index(stems)
        self._readings = _index(_readings(stems))

    def find(self, text: str) -> list[Cue]:
        """All stems in a normalised text but those inside a longer one (うん in うんにゃ)."""
        found = _scan(text, self._stems)
        if sum("一" <= char <= "龠" for char in text) <= _MOST_KANJI_IN_KANA_TEXT:
            kana = text.translate(_KATAKANA)
            bare = [index for index, char in enumerate(kana) if char != " "]
            found += [
                Cue(bare[cue.start], bare[cue.end - 1] + 1, cue.labels)
                for cue in _scan("".join(kana[index] for index in bare), self._readings)
            ]
        longest = sorted(found, key=lambda cue: (cue.start, -cue.end))
        kept: list[Cue] = []
        for cue in longest:
            if not kept or cue.end > kept[-1].end or _same_span(cue, kept[-1]):
                kept.append(cue)
        return kept


_Index = dict[str, list[tuple[str, tuple[int, ...]]]]


def _same_span(left: Cue, right: Cue) -> bool:
    return (left.start, left.end) == (right.start, right.end)


def _index(stems: Mapping[str, Sequence[int]]) -> _Index:
    """Stems by their first character."""
    index: _Index = defaultdict(list)
    for stem, labels in stems.items():
        index[stem[0]].append((stem, tuple(labels)))
    return dict(index)


def _readings(stems: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """The stems in katakana, those that are long enough to be told apart."""
    readings: dict[str, list[int]] = defaultdict(list)
    for stem, labels in stems.items():
        reading = "".join(token.reading for token in tokenize(stem)).translate(_KATAKANA)
        if len(reading) >= _MIN_READING and reading != stem:
            readings[reading].extend(labels)
    return readings


def _scan(text: str, index: _Index) -> list[Cue]:
    return [
        Cue(start, start + len(stem), labels)
        for start, char in enumerate(text)
        for stem, labels in index.get(char, ())
        if text.startswith(stem, start)
    ]
