"""`/api/staff`: log in and out, who am I, my sessions."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from desk.auth.api import CSRF_HEADER
from desk.auth.endpoints import router
from desk.auth.models import Role
from desk.auth.service import AuthService
from desk.config import SecondFactorRule, Settings
from desk.db import Database
from desk.errors import install_error_handlers
from desk.rates import RateLimiter

PASSWORD = "correct horse battery"
SESSION = "/api/staff/session"


@pytest.fixture
def app(auth: AuthService, database: Database, settings: Settings) -> FastAPI:
    """The account API and nothing else."""
    app = FastAPI()
    app.state.auth, app.state.database, app.state.settings = auth, database, settings
    install_error_handlers(app)
    app.include_router(router)
    return app


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    headers = {"User-Agent": "curl/8"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://desk", headers=headers
    ) as client:
        yield client


async def _log_in(client: httpx.AsyncClient, **more: str) -> httpx.Response:
    return await client.post(SESSION, json={"login": "hanako", "password": PASSWORD, **more})


@pytest_asyncio.fixture
async def hanako(auth: AuthService) -> None:
    await auth.create_user("hanako", "花子", Role.STAFF, "matsumoto", PASSWORD)


@pytest.mark.usefixtures("hanako")
class TestLogin:
    async def test_anonymous_have_no_session(self, client: httpx.AsyncClient) -> None:
        answer = await client.get(SESSION)

        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")

    async def test_a_right_password_begins_a_session(self, client: httpx.AsyncClient) -> None:
        answer = await _log_in(client)

        assert answer.status_code == 201
        body = answer.json()
        assert body["user"]["login"] == "hanako"
        assert body["user"]["hub_id"] == "matsumoto"
        assert body["session"]["device"] == "API"
        assert (body["must_change_password"], body["must_set_up_second_factor"]) == (False, False)
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert (await client.get(SESSION)).json() == body

    @pytest.mark.parametrize("change", [{"password": "wrong one"}, {"login": "nobody"}])
    async def test_a_refusal_does_not_say_why(
        self, client: httpx.AsyncClient, change: dict[str, str]
    ) -> None:
        answer = await _log_in(client, **change)

        assert (answer.status_code, answer.json()["code"]) == (401, "login_refused")
        assert "set-cookie" not in answer.headers

    async def test_the_code_is_asked_for_and_taken(
        self, client: httpx.AsyncClient, sign_in: Any, set_up: Any
    ) -> None:
        phone, done = await set_up(await sign_in())

        without = await _log_in(client)
        wrong = await _log_in(client, code="000000")
        right = await _log_in(client, code=phone.code())
        again = await _log_in(client, code=phone.code())
        recovery = await _log_in(client, code=done.codes[0])

        codes = [answer.json()["code"] for answer in (without, wrong, again)]
        assert codes == ["code_required", "code_refused", "code_refused"]
        assert (right.status_code, recovery.status_code) == (201, 201)
        assert recovery.json()["session"]["second_factor"] == "recovery"

    async def test_another_site_cannot_log_a_browser_in(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(
            SESSION,
            json={"login": "hanako", "password": PASSWORD},
            headers={"Sec-Fetch-Site": "cross-site"},
        )

        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")

    @pytest.mark.parametrize("body", [{}, {"login": "x" * 200, "password": ""}, {"extra": 1}])
    async def test_a_bad_body_is_refused(
        self, client: httpx.AsyncClient, body: dict[str, Any]
    ) -> None:
        assert (await client.post(SESSION, json=body)).status_code == 422

    async def test_an_address_that_tries_too_many_is_slowed_down(
        self, client: httpx.AsyncClient, auth: AuthService
    ) -> None:
        auth.login_limiter = RateLimiter(2, 3600)

        answers = [await _log_in(client, login=f"name-{n}") for n in range(3)]

        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert int(answers[2].headers["retry-after"]) > 0

    async def test_it_says_what_is_to_be_done_first(
        self, client: httpx.AsyncClient, auth: AuthService, settings: Settings
    ) -> None:
        settings.require_totp = SecondFactorRule.ALL
        user = await auth.get_user_by_login("hanako")
        secret = await auth.reset_password(user.id)

        body = (await _log_in(client, password=secret)).json()

        assert (body["must_change_password"], body["must_set_up_second_factor"]) == (True, True)

    async def test_a_login_ends_the_session_before(self, client: httpx.AsyncClient) -> None:
        await _log_in(client)
        before = dict(client.cookies)

        await _log_in(client)

        client.cookies.update(before)
        assert (await client.get(SESSION)).status_code == 401


@pytest.mark.usefixtures("hanako")
class TestLogout:
    async def test_anonymous_are_refused(self, client: httpx.AsyncClient) -> None:
        assert (await client.delete(SESSION)).status_code == 401

    async def test_it_wants_the_sessions_token(self, client: httpx.AsyncClient) -> None:
        token = (await _log_in(client)).json()["csrf_token"]

        without = await client.delete(SESSION)
        wrong = await client.delete(SESSION, headers={CSRF_HEADER: "x"})
        right = await client.delete(SESSION, headers={CSRF_HEADER: token})

        assert [a.status_code for a in (without, wrong, right)] == [403, 403, 204]
        assert (await client.get(SESSION)).status_code == 401


@pytest.mark.usefixtures("hanako")
class TestSessions:
    async def test_anonymous_are_refused(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/api/staff/sessions")).status_code == 401
        assert (await client.delete(f"/api/staff/sessions/{uuid4()}")).status_code == 401

    async def test_they_are_listed_and_one_is_ended(
        self, client: httpx.AsyncClient, auth: AuthService, sign_in: Any
    ) -> None:
        lost = await sign_in()
        token = (await _log_in(client)).json()["csrf_token"]
        listed = (await client.get("/api/staff/sessions")).json()["sessions"]
        assert [one["is_current"] for one in listed] == [True, False]
        address = f"/api/staff/sessions/{lost.session.id}"

        refused = await client.delete(address)
        ended = await client.delete(address, headers={CSRF_HEADER: token})
        again = await client.delete(address, headers={CSRF_HEADER: token})

        assert [a.status_code for a in (refused, ended, again)] == [403, 204, 404]
        assert len((await client.get("/api/staff/sessions")).json()["sessions"]) == 1
