"""A hub's hours and intake in the console."""

from datetime import date
from typing import Any

import pytest

from desk.auth.models import Role
from desk.cases.calendars import CalendarRules, Period
from desk.cases.service import CaseService

pytestmark = pytest.mark.asyncio
HOURS = {
    "version": "0",
    "weekdays": "1",
    "opens": "10:00",
    "closes": "16:00",
    "lunch_from": "",
    "lunch_to": "",
    "periods": "obon",
    "closed_days": "2026-12-28\r\n2026/12/25",
}


class TestHubs:
    async def test_staff_come_to_their_own_hub_and_wide_roles_choose(self, sign_in: Any) -> None:
        staff, bureau = await sign_in(), await sign_in(Role.BUREAU, None)

        own = await staff.get("/console/hubs")
        chosen = await bureau.get("/console/hubs")

        assert own.headers["location"] == "/console/hubs/matsumoto"
        assert 'href="/console/hubs/nagaoka"' in chosen.text

    async def test_staff_look_and_are_offered_no_change(self, sign_in: Any) -> None:
        staff = await sign_in()

        page = await staff.get("/console/hubs/matsumoto")

        assert "変えられるのは、窓口の責任者です" in page.text
        assert 'type="submit">営業時間を変える' not in page.text


class TestIntake:
    async def test_a_pause_is_shown_and_lifted(self, sign_in: Any, cases: CaseService) -> None:
        lead = await sign_in(Role.LEAD)
        path = "/console/hubs/matsumoto"

        paused = await lead.post(
            f"{path}/intake", version="0", paused_until="2026-12-07", daily_limit="５"
        )
        shown = await lead.get(path)
        intake = await cases.calendars.get_intake("matsumoto")
        await lead.post(f"{path}/intake", version="1")

        assert paused.headers["location"] == f"{path}?done=intake_set"
        assert "受け入れを止めています" in shown.text
        assert (intake.paused_until, intake.daily_limit) == (date(2026, 12, 7), 5)
        assert (await cases.calendars.get_intake("matsumoto")).takes_cases(date(2026, 11, 24))

    @pytest.mark.parametrize(
        ("fields", "status", "words"),
        [
            ({"daily_limit": "many"}, 422, "営業時間にはできません"),
            ({"daily_limit": "0"}, 422, "営業時間にはできません"),
            ({"paused_until": "soon"}, 422, "営業時間にはできません"),
            ({"version": "7"}, 409, "ほかの人がこの設定を変えました"),
        ],
    )
    async def test_what_cannot_be_is_refused(
        self, sign_in: Any, fields: dict[str, str], status: int, words: str
    ) -> None:
        lead = await sign_in(Role.LEAD)

        answer = await lead.post("/console/hubs/matsumoto/intake", **{"version": "0", **fields})

        assert answer.status_code == status
        assert words in answer.text


class TestHours:
    async def test_they_are_kept_with_periods_that_the_page_does_not_know(
        self, sign_in: Any, cases: CaseService
    ) -> None:
        lead = await sign_in(Role.LEAD)
        own = Period(first="05-01", last="05-02")
        await cases.calendars.set_rules("matsumoto", CalendarRules(closed_periods=[own]), version=0)

        answer = await lead.post("/console/hubs/matsumoto/calendar", **(HOURS | {"version": "1"}))

        assert answer.status_code == 303
        rules, version = await cases.calendars.get_rules("matsumoto")
        assert version == 2
        assert rules == CalendarRules(
            weekdays=[1],
            opens="10:00",
            closes="16:00",
            lunch_from=None,
            lunch_to=None,
            closed_periods=[own, Period(first="08-13", last="08-16")],
            closed_days=[date(2026, 12, 25), date(2026, 12, 28)],
        )
        page = (await lead.get("/console/hubs/matsumoto")).text
        assert "2026-12-25\n2026-12-28</textarea>" in page

    @pytest.mark.parametrize(
        "fields", [{"opens": "late"}, {"closes": "09:00"}, {"closed_days": "someday"}]
    )
    async def test_what_cannot_be_is_refused(self, sign_in: Any, fields: dict[str, str]) -> None:
        lead = await sign_in(Role.LEAD)

        answer = await lead.post("/console/hubs/matsumoto/calendar", **(HOURS | fields))

        assert answer.status_code == 422
        assert "この営業時間にはできません" in answer.text
