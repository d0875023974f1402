"""The pages of the authenticator app: set up, asked for at the login, recovery codes."""

import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from desk.auth.dependencies import COOKIE, LOGIN_COOKIE
from desk.auth.models import Role, StaffSession
from desk.auth.service import AuthService
from desk.auth.sessions import FRESH_FOR
from desk.config import SecondFactorRule, Settings
from desk.db import Database, now
from desk.rates import RateLimiter
from tests.desk.time_steps import keep_clear_of_the_steps_end

PASSWORD = "correct horse battery"
PAGE = "/console/second-factor"


def _secret(text: str) -> str:
    found = re.search(r'id="totp-secret">([A-Z2-7 ]+)<', text)
    assert found
    return found.group(1).replace(" ", "")


def _codes(text: str) -> list[str]:
    return re.findall(r"<code data-recovery-code>([^<]+)</code>", text)


async def _set_up(browser: Any) -> tuple[pyotp.TOTP, list[str]]:
    """Set an app up on its page, with the code of the step before, so that the next is free."""
    totp = pyotp.TOTP(_secret((await browser.get(f"{PAGE}?new=1")).text))
    await keep_clear_of_the_steps_end()
    answer = await browser.post(PAGE, code=totp.at(now(), counter_offset=-1))
    assert answer.status_code == 200
    return totp, _codes(answer.text)


async def _log_in(browser: Any, login: str, **more: str) -> Any:
    return await browser.post("/console/login", token="", login=login, password=PASSWORD, **more)


class TestSetUp:
    async def test_anonymous_are_sent_to_the_login(self, browser: Any) -> None:
        answer = await browser.get(PAGE)

        assert (answer.status_code, answer.headers["location"]) == (
            303,
            "/console/login?next=%2Fconsole",
        )

    async def test_the_page_draws_the_code_itself(self, sign_in: Any) -> None:
        page = (await (await sign_in()).get(PAGE)).text

        assert "<svg" in page
        assert 'class="qr"' in page
        assert "otpauth" not in page
        assert not re.search(r"<img|(src|href)=\"http", page)

    async def test_the_first_code_shows_ten_recovery_codes_once_and_a_new_session(
        self, sign_in: Any, auth: AuthService
    ) -> None:
        browser = await sign_in()
        before = browser.client.cookies[COOKIE]

        _, codes = await _set_up(browser)

        assert len(codes) == 10
        assert browser.client.cookies[COOKIE] != before
        assert await auth.find_session(before) is None
        page = await browser.get(PAGE)
        assert "あと10個" in page.text
        assert _codes(page.text) == []

    async def test_a_wrong_code_is_explained_and_the_picture_stays_the_same(
        self, sign_in: Any
    ) -> None:
        browser = await sign_in()
        secret = _secret((await browser.get(PAGE)).text)

        answer = await browser.post(PAGE, code="000000")

        assert answer.status_code == 422
        assert "確認コードが違います" in answer.text
        assert _secret(answer.text) == secret

    async def test_after_a_while_a_new_login_is_asked_for(
        self, sign_in: Any, database: Database
    ) -> None:
        browser = await sign_in()
        async with database.write() as tx:
            long_ago = now() - FRESH_FOR - timedelta(seconds=1)
            await tx.execute(update(StaffSession).values(created_at=long_ago))

        answers = [
            await browser.get(PAGE),
            await browser.post(PAGE, code="000000"),
        ]

        for answer in answers:
            assert answer.status_code == 403
            assert "もう一度ログインしてください" in answer.text
            assert 'action="/console/logout"' in answer.text

    async def test_new_recovery_codes_replace_the_old(self, sign_in: Any) -> None:
        browser = await sign_in()
        _, old = await _set_up(browser)

        new = _codes((await browser.post(f"{PAGE}/codes")).text)

        assert len(new) == 10
        assert not {*old} & {*new}

    async def test_without_an_app_there_are_no_recovery_codes(self, sign_in: Any) -> None:
        answer = await (await sign_in()).post(f"{PAGE}/codes")

        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)


