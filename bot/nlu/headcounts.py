"""Which number of a message counts the company's own people, learnt from sentences.

For each number of people the rules of `employees` say what they think of it. A logistic regression
over that, the words on both sides (places, trades and other numbers replaced by marks) and the
numbers round it decides whether it is the head count, a part of the staff, or something else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.nlu.employees import Count, Headcount, find_counts, find_employees, rule_ranks, signs
from bot.nlu.numbers import to_hiragana
from bot.nlu.text import Span

_OTHER, _WHOLE, _PART = 0, 1, 2
_REACH = 16
_LEAST_SEEN = 2
_LEAST_WHOLE = 0.4
_LEAST_BARE = 0.75
"""For a number without 人: it may be an age or a price as well."""
_LEAST_RULED = 0.2
"""For the number that the rules chose."""
_LEAST_OF_OTHERS = 0.6
"""For a number that the rules take for other people."""
_LEAST_PART = 0.45
_BUCKETS = (1, 2, 5, 20, 100)
_NUMERALS = re.compile("[0-9〇一二三四五六七八九十百千]+")
_CLAUSE_START, _CLAUSE_END = re.compile(r"(?:^|[。、!?\s])$"), re.compile(r"[。、!?\s]|$")
_PLACE_MARK, _TRADE_MARK = "\N{BLACK DIAMOND}", "\N{BLACK SQUARE}"

Features = dict[str, float]


@dataclass(frozen=True)
class Marks:
    """Where a message names the company's place and trade, so that any place looks alike."""

    place: Span | None = None
    trade: Span | None = None

    def spans(self) -> list[tuple[int, int, str]]:
        """Start, end and sign of each, in order."""
        pairs = ((self.place, _PLACE_MARK), (self.trade, _TRADE_MARK))
        return sorted((span.start, span.end, mark) for span, mark in pairs if span)


@dataclass(frozen=True)
class Example:
    """A sentence with what it says of the company's people."""

    text: str
    employees: int | None
    marks: Marks


