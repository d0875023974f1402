"""Each hub's opening hours and its intake: read, changed by staff, counted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from desk.cases import calendar_rows
from desk.cases.business_days import add_business_days
from desk.cases.errors import CalendarRefusedError, HubNotFoundError, SettingsVersionError
from desk.cases.hours import (
    DEFAULT_HOURS,
    HubHours,
    YearlyPeriod,
    add_business_hours,
    is_open,
    longest_closure,
    next_opening,
)
from desk.cases.hubs import HubParty
from desk.db import Database, Transaction
from desk.notify.models import BUREAU

LONGEST_CLOSURE_DAYS = 60
LOOK_AHEAD_DAYS = 760
LONGEST_PAUSE = timedelta(days=366)
MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Period(BaseModel):
    """Days of every year on which the hub is closed, both included."""

    model_config = ConfigDict(extra="forbid")

    first: MonthDay
    last: MonthDay


class CalendarRules(BaseModel):
    """A hub's hours, as staff write them; the defaults are those of public offices."""

    model_config = ConfigDict(extra="forbid")

    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(
        default=[0, 1, 2, 3, 4], min_length=1, max_length=7, description="0 is Monday."
    )
    opens: Clock = "09:00"
    closes: Clock = "17:00"
    lunch_from: Clock | None = "12:00"
    lunch_to: Clock | None = "13:00"
    is_open_on_holidays: bool = False
    closed_periods: list[Period] = Field(
        default=[Period(first="12-29", last="01-03")],
        max_length=12,
        description="Every year, such as the turn of the year or Obon (08-13 to 08-16).",
    )
    closed_days: list[date] = Field(default=[], max_length=200)

    def hours(self) -> HubHours:
        """The hours that these rules mean.

        Raises:
            CalendarRefusedError: Times do not follow each other, or half a lunch break.
        """
        lunch = None
        if (self.lunch_from is None) != (self.lunch_to is None):
            raise CalendarRefusedError("Give both ends of the lunch break, or none.")
        if self.lunch_from is not None and self.lunch_to is not None:
            lunch = (time.fromisoformat(self.lunch_from), time.fromisoformat(self.lunch_to))
        edges = [time.fromisoformat(self.opens), *(lunch or ()), time.fromisoformat(self.closes)]
        if edges != sorted(set(edges)):
            raise CalendarRefusedError("Opening, lunch break and closing follow each other.")
        return HubHours(
            weekdays=frozenset(self.weekdays),
            opens=edges[0],
            closes=edges[-1],
            lunch=lunch,
            is_open_on_holidays=self.is_open_on_holidays,
            closed_periods=tuple(
                YearlyPeriod(first=_month_day(p.first), last=_month_day(p.last))
                for p in self.closed_periods
            ),
            closed_days=frozenset(self.closed_days),
        )


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Whether a hub takes new cases."""

    paused_until: date | None = None
    """The first day on which it takes cases again."""
    daily_limit: int | None = None
    opened_today: int = 0
    version: int = 0

    def takes_cases(self, today: date) -> bool:
        """Whether one more case is welcome today."""
        if self.paused_until is not None and self.paused_until > today:
            return False
        return self.daily_limit is None or self.opened_today < self.daily_limit


class HubCalendars:
    """When the hubs are there, and whether they take cases."""

    def __init__(
        self, database: Database, parties: Mapping[str, HubParty], *, today: Callable[[], date]
    ) -> None:
        self._database = database
        self._parties = parties
        self._today = today

    async def hours_of(self, tx: Transaction, hub_id: str) -> HubHours:
        """The hub's hours; those of public offices where it has set none."""
        row = await calendar_rows.find_calendar(tx, hub_id)
        return DEFAULT_HOURS if row is None else CalendarRules(**row.rules).hours()

    async def is_open(self, tx: Transaction, hub_id: str, moment: datetime) -> bool:
        """Whether somebody is there at `moment`."""
        return is_open(await self.hours_of(tx, hub_id), moment)

    async def next_opening(self, tx: Transaction, hub_id: str, moment: datetime) -> datetime:
        """The first moment from `moment` on at which somebody is there."""
        return next_opening(await self.hours_of(tx, hub_id), moment)

    async def add_business_hours(self, hub_id: str, moment: datetime, span: timedelta) -> datetime:
        """The moment by which the hub has been open for `span` since `moment`."""
        async with self._database.read() as tx:
            return add_business_hours(await self.hours_of(tx, hub_id), moment, span)

    async def get_rules(self, hub_id: str) -> tuple[CalendarRules, int]:
        """The hub's rules and their version; 0 while it has set none.

        Raises:
            HubNotFoundError: There is no such hub.
        """
        self._check_hub(hub_id)
        async with self._database.read() as tx:
            row = await calendar_rows.find_calendar(tx, hub_id)
        return (CalendarRules(), 0) if row is None else (CalendarRules(**row.rules), row.version)

    async def set_rules(self, hub_id: str, rules: CalendarRules, *, version: int) -> int:
        """Give the hub other hours; promises made before keep their date.

        Args:
            hub_id: Whose.
            rules: All of them.
            version: What the author saw.

        Returns:
            The new version.

        Raises:
            HubNotFoundError: There is no such hub.
            CalendarRefusedError: Times out of order, or closed for too long.
            SettingsVersionError: Somebody else has changed them.
        """
        self._check_hub(hub_id)
        hours = rules.hours()
        closed = longest_closure(hours, self._today(), days=LOOK_AHEAD_DAYS)
        if closed > LONGEST_CLOSURE_DAYS:
            raise CalendarRefusedError(
                f"The hub would be closed for {closed} days; at most {LONGEST_CLOSURE_DAYS}."
            )
        values = {"rules": rules.model_dump(mode="json")}
        async with self._database.write() as tx:
            if not await calendar_rows.put_calendar(tx, hub_id, version, values):
                raise SettingsVersionError("The calendar has changed. Load it again.")
        return version + 1

    async def get_intake(self, hub_id: str) -> Intake:
        """Whether the hub takes cases today.

        Raises:
            HubNotFoundError: There is no such hub.
        """
        self._check_hub(hub_id)
        async with self._database.read() as tx:
            return await self.intake_of(tx, hub_id)

    async def intake_of(self, tx: Transaction, hub_id: str) -> Intake:
        """The same in the caller's transaction, for any hub."""
        row = await calendar_rows.find_intake(tx, hub_id)
        if row is None:
            return Intake()
        return Intake(
            paused_until=row.paused_until,
            daily_limit=row.daily_limit,
            opened_today=await calendar_rows.count_opened(tx, hub_id, self._today()),
            version=row.version,
        )

    async def set_intake(
        self, hub_id: str, *, paused_until: date | None, daily_limit: int | None, version: int
    ) -> Intake:
        """Pause or limit the hub's intake, or lift that.

        Raises:
            HubNotFoundError: There is no such hub.
            CalendarRefusedError: A limit below one, or a pause of more than a year.
            SettingsVersionError: Somebody else has changed it.
        """
        self._check_hub(hub_id)
        if daily_limit is not None and daily_limit < 1:
            raise CalendarRefusedError("A limit is at least one case a day; or pause the intake.")
        if paused_until is not None and paused_until > self._today() + LONGEST_PAUSE:
            raise CalendarRefusedError("A pause ends within a year.")
        values: dict[str, Any] = {"paused_until": paused_until, "daily_limit": daily_limit}
        async with self._database.write() as tx:
            if not await calendar_rows.put_intake(tx, hub_id, version, values):
                raise SettingsVersionError("The intake has changed. Load it again.")
            return await self.intake_of(tx, hub_id)

    async def hubs_without_intake(self) -> frozenset[str]:
        """Hubs that take no more cases today; never the bureau, which is the fallback."""
        today = self._today()
        async with self._database.read() as tx:
            rows = await calendar_rows.list_intakes(tx, today)
        return frozenset(
            row.hub_id
            for row, opened in rows
            if row.hub_id != BUREAU
            and not Intake(
                paused_until=row.paused_until, daily_limit=row.daily_limit, opened_today=opened
            ).takes_cases(today)
        )

    async def promise(self, tx: Transaction, hub_id: str, business_days: int) -> tuple[date, bool]:
        """The day by which the hub answers a case that is opened now; counts the case.

        A hub that takes no more today counts from the day on which it takes cases again.

        Returns:
            The promised day, and whether it is later than usual.
        """
        today = self._today()
        intake = await self.intake_of(tx, hub_id)
        hours = await self.hours_of(tx, hub_id)
        opened = await calendar_rows.count_one(tx, hub_id, today)
        start = today
        if intake.paused_until is not None and intake.paused_until > today:
            start = intake.paused_until
        if intake.daily_limit is not None and opened > intake.daily_limit:
            # Each full day's worth of cases before this one takes a day.
            start = add_business_days(start, (opened - 1) // intake.daily_limit, hours)
        return add_business_days(start, business_days, hours), start > today

    def _check_hub(self, hub_id: str) -> None:
        if hub_id not in self._parties:
            raise HubNotFoundError("There is no such hub.")
