"""Login, logout and the change of the own password."""

from typing import Any

import pytest

from desk.auth.dependencies import COOKIE
from desk.auth.models import Role
from desk.auth.service import AuthService
from desk.config import Settings

pytestmark = pytest.mark.asyncio
PASSWORD = "correct horse battery"


async def _log_in(browser: Any, login: str, password: str, **more: str) -> Any:
    return await browser.post("/console/login", token="", login=login, password=password, **more)


class TestLogin:
    async def test_the_page_has_a_form_with_names_that_password_managers_know(
        self, browser: Any
    ) -> None:
        page = await browser.get("/console/login")

        assert page.status_code == 200
        assert 'name="login"' in page.text
        assert 'autocomplete="username"' in page.text
        assert 'autocomplete="current-password"' in page.text

    async def test_the_right_password_leads_to_the_queue(
        self, browser: Any, auth: AuthService
    ) -> None:
        await auth.create_user("hanako", "花子", Role.STAFF, "matsumoto", PASSWORD)

        answer = await _log_in(browser, "hanako", PASSWORD)

        assert (answer.status_code, answer.headers["location"]) == (303, "/console")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Secure" not in cookie
        assert (await browser.get("/console")).status_code == 200

    async def test_the_cookie_is_secure_where_the_setting_says_so(
        self, browser: Any, auth: AuthService, settings: Settings
    ) -> None:
        await auth.create_user("hanako", "花子", Role.STAFF, "matsumoto", PASSWORD)
        settings.secure_cookies = True

        answer = await _log_in(browser, "hanako", PASSWORD)

        assert "Secure" in answer.headers["set-cookie"]

    async def test_a_refusal_tells_the_same_for_every_reason(
        self, browser: Any, auth: AuthService
    ) -> None:
        await auth.create_user("hanako", "花子", Role.STAFF, "matsumoto", PASSWORD)

        wrong = await _log_in(browser, "hanako", "not this one")
        unknown = await _log_in(browser, "nobody", "not this one")

        assert wrong.status_code == unknown.status_code == 401
        assert wrong.text.replace("hanako", "") == unknown.text.replace("nobody", "")
        assert 'role="alert"' in wrong.text
        assert "not this one" not in wrong.text

    async def test_after_too_many_guesses_the_right_password_is_refused_too(
        self, browser: Any, auth: AuthService
    ) -> None:
        await auth.create_user("hanako", "花子", Role.STAFF, "matsumoto", PASSWORD)
        for _ in range(5):
            await _log_in(browser, "hanako", "not this one")

        assert (await _log_in(browser, "hanako", PASSWORD)).status_code == 401

    async def test_a_login_begins_a_new_session_and_ends_the_old(
        self, browser: Any, auth: AuthService
    ) -> None:
        await auth.create_user("hanako", "花子", Role.STAFF, "matsumoto", PASSWORD)
        await _log_in(browser, "hanako", PASSWORD)
        before = browser.client.cookies[COOKIE]

        await _log_in(browser, "hanako", PASSWORD)

        assert browser.client.cookies[COOKIE] != before
        assert await auth.find_session(before) is None

    async def test_whoever_is_logged_in_goes_on(self, sign_in: Any) -> None:
        browser = await sign_in()

        answer = await browser.get("/console/login?next=/console?filter=mine")

        assert answer.headers["location"] == "/console?filter=mine"

    @pytest.mark.parametrize(
        ("wanted", "target"),
        [
            ("/console/cases/1", "/console/cases/1"),
            ("/console?filter=mine&page=2", "/console?filter=mine&page=2"),
            ("//evil.example/console", "/console"),
            ("https://evil.example", "/console"),
            ("/console\\@evil.example", "/console"),
            ("/consoleevil", "/console"),
            ("/console/\r\nSet-Cookie: a=b", "/console"),
            ("/console/logout", "/console"),
            ("javascript:alert(1)", "/console"),
            ("", "/console"),
        ],
    )
    async def test_the_way_on_stays_inside_the_console(
        self, browser: Any, auth: AuthService, wanted: str, target: str
    ) -> None:
        await auth.create_user("hanako", "花子", Role.STAFF, "matsumoto", PASSWORD)

        answer = await _log_in(browser, "hanako", PASSWORD, next=wanted)

        assert answer.headers["location"] == target

    async def test_a_page_that_needs_a_login_is_remembered(self, browser: Any) -> None:
        answer = await browser.get("/console?filter=mine")

        assert answer.status_code == 303
        assert answer.headers["location"] == "/console/login?next=%2Fconsole%3Ffilter%3Dmine"


class TestLogout:
    async def test_the_session_and_the_cookie_end(self, sign_in: Any, auth: AuthService) -> None:
        browser = await sign_in()
        token = browser.client.cookies[COOKIE]

        answer = await browser.post("/console/logout")

        assert answer.headers["location"] == "/console/login?done=logged_out"
        assert await auth.find_session(token) is None
        assert (await browser.get("/console")).status_code == 303

    async def test_it_is_not_done_by_opening_an_address(self, sign_in: Any) -> None:
        browser = await sign_in()

        await browser.get("/console/logout")

        assert (await browser.get("/console")).status_code == 200


