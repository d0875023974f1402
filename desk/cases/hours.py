"""When a hub is open: weekdays, hours, lunch break, holidays, closed periods and days.

Pure: the hub's hours are an argument, moments are aware and may be in any zone; the
hub's clock is Japan's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import jpholiday

from desk.cases.errors import NeverOpenError
from desk.config import JST

LONGEST_LOOK = 800
"""Days after which the search for an open one is given up."""
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyPeriod:
    """Days of every year on which the office is closed, both ends included.

    A period whose end stands before its beginning goes over the turn of the year.
    """

    first: tuple[int, int]
    """Month and day."""
    last: tuple[int, int]

    def holds(self, day: date) -> bool:
        """Whether `day` is one of them."""
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


TURN_OF_YEAR = YearlyPeriod(first=(12, 29), last=(1, 3))
OBON = YearlyPeriod(first=(8, 13), last=(8, 16))
"""Public offices are open then; a hub that is not says so in its calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubHours:
    """The hours of one office; the default is what public offices keep."""

    weekdays: frozenset[int] = frozenset(range(5))
    """0 is Monday."""
    opens: time = time(9)
    closes: time = time(17)
    lunch: tuple[time, time] | None = (time(12), time(13))
    is_open_on_holidays: bool = False
    closed_periods: tuple[YearlyPeriod, ...] = (TURN_OF_YEAR,)
    closed_days: frozenset[date] = frozenset()

    def is_business_day(self, day: date) -> bool:
        """Whether the office opens on `day` (JST) at all."""
        if day.weekday() not in self.weekdays or day in self.closed_days:
            return False
        if not self.is_open_on_holidays and jpholiday.is_holiday(day):
            return False
        return not any(period.holds(day) for period in self.closed_periods)

    def spans(self, day: date) -> list[Span]:
        """The open spans of `day` in order; none on a closed day."""
        if not self.is_business_day(day):
            return []
        edges = [self.opens, *(self.lunch or ()), self.closes]
        moments = [datetime.combine(day, edge, tzinfo=JST) for edge in edges]
        return list(zip(moments[::2], moments[1::2], strict=True))

    @property
    def day_length(self) -> timedelta:
        """How long the office is open on a business day."""
        edges = [timedelta(hours=t.hour, minutes=t.minute) for t in (self.opens, self.closes)]
        if self.lunch is not None:
            edges += [timedelta(hours=t.hour, minutes=t.minute) for t in reversed(self.lunch)]
        return sum(edges[1::2], timedelta()) - sum(edges[::2], timedelta())


DEFAULT_HOURS = HubHours()


def is_open(hours: HubHours, moment: datetime) -> bool:
    """Whether somebody is there at `moment`; at the minute of closing nobody is."""
    local = moment.astimezone(JST)
    return any(start <= local < end for start, end in hours.spans(local.date()))


def next_opening(hours: HubHours, moment: datetime) -> datetime:
    """The first moment from `moment` on at which somebody is there: perhaps `moment` itself.

    Raises:
        NeverOpenError: The office does not open for more than two years.
    """
    local = moment.astimezone(JST)
    return next(max(start, local) for start, end in _spans_from(hours, local))


def add_business_hours(hours: HubHours, moment: datetime, span: timedelta) -> datetime:
    """The moment by which the office has been open for `span` since `moment`.

    Args:
        hours: The office's hours.
        moment: From when on.
        span: Time in which the office is open; at least zero.

    Raises:
        NeverOpenError: The office does not open for more than two years.
    """
    local = moment.astimezone(JST)
    left = span
    for start, end in _spans_from(hours, local):
        begin = max(start, local)
        if begin + left <= end:
            return begin + left
        left -= end - begin
    raise NeverOpenError("The office is never open for so long; look at its calendar.")


def _spans_from(hours: HubHours, local: datetime) -> Iterator[Span]:
    """Open spans that end after `local`, in order."""
    for ahead in range(LONGEST_LOOK):
        for start, end in hours.spans(local.date() + timedelta(days=ahead)):
            if end > local:
                yield start, end
    raise NeverOpenError("The office does not open any more; look at its calendar.")


def longest_closure(hours: HubHours, start: date, *, days: int) -> int:
    """The most days in a row on which the office is closed, from `start` on."""
    longest = current = 0
    for ahead in range(days):
        is_business_day = hours.is_business_day(start + timedelta(days=ahead))
        current = 0 if is_business_day else current + 1
        longest = max(longest, current)
    return longest
