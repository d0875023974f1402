"""Opening hours: the contract of the twin and of the hubs' own calendars."""

from datetime import datetime

import pytest

from desk.cases.calendars import HubCalendars
from desk.config import JST
from desk.db import Database
from desk.live.ports import OpeningHours, SetHours

TUESDAY_NOON = datetime(2026, 11, 24, 12, tzinfo=JST)
OPENS_AT = datetime(2026, 11, 25, 9, tzinfo=JST)


@pytest.fixture(params=["calendars", "twin"])
def hours(request: pytest.FixtureRequest, database: Database) -> OpeningHours:
    if request.param == "twin":
        return SetHours(opens_at=OPENS_AT)
    return HubCalendars(database, {}, today=TUESDAY_NOON.date)


class TestContract:
    @pytest.mark.parametrize("hour", [0, 8, 12, 18, 23])
    async def test_next_opening_is_open_and_not_in_the_past(
        self, hours: OpeningHours, database: Database, hour: int
    ):
        moment = TUESDAY_NOON.replace(hour=hour)

        async with database.write() as tx:
            opens_at = await hours.next_opening(tx, "matsumoto", moment)

            assert opens_at >= moment
            assert await hours.is_open(tx, "matsumoto", opens_at)

    async def test_open_hub_opens_now(self, hours: OpeningHours, database: Database):
        moment = OPENS_AT.replace(hour=10)

        async with database.write() as tx:
            assert await hours.next_opening(tx, "matsumoto", moment) == moment