class TestOneTimePassword:
    async def test_nothing_else_opens_before_it_is_changed(
        self, browser: Any, auth: AuthService
    ) -> None:
        secret = await auth.create_user("hanako", "花子", Role.ADMIN, None)

        answer = await _log_in(browser, "hanako", str(secret))

        assert answer.headers["location"] == "/console/password"
        for path in ("/console", "/console/users"):
            refused = await browser.get(path)
            assert (refused.status_code, refused.headers["location"]) == (
                303,
                "/console/password",
            )

    async def test_changing_it_opens_the_console(self, browser: Any, auth: AuthService) -> None:
        secret = str(await auth.create_user("hanako", "花子", Role.ADMIN, None))
        await _log_in(browser, "hanako", secret)

        answer = await browser.post(
            "/console/password",
            current_password=secret,
            new_password=PASSWORD,
            new_password_again=PASSWORD,
        )

        assert answer.headers["location"] == "/console?done=password_changed"
        page = await browser.get("/console?done=password_changed")
        assert page.status_code == 200
        assert 'role="status"' in page.text

    @pytest.mark.parametrize(
        ("old", "new", "again", "words"),
        [
            ("right", "short", "short", "12文字以上"),
            ("right", PASSWORD, PASSWORD + "x", "確認のため"),
            ("right", "hanako-yamada", "hanako-yamada", "ログイン名と同じ"),
            ("right", "right", "right", "同じものは使えません"),
            ("wrong one", PASSWORD, PASSWORD, "いまのパスワードが違います"),
        ],
    )
    async def test_a_bad_choice_is_explained(
        self, browser: Any, auth: AuthService, old: str, new: str, again: str, words: str
    ) -> None:
        secret = str(await auth.create_user("hanako-yamada", "花子", Role.ADMIN, None))
        await _log_in(browser, "hanako-yamada", secret)
        fields = [secret if field == "right" else field for field in (old, new, again)]

        answer = await browser.post(
            "/console/password",
            current_password=fields[0],
            new_password=fields[1],
            new_password_again=fields[2],
        )

        assert answer.status_code == 422
        assert words in answer.text
        assert (await browser.get("/console")).headers["location"] == "/console/password"


class TestGuards:
    async def test_a_form_without_the_token_is_refused(self, sign_in: Any) -> None:
        browser = await sign_in()

        answer = await browser.post("/console/logout", token="")

        assert answer.status_code == 403
        assert "画面が古くなっています" in answer.text
        assert (await browser.get("/console")).status_code == 200

    async def test_the_token_of_another_session_is_refused(self, sign_in: Any) -> None:
        browser, other = await sign_in(), await sign_in(login="other")

        answer = await browser.post("/console/logout", token=await other.token())

        assert answer.status_code == 403

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    async def test_a_form_sent_by_another_site_is_refused(self, sign_in: Any, site: str) -> None:
        browser = await sign_in()

        answer = await browser.post("/console/logout", site=site)

        assert answer.status_code == 403
        assert "ほかのサイトからの操作です" in answer.text

    async def test_a_login_sent_by_another_site_is_refused(
        self, browser: Any, auth: AuthService
    ) -> None:
        await auth.create_user("hanako", "花子", Role.STAFF, "matsumoto", PASSWORD)

        answer = await browser.post(
            "/console/login", token="", site="cross-site", login="hanako", password=PASSWORD
        )

        assert answer.status_code == 403

    @pytest.mark.parametrize(
        ("origin", "status"), [("http://console.test", 303), ("http://evil.example", 403)]
    )
    async def test_browsers_that_only_send_an_origin_are_judged_by_it(
        self, sign_in: Any, origin: str, status: int
    ) -> None:
        browser = await sign_in()

        answer = await browser.client.post(
            "/console/logout",
            data={"csrf_token": await browser.token()},
            headers={"Origin": origin},
        )

        assert answer.status_code == status

    async def test_a_huge_form_is_not_read(self, browser: Any) -> None:
        answer = await _log_in(browser, "hanako", "x" * 70_000)

        assert answer.status_code == 413

    async def test_a_form_that_hides_its_size_is_not_read(self, browser: Any) -> None:
        async def pieces() -> Any:
            yield b"login=hanako"

        answer = await browser.client.post("/console/login", content=pieces())

        assert answer.status_code == 413

    @pytest.mark.parametrize("path", ["/console/login", "/console", "/console/nothing/here"])
    async def test_every_answer_carries_the_headers(self, browser: Any, path: str) -> None:
        headers = (await browser.get(path)).headers

        assert headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
            " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"

    async def test_an_unknown_page_is_told_in_words(self, browser: Any) -> None:
        answer = await browser.get("/console/nothing/here")

        assert answer.status_code == 404
        assert "ページが見つかりません" in answer.text
