"""When people are there, and by when an answer is promised."""

from datetime import date, datetime

import httpx
import pytest
from fastapi import FastAPI

from desk.cases.calendars import CalendarRules
from desk.chat.sites import Site, Sites
from desk.config import JST


def at(app: FastAPI, text: str) -> None:
    """Let it be this moment (Japan)."""
    moment = datetime.fromisoformat(text).replace(tzinfo=JST)
    app.state.reception._clock = lambda: moment
    app.state.reception._today = moment.date


async def hours(client: httpx.AsyncClient, site: str | None = None) -> dict[str, str | None]:
    response = await client.get("/api/chat/hours", params={"site": site} if site else {})
    assert response.status_code == 200, response.text
    found: dict[str, str | None] = response.json()
    return found


CLOSED = (
    "いまは担当者の受付時間の外です。次は11月30日の9:00からです。"
    "相談のお返事は12月2日までにします。"
)


class TestHours:
    @pytest.mark.parametrize(
        ("moment", "closes", "opens"),
        [
            ("2026-11-24T08:59", None, "2026-11-24T09:00:00+09:00"),
            ("2026-11-24T09:00", "2026-11-24T12:00:00+09:00", None),
            ("2026-11-24T12:00", None, "2026-11-24T13:00:00+09:00"),
            ("2026-11-24T16:59", "2026-11-24T17:00:00+09:00", None),
            ("2026-11-24T17:00", None, "2026-11-25T09:00:00+09:00"),
            ("2026-11-27T18:00", None, "2026-11-30T09:00:00+09:00"),
            ("2026-12-29T10:00", None, "2027-01-04T09:00:00+09:00"),
        ],
    )
    async def test_open_closed_lunch_weekend_and_turn_of_the_year(
        self, client: httpx.AsyncClient, app: FastAPI, moment: str, closes: str, opens: str
    ):
        at(app, moment)

        found = await hours(client, "tsubame")

        assert (found["closes_at"], found["opens_at"]) == (closes, opens)

    async def test_hub_of_the_site_has_its_own_hours_and_name(
        self, client: httpx.AsyncClient, app: FastAPI
    ):
        rules = CalendarRules(
            weekdays=[5], opens="10:00", closes="12:00", lunch_from=None, lunch_to=None
        )
        await app.state.cases.calendars.set_rules("tsubame", rules, version=0)
        at(app, "2026-11-24T10:30")

        found = await hours(client, "tsubame")

        assert found["opens_at"] == "2026-11-28T10:00:00+09:00"
        assert found["hub_name"] == app.state.knowledge.hubs["tsubame"].name
        assert (await hours(client, "matsumoto"))["closes_at"] is not None

    @pytest.mark.parametrize("site", [None, "nobody"])
    async def test_unknown_site_has_the_hours_of_the_bureau(
        self, client: httpx.AsyncClient, app: FastAPI, site: str | None
    ):
        at(app, "2026-11-24T10:30")

        assert (await hours(client, site))["hub_name"] == app.state.knowledge.hubs["bureau"].name

    @pytest.mark.parametrize(
        ("moment", "text"),
        [
            (
                "2026-11-24T10:30",
                "担当者は受付中です（12:00まで）。相談のお返事は11月27日までにします。",
            ),
            ("2026-11-27T18:00", CLOSED),
        ],
    )
    async def test_owners_read_it_in_plain_words(
        self, client: httpx.AsyncClient, app: FastAPI, moment: str, text: str
    ):
        at(app, moment)

        assert (await hours(client, "tsubame"))["text"] == text

    async def test_promise_is_the_one_that_a_case_gets(
        self, client: httpx.AsyncClient, app: FastAPI
    ):
        at(app, "2026-11-24T10:30")

        assert (await hours(client, "tsubame"))["answered_by"] == "2026-11-27"

    async def test_hub_that_takes_no_cases_is_not_promised(
        self, client: httpx.AsyncClient, app: FastAPI
    ):
        await app.state.cases.calendars.set_intake(
            "tsubame", paused_until=date(2027, 1, 10), daily_limit=None, version=0
        )
        at(app, "2026-11-24T10:30")

        found = await hours(client, "tsubame")

        assert found["hub_name"] == app.state.knowledge.hubs["bureau"].name

    async def test_odd_sites_are_refused(self, client: httpx.AsyncClient):
        assert (await client.get("/api/chat/hours?site=../x")).status_code == 422

    async def test_site_of_another_name_has_the_hours_of_its_hub(
        self, client: httpx.AsyncClient, app: FastAPI
    ):
        app.state.sites = Sites({"sakura-bank": Site(id="sakura-bank", hub="tsubame")})

        found = await hours(client, "sakura-bank")

        assert found["hub_name"] == app.state.knowledge.hubs["tsubame"].name