class TestLogin:
    async def test_the_code_is_asked_for_after_the_password(
        self, sign_in: Any, browser: Any
    ) -> None:
        totp, _ = await _set_up(await sign_in(login="hanako"))

        first = await _log_in(browser, "hanako", next="/console?filter=mine")

        assert first.headers["location"] == "/console/login/code?next=%2Fconsole%3Ffilter%3Dmine"
        assert COOKIE not in browser.client.cookies
        assert (await browser.get("/console")).headers["location"].startswith("/console/login")
        page = await browser.get(first.headers["location"])
        assert page.status_code == 200
        assert 'autocomplete="one-time-code"' in page.text
        await keep_clear_of_the_steps_end()
        done = await browser.post(
            "/console/login/code", token="", code=totp.now(), next="/console?filter=mine"
        )
        assert (done.status_code, done.headers["location"]) == (303, "/console?filter=mine")
        assert LOGIN_COOKIE not in browser.client.cookies
        assert (await browser.get("/console")).status_code == 200

    async def test_a_wrong_code_is_refused_on_the_page(self, sign_in: Any, browser: Any) -> None:
        await _set_up(await sign_in(login="hanako"))
        await _log_in(browser, "hanako")

        answer = await browser.post("/console/login/code", token="", code="000000")

        assert answer.status_code == 401
        assert "確認コードが違うか、使用済みです" in answer.text
        assert "000000" not in answer.text

    async def test_a_recovery_code_opens_too(self, sign_in: Any, browser: Any) -> None:
        _, codes = await _set_up(await sign_in(login="hanako"))
        await _log_in(browser, "hanako")

        answer = await browser.post("/console/login/code", token="", code=codes[0])

        assert answer.status_code == 303

    async def test_without_a_password_before_there_is_no_code_page(self, browser: Any) -> None:
        page = await browser.get("/console/login/code")
        sent = await browser.post("/console/login/code", token="", code="000000")

        assert (page.status_code, page.headers["location"]) == (303, "/console/login")
        assert sent.status_code == 401
        assert "はじめからログイン" in sent.text

    async def test_an_address_that_tries_too_many_is_slowed_down(
        self, browser: Any, auth: AuthService
    ) -> None:
        auth.login_limiter = RateLimiter(1, 3600)
        await _log_in(browser, "nobody")

        answer = await browser.post("/console/login/code", token="", code="000000")

        assert answer.status_code == 429
        assert "少し待ってください" in answer.text

    async def test_a_code_sent_by_another_site_is_refused(self, browser: Any) -> None:
        answer = await browser.post(
            "/console/login/code", token="", site="cross-site", code="000000"
        )

        assert answer.status_code == 403


class TestRule:
    @pytest.mark.parametrize(
        ("rule", "role", "is_led"),
        [
            (SecondFactorRule.WIDE, Role.ADMIN, True),
            (SecondFactorRule.WIDE, Role.BUREAU, True),
            (SecondFactorRule.WIDE, Role.AUDITOR, True),
            (SecondFactorRule.WIDE, Role.STAFF, False),
            (SecondFactorRule.ALL, Role.STAFF, True),
            (SecondFactorRule.NONE, Role.ADMIN, False),
        ],
    )
    async def test_nothing_else_opens_before_the_app_is_set_up(
        self,
        *,
        browser: Any,
        auth: AuthService,
        settings: Settings,
        rule: SecondFactorRule,
        role: Role,
        is_led: bool,
    ) -> None:
        settings.require_totp = rule
        await auth.create_user("hanako", "花子", role, "matsumoto", PASSWORD)

        answer = await _log_in(browser, "hanako")

        target = PAGE if is_led else "/console"
        assert answer.headers["location"] == target
        queue = await browser.get("/console")
        assert queue.status_code == (303 if is_led else 200)
        if is_led:
            assert queue.headers["location"] == PAGE
            assert "あなたの役割では" in (await browser.get(PAGE)).text
            await _set_up(browser)
            assert (await browser.get("/console")).status_code == 200

    async def test_the_first_administrator_gets_in_by_password_and_app(
        self, browser: Any, auth: AuthService, settings: Settings
    ) -> None:
        settings.require_totp = SecondFactorRule.WIDE
        made = await auth.ensure_first_admin()
        assert made is not None

        first = await browser.post("/console/login", token="", login=made[0], password=made[1])
        assert first.headers["location"] == "/console/password"
        assert (await browser.get(PAGE)).headers["location"] == "/console/password"
        changed = await browser.post(
            "/console/password",
            current_password=made[1],
            new_password=PASSWORD,
            new_password_again=PASSWORD,
        )
        assert (await browser.get(changed.headers["location"])).headers["location"] == PAGE
        await _set_up(browser)

        assert (await browser.get("/console/users")).status_code == 200

    async def test_a_new_password_keeps_the_second_factor_of_the_session(
        self, sign_in: Any, settings: Settings
    ) -> None:
        browser = await sign_in()
        await _set_up(browser)
        settings.require_totp = SecondFactorRule.ALL

        await browser.post(
            "/console/password",
            current_password=PASSWORD,
            new_password="another good one",
            new_password_again="another good one",
        )

        assert (await browser.get("/console")).status_code == 200


