"""When staff of a hub are there, as the live conversation sees it."""

from datetime import datetime
from typing import Protocol

from desk.db import Transaction


class OpeningHours(Protocol):
    """The opening hours of the hubs; `desk.cases.calendars.HubCalendars` knows them.

    Both are asked in a transaction that writes, and read in it: a connection of their own
    could wait for one that their caller keeps.
    """

    async def is_open(self, tx: Transaction, hub_id: str, moment: datetime) -> bool:
        """Whether staff of the hub are there at `moment`."""
        ...

    async def next_opening(self, tx: Transaction, hub_id: str, moment: datetime) -> datetime:
        """The moment from which staff are there: `moment` itself if the hub is open."""
        ...


class SetHours:
    """A twin for tests: open or closed as told."""

    def __init__(self, *, opens_at: datetime | None = None) -> None:
        self.opens_at = opens_at
        """None while the hubs are open."""

    async def is_open(self, tx: Transaction, hub_id: str, moment: datetime) -> bool:
        """As told."""
        return self.opens_at is None or moment >= self.opens_at

    async def next_opening(self, tx: Transaction, hub_id: str, moment: datetime) -> datetime:
        """As told."""
        return moment if self.opens_at is None else max(moment, self.opens_at)
