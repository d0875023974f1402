"""Calendars and intake that hubs set themselves."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from desk.cases.calendars import CalendarRules, Period
from desk.cases.errors import CalendarRefusedError, CaseVersionError, HubNotFoundError
from desk.cases.service import CaseService
from desk.config import JST
from desk.db import Database
from tests.desk.cases.conftest import Clock, draft, talk


class TestRules:
    async def test_usual_hours_hold_until_the_hub_sets_its_own(
        self, cases: CaseService, database: Database
    ) -> None:
        noon = datetime(2026, 11, 20, 12, 30, tzinfo=JST)
        async with database.read() as tx:
            before = await cases.calendars.is_open(tx, "tsubame", noon)

        rules = CalendarRules(lunch_from=None, lunch_to=None)
        version = await cases.calendars.set_rules("tsubame", rules, version=0)

        assert (before, version) == (False, 1)
        async with database.read() as tx:
            assert await cases.calendars.is_open(tx, "tsubame", noon)
            assert not await cases.calendars.is_open(tx, "matsumoto", noon)
            opens_at = await cases.calendars.next_opening(tx, "matsumoto", noon)
        assert opens_at == noon + timedelta(minutes=30)
        assert await cases.calendars.get_rules("tsubame") == (rules, 1)
        assert await cases.calendars.add_business_hours(
            "tsubame", noon, timedelta(hours=4)
        ) == noon + timedelta(hours=4)

    async def test_promises_of_new_cases_keep_to_them(
        self, cases: CaseService, open_case: Any
    ) -> None:
        closed = [date(2026, 11, 24), date(2026, 11, 25)]
        await cases.calendars.set_rules("tsubame", CalendarRules(closed_days=closed), version=0)

        case = await open_case()

        assert case.promised_on == date(2026, 11, 30)

    @pytest.mark.parametrize(
        "rules",
        [
            {"opens": "17:00", "closes": "09:00"},
            {"lunch_from": "08:00", "lunch_to": "13:00"},
            {"lunch_from": None},
            {"closed_periods": [Period(first="01-01", last="04-30")]},
        ],
    )
    async def test_hours_that_make_no_sense_are_refused(
        self, cases: CaseService, rules: dict[str, Any]
    ) -> None:
        with pytest.raises(CalendarRefusedError):
            await cases.calendars.set_rules("tsubame", CalendarRules(**rules), version=0)

    async def test_a_change_on_an_old_version_is_refused(self, cases: CaseService) -> None:
        await cases.calendars.set_rules("tsubame", CalendarRules(), version=0)

        for version in (0, 2):
            with pytest.raises(CaseVersionError):
                await cases.calendars.set_rules("tsubame", CalendarRules(), version=version)

    async def test_there_is_no_calendar_of_a_hub_that_is_none(self, cases: CaseService) -> None:
        with pytest.raises(HubNotFoundError):
            await cases.calendars.get_rules("osaka")


class TestIntake:
    async def test_a_paused_hub_promises_from_the_day_on_which_it_takes_cases_again(
        self, cases: CaseService, clock: Clock, database: Any
    ) -> None:
        await cases.calendars.set_intake(
            "tsubame", paused_until=date(2026, 12, 7), daily_limit=None, version=0
        )

        receipt = await cases.open_case(draft(await talk(database, clock)))

        assert (receipt.hub_id, receipt.is_delayed) == ("tsubame", True)
        assert receipt.promised_on == date(2026, 12, 10)

    async def test_a_pause_ends_by_itself(self, cases: CaseService, clock: Clock) -> None:
        day = date(2026, 11, 24)
        await cases.calendars.set_intake("tsubame", paused_until=day, daily_limit=None, version=0)
        before = await cases.calendars.hubs_without_intake()
        clock.moment = datetime(2026, 11, 24, 0, 0, tzinfo=JST)

        assert before == {"tsubame"}
        assert await cases.calendars.hubs_without_intake() == frozenset()

    async def test_more_cases_than_the_limit_are_promised_later(
        self, cases: CaseService, clock: Clock, database: Any
    ) -> None:
        await cases.calendars.set_intake("tsubame", paused_until=None, daily_limit=2, version=0)

        receipts = [await cases.open_case(draft(await talk(database, clock))) for _ in range(5)]

        assert [(r.promised_on.day, r.is_delayed) for r in receipts] == [
            (26, False),
            (26, False),
            (27, True),
            (27, True),
            (30, True),
        ]
        assert await cases.calendars.hubs_without_intake() == {"tsubame"}
        clock.move(days=1)
        assert await cases.calendars.hubs_without_intake() == frozenset()

    async def test_the_same_handoff_keeps_its_receipt(
        self, cases: CaseService, clock: Clock, database: Any
    ) -> None:
        await cases.calendars.set_intake("tsubame", paused_until=None, daily_limit=1, version=0)
        await cases.open_case(draft(await talk(database, clock)))
        again = draft(await talk(database, clock))

        first, second = await cases.open_case(again), await cases.open_case(again)

        assert (first.promised_on, first.is_delayed) == (second.promised_on, second.is_delayed)
        assert first.is_delayed
        assert (await cases.calendars.get_intake("tsubame")).opened_today == 2

    async def test_the_bureau_is_always_there_to_fall_back_on(self, cases: CaseService) -> None:
        await cases.calendars.set_intake(
            "bureau", paused_until=date(2026, 12, 7), daily_limit=None, version=0
        )

        assert await cases.calendars.hubs_without_intake() == frozenset()

    async def test_no_limit_below_one_and_no_pause_beyond_a_year(self, cases: CaseService) -> None:
        for paused_until, limit in ((None, 0), (date(2028, 1, 1), None)):
            with pytest.raises(CalendarRefusedError):
                await cases.calendars.set_intake(
                    "tsubame", paused_until=paused_until, daily_limit=limit, version=0
                )
