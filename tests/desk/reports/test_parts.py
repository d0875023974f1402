"""The small parts: periods, statistics, files, drawings, and groups taken together."""

import csv
import io
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.reports.csv_file import BOM, guarded, write_csv
from desk.reports.figures import Cell, Links, Report, Row, Table, number, plain
from desk.reports.period import PeriodKind, PeriodRefusedError, choose_period
from desk.reports.profile import MERGED, merge_small
from desk.reports.statistics import median, percentile, wilson
from desk.reports.suppression import SMALL, Mask
from desk.reports.svg.bars import Bar, bars
from desk.reports.svg.heat import shade_of

TODAY = date(2026, 11, 24)


def hours(*values: float) -> list[timedelta]:
    return [timedelta(hours=value) for value in values]


class TestPeriod:
    @pytest.mark.parametrize(
        ("kind", "first", "last"),
        [
            (PeriodKind.THIS_MONTH, date(2026, 11, 1), TODAY),
            (PeriodKind.LAST_MONTH, date(2026, 10, 1), date(2026, 10, 31)),
            (PeriodKind.QUARTER, date(2026, 10, 1), TODAY),
        ],
    )
    def test_named_periods(self, kind: PeriodKind, first: date, last: date) -> None:
        period = choose_period(kind, today=TODAY)

        assert (period.first, period.last) == (first, last)

    def test_a_day_begins_at_midnight_in_japan_and_is_whole(self) -> None:
        period = choose_period(PeriodKind.OWN, today=TODAY, first=TODAY, last=TODAY)

        assert period.start.isoformat() == "2026-11-24T00:00:00+09:00"
        assert period.end - period.start == timedelta(days=1)

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            (None, TODAY),
            (TODAY, None),
            (TODAY, date(2026, 11, 23)),
            (TODAY, date(2026, 11, 25)),
            (date(2023, 11, 20), TODAY),
        ],
    )
    def test_what_is_no_period_is_refused(self, first: date | None, last: date | None) -> None:
        with pytest.raises(PeriodRefusedError):
            choose_period(PeriodKind.OWN, today=TODAY, first=first, last=last)


class TestStatistics:
    @pytest.mark.parametrize(
        ("successes", "total", "low", "high"),
        [(8, 20, 0.2188, 0.6134), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0)],
    )
    def test_wilson_gives_the_published_values(
        self, successes: int, total: int, low: float, high: float
    ) -> None:
        assert wilson(successes, total) == pytest.approx((low, high), abs=5e-5)

    def test_an_interval_of_nobody_is_refused(self) -> None:
        with pytest.raises(ValueError, match="somebody"):
            wilson(0, 0)

    def test_the_middle_of_an_even_number_lies_between(self) -> None:
        assert median(hours(4, 1, 2, 9)) == timedelta(hours=3)
        assert median(hours(4, 1, 9)) == timedelta(hours=4)

    def test_the_ninetieth_of_a_hundred_is_the_ninetieth(self) -> None:
        values = hours(*range(100, 0, -1))

        assert percentile(values, 90) == timedelta(hours=90)
        assert percentile(values[:1], 90) == timedelta(hours=100)


class TestCsv:
    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "＝1", "  =1"])
    def test_no_text_begins_like_a_formula(self, text: str) -> None:
        assert guarded(text) == f"'{text}"

    def test_hidden_numbers_are_hidden_in_the_file(self) -> None:
        table = Table(
            id="t",
            caption="表",
            corner="=業種",
            columns=["数", "言葉"],
            rows=[
                Row(head="@A", cells=[number(3, Mask.SMALL), plain("-x")]),
                Row(head="B", cells=[number(1200), number(7, Mask.BESIDE)]),
            ],
        )
        report = Report(id="r", title="題", reading="文", tables=[table], notes=["注"])

        text = write_csv(report, "期間")

        assert text.startswith(BOM)
        rows = list(csv.reader(io.StringIO(text.removeprefix(BOM))))
        assert rows[4:8] == [
            ["表"],
            ["'=業種", "数", "言葉"],
            ["'@A", "5未満", "'-x"],
            ["B", "1200", "非表示"],
        ]


class TestDrawing:
    def test_texts_and_addresses_are_escaped(self) -> None:
        link = Links(base={"hub": '"><script>'}).to(code="a&b")
        drawn = bars("<b>", [Bar(label='"<i>', parts=[Cell(text="5", value=5, link=link)])])

        assert "<script>" not in drawn
        assert "<i>" not in drawn
        assert "&lt;b&gt;" in drawn
        assert "&amp;code=a%26b" in drawn

    def test_a_hidden_number_has_a_bar_that_tells_nothing(self) -> None:
        drawn = [bars("x", [Bar(label="a", parts=[number(value, Mask.SMALL)])]) for value in (1, 4)]

        assert drawn[0] == drawn[1]

    @pytest.mark.parametrize(
        ("value", "shade"), [(0, "0"), (1, "1"), (25, "1"), (26, "2"), (100, "4")]
    )
    def test_shades_follow_the_number(self, value: int, shade: str) -> None:
        assert shade_of(Cell(text="", value=value), 100) == shade


class TestMergeSmall:
    @given(st.dictionaries(st.text(alphabet="ABCDEFG", max_size=1), st.integers(0, 12)))
    def test_no_group_that_is_shown_is_small_where_there_are_enough(
        self, groups: dict[str, int]
    ) -> None:
        into = merge_small(groups)

        sizes: dict[str, int] = {}
        for group, size in groups.items():
            sizes[into[group]] = sizes.get(into[group], 0) + size
        assert sum(sizes.values()) == sum(groups.values())
        if sum(groups.values()) >= SMALL:
            assert not [size for size in sizes.values() if 0 < size < SMALL]

    def test_the_next_smallest_comes_along_while_they_are_few(self) -> None:
        into = merge_small({"A": 1, "B": 2, "C": 6, "D": 9})

        assert into == {"A": MERGED, "B": MERGED, "C": MERGED, "D": "D"}
