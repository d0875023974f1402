"""The staff API of one case."""

import asyncio
from typing import Any

import pytest

from desk.auth.models import Role
from tests.desk.cases.api.conftest import BODIES, method_of


class TestCase:
    async def test_it_has_its_version_as_tag_and_its_log(self, sign_in: Any, open_one: Any) -> None:
        hanako, case_id = await sign_in("hanako"), await open_one()

        claimed = await hanako.send(f"/api/cases/{case_id}/claim")
        found = await hanako.get(f"/api/cases/{case_id}")
        events = (await hanako.get(f"/api/cases/{case_id}/events")).json()["events"]

        assert claimed.json() == found.json()
        assert found.headers["etag"] == claimed.headers["etag"] == '"2"'
        assert found.json()["contact"]["name"] == "山田"
        assert [event["kind"] for event in events] == ["opened", "claimed"]
        assert events[1]["actor_id"] == hanako.id

    async def test_of_several_claims_one_wins_and_the_others_get_409(
        self, sign_in: Any, open_one: Any
    ) -> None:
        people, case_id = [await sign_in(f"p{n}") for n in range(4)], await open_one()

        answers = await asyncio.gather(
            *(person.send(f"/api/cases/{case_id}/claim") for person in people)
        )

        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]

    async def test_of_two_changes_of_one_version_one_wins(
        self, sign_in: Any, open_one: Any
    ) -> None:
        hanako, case_id = await sign_in("hanako"), await open_one()
        path = f"/api/cases/{case_id}/labels"

        answers = await asyncio.gather(
            *(
                hanako.send(path, {"labels": [label]}, version=1, method="PUT")
                for label in ("a", "b")
            )
        )

        assert sorted(answer.status_code for answer in answers) == [200, 412]

    async def test_a_whole_life(self, sign_in: Any, open_one: Any) -> None:
        hanako, lead = await sign_in("hanako"), await sign_in("lead", Role.LEAD)
        bureau = await sign_in("bureau", Role.BUREAU, None)
        case_id = await open_one()
        path = f"/api/cases/{case_id}"
        assigned = await lead.send(f"{path}/assign", {"assignee_id": hanako.id}, version=1)
        held = await hanako.send(
            f"{path}/status",
            {"status": "snoozed", "reason": "春に", "hold_until": "2027-04-01T09:00:00+09:00"},
            version=2,
        )
        contacted = await hanako.send(f"{path}/contact", {"how": "phone"}, version=3)
        refused = await hanako.send(f"{path}/transfer", BODIES["transfer"], version=4)
        yes = {
            "way": "phone",
            "given_at": contacted.json()["answered_at"],
            "text": "渡してよい",
        }
        handed = await hanako.send(
            f"{path}/transfer", BODIES["transfer"] | {"consent": yes}, version=4
        )
        gone = await hanako.get(path)
        taken = await bureau.send(f"{path}/claim")
        closed = await bureau.send(
            f"{path}/status", {"status": "closed", "reason": "済", "result": "matched"}, version=7
        )
        again = await bureau.send(f"{path}/reopen", {"reason": "続き"}, version=8)

        assert assigned.json()["status"] == "working"
        assert held.json()["hold_until"] == "2027-04-01T00:00:00Z"
        assert contacted.json()["answered_at"] is not None
        assert (refused.status_code, refused.json()["code"]) == (409, "consent_needed")
        assert handed.json() == {
            "id": case_id,
            "number": assigned.json()["number"],
            "hub_id": "bureau",
            "status": "transferred",
            "version": 6,
        }
        assert gone.status_code == 404
        assert taken.json()["status"] == "working"
        assert (closed.json()["status"], closed.json()["result"]) == ("closed", "matched")
        assert again.json()["status"] == "working"

    async def test_doubles_are_merged_and_parted(self, sign_in: Any, open_one: Any) -> None:
        lead = await sign_in("lead", Role.LEAD)
        first, second = await open_one(), await open_one()

        merged = await lead.send(f"/api/cases/{second}/merge", {"into": first}, version=1)
        parted = await lead.send(f"/api/cases/{second}/reopen", {"reason": "別"}, version=2)

        assert merged.json()["merged_into_id"] == first
        assert parted.json()["merged_into_id"] is None

    async def test_mentions_are_listed_until_they_are_read(
        self, sign_in: Any, open_one: Any
    ) -> None:
        hanako, jiro, case_id = await sign_in("hanako"), await sign_in("jiro"), await open_one()

        note = await hanako.send(f"/api/cases/{case_id}/notes", {"text": " @jiro お願い "})
        listed = (await jiro.get("/api/cases/mentions")).json()["mentions"]
        read = await jiro.send(f"/api/cases/mentions/{listed[0]['id']}/read")
        twice = await jiro.send(f"/api/cases/mentions/{listed[0]['id']}/read")

        assert note.status_code == 201
        assert note.json()["mentioned"] == [jiro.id]
        assert listed[0]["note"]["body"]["text"] == "@jiro お願い"
        assert (read.status_code, twice.status_code) == (204, 404)
        assert (await jiro.get("/api/cases/mentions")).json() == {"mentions": []}

    @pytest.mark.parametrize(
        ("deed", "body"),
        [
            ("status", {"status": "closed", "reason": "済"}),
            ("status", {"status": "closed", "reason": " \n", "result": "other"}),
            ("status", {"status": "closed", "reason": "a\x00", "result": "other"}),
            ("status", {"status": "snoozed", "reason": "x", "hold_until": "2027-04-01T09:00:00"}),
            (
                "status",
                {"status": "snoozed", "reason": "x", "hold_until": "9999-12-31T23:59:59-23:59"},
            ),
            (
                "status",
                {"status": "snoozed", "reason": "x", "hold_until": "0001-01-01T00:00:00+23:59"},
            ),
            ("labels", {"labels": ["㌕" * 24]}),
            ("labels", {"labels": ["x"] * 11}),
            ("labels", {"labels": ["\ud800"]}),
            ("priority", {"priority": "high", "reasons": []}),
            ("priority", {"priority": "5", "reasons": []}),
            ("transfer", {"to_hub": "bureau", "reason": "x", "more": 1}),
            ("notes", {"text": "あ" * 4001}),
        ],
    )
    async def test_bodies_that_cannot_be_meant_are_refused(
        self, sign_in: Any, open_one: Any, deed: str, body: dict[str, Any]
    ) -> None:
        lead, case_id = await sign_in("lead", Role.LEAD), await open_one()
        await lead.send(f"/api/cases/{case_id}/claim")

        answer = await lead.send(
            f"/api/cases/{case_id}/{deed}", body, version=2, method=method_of(deed)
        )

        assert answer.status_code == 422, answer.text

    @pytest.mark.parametrize("case_id", ["x", "%00", "0" * 33])
    async def test_what_is_no_id_is_refused(self, sign_in: Any, case_id: str) -> None:
        hanako = await sign_in("hanako")

        answer = await hanako.get(f"/api/cases/{case_id}")

        assert answer.status_code == 422
