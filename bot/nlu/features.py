"""What the classifiers see of a text: n-grams, word vectors, marks and sentence vectors.

A `FeatureRow` has a sparse part (n-grams of readings and of words), a dense part (mean
word vector, counts of cues and facts, vector of the last clause) and the sentence vector. Each view
is scaled to unit length and weighted, so the dot product of two rows is a weighted mean of how
alike the texts are in each view.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bot.nlu.clauses import Clause, Token
from bot.nlu.cues import Cue, CueTable
from bot.nlu.facts import Facts
from bot.nlu.tokenizer import WORD_VECTOR_SIZE, word_vector

_VOCABULARY_FILE = "vocabulary.json"
_ARRAYS_FILE = "features.npz"
_PROGRAM_NAME, _PROGRAM_HINT = 1.5, 0.5
_SHORT_CHARS, _LONG_CHARS = 8, 60
_CONTENT_TAGS = ("名詞", "動詞", "形容詞", "形状詞", "代名詞", "副詞")


@dataclass(frozen=True)
class Reading:
    """All that earlier components found out about a message, or about one clause of it."""

    text: str
    words: tuple[Token, ...]
    clauses: tuple[Clause, ...]
    vectors: np.ndarray
    facts: Facts
    cues: tuple[Cue, ...]

    def part(
        self, indexes: Sequence[int], vector: np.ndarray, *, facts: Facts | None = None
    ) -> Reading:
        """The same for some clauses alone, with the sentence vector of their joint text.

        Args:
            indexes: Which clauses.
            vector: Sentence vector of their joint text.
            facts: What these clauses state; all that the message states if None.
        """
        spans = [(self.clauses[index].start, self.clauses[index].end) for index in indexes]

        def inside(item: Token | Cue) -> bool:
            return any(start <= item.start and item.end <= end for start, end in spans)

        return Reading(
            text=" ".join(self.clauses[index].text for index in indexes),
            words=tuple(word for word in self.words if inside(word)),
            clauses=tuple(self.clauses[index] for index in indexes),
            vectors=vector[None, :],
            facts=self.facts if facts is None else facts,
            cues=tuple(cue for cue in self.cues if inside(cue)),
        )

    def beside_facts(self) -> list[int]:
        """The clauses that say nothing about place, trade or size of the company."""
        return [
            index
            for index, clause in enumerate(self.clauses)
            if not self.facts.are_stated_in(clause.start, clause.end)
        ]


@dataclass(frozen=True)
class FeatureRow:
    """The features of one text; `indices` are the columns of the sparse part."""

    indices: np.ndarray
    values: np.ndarray
    dense: np.ndarray
    vector: np.ndarray


@dataclass(frozen=True)
class View:
    """One kind of n-gram, and how much it weighs."""

    name: str
    weight: float
    extract: Callable[[Reading], Iterable[str]]


def _sounds(reading: Reading) -> Iterable[str]:
    """Characters of the reading, two to five: kanji, kana and wrong conversions sound alike."""
    framed = f"^{''.join(word.reading for word in reading.words)}$"
    for length in range(2, 6):
        for start in range(len(framed) - length + 1):
            yield framed[start : start + length]


def _word_grams(reading: Reading) -> Iterable[str]:
    norms = ["^", *(word.norm for word in reading.words), "$"]
    for length in (1, 2, 3):
        for start in range(len(norms) - length + 1):
            yield "\t".join(norms[start : start + length])


def _content_words(reading: Reading) -> Iterable[str]:
    return (word.norm for word in reading.words if word.tag.startswith(_CONTENT_TAGS))


VIEWS = (
    View("sounds", 1.0, _sounds),
    View("words", 1.0, _word_grams),
    View("content", 0.5, _content_words),
)
_WORD_VECTOR_WEIGHT = 0.85
_MARKS_WEIGHT = 0.6
_LAST_CLAUSE_WEIGHT = 0.5


class FeatureSpace:
    """The columns: which n-grams, how rare they are, which cues and measures there are."""

    def __init__(
        self,
        vocabulary: Mapping[str, int],
        idf: np.ndarray,
        cue_table: Mapping[str, Any],
        programs: Sequence[str],
    ) -> None:
        """Use `fit` or `load`."""
        self._vocabulary = vocabulary
        self._idf = idf
        self._rarest = float(idf.max())
        self._cue_table = cue_table
        self._cues = CueTable(cue_table)
        self._programs = {program: index for index, program in enumerate(programs)}

    @classmethod
    def fit(
        cls, readings: Sequence[Reading], cue_table: Mapping[str, Any], programs: Sequence[str]
    ) -> FeatureSpace:
        """The space of a set of training texts; n-grams that occur in one text alone are left out."""
        found: Counter[str] = Counter()
        for reading in readings:
            for view in VIEWS:
                found.update({f"{view.name}\t{gram}" for gram in view.extract(reading)})
        kept = sorted(gram for gram, count in found.items() if count > 1)
        idf = [math.log((1 + len(readings)) / (1 + found[gram])) + 1 for gram in kept]
        vocabulary = {gram: index for index, gram in enumerate(kept)}
        return cls(vocabulary, np.array(idf, dtype=np.float32), cue_table, programs)

    @property
    def columns(self) -> int:
        """How many sparse columns there are."""
        return len(self._vocabulary)

    def find_cues(self, text: str) -> tuple[Cue, ...]:
        """The cues in a normalised text, for its `Reading`."""
        return tuple(self._cues.find(text))

    def row(self, reading: Reading) -> FeatureRow:
        """The features of one text."""
        indices: list[np.ndarray] = []
        values: list[np.ndarray] = []
        for view in VIEWS:
            columns, counts = self._count(view, reading)
            weighted = (1 + np.log(counts)) * self._idf[columns]
            length = float(np.linalg.norm(weighted)) or 1.0
            indices.append(columns)
            values.append(weighted * (math.sqrt(view.weight) / length))
        vectors = reading.vectors
        return FeatureRow(
            indices=np.concatenate(indices),
            values=np.concatenate(values).astype(np.float32),
            dense=np.concatenate(
                [
                    math.sqrt(_WORD_VECTOR_WEIGHT) * self._mean_word_vector(reading),
                    math.sqrt(_MARKS_WEIGHT) * self._marks(reading),
                    math.sqrt(_LAST_CLAUSE_WEIGHT) * vectors[-1],
                ]
            ).astype(np.float32),
            vector=vectors[0],
        )

    def save(self, folder: Path) -> None:
        """Write the space into a folder."""
        content = {
            "grams": list(self._vocabulary),
            "cues": self._cue_table,
            "programs": list(self._programs),
        }
        text = json.dumps(content, ensure_ascii=False)
        (folder / _VOCABULARY_FILE).write_text(text, encoding="utf-8")
        np.savez(folder / _ARRAYS_FILE, idf=self._idf)

    @classmethod
    def load(cls, folder: Path) -> FeatureSpace:
        """Read the space that `save` wrote."""
        content = json.loads((folder / _VOCABULARY_FILE).read_text(encoding="utf-8"))
        vocabulary = {gram: index for index, gram in enumerate(content["grams"])}
        with np.load(folder / _ARRAYS_FILE, allow_pickle=False) as arrays:
            return cls(vocabulary, arrays["idf"], content["cues"], content["programs"])

    def _count(self, view: View, reading: Reading) -> tuple[np.ndarray, np.ndarray]:
        """Columns of the known n-grams of a view, and how often each occurs."""
        counts: dict[int, int] = {}
        lookup, prefix = self._vocabulary.get, f"{view.name}\t"
        for gram in view.extract(reading):
            column = lookup(prefix + gram)
            if column is not None:
                counts[column] = counts.get(column, 0) + 1
        return (
            np.fromiter(counts.keys(), dtype=np.int64, count=len(counts)),
            np.fromiter(counts.values(), dtype=np.float32, count=len(counts)),
        )

    def _mean_word_vector(self, reading: Reading) -> np.ndarray:
        """Unit vector of the words' mean direction, rare words counting more."""
        total = np.zeros(WORD_VECTOR_SIZE, dtype=np.float32)
        for word in reading.words:
            if word.tag.startswith("補助記号"):
                continue
            vector = word_vector(word)
            if vector is not None:
                column = self._vocabulary.get(f"words\t{word.norm}")
                rarity = self._idf[column] if column is not None else self._rarest
                total += vector * rarity
        return _unit(total)

    def _marks(self, reading: Reading) -> np.ndarray:
        """Counts of cues by label, measures named, facts stated, and length, damped."""
        labels = len(self._cues.labels)
        marks = np.zeros(labels + len(self._programs) + 6, dtype=np.float32)
        for cue in reading.cues:
            for label in cue.labels:
                marks[label] += 1
        marks[:labels] = np.sqrt(marks[:labels])
        facts = reading.facts
        for alias in facts.programs:
            column = labels + self._programs[alias.target]
            value = _PROGRAM_NAME if alias.is_name else _PROGRAM_HINT
            marks[column] = max(marks[column], value)
        marks[-6] = _PROGRAM_NAME * any(alias.is_name for alias in facts.programs)
        marks[-5] = facts.employees is not None
        marks[-4] = facts.industry is not None
        marks[-3] = facts.place is not None
        marks[-2] = len(reading.text) < _SHORT_CHARS
        marks[-1] = len(reading.text) > _LONG_CHARS
        return marks / (1 + float(np.linalg.norm(marks)))


def sparse_matrix(rows: Sequence[FeatureRow], columns: int) -> csr_matrix:
    """The sparse parts of rows as one matrix."""
    ends = np.cumsum([0, *(len(row.indices) for row in rows)])
    indices = np.concatenate([row.indices for row in rows])
    values = np.concatenate([row.values for row in rows])
    return csr_matrix((values, indices, ends), shape=(len(rows), columns), dtype=np.float32)


def _unit(vector: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector
