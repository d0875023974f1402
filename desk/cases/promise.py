"""When a promise is in danger, and who is told: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from desk.cases.hours import HubHours, add_business_hours, next_opening
from desk.cases.models import Step
from desk.config import JST


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisePlan:
    """When each step is taken, unless the owner has had an answer by then."""

    due: Mapping[Step, datetime]

    def first_after(self, done: frozenset[str]) -> tuple[Step, datetime] | None:
        """The next step that is not done yet, and when."""
        return next(((step, at) for step, at in self.due.items() if step not in done), None)


def end_of_day(day: date) -> datetime:
    """Midnight (JST) after `day`."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=JST)


def plan_promise(hours: HubHours, since: datetime, promised_on: date) -> PromisePlan:
    """The steps of one promise at one hub.

    The hub is reminded when it has been open for a day's length, its lead hears in the
    morning of the promised day, the bureau when that day is over. A hub that gets a case
    whose day is over already has a day for each step.

    Args:
        hours: The hub's hours.
        since: When the hub got the case.
        promised_on: The day that the owner was told.
    """
    deadline = end_of_day(promised_on)
    day = hours.day_length
    if since >= deadline:
        times = [add_business_hours(hours, since, day * count) for count in (1, 2, 3)]
    else:
        morning = datetime.combine(promised_on, time(), tzinfo=JST)
        lead = min(next_opening(hours, max(morning, since)), deadline)
        times = [min(add_business_hours(hours, since, day), lead), lead, deadline]
    return PromisePlan(due=dict(zip(Step, times, strict=True)))
