"""The time that a report is about, in Japan's calendar."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from desk.config import JST
from desk.errors import UnprocessableError

LONGEST_DAYS = 1100
FIRST_DAY = date(2020, 1, 1)
MONTHS_OF_QUARTER = 3


class PeriodRefusedError(UnprocessableError):
    """The dates do not make a period."""

    code = "period_refused"


class PeriodKind(StrEnum):
    """Which time is wanted."""

    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    QUARTER = "quarter"
    """The calendar quarter under way."""
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days in Japan, both included."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        """The moment at which it begins."""
        return datetime.combine(self.first, time(), tzinfo=JST)

    @property
    def end(self) -> datetime:
        """The moment at which it is over; no longer part of it."""
        return datetime.combine(self.last + timedelta(days=1), time(), tzinfo=JST)


def choose_period(
    kind: PeriodKind, *, today: date, first: date | None = None, last: date | None = None
) -> Period:
    """The days that are meant.

    Args:
        kind: Which time.
        today: Calendar date (JST).
        first: The first day of an own period.
        last: Its last day.

    Raises:
        PeriodRefusedError: An own period lacks a day, runs backwards or is too long.
    """
    month = today.replace(day=1)
    if kind is PeriodKind.THIS_MONTH:
        return Period(first=month, last=today)
    if kind is PeriodKind.LAST_MONTH:
        end = month - timedelta(days=1)
        return Period(first=end.replace(day=1), last=end)
    if kind is PeriodKind.QUARTER:
        begin = (today.month - 1) // MONTHS_OF_QUARTER * MONTHS_OF_QUARTER + 1
        return Period(first=date(today.year, begin, 1), last=today)
    if first is None or last is None or not FIRST_DAY <= first <= last <= today:
        raise PeriodRefusedError("Give a first and a last day, in this order, none to come.")
    if (last - first).days >= LONGEST_DAYS:
        raise PeriodRefusedError(f"At most {LONGEST_DAYS} days at once.")
    return Period(first=first, last=last)
