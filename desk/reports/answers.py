"""How long owners wait for the first answer of a person, in the hubs' own hours."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from desk.cases.hours import HubHours, Span
from desk.config import JST
from desk.reports.figures import Cell, Links, Report, Row, Table, number, plain
from desk.reports.figures import total as count
from desk.reports.repository import Timing
from desk.reports.scope import NO_ANSWER
from desk.reports.statistics import median, percentile
from desk.reports.suppression import SMALL, line, suppress
from desk.reports.svg.bars import Bar, bars
from desk.reports.words import say, word

BUCKETS: Mapping[str, timedelta] = {
    "h4": timedelta(hours=4),
    "h8": timedelta(hours=8),
    "h16": timedelta(hours=16),
    "h24": timedelta(hours=24),
    "h40": timedelta(hours=40),
}
"""Upper ends, which belong to the bucket."""
LONGER, OWED, LEFT_OUT = "longer", "owed", "left_out"
SLOW_PERCENT = 90
HoursOf = Callable[[str], HubHours]


class BusinessTime:
    """Measures spans of time in hubs' hours; looks each day up once."""

    def __init__(self, hours_of: HoursOf) -> None:
        self._hours_of = hours_of
        self._days: dict[tuple[str, date], list[Span]] = {}

    def between(self, hub_id: str, start: datetime, end: datetime) -> timedelta:
        """How long the hub was open from `start` to `end`; nothing if `end` is before."""
        day, last, spent = start.astimezone(JST).date(), end.astimezone(JST).date(), timedelta()
        while day <= last:
            for opens, closes in self._spans(hub_id, day):
                spent += max(min(closes, end) - max(opens, start), timedelta())
            day += timedelta(days=1)
        return spent

    def _spans(self, hub_id: str, day: date) -> list[Span]:
        key = (hub_id, day)
        if key not in self._days:
            self._days[key] = self._hours_of(hub_id).spans(day)
        return self._days[key]


def bucket_of(timing: Timing, clock: BusinessTime) -> str:
    """Where a case is counted: the bucket of its wait, or why it has none."""
    if timing.result in NO_ANSWER:
        return LEFT_OUT
    if timing.answered_at is None:
        return OWED
    wait = clock.between(timing.hub_id, timing.created_at, timing.answered_at)
    return next((key for key, end in BUCKETS.items() if wait <= end), LONGER)


def build(timings: Sequence[Timing], clock: BusinessTime, links: Links) -> Report:
    """The report.

    Args:
        timings: The period's cases.
        clock: The hubs' hours as they are now.
        links: To the lists of cases.
    """
    counts = dict.fromkeys([*BUCKETS, LONGER, OWED, LEFT_OUT], 0)
    waits = []
    for timing in timings:
        bucket = bucket_of(timing, clock)
        counts[bucket] += 1
        if bucket not in (OWED, LEFT_OUT) and timing.answered_at is not None:
            waits.append(clock.between(timing.hub_id, timing.created_at, timing.answered_at))
    masks = suppress(line(counts))
    cells = {key: number(value, masks[key,], links.to(bucket=key)) for key, value in counts.items()}
    title = word("titles", "answers")
    chart = bars(title, [Bar(label=word("buckets", k), parts=[c]) for k, c in cells.items()])
    return Report(
        id="answers",
        title=title,
        reading=_reading(len(timings), waits, cells[OWED]),
        charts=[chart],
        tables=[_middle(waits), _distribution(cells)],
        notes=[word("notes", "answers"), word("notes", "answers_left_out")],
    )


def hours(span: timedelta) -> str:
    """A span in hours with one decimal where it has one."""
    return f"{span / timedelta(hours=1):.1f}".removesuffix(".0")


def _distribution(cells: Mapping[str, Cell]) -> Table:
    return Table(
        id="answers",
        caption=word("captions", "answers"),
        corner=word("columns", "wait"),
        columns=[word("columns", "cases")],
        rows=[Row(head=word("buckets", key), cells=[cell]) for key, cell in cells.items()],
    )


def _middle(waits: Sequence[timedelta]) -> Table:
    """Median and 90th percentile, where enough cases stand behind them."""
    has_enough = len(waits) >= SMALL
    values = {
        "median": hours(median(waits)) if has_enough else None,
        "p90": hours(percentile(waits, SLOW_PERCENT)) if has_enough else None,
    }
    rows = [
        Row(
            head=word("columns", key),
            cells=[plain(word("masks", "too_few") if value is None else value)],
        )
        for key, value in values.items()
    ]
    return Table(
        id="answer_times",
        caption=word("captions", "answer_times"),
        corner=word("columns", "figure"),
        columns=[word("columns", "business_hours")],
        rows=rows,
    )


def _reading(total: int, waits: Sequence[timedelta], owed: Cell) -> str:
    if not total:
        return word("sentences", "cases_none")
    said = say("cases_total", total=count(total))
    if len(waits) < SMALL:
        return said + word("sentences", "answers_thin") + say("owed", owed=owed.text)
    slow = percentile(waits, SLOW_PERCENT)
    told = say("answers", median=hours(median(waits)), slow=hours(slow))
    return said + told + say("owed", owed=owed.text)