class HeadcountJudge:
    """Finds the head count of a message; safe to share between threads."""

    def __init__(self, features: Sequence[str], weights: np.ndarray, bias: np.ndarray) -> None:
        """Use `fit` or `from_dict`.

        Args:
            features: Names, by column.
            weights: Class by column.
            bias: One a class.
        """
        self._columns = {name: column for column, name in enumerate(features)}
        self._weights, self._bias = weights, bias

    @classmethod
    def fit(cls, examples: Sequence[Example]) -> HeadcountJudge:
        """Learn from sentences; those whose number no reading can reach are passed over."""
        rows: list[Features] = []
        labels: list[int] = []
        for example in examples:
            counts = find_counts(example.text)
            own = _labels([count.value for count in counts], example.employees)
            if own is not None:
                rows += _describe(example.text, counts, example.marks)
                labels += own
        seen = Counter(name for row in rows for name in row)
        names = sorted(name for name, count in seen.items() if count >= _LEAST_SEEN)
        columns = {name: column for column, name in enumerate(names)}
        matrix = _matrix(rows, columns)
        model = LogisticRegression(max_iter=1000).fit(matrix, labels)
        return cls(names, model.coef_, model.intercept_)

    def to_dict(self) -> dict[str, Any]:
        """All it knows, in JSON types, for the Rasa model."""
        return {
            "features": list(self._columns),
            "weights": np.round(self._weights, 4).tolist(),
            "bias": np.round(self._bias, 4).tolist(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> HeadcountJudge:
        """The judge that `to_dict` was called on."""
        return cls(data["features"], np.array(data["weights"]), np.array(data["bias"]))

    def find(self, text: str, marks: Marks) -> Headcount | None:
        """The number of the company's own people that a normalised text states, if it does."""
        counts = find_counts(text)
        ruled = find_employees(text)
        if not counts:
            return ruled
        rows = _describe(text, counts, marks)
        likely = self._probabilities(rows)
        is_of_others = ["others" in row or "gone" in row for row in rows]
        whole = self._likeliest(counts, likely[:, _WHOLE], ruled, is_of_others)
        parts = [n for n in range(len(counts)) if likely[n, _PART] > _LEAST_PART]
        if len(parts) > 1 and (
            whole is None or likely[parts, _PART].mean() > likely[whole, _WHOLE]
        ):
            span = Span(counts[parts[0]].start, counts[parts[-1]].end)
            return Headcount(sum(counts[n].value for n in parts), span)
        if whole is not None:
            return Headcount(counts[whole].value, Span(counts[whole].start, counts[whole].end))
        # A sum or 一人親方, which no single number says.
        is_single = ruled is None or any(count.value == ruled.value for count in counts)
        return None if is_single else ruled

    def _probabilities(self, rows: Sequence[Features]) -> np.ndarray:
        """Count by class."""
        odds = _matrix(rows, self._columns) @ self._weights.T + self._bias
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        shares: np.ndarray = odds / odds.sum(axis=1, keepdims=True)
        return shares

    @staticmethod
    def _likeliest(
        counts: Sequence[Count],
        likely: np.ndarray,
        ruled: Headcount | None,
        is_of_others: Sequence[bool],
    ) -> int | None:
        """The count that is most likely the whole staff, of those that are likely enough."""
        best: int | None = None
        for number, count in enumerate(counts):
            least = _LEAST_WHOLE if count.has_counter else _LEAST_BARE
            if ruled is not None and count.value == ruled.value:
                least = _LEAST_RULED
            elif is_of_others[number]:
                least = max(least, _LEAST_OF_OTHERS)
            if likely[number] >= least and (best is None or likely[number] > likely[best]):
                best = number
        return best


def _labels(values: Sequence[int], employees: int | None) -> list[int] | None:
    """Class of each number; None where the head count is neither one of them nor a sum."""
    if employees is None:
        return [_OTHER] * len(values)
    if employees in values:
        return [_WHOLE if value == employees else _OTHER for value in values]
    for owner in (0, 1):
        for first in range(len(values)):
            for last in range(len(values), first, -1):
                is_sum = sum(values[first:last]) + owner == employees
                if is_sum and (last - first > 1 or owner):
                    return [_PART if first <= n < last else _OTHER for n in range(len(values))]
    return None


def _describe(text: str, counts: Sequence[Count], marks: Marks) -> list[Features]:
    """The features of each number of a message."""
    read = to_hiragana(text)
    ranks = rule_ranks(text)
    whole = {
        "place": float(marks.place is not None),
        "trade": float(marks.trade is not None),
        "numbers": min(len(counts), 5) / 5,
        "only": float(len(counts) == 1),
        "several counted": float(sum(count.has_counter for count in counts) > 1),
        "length": min(len(text), 120) / 120,
    }
    largest = max((count.value for count in counts if count.has_counter), default=0)
    rows: list[Features] = []
    was_withdrawn = False
    for index, count in enumerate(counts):
        before, after = read[: count.start], read[count.end :]
        found = signs(before, after)
        rank, is_part = ranks.get(count.start, (0, False))
        flags = {
            **found,
            f"rank {rank}": True,
            "ruled part": is_part,
            "after withdrawn": was_withdrawn,
            "counter": count.has_counter,
            f"size {sum(count.value > limit for limit in _BUCKETS)}": True,
            "first": index == 0,
            "last": index == len(counts) - 1,
            "largest": count.value == largest,
            "sum of others": _is_sum_of_others(counts, index),
            "ends": not after.strip("。!?\n… "),
            "ends clause": bool(_CLAUSE_END.match(after)),
            "begins": not before.strip(),
            "begins clause": bool(_CLAUSE_START.search(before)),
        }
        row = {name: 1.0 for name, applies in flags.items() if applies} | whole
        sides = _masked(read, 0, count.start, marks), _masked(read, count.end, len(read), marks)
        row.update(dict.fromkeys(_words(*sides), 1.0))
        rows.append(row)
        was_withdrawn = was_withdrawn or found["withdrawn"]
    return rows


def _is_sum_of_others(counts: Sequence[Count], index: int) -> bool:
    own = counts[index].value
    return len(counts) > 2 and sum(count.value for count in counts) == 2 * own


def _masked(read: str, start: int, end: int, marks: Marks) -> str:
    """A stretch of the text with signs for place and trade, and 0 for every number."""
    out, position = "", start
    for first, last, mark in marks.spans():
        if first >= position and last <= end:
            out += read[position:first] + mark
            position = last
    return _NUMERALS.sub("0", out + read[position:end])


def _words(before: str, after: str) -> Iterator[str]:
    """What stands next to the number, at each length, and what stands near."""
    before, after = before[-_REACH:], after[:_REACH]
    for length in range(1, 9):
        if len(before) >= length:
            yield f"B:{before[-length:]}"
        if len(after) >= length:
            yield f"A:{after[:length]}"
    for length in (2, 3, 4):
        for start in range(len(before) - length + 1):
            yield f"b:{before[start : start + length]}"
        for start in range(len(after) - length + 1):
            yield f"a:{after[start : start + length]}"
    if len(before) < 8:
        yield f"B^{before}"
    if len(after) < 8:
        yield f"A${after}"
    yield f"{before[-1:]}|{after[:1]}"
    yield f"{before[-2:]}|{after[:2]}"


def _matrix(rows: Sequence[Features], columns: Mapping[str, int]) -> csr_matrix:
    """Rows by known columns."""
    known = [
        [(columns[name], value) for name, value in row.items() if name in columns] for row in rows
    ]
    ends = np.cumsum([0, *(len(row) for row in known)])
    indices = np.array([column for row in known for column, _ in row], dtype=np.int64)
    values = np.array([value for row in known for _, value in row])
    return csr_matrix((values, indices, ends), shape=(len(rows), len(columns)))
