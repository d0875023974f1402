"""Lists of the staff API, and the hubs' hours and intake."""

from typing import Any

import pytest

from desk.auth.models import Role


class TestList:
    async def test_pages_follow_each_other_without_gap_or_double(
        self, sign_in: Any, open_one: Any
    ) -> None:
        hanako = await sign_in("hanako")
        opened = [await open_one() for _ in range(5)]
        seen, cursor = [], None

        while True:
            query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = (await hanako.get("/api/cases", **query)).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
            await open_one()  # A newer case moves nothing.

        assert seen == opened[::-1]

    async def test_filters(self, sign_in: Any, open_one: Any) -> None:
        hanako = await sign_in("hanako")
        free, mine, labelled = [await open_one() for _ in range(3)]
        await hanako.send(f"/api/cases/{mine}/claim")
        await hanako.send(
            f"/api/cases/{labelled}/labels", {"labels": ["ﾗﾍﾞﾙ"]}, version=1, method="PUT"
        )

        async def ids(**query: Any) -> list[str]:
            return [
                item["id"] for item in (await hanako.get("/api/cases", **query)).json()["items"]
            ]

        number = (await hanako.get(f"/api/cases/{free}")).json()["number"]
        assert await ids(mine=True) == [mine]
        assert await ids(assignee_id=hanako.id) == [mine]
        assert await ids(unassigned=True) == [labelled, free]
        assert await ids(status=["working", "closed"]) == [mine]
        assert await ids(label="ラベル") == [labelled]
        assert await ids(number=number.lower()) == [free]
        assert await ids(number="tsu-26") == [labelled, mine, free]
        assert await ids(number="%") == []

    @pytest.mark.parametrize(
        "query",
        [
            {"cursor": "x"},
            {"cursor": "\x00"},
            {"cursor": "あ"},
            {"cursor": "A" * 41},
            {"limit": 0},
            {"limit": 10**30},
            {"status": "none"},
            {"label": "a\x00"},
            {"number": "\x00"},
            {"assignee_id": "me"},
        ],
    )
    async def test_what_cannot_be_meant_is_refused(
        self, sign_in: Any, query: dict[str, Any]
    ) -> None:
        hanako = await sign_in("hanako")

        assert (await hanako.get("/api/cases", **query)).status_code == 422

    async def test_a_label_that_grows_in_one_width_finds_nothing(self, sign_in: Any) -> None:
        hanako = await sign_in("hanako")

        answer = await hanako.get("/api/cases", label="㌕" * 24)

        assert (answer.status_code, answer.json()["items"]) == (200, [])


class TestHubs:
    async def test_a_lead_sets_hours_and_intake_and_staff_only_look(self, sign_in: Any) -> None:
        lead, hanako = await sign_in("lead", Role.LEAD), await sign_in("hanako")
        rules = {"closes": "18:00", "closed_periods": [{"first": "08-13", "last": "08-16"}]}

        hours = await lead.send("/api/hubs/tsubame/calendar", rules, version=0, method="PUT")
        refused = await hanako.send("/api/hubs/tsubame/calendar", rules, version=1, method="PUT")
        pause = {"paused_until": "2026-12-07", "daily_limit": 3}
        intake = await lead.send("/api/hubs/tsubame/intake", pause, version=0, method="PUT")
        stale = await lead.send("/api/hubs/tsubame/intake", pause, version=0, method="PUT")
        missing = await lead.send("/api/hubs/tsubame/intake", pause, method="PUT")

        assert hours.status_code == 200
        seen = await hanako.get("/api/hubs/tsubame/calendar")
        assert seen.json()["rules"]["closes"] == "18:00"
        assert seen.headers["etag"] == '"1"'
        assert refused.status_code == 403
        assert intake.json()["takes_cases"] is False
        assert (stale.status_code, missing.status_code) == (412, 428)
        assert (await hanako.get("/api/hubs/tsubame/intake")).json()["daily_limit"] == 3

    async def test_other_hubs_and_none_are_not_found(self, sign_in: Any) -> None:
        lead = await sign_in("lead", Role.LEAD)
        admin = await sign_in("admin", Role.ADMIN, None)

        for path in ("calendar", "intake"):
            assert (await lead.get(f"/api/hubs/matsumoto/{path}")).status_code == 404
            answer = await lead.send(f"/api/hubs/matsumoto/{path}", {}, version=0, method="PUT")
            assert answer.status_code == 404
            assert (await admin.get(f"/api/hubs/matsumoto/{path}")).status_code == 200
            assert (await admin.get(f"/api/hubs/osaka/{path}")).status_code == 404

    @pytest.mark.parametrize(
        "rules",
        [
            {"opens": "25:00"},
            {"opens": "18:00"},
            {"weekdays": []},
            {"closed_periods": [{"first": "13-01", "last": "01-01"}]},
            {"closed_days": ["yesterday"]},
        ],
    )
    async def test_hours_that_make_no_sense_are_refused(
        self, sign_in: Any, rules: dict[str, Any]
    ) -> None:
        lead = await sign_in("lead", Role.LEAD)

        answer = await lead.send("/api/hubs/tsubame/calendar", rules, version=0, method="PUT")

        assert answer.status_code == 422
