"""No hidden number can be worked out from what is published."""

from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.reports.suppression import SMALL, Count, Mask, line, suppress, table

Masks = Mapping[tuple[str, ...], Mask]
FEW = st.one_of(st.integers(0, 6), st.integers(0, 12))


Key = tuple[str, ...]


def possible(count: Count, mask: Mask, total: int) -> range:
    """What a reader takes a number to be."""
    if mask is Mask.SHOWN:
        return range(count.value, count.value + 1)
    if mask is Mask.SMALL:
        return range(1, SMALL)
    return range(SMALL, total + 1)


def other_values(counts: Sequence[Count], masks: Masks, target: Count) -> Iterator[int]:
    """Values of a hidden number, beside its own, with which everything published still fits.

    Found by trying: the cells one after the other, with every total bounded on the way.
    """
    cells = [c for c in counts if c.key and "" not in c.key and not c.key[0].startswith("/")]
    total = sum(cell.value for cell in cells)
    margins = [c for c in counts if c not in cells]
    for value in possible(target, masks[target.key], total):
        if value == target.value:
            continue
        ranges = {c.key: possible(c, masks[c.key], total) for c in counts}
        ranges[target.key] = range(value, value + 1)
        parts = {m.key: [c.key for c in cells if _is_part(c.key, m.key)] for m in margins}
        if _fits([c.key for c in cells], {}, ranges, parts):
            yield value


GROUPS = {"r0": "p", "r1": "p", "r2": "q", "r3": "q"}


def _is_part(cell: Key, margin: Key) -> bool:
    """Whether a margin (of a row, a column, a group, or everything) holds the cell."""
    if not margin:
        return True
    (row, *columns), (whole, *sums) = cell, margin
    is_row = whole in ("", row, f"/{GROUPS.get(row)}")
    return is_row and all(b in ("", a) for a, b in zip(columns, sums, strict=True))


def _fits(
    left: Sequence[Key],
    guess: dict[Key, int],
    ranges: Mapping[Key, range],
    parts: Mapping[Key, Sequence[Key]],
) -> bool:
    for margin, cells in parts.items():
        low = sum(guess.get(c, ranges[c][0]) for c in cells)
        high = sum(guess.get(c, ranges[c][-1]) for c in cells)
        if high < ranges[margin][0] or low > ranges[margin][-1]:
            return False
    if not left:
        return True
    return any(
        _fits(left[1:], guess | {left[0]: value}, ranges, parts) for value in ranges[left[0]]
    )


def assert_nothing_derives(counts: Sequence[Count], masks: Masks) -> None:
    if Mask.WITHHELD in masks.values():
        assert {c.key for c in counts if masks[c.key] is not Mask.WITHHELD} <= {()}
        return
    for count in counts:
        if masks[count.key] is not Mask.SHOWN:
            assert next(other_values(counts, masks, count), None) is not None, (count, masks)


class TestLine:
    @settings(max_examples=100, deadline=None)
    @given(st.lists(FEW, min_size=1, max_size=6))
    def test_no_hidden_number_of_a_line_derives(self, values: list[int]) -> None:
        counts = line({str(at): value for at, value in enumerate(values)})

        assert_nothing_derives(counts, suppress(counts))

    @pytest.mark.parametrize("value", [1, 4])
    def test_small_numbers_are_never_shown(self, value: int) -> None:
        masks = suppress(line({"a": value, "b": 30, "c": 0, "d": 9}))

        assert masks["a",] is Mask.SMALL
        assert masks["d",] is Mask.BESIDE  # else 30 and the total would tell it
        assert masks["b",] is Mask.SHOWN

    @pytest.mark.parametrize("value", [0, 5])
    def test_zero_and_five_stay(self, value: int) -> None:
        assert suppress(line({"a": value, "b": 7}))["a",] is Mask.SHOWN

    def test_two_small_ones_hide_each_other(self) -> None:
        masks = suppress(line({"a": 2, "b": 3, "c": 8}))

        assert [masks[k,] for k in "abc"] == [Mask.SMALL, Mask.SMALL, Mask.SHOWN]

    def test_two_that_can_only_be_one_each_take_a_third(self) -> None:
        masks = suppress(line({"a": 1, "b": 1, "c": 8}))

        assert masks["c",] is Mask.BESIDE

    def test_a_table_of_few_cases_is_withheld_with_its_zeros(self) -> None:
        masks = suppress(line({"a": 3, "b": 0}))

        assert [masks[k,] for k in "ab"] == [Mask.WITHHELD, Mask.WITHHELD]
        assert masks[()] is Mask.SMALL


class TestTable:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.lists(FEW, min_size=2, max_size=2), min_size=2, max_size=3))
    def test_no_hidden_number_of_a_table_derives(self, rows: list[list[int]]) -> None:
        counts = table({f"r{i}": {f"c{j}": v for j, v in enumerate(r)} for i, r in enumerate(rows)})

        assert_nothing_derives(counts, suppress(counts))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.lists(FEW, min_size=2, max_size=2), min_size=2, max_size=3))
    def test_nothing_small_is_shown_and_every_zero_that_is_shown_is_one(
        self, rows: list[list[int]]
    ) -> None:
        counts = table({f"r{i}": {f"c{j}": v for j, v in enumerate(r)} for i, r in enumerate(rows)})

        masks = suppress(counts)

        assert not [c for c in counts if masks[c.key] is Mask.SHOWN and 0 < c.value < SMALL]
        if Mask.WITHHELD not in masks.values():
            assert all(masks[c.key] is Mask.SHOWN for c in counts if c.value == 0)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.lists(FEW, min_size=2, max_size=2), min_size=3, max_size=4))
    def test_no_hidden_number_of_a_table_with_groups_derives(self, rows: list[list[int]]) -> None:
        given_rows = {f"r{i}": {f"c{j}": v for j, v in enumerate(r)} for i, r in enumerate(rows)}
        counts = table(given_rows, {row: GROUPS[row] for row in given_rows})

        assert_nothing_derives(counts, suppress(counts))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.lists(FEW, min_size=2, max_size=2), min_size=2, max_size=3))
    def test_no_hidden_number_derives_where_the_totals_stand_elsewhere(
        self, rows: list[list[int]]
    ) -> None:
        given_rows = {f"r{i}": {f"c{j}": v for j, v in enumerate(r)} for i, r in enumerate(rows)}
        counts = table(given_rows, known_rows=True, known_columns=True)

        masks = suppress(counts)

        if Mask.WITHHELD in masks.values():
            assert not [c for c in counts if not c.is_known and masks[c.key] is not Mask.WITHHELD]
            return
        assert_nothing_derives(counts, masks)

    def test_groups_of_rows_are_looked_at_together(self) -> None:
        rows = {"a": {"x": 2, "y": 10}, "b": {"x": 10, "y": 10}, "c": {"x": 20, "y": 20}}
        masks = suppress(table(rows, {"a": "p", "b": "p", "c": "q"}))

        assert masks["a", "x"] is Mask.SMALL
        beside = [key for key, mask in masks.items() if mask is Mask.BESIDE]
        assert {key[0] for key in beside} & {"a", "b", "/p"}
        # Row a and column x each hide one more number, or the total beside them.
        assert Mask.BESIDE in (masks["a", "y"], masks["a", ""])
