"""Opening hours: the contract of every implementation, and the default's own days."""

from datetime import datetime

import pytest

from desk.config import JST
from desk.live.ports import OfficeHours, OpeningHours, SetHours

TUESDAY_NOON = datetime(2026, 11, 24, 12, tzinfo=JST)
OPENS_AT = datetime(2026, 11, 25, 9, tzinfo=JST)


@pytest.mark.parametrize("hours", [OfficeHours(), SetHours(opens_at=OPENS_AT)])
class TestContract:
    @pytest.mark.parametrize("hour", [0, 8, 12, 18, 23])
    async def test_next_opening_is_open_and_not_in_the_past(self, hours: OpeningHours, hour: int):
        moment = TUESDAY_NOON.replace(hour=hour)

        opens_at = await hours.next_opening("matsumoto", moment)

        assert opens_at >= moment
        assert await hours.is_open("matsumoto", opens_at)

    async def test_open_hub_opens_now(self, hours: OpeningHours):
        moment = OPENS_AT.replace(hour=10)

        assert await hours.next_opening("matsumoto", moment) == moment


class TestOfficeHours:
    @pytest.mark.parametrize(
        ("moment", "is_open"),
        [
            ("2026-11-24T08:59:59", False),
            ("2026-11-24T09:00:00", True),
            ("2026-11-24T16:59:59", True),
            ("2026-11-24T17:00:00", False),
            ("2026-11-23T12:00:00", False),  # Labour Thanksgiving Day
            ("2026-11-22T12:00:00", False),  # Sunday
            ("2026-12-30T12:00:00", False),
        ],
    )
    async def test_open_on_business_days_from_nine_to_five(self, moment: str, is_open: bool):
        local = datetime.fromisoformat(moment).replace(tzinfo=JST)

        assert await OfficeHours().is_open("matsumoto", local) is is_open

    @pytest.mark.parametrize(
        ("moment", "opens_at"),
        [
            ("2026-11-24T07:00:00", "2026-11-24T09:00:00"),
            ("2026-11-24T17:00:00", "2026-11-25T09:00:00"),
            ("2026-11-20T18:00:00", "2026-11-24T09:00:00"),  # over weekend and holiday
            ("2026-12-28T18:00:00", "2027-01-04T09:00:00"),
        ],
    )
    async def test_next_opening_leaves_out_weekends_and_holidays(self, moment: str, opens_at: str):
        local = datetime.fromisoformat(moment).replace(tzinfo=JST)

        found = await OfficeHours().next_opening("matsumoto", local)

        assert found == datetime.fromisoformat(opens_at).replace(tzinfo=JST)
