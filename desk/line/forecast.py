"""When the month's pushes will be used up, if it goes on as so far."""

import math
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from desk.config import JST
from desk.line.inspection import Quota

LEAST_DAYS = 1.0
"""The first hours of a month say too little to be multiplied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a month will come to."""

    expected: int
    """Pushes by the end of the month."""
    runs_out_on: date | None
    """Day (JST) on which the limit is reached; None if it is not, or there is none."""


def forecast(quota: Quota, moment: datetime) -> Forecast:
    """Go on in a straight line from the month's first second (JST).

    Args:
        quota: What LINE has counted.
        moment: When it was counted.
    """
    now = moment.astimezone(JST)
    begin = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    days = monthrange(now.year, now.month)[1]
    elapsed = max(LEAST_DAYS, (now - begin) / timedelta(days=1))
    a_day = quota.used / elapsed
    expected = max(quota.used, math.ceil(a_day * days))
    if quota.limit is None:
        return Forecast(expected=expected, runs_out_on=None)
    if quota.used >= quota.limit:
        return Forecast(expected=expected, runs_out_on=now.date())
    if expected <= quota.limit or a_day == 0:
        return Forecast(expected=expected, runs_out_on=None)
    reached = begin + timedelta(days=quota.limit / a_day)
    last = begin.replace(day=days).date()
    return Forecast(expected=expected, runs_out_on=min(last, max(now.date(), reached.date())))
