"""Login by an organisation against a real server process: button, tokens, keys, state."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from desk.audit.models import AuditEntry
from desk.auth.dependencies import COOKIE, LOGIN_COOKIE
from desk.auth.models import StaffIdentity, StaffUser
from desk.auth.oidc.provider import ASK_AGAIN_AFTER
from desk.auth.oidc.service import link
from desk.auth.service import AuthService
from desk.config import Settings
from desk.db import Database
from tests.desk.console.oidc.conftest import (
    Clock,
    Organisation,
    _come_back,
    _is_refused,
    _log_in,
    _reasons,
)

pytestmark = pytest.mark.asyncio


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
