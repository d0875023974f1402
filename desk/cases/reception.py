"""Whether a hub's staff are there now, and by when an owner who writes now is answered."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime

from desk.cases.business_days import add_business_days
from desk.cases.calendars import HubCalendars
from desk.cases.hours import next_opening
from desk.config import JST
from desk.db import Database, now
from desk.notify.models import BUREAU


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """A hub at one moment."""

    hub_id: str
    closes_at: datetime | None
    """Until when somebody is there without a break; None while nobody is."""
    opens_at: datetime | None
    """From when somebody is there again; None while somebody is."""
    answered_by: date
    """The day (JST) that is promised to a case that is sent now."""


class ReceptionDesk:
    """Tells owners honestly when people are there."""

    def __init__(
        self,
        database: Database,
        calendars: HubCalendars,
        hub_ids: Collection[str],
        *,
        promise_business_days: int,
        today: Callable[[], date],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._calendars = calendars
        self._hub_ids = hub_ids
        self._days = promise_business_days
        self._today = today
        self._clock = clock

    async def look(self, hub_id: str | None) -> Reception:
        """The hub now; the bureau for an unknown hub and for one that takes no cases today.

        Raises:
            NeverOpenError: The hub does not open for more than two years.
        """
        moment, today = self._clock().astimezone(JST), self._today()
        async with self._database.read() as tx:
            chosen = hub_id if hub_id in self._hub_ids else None
            if chosen is not None:
                intake = await self._calendars.intake_of(tx, chosen)
                chosen = chosen if intake.takes_cases(today) else None
            chosen = chosen or BUREAU
            hours = await self._calendars.hours_of(tx, chosen)
        open_spans = [s for s in hours.spans(moment.date()) if s[0] <= moment < s[1]]
        return Reception(
            hub_id=chosen,
            closes_at=open_spans[0][1] if open_spans else None,
            opens_at=None if open_spans else next_opening(hours, moment),
            answered_by=add_business_days(today, self._days, hours),
        )