class TestAdministrator:
    async def test_they_take_a_lost_app_away(
        self, sign_in: Any, browser: Any, auth: AuthService
    ) -> None:
        owner = await sign_in(login="hanako")
        await _set_up(owner)
        admin = await sign_in(Role.ADMIN, None, "boss")
        user = await auth.get_user_by_login("hanako")

        answer = await admin.post(f"/console/users/{user.id}/reset-second-factor")

        assert answer.headers["location"] == "/console/users?done=second_factor_reset"
        assert (await owner.get("/console")).status_code == 303
        assert (await _log_in(browser, "hanako")).headers["location"] == "/console"

    @pytest.mark.parametrize("deed", ["reset-second-factor", "end-sessions", "role", "disable"])
    async def test_not_to_themselves(self, sign_in: Any, auth: AuthService, deed: str) -> None:
        admin = await sign_in(Role.ADMIN, None, "boss")
        user = await auth.get_user_by_login("boss")

        answer = await admin.post(f"/console/users/{user.id}/{deed}", role="auditor")

        assert answer.status_code == 409

    async def test_they_log_a_person_out_everywhere(self, sign_in: Any, auth: AuthService) -> None:
        owner, admin = await sign_in(login="hanako"), await sign_in(Role.ADMIN, None, "boss")
        user = await auth.get_user_by_login("hanako")

        await admin.post(f"/console/users/{user.id}/end-sessions")

        assert (await owner.get("/console")).status_code == 303

    async def test_they_change_a_role(self, sign_in: Any, auth: AuthService) -> None:
        await sign_in(login="hanako")
        admin = await sign_in(Role.ADMIN, None, "boss")
        user = await auth.get_user_by_login("hanako")
        address = f"/console/users/{user.id}/role"

        changed = await admin.post(address, role="lead", hub_id="nagaoka")
        refused = await admin.post(address, role="lead", hub_id="")
        unknown = await admin.post(address, role="king", hub_id="")

        assert changed.status_code == 303
        now_user = await auth.get_user_by_login("hanako")
        assert (now_user.role, now_user.hub_id) == ("lead", "nagaoka")
        assert (refused.status_code, unknown.status_code) == (422, 422)

    async def test_they_enter_the_organisations_address(
        self, sign_in: Any, auth: AuthService, app: FastAPI
    ) -> None:
        await sign_in(login="hanako")
        await sign_in(login="ichiro")
        admin = await sign_in(Role.ADMIN, None, "boss")
        app.state.oidc = object()
        users = [await auth.get_user_by_login(login) for login in ("hanako", "ichiro")]
        addresses = [f"/console/users/{user.id}/organisation" for user in users]

        entered = await admin.post(addresses[0], email="Hanako@City.example.jp")
        taken = await admin.post(addresses[1], email="hanako@city.example.jp")
        wrong = await admin.post(addresses[1], email="no address")

        assert entered.status_code == 303
        assert (taken.status_code, wrong.status_code) == (409, 422)
        page = (await admin.get("/console/users")).text
        assert 'value="hanako@city.example.jp"' in page


class TestSessions:
    async def test_the_page_names_the_devices_and_ends_one(
        self, sign_in: Any, auth: AuthService
    ) -> None:
        own, lost = await sign_in(login="hanako"), await sign_in(login="hanako")
        page = await own.get("/console/sessions")
        ids = re.findall(r'data-session="([^"]+)"', page.text)
        assert len(ids) == 2
        assert page.text.count("この端末</span>") == 1
        signed = await auth.find_session(own.client.cookies[COOKIE])
        assert signed is not None
        other = next(one for one in ids if one != str(signed.session.id))

        answer = await own.post(f"/console/sessions/{other}/end")

        assert answer.headers["location"] == "/console/sessions?done=session_ended"
        assert (await lost.get("/console")).status_code == 303
        assert (await own.get("/console")).status_code == 200

    async def test_all_others_end(self, sign_in: Any) -> None:
        own = await sign_in(login="hanako")
        others = [await sign_in(login="hanako") for _ in range(2)]

        await own.post("/console/sessions/end-others")

        assert [(await other.get("/console")).status_code for other in others] == [303, 303]
        assert (await own.get("/console")).status_code == 200

    async def test_nobody_ends_somebody_elses(self, sign_in: Any, auth: AuthService) -> None:
        own, other = await sign_in(login="hanako"), await sign_in(login="ichiro")
        signed = await auth.find_session(other.client.cookies[COOKIE])
        assert signed is not None

        answer = await own.post(f"/console/sessions/{signed.session.id}/end")

        assert answer.status_code == 404
        assert (await other.get("/console")).status_code == 200
