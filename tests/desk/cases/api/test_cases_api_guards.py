"""Who may call the staff API, and what its documentation says."""

from typing import Any
from uuid import uuid4

from fastapi import FastAPI

from desk.auth.models import Role
from desk.cases import endpoints, hub_endpoints
from tests.desk.cases.api.conftest import BODIES, method_of


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
