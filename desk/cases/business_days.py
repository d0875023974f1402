"""Business days in Japan: weekends, national holidays and the turn of the year."""

from datetime import date, timedelta

import jpholiday

SATURDAY = 5


def is_business_day(day: date) -> bool:
    """Whether offices are open: no weekend, no holiday, not 29 December to 3 January."""
    turn_of_year = (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3)
    return day.weekday() < SATURDAY and not turn_of_year and not jpholiday.is_holiday(day)


def add_business_days(start: date, days: int) -> date:
    """The date `days` business days after `start` (which itself does not count).

    Args:
        start: Calendar date (JST) of the promise.
        days: How many business days; at least 1.

    Returns:
        A business day.
    """
    day = start
    while days > 0:
        day += timedelta(days=1)
        if is_business_day(day):
            days -= 1
    return day
