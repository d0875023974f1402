"""Hides small numbers, and as many others as are needed so that they cannot be worked out.

What is published of a table is a set of equations: each line sums up to its total. Seen as
a network, every number is an edge that carries so many units round, and the equations say
that at each node as much comes in as goes out. A hidden number cannot be worked out if, and
only if, some other whole numbers fit as well: if a circle of hidden edges leads through it
on which one unit more and one unit less keeps every number within what is known of it
(1 to 4 for 「5未満」, at least 5 for what is hidden beside it). See docs/reports.md.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SMALL: Final = 5
"""Numbers from 1 to one below this are hidden."""


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

    key: tuple[str, ...]
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


def suppress(counts: Iterable[Count]) -> dict[tuple[str, ...], Mask]:
    """How each number of a table is published.

    Args:
        counts: All numbers that are published of the table, totals too.

    Returns:
        By key. Zeros stay, unless the whole table is withheld.
    """
    all_counts = list(counts)
    masks = {c.key: Mask.SMALL if is_small(c.value) else Mask.SHOWN for c in all_counts}
    while exposed := _find_exposed(all_counts, masks):
        beside = _find_beside(exposed, all_counts, masks)
        if beside is None:
            return {c.key: _withheld(c) for c in all_counts}
        masks[beside.key] = Mask.BESIDE
    return masks


def _withheld(count: Count) -> Mask:
    if not count.is_known:
        return Mask.WITHHELD
    return Mask.SMALL if is_small(count.value) else Mask.SHOWN


def _find_beside(
    exposed: Count, counts: Sequence[Count], masks: Mapping[tuple[str, ...], Mask]
) -> Count | None:
    """The smallest number in the same line that can be hidden too; else the smallest of all."""
    free = [c for c in counts if c.value >= SMALL and not c.is_known and masks[c.key] is Mask.SHOWN]
    ends = {exposed.tail, exposed.head}
    near = [c for c in free if ends & {c.tail, c.head}]
    return min(near or free, key=lambda c: (c.value, c.key), default=None)


def _find_exposed(counts: Sequence[Count], masks: Mapping[tuple[str, ...], Mask]) -> Count | None:
    """A hidden number that could be worked out, or None."""
    ways: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    hidden = [c for c in counts if masks[c.key] in (Mask.SMALL, Mask.BESIDE)]
    for count in hidden:
        if _can_grow(count, masks[count.key]):
            ways[count.tail].append((count.head, count.key))
        if _can_shrink(count, masks[count.key]):
            ways[count.head].append((count.tail, count.key))
    for count in hidden:
        more = _can_grow(count, masks[count.key]) and _leads(
            ways, count.head, count.tail, without=count.key
        )
        if not more and not (
            _can_shrink(count, masks[count.key])
            and _leads(ways, count.tail, count.head, without=count.key)
        ):
            return count
    return None


def _can_grow(count: Count, mask: Mask) -> bool:
    return not count.is_known and (mask is Mask.BESIDE or count.value < SMALL - 1)


def _can_shrink(count: Count, mask: Mask) -> bool:
    return not count.is_known and count.value > (SMALL if mask is Mask.BESIDE else 1)


def _leads(
    ways: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]],
    start: str,
    end: str,
    *,
    without: tuple[str, ...],
) -> bool:
    """Whether a way leads from one node to another without using one of the numbers."""
    seen, queue = {start}, deque([start])
    while queue:
        here = queue.popleft()
        if here == end:
            return True
        for there, key in ways.get(here, ()):
            if key != without and there not in seen:
                seen.add(there)
                queue.append(there)
    return False
