"""Login by an organisation, against a provider in a process of its own."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pyotp
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select

from desk.audit.models import AuditEntry
from desk.auth.dependencies import COOKIE, LOGIN_COOKIE
from desk.auth.models import Role, StaffIdentity, StaffUser
from desk.auth.oidc.provider import ASK_AGAIN_AFTER, HttpIdentityProvider
from desk.auth.oidc.service import OidcLogins, link, set_email
from desk.auth.service import AuthService
from desk.config import SecondFactorRule, Settings
from desk.db import Database, now

pytestmark = pytest.mark.asyncio
SERVER = Path(__file__).with_name("oidc_server.py")
EMAIL = "hanako@city.example.lg.jp"
CLAIMS = {"sub": "person-1", "email": EMAIL, "email_verified": True}
QUEUE = "/console"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that runs while the tests of this file do."""
    with subprocess.Popen(
        [sys.executable, str(SERVER)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        yield f"http://127.0.0.1:{port}"
        server.terminate()


class Organisation:
    """The provider, and a browser at it."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._client = httpx.AsyncClient(trust_env=False)

    async def set(self, claims: dict[str, Any] | None = None, **more: Any) -> dict[str, int]:
        """Say who logs in, and what is wrong with the tokens; how often what was read."""
        wanted = {"claims": {**CLAIMS, **(claims or {})}, **more}
        answer = await self._client.post(f"{self.issuer}/control", json=wanted)
        return dict(answer.json())

    async def log_in_at(self, address: str) -> str:
        """Log in there; the address to which the browser is sent back."""
        answer = await self._client.get(address)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    async def close(self) -> None:
        await self._client.aclose()


class Clock:
    """The real clock, moved on by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


@pytest.fixture
def ahead() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def organisation(
    app: FastAPI,
    auth: AuthService,
    database: Database,
    settings: Settings,
    issuer: str,
    ahead: Clock,
) -> AsyncIterator[Organisation]:
    """The organisation's login, set up in the console."""
    settings.oidc_issuer = issuer
    settings.oidc_client_id, settings.oidc_client_secret = "desk", "a secret / with + signs"
    settings.public_url = "http://console.test"
    provider = HttpIdentityProvider(settings, clock=ahead)
    app.state.oidc = OidcLogins(
        database, provider, auth.logins, require_mfa=settings.oidc_require_mfa
    )
    organisation = Organisation(issuer)
    await organisation.set()
    yield organisation
    await organisation.close()
    await provider.close()


@pytest_asyncio.fixture
async def hanako(auth: AuthService, database: Database) -> StaffUser:
    """An account for which an administrator entered the address."""
    await auth.create_user("hanako", "花子", Role.STAFF, "matsumoto")
    user = await auth.get_user_by_login("hanako")
    await set_email(database, user.id, EMAIL, by=None)
    return user


async def _come_back(browser: Any, organisation: Organisation, target: str = QUEUE) -> str:
    """Go to the organisation and log in; the address of the way back."""
    answer = await browser.get(f"/console/oidc/start?next={target}")
    assert answer.status_code == 303
    back = urlsplit(await organisation.log_in_at(answer.headers["location"]))
    assert f"{back.scheme}://{back.netloc}" == "http://console.test"
    return f"{back.path}?{back.query}"


async def _log_in(browser: Any, organisation: Organisation, target: str = QUEUE) -> httpx.Response:
    answer: httpx.Response = await browser.get(await _come_back(browser, organisation, target))
    return answer


async def _reasons(database: Database) -> list[str]:
    async with database.read() as tx:
        entries = (await tx.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all()
    return [e.details["reason"] for e in entries if e.action == "login_failed"]


def _is_refused(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 401
        and "組織のアカウントでは、ログインできませんでした" in answer.text
        and COOKIE not in answer.cookies
    )


class TestButton:
    async def test_anonymous_see_it_only_where_it_is_set_up(
        self, browser: Any, app: FastAPI
    ) -> None:
        assert "organisation-login" not in (await browser.get("/console/login")).text

        assert (await browser.get("/console/oidc/start")).status_code == 404
        assert (await browser.get("/console/oidc/callback")).status_code == 404

    async def test_it_names_the_organisation(
        self, browser: Any, organisation: Organisation, settings: Settings
    ) -> None:
        settings.oidc_name = "松本市"

        page = await browser.get("/console/login?next=/console?filter=mine")

        assert "松本市のアカウントでログイン" in page.text
        assert "/console/oidc/start?next=/console%3Ffilter%3Dmine" in page.text


class TestHappyPath:
    async def test_a_person_of_the_organisation_gets_in(
        self, browser: Any, organisation: Organisation, hanako: StaffUser, database: Database
    ) -> None:
        answer = await _log_in(browser, organisation, "/console?filter=mine")

        assert (answer.status_code, answer.headers["location"]) == (303, "/console?filter=mine")
        assert (await browser.get("/console")).status_code == 200
        assert LOGIN_COOKIE not in browser.client.cookies
        async with database.read() as tx:
            (identity,) = (await tx.scalars(select(StaffIdentity))).all()
            last = (await tx.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()))).first()
        assert (identity.user_id, identity.subject) == (hanako.id, "person-1")
        assert last is not None
        assert (last.action, last.details["method"]) == ("login_succeeded", "oidc")

    async def test_afterwards_the_number_counts_and_not_the_address(
        self, browser: Any, organisation: Organisation, hanako: StaffUser
    ) -> None:
        await _log_in(browser, organisation)
        await organisation.set({"email": "married@city.example.lg.jp"})

        assert (await _log_in(browser, organisation)).status_code == 303

    async def test_the_width_and_case_of_the_address_do_not_matter(
        self, browser: Any, organisation: Organisation, hanako: StaffUser
    ) -> None:
        await organisation.set({"email": "Hanako@City.Example.lg.jp"})

        assert (await _log_in(browser, organisation)).status_code == 303

    async def test_a_person_without_address_can_be_tied_by_number(
        self, browser: Any, organisation: Organisation, hanako: StaffUser, database: Database
    ) -> None:
        await organisation.set({"email": None})
        issuer = organisation.issuer
        await link(database, hanako.id, issuer=issuer, subject="person-1", by=None)

        assert (await _log_in(browser, organisation)).status_code == 303

    async def test_an_older_session_of_the_browser_ends(
        self, sign_in: Any, auth: AuthService, organisation: Organisation, hanako: StaffUser
    ) -> None:
        browser = await sign_in(login="other")
        old = browser.client.cookies[COOKIE]

        await _log_in(browser, organisation)

        assert await auth.find_session(old) is None


class TestToken:
    @pytest.mark.parametrize(
        "claims",
        [
            {"nonce": "another"},
            {"nonce": None},
            {"aud": "another-client"},
            {"aud": ["desk", "another-client"]},
            {"azp": "another-client"},
            {"iss": "https://evil.example"},
            {"exp": 1_700_000_000},
            {"exp": None},
            {"iat": 4_000_000_000},
            {"sub": ""},
            {"sub": None},
        ],
        ids=lambda claims: "-".join(f"{k}={v}" for k, v in claims.items()),
    )
    async def test_a_token_with_a_wrong_claim_is_refused(
        self,
        *,
        browser: Any,
        organisation: Organisation,
        hanako: StaffUser,
        database: Database,
        claims: dict[str, Any],
    ) -> None:
        await organisation.set(claims)

        assert _is_refused(await _log_in(browser, organisation))
        assert await _reasons(database) == ["oidc_token"]

    @pytest.mark.parametrize("mode", ["stranger", "unsigned", "shared_secret"])
    async def test_a_token_that_the_organisation_did_not_sign_is_refused(
        self, browser: Any, organisation: Organisation, hanako: StaffUser, mode: str
    ) -> None:
        await organisation.set(mode=mode)

        assert _is_refused(await _log_in(browser, organisation))

    async def test_another_audience_beside_us_is_right_if_the_token_was_made_for_us(
        self, browser: Any, organisation: Organisation, hanako: StaffUser
    ) -> None:
        await organisation.set({"aud": ["desk", "another-client"], "azp": "desk"})

        assert (await _log_in(browser, organisation)).status_code == 303


class TestKeys:
    async def test_they_are_read_once_and_again_when_the_organisation_changes_them(
        self, browser: Any, organisation: Organisation, hanako: StaffUser, ahead: Clock
    ) -> None:
        before = await organisation.set()
        await _log_in(browser, organisation)
        await _log_in(browser, organisation)
        between = await organisation.set(rotate=True)

        ahead.ahead = ASK_AGAIN_AFTER
        answer = await _log_in(browser, organisation)

        assert between["jwks"] == before["jwks"] + 1
        assert answer.status_code == 303
        assert (await organisation.set())["jwks"] == before["jwks"] + 2

    async def test_strangers_tokens_do_not_become_requests(
        self, browser: Any, organisation: Organisation, hanako: StaffUser
    ) -> None:
        await _log_in(browser, organisation)
        before = await organisation.set(mode="stranger")

        for _ in range(3):
            assert _is_refused(await _log_in(browser, organisation))

        assert (await organisation.set())["jwks"] == before["jwks"]


class TestState:
    async def test_it_counts_once(
        self, browser: Any, organisation: Organisation, hanako: StaffUser, database: Database
    ) -> None:
        back = await _come_back(browser, organisation)
        browser.client.cookies.set("kept", browser.client.cookies[LOGIN_COOKIE])
        assert (await browser.get(back)).status_code == 303
        browser.client.cookies.set(LOGIN_COOKIE, browser.client.cookies["kept"])

        assert _is_refused(await browser.get(back))
        assert await _reasons(database) == ["oidc_state"]

    @pytest.mark.parametrize(
        "change",
        [
            lambda address: address.replace("state=", "state=x"),
            lambda address: urlsplit(address).path,
            lambda address: address.replace("iss=http", "iss=https"),
        ],
        ids=["another", "none", "another issuer"],
    )
    async def test_a_way_back_that_does_not_fit_is_refused(
        self,
        *,
        browser: Any,
        organisation: Organisation,
        hanako: StaffUser,
        change: Callable[[str], str],
    ) -> None:
        back = await _come_back(browser, organisation)

        assert _is_refused(await browser.get(change(back)))

    async def test_another_browser_cannot_come_back(
        self, browser: Any, sign_in: Any, organisation: Organisation, hanako: StaffUser
    ) -> None:
        back = await _come_back(browser, organisation)
        other = await sign_in(login="other")

        assert _is_refused(await other.get(back))

    async def test_a_code_of_another_login_is_refused(
        self, browser: Any, organisation: Organisation, hanako: StaffUser
    ) -> None:
        stolen = await _come_back(browser, organisation)
        own = await _come_back(browser, organisation)
        code = httpx.URL(stolen).params["code"]

        mixed = str(httpx.URL(own).copy_set_param("code", code))

        assert _is_refused(await browser.get(mixed))

    async def test_the_way_on_stays_inside_the_console(
        self, browser: Any, organisation: Organisation, hanako: StaffUser
    ) -> None:
        answer = await _log_in(browser, organisation, "https://evil.example")

        assert answer.headers["location"] == "/console"


class TestAccount:
    @pytest.mark.parametrize(
        ("claims", "reason"),
        [
            ({"sub": "person-2", "email": "nobody@city.example.lg.jp"}, "oidc_unknown"),
            ({"sub": "person-2", "email": None}, "oidc_unknown"),
            ({"sub": "person-2", "email_verified": False}, "oidc_email_unverified"),
            ({"sub": "person-2", "email_verified": "true"}, "oidc_email_unverified"),
            ({"sub": "person-2", "email_verified": None}, "oidc_email_unverified"),
        ],
    )
    async def test_an_unknown_person_gets_no_account(
        self,
        *,
        browser: Any,
        organisation: Organisation,
        hanako: StaffUser,
        auth: AuthService,
        database: Database,
        claims: dict[str, Any],
        reason: str,
    ) -> None:
        await organisation.set(claims)

        assert _is_refused(await _log_in(browser, organisation))
        assert await _reasons(database) == [reason]
        assert len(await auth.list_users()) == 1

    async def test_whoever_gets_the_address_later_gets_no_account_with_it(
        self, browser: Any, organisation: Organisation, hanako: StaffUser, database: Database
    ) -> None:
        await _log_in(browser, organisation)
        await browser.client.post("/console/logout", data={"csrf_token": await browser.token()})
        await organisation.set({"sub": "person-2"})

        assert _is_refused(await _log_in(browser, organisation))
        assert await _reasons(database) == ["oidc_another_subject"]

    async def test_the_login_name_is_not_taken_for_an_address(
        self, browser: Any, organisation: Organisation, auth: AuthService
    ) -> None:
        await auth.create_user(EMAIL, "花子", Role.STAFF, "matsumoto")

        assert _is_refused(await _log_in(browser, organisation))

    async def test_a_disabled_account_stays_closed(
        self,
        *,
        browser: Any,
        organisation: Organisation,
        hanako: StaffUser,
        auth: AuthService,
        database: Database,
    ) -> None:
        await _log_in(browser, organisation)
        await auth.disable_user(hanako.id)

        assert _is_refused(await _log_in(browser, organisation))
        assert await _reasons(database) == ["oidc_disabled"]

    async def test_a_new_address_unties_the_person_and_ends_their_sessions(
        self, browser: Any, organisation: Organisation, hanako: StaffUser, database: Database
    ) -> None:
        await _log_in(browser, organisation)

        await set_email(database, hanako.id, "other@city.example.lg.jp", by=None)

        assert (await browser.get("/console")).status_code == 303
        assert _is_refused(await _log_in(browser, organisation))


class TestSecondFactor:
    @pytest.mark.parametrize(
        ("claims", "status"),
        [({}, 401), ({"amr": ["pwd"]}, 401), ({"amr": ["pwd", "mfa"]}, 303), ({"acr": "mfa"}, 303)],
    )
    async def test_it_can_be_demanded_of_the_organisation(
        self,
        *,
        browser: Any,
        app: FastAPI,
        organisation: Organisation,
        hanako: StaffUser,
        auth: AuthService,
        database: Database,
        claims: dict[str, Any],
        status: int,
    ) -> None:
        provider = app.state.oidc.provider
        app.state.oidc = OidcLogins(database, provider, auth.logins, require_mfa=True)
        await organisation.set(claims)

        assert (await _log_in(browser, organisation)).status_code == status

    async def test_without_it_the_own_app_is_asked_for(
        self, browser: Any, organisation: Organisation, hanako: StaffUser, auth: AuthService
    ) -> None:
        signed = await auth.find_session(await auth.start_session(hanako.id))
        assert signed is not None
        enrolment = await auth.second_factor.begin(signed)
        totp = pyotp.TOTP(enrolment.secret)
        await auth.second_factor.confirm(signed, totp.at(now(), counter_offset=-1))

        answer = await _log_in(browser, organisation, "/console?filter=mine")

        assert answer.headers["location"] == "/console/login/code?next=%2Fconsole%3Ffilter%3Dmine"
        assert COOKIE not in browser.client.cookies
        done = await browser.post(
            "/console/login/code", token="", code=totp.now(), next="/console?filter=mine"
        )
        assert (done.status_code, done.headers["location"]) == (303, "/console?filter=mine")

    async def test_a_role_that_needs_one_is_led_to_set_it_up(
        self,
        *,
        browser: Any,
        organisation: Organisation,
        hanako: StaffUser,
        settings: Settings,
    ) -> None:
        settings.require_totp = SecondFactorRule.ALL

        answer = await _log_in(browser, organisation)

        assert answer.headers["location"] == "/console/second-factor"
        assert (await browser.get("/console/second-factor")).status_code == 200


class TestTrouble:
    async def test_somebody_who_declines_is_back_at_the_login(
        self, browser: Any, organisation: Organisation, database: Database
    ) -> None:
        await organisation.set(mode="denied")

        assert _is_refused(await _log_in(browser, organisation))
        assert await _reasons(database) == ["oidc_denied"]

    async def test_a_broken_token_endpoint_is_told(
        self, browser: Any, organisation: Organisation, hanako: StaffUser
    ) -> None:
        await organisation.set(mode="broken")

        answer = await _log_in(browser, organisation)

        assert answer.status_code == 503
        assert "組織のログイン画面につながりません" in answer.text

    async def test_a_document_of_another_issuer_is_not_believed(
        self, browser: Any, organisation: Organisation
    ) -> None:
        await organisation.set(mode="other_issuer")

        assert (await browser.get("/console/oidc/start")).status_code == 503

    async def test_a_wrong_secret_is_refused_by_the_organisation(
        self, browser: Any, organisation: Organisation, hanako: StaffUser, settings: Settings
    ) -> None:
        settings.oidc_client_secret = "another"

        assert _is_refused(await _log_in(browser, organisation))

    async def test_an_organisation_that_is_away_is_told(
        self, browser: Any, organisation: Organisation, settings: Settings, app: FastAPI
    ) -> None:
        settings.oidc_issuer = "http://127.0.0.1:9"
        app.state.oidc.provider = HttpIdentityProvider(settings)

        answer = await browser.get("/console/oidc/start")

        assert answer.status_code == 503
        await app.state.oidc.provider.close()


class TestSettings:
    async def test_an_issuer_needs_a_client_id(self) -> None:
        with pytest.raises(ValueError, match="JINJIBU_OIDC_CLIENT_ID"):
            Settings(_env_file=None, oidc_issuer="https://login.example")

    async def test_an_issuer_elsewhere_needs_tls(self) -> None:
        with pytest.raises(ValueError, match="https://"):
            Settings(_env_file=None, oidc_issuer="http://login.example", oidc_client_id="desk")
