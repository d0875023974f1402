"""Business days of an office: what promises are counted in."""

from datetime import date, timedelta

from desk.cases.errors import NeverOpenError
from desk.cases.hours import DEFAULT_HOURS, LONGEST_LOOK, HubHours


def is_business_day(day: date, hours: HubHours = DEFAULT_HOURS) -> bool:
    """Whether the office opens on `day` (JST).

    By default: no weekend, no holiday, not 29 December to 3 January.
    """
    return hours.is_business_day(day)


def add_business_days(start: date, days: int, hours: HubHours = DEFAULT_HOURS) -> date:
    """The date `days` business days after `start` (which itself does not count).

    Args:
        start: Calendar date (JST) of the promise.
        days: How many business days; at least 1.
        hours: The office's calendar.

    Returns:
        A business day.

    Raises:
        NeverOpenError: The office does not open for more than two years.
    """
    day, looked = start, 0
    while days > 0:
        day += timedelta(days=1)
        looked += 1
        if is_business_day(day, hours):
            days, looked = days - 1, 0
        if looked > LONGEST_LOOK:
            raise NeverOpenError("The office does not open any more; look at its calendar.")
    return day
