"""The staff's JSON API of cases and hubs, through the whole application."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from advisor.knowledge import KnowledgeBase, load_knowledge
from desk.app import create_app
from desk.auth.api import CSRF_HEADER
from desk.auth.dependencies import COOKIE
from desk.auth.models import Role
from desk.auth.passwords import Passwords
from desk.auth.service import AuthService
from desk.cases import endpoints, hub_endpoints
from desk.cases.service import CaseService
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import ROOT, Settings
from tests.desk.cases.conftest import Clock, draft, talk

HOST = "desk.test"


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeBase:
    return load_knowledge(ROOT / "knowledge")


@pytest_asyncio.fixture
async def app(settings: Settings, knowledge: KnowledgeBase) -> AsyncIterator[FastAPI]:
    app = create_app(settings, engine=ScriptedDialogueEngine(), knowledge=knowledge)
    cheap = Passwords(time_cost=1, memory_kib=64, lanes=1)
    app.state.auth = AuthService(app.state.database, settings, passwords=cheap)
    yield app
    await app.state.database.close()


class Person:
    """Somebody with a session (or without), who names versions as a program does."""

    def __init__(self, client: httpx.AsyncClient, csrf: str = "", user_id: str = "") -> None:
        self.client = client
        self.csrf = csrf
        self.id = user_id

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query)

    async def send(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        version: int | str | None = None,
        method: str = "POST",
    ) -> httpx.Response:
        headers = {CSRF_HEADER: self.csrf}
        if version is not None:
            headers["If-Match"] = f'"{version}"' if isinstance(version, int) else version
        content = None if body is None else json.dumps(body)  # Surrogates stay escaped.
        headers["Content-Type"] = "application/json"
        return await self.client.request(method, path, content=content, headers=headers)


@pytest_asyncio.fixture
async def sign_in(app: FastAPI) -> AsyncIterator[Any]:
    opened: list[httpx.AsyncClient] = []

    def client() -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        opened.append(httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}"))
        return opened[-1]

    async def sign_in(login: str, role: Role = Role.STAFF, hub: str | None = "tsubame") -> Person:
        auth: AuthService = app.state.auth
        await auth.create_user(login, login, role, hub, "correct horse battery")
        user = await auth.get_user_by_login(login)
        token = await auth.start_session(user.id)
        found = await auth.find_session(token)
        assert found is not None
        person = Person(client(), found.session.csrf_token, str(user.id))
        person.client.cookies.set(COOKIE, token, domain=HOST)
        return person

    sign_in.anonymous = lambda: Person(client())  # type: ignore[attr-defined]
    yield sign_in
    for one in opened:
        await one.aclose()


@pytest.fixture
def open_one(app: FastAPI) -> Any:
    async def open_one(**changes: Any) -> str:
        cases: CaseService = app.state.cases
        conversation_id = changes.pop("conversation_id", None)
        if conversation_id is None:
            conversation_id = await talk(app.state.database, Clock())
        receipt = await cases.open_case(draft(conversation_id, **changes))
        found = await cases.list_cases(None, limit=1000)
        return next(str(c.id) for c in found if c.number == receipt.case_number)

    return open_one


BODIES: dict[str, dict[str, Any]] = {
    "status": {"status": "waiting", "reason": "返事待ち"},
    "assign": {"assignee_id": str(uuid4())},
    "labels": {"labels": ["製造"]},
    "priority": {"priority": "high", "reasons": ["program_deadline"]},
    "contact": {"how": "phone"},
    "transfer": {"to_hub": "bureau", "reason": "広い話"},
    "merge": {"into": str(uuid4())},
    "release": {},
    "reopen": {"reason": "続き"},
}
PUT = {"labels", "priority"}


def method_of(deed: str) -> str:
    return "PUT" if deed in PUT else "POST"


class TestGuards:
    async def test_anonymous(self, app: FastAPI, sign_in: Any, open_one: Any) -> None:
        nobody, case_id = sign_in.anonymous(), await open_one()

        for router in (endpoints.router, hub_endpoints.router):
            for route in router.routes:
                path = route.path.format(case_id=case_id, mention_id=uuid4(), hub_id="tsubame")
                for method in route.methods:
                    answer = await nobody.send(path, BODIES["reopen"], version=1, method=method)
                    assert answer.status_code == 401, (method, path)
                    assert answer.headers["content-type"] == "application/problem+json"

    async def test_a_change_without_the_sessions_token_is_refused(
        self, sign_in: Any, open_one: Any
    ) -> None:
        hanako, case_id = await sign_in("hanako"), await open_one()
        hanako.csrf = "another"

        answer = await hanako.send(f"/api/cases/{case_id}/claim")

        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")

    async def test_another_hub_finds_nothing_and_an_auditor_changes_nothing(
        self, sign_in: Any, open_one: Any
    ) -> None:
        case_id = await open_one()
        other = await sign_in("other", Role.LEAD, "matsumoto")
        auditor = await sign_in("auditor", Role.AUDITOR, None)

        for deed, body in BODIES.items():
            path = f"/api/cases/{case_id}/{deed}"
            given: dict[str, Any] = {"version": 1, "method": method_of(deed)}
            assert (await other.send(path, body, **given)).status_code == 404, deed
            assert (await auditor.send(path, body, **given)).status_code == 403, deed
        for path in (f"/api/cases/{case_id}", f"/api/cases/{case_id}/events"):
            assert (await other.get(path)).status_code == 404
            assert (await auditor.get(path)).status_code == 200
        assert (await other.get("/api/cases")).json()["items"] == []

    async def test_a_change_names_the_version_it_is_made_for(
        self, sign_in: Any, open_one: Any
    ) -> None:
        lead, case_id = await sign_in("lead", Role.LEAD), await open_one()
        await lead.send(f"/api/cases/{case_id}/claim")

        for deed, body in BODIES.items():
            path, method = f"/api/cases/{case_id}/{deed}", method_of(deed)
            if deed == "reopen":
                closed = {"status": "closed", "reason": "済", "result": "advised"}
                await lead.send(f"/api/cases/{case_id}/status", closed, version=2)
            for version, expected in ((None, 428), ("*", 428), (1, 412), ("nonsense", 422)):
                if deed in {"assign", "merge", "transfer"} and version == 1:
                    continue  # What is wrong with them is said first.
                answer = await lead.send(path, body, version=version, method=method)
                assert answer.status_code == expected, (deed, version)
                assert answer.headers["content-type"] == "application/problem+json"


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


class TestOpenApi:
    async def test_every_refusal_is_documented_as_a_problem(self, app: FastAPI) -> None:
        paths = app.openapi()["paths"]
        own = {p: ops for p, ops in paths.items() if p.startswith(("/api/cases", "/api/hubs"))}

        for path, operations in own.items():
            for method, operation in operations.items():
                responses = operation["responses"]
                expected = {"401", "403"}
                if "{" in path:
                    expected |= {"404", "422"}
                headers = {p["name"] for p in operation.get("parameters", [])}
                if "If-Match" in headers:
                    expected |= {"412", "428"}
                assert expected <= set(responses), (method, path)
                for status, response in responses.items():
                    if status.startswith("4"):
                        assert list(response["content"]) == ["application/problem+json"]
