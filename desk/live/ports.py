"""When staff of a hub are there, as the live conversation sees it, and its default."""

from datetime import datetime, time, timedelta
from typing import Protocol

from desk.cases.business_days import is_business_day
from desk.config import JST

OPENS = time(9)
CLOSES = time(17)


class OpeningHours(Protocol):
    """The opening hours of the hubs.

    Both are asked inside a transaction that writes: an implementation may read the
    database but must not write to it.
    """

    async def is_open(self, hub_id: str, moment: datetime) -> bool:
        """Whether staff of the hub are there at `moment`."""
        ...

    async def next_opening(self, hub_id: str, moment: datetime) -> datetime:
        """The moment from which staff are there: `moment` itself if the hub is open."""
        ...


class OfficeHours:
    """Every hub on business days from 9 to 17 o'clock in Japan."""

    async def is_open(self, hub_id: str, moment: datetime) -> bool:
        """See `OpeningHours.is_open`."""
        local = moment.astimezone(JST)
        return is_business_day(local.date()) and OPENS <= local.time() < CLOSES

    async def next_opening(self, hub_id: str, moment: datetime) -> datetime:
        """See `OpeningHours.next_opening`."""
        if await self.is_open(hub_id, moment):
            return moment
        local = moment.astimezone(JST)
        day = local.date()
        if local.time() >= OPENS:
            day += timedelta(days=1)
        while not is_business_day(day):
            day += timedelta(days=1)
        return datetime.combine(day, OPENS, tzinfo=JST)


class SetHours:
    """A twin for tests: open or closed as told."""

    def __init__(self, *, opens_at: datetime | None = None) -> None:
        self.opens_at = opens_at
        """None while the hubs are open."""

    async def is_open(self, hub_id: str, moment: datetime) -> bool:
        """As told."""
        return self.opens_at is None or moment >= self.opens_at

    async def next_opening(self, hub_id: str, moment: datetime) -> datetime:
        """As told."""
        return moment if self.opens_at is None else max(moment, self.opens_at)
