"""Hides small numbers, and as many others as are needed so that they cannot be worked out.

What is published of a table is a set of equations: each line sums up to its total. Seen as
a network, every number is an edge that carries so many units round, and the equations say
that at each node as much comes in as goes out. A hidden number cannot be worked out if, and
only if, some other whole numbers fit as well: if a circle of hidden edges leads through it
on which one unit more and one unit less keeps every number within what is known of it
(1 to 4 for 「5未満」, at least 5 for what is hidden beside it). See docs/reports.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import heappop, heappush
from typing import Final

SMALL: Final = 5
"""Numbers from 1 to one below this are hidden."""
Key = tuple[str, ...]
Step = tuple[str, Key, int]
"""The node that a number leads to, its key and its value."""


class Mask(StrEnum):
    """How a number is published."""

    SHOWN = "shown"
    SMALL = "small"
    """It is 1 to 4."""
    BESIDE = "beside"
    """It is at least 5, and hidden because of another one."""
    WITHHELD = "withheld"
    """Nothing is said of it: the table has too few cases to show any of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number that is part of a table."""

    key: Key
    value: int
    tail: str
    head: str
    is_known: bool = False
    """It stands elsewhere too, so that hiding it here would not help."""


def is_small(value: int) -> bool:
    """Whether the number has to be hidden."""
    return 0 < value < SMALL


def line(values: Mapping[str, int]) -> list[Count]:
    """Numbers that sum up to a known total."""
    counts = [Count(key=(k,), value=v, tail="a", head="b") for k, v in values.items()]
    return [*counts, Count(key=(), value=sum(values.values()), tail="b", head="a", is_known=True)]


def table(
    rows: Mapping[str, Mapping[str, int]],
    groups: Mapping[str, str] | None = None,
    *,
    known_rows: bool = False,
    known_columns: bool = False,
) -> list[Count]:
    """A table of rows and columns with totals of both, and of groups of rows.

    Args:
        rows: Numbers by column, by row; every row has the same columns.
        groups: The group of each row, if rows are summed up by groups as well.
        known_rows: The totals of rows stand elsewhere as they are.
        known_columns: The totals of columns do.

    Returns:
        Counts with the keys (row, column), (row, "") and ("", column); for groups the same
        with "/" before the group's name; for the total the empty key.
    """
    groups = groups or {}
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    sums: dict[tuple[str, str], int] = defaultdict(int)
    counts = []
    for row, values in rows.items():
        group = f"/{groups[row]}" if row in groups else ""
        for column in columns:
            into = f"sum{group}:{column}"
            cell = Count(key=(row, column), value=values[column], tail=f"row:{row}", head=into)
            counts.append(cell)
            sums[group, column] += values[column]
        counts.append(
            Count(
                key=(row, ""),
                value=sum(values.values()),
                tail=f"all{group}",
                head=f"row:{row}",
                is_known=known_rows,
            )
        )
    return counts + _sums(sums, columns, known_columns=known_columns)


def _sums(
    sums: Mapping[tuple[str, str], int], columns: Sequence[str], *, known_columns: bool
) -> list[Count]:
    """The counts of groups, columns and everything."""
    counts = []
    for group in sorted({group for group, _ in sums} - {""}):
        counts += [
            Count(
                key=(group, column),
                value=sums[group, column],
                tail=f"sum{group}:{column}",
                head=f"sum:{column}",
            )
            for column in columns
        ]
        whole = sum(sums[group, column] for column in columns)
        counts.append(Count(key=(group, ""), value=whole, tail="all", head=f"all{group}"))
    for column in columns:
        value = sum(number for (_, name), number in sums.items() if name == column)
        counts.append(
            Count(
                key=("", column),
                value=value,
                tail=f"sum:{column}",
                head="end",
                is_known=known_columns,
            )
        )
    total = sum(sums.values())
    counts.append(Count(key=(), value=total, tail="end", head="all", is_known=True))
    return counts


def suppress(counts: Iterable[Count]) -> dict[Key, Mask]:
    """How each number of a table is published.

    Args:
        counts: All numbers that are published of the table, totals too.

    Returns:
        By key. Zeros stay, unless the whole table is withheld.
    """
    all_counts = list(counts)
    masks = {c.key: Mask.SMALL if is_small(c.value) else Mask.SHOWN for c in all_counts}
    steps = _steps(all_counts)
    for count in [c for c in all_counts if is_small(c.value)]:
        circle = _cheapest_circle(count, steps, masks)
        if circle is None:
            return {c.key: _withheld(c) for c in all_counts}
        # What is newly hidden lies on this circle itself, so it is safe as well.
        masks |= {key: Mask.BESIDE for key in circle if masks[key] is Mask.SHOWN}
    return masks


def _withheld(count: Count) -> Mask:
    if not count.is_known:
        return Mask.WITHHELD
    return Mask.SMALL if is_small(count.value) else Mask.SHOWN


def _steps(counts: Sequence[Count]) -> Mapping[str, Sequence[Step]]:
    """From each node the numbers that can be one more or one less, where they lead, their size."""
    steps: dict[str, list[Step]] = defaultdict(list)
    for count in counts:
        if _can_grow(count):
            steps[count.tail].append((count.head, count.key, count.value))
        if _can_shrink(count):
            steps[count.head].append((count.tail, count.key, count.value))
    return steps


def _can_grow(count: Count) -> bool:
    """Whether one more is possible for a reader, once the number is hidden; zeros never are."""
    return not count.is_known and count.value not in (0, SMALL - 1)


def _can_shrink(count: Count) -> bool:
    return not count.is_known and count.value not in (0, 1, SMALL)


def _cheapest_circle(
    count: Count, steps: Mapping[str, Sequence[Step]], masks: Mapping[Key, Mask]
) -> Sequence[Key] | None:
    """The circle through a number for which the least has to be hidden beside it.

    Returns:
        Keys of the other numbers on it; None if there is no circle.
    """
    found = []
    if _can_grow(count):
        found.append(_cheapest_way(count.head, count.tail, count.key, steps, masks))
    if _can_shrink(count):
        found.append(_cheapest_way(count.tail, count.head, count.key, steps, masks))
    return min(filter(None, found), default=(0, None))[1]


def _cheapest_way(
    start: str,
    end: str,
    without: Key,
    steps: Mapping[str, Sequence[Step]],
    masks: Mapping[Key, Mask],
) -> tuple[int, Sequence[Key]] | None:
    """The way between two nodes with the smallest sum of numbers that are still shown."""
    costs, before = {start: 0}, dict[str, tuple[str, Key]]()
    queue = [(0, start)]
    while queue:
        cost, here = heappop(queue)
        if here == end:
            return cost, _walk_back(end, before)
        if cost > costs[here]:
            continue
        for there, key, value in steps.get(here, ()):
            if key == without:
                continue
            total = cost + (value if masks[key] is Mask.SHOWN else 0)
            if total < costs.get(there, total + 1):
                costs[there], before[there] = total, (here, key)
                heappush(queue, (total, there))
    return None


def _walk_back(end: str, before: Mapping[str, tuple[str, Key]]) -> Sequence[Key]:
    keys = []
    while end in before:
        end, key = before[end]
        keys.append(key)
    return keys
