"""Whose account an organisation's login opens, and what happens when it cannot."""

from typing import Any

import pyotp
import pytest
from fastapi import FastAPI

from desk.auth.dependencies import COOKIE
from desk.auth.models import Role, StaffUser
from desk.auth.oidc.provider import HttpIdentityProvider
from desk.auth.oidc.service import OidcLogins, set_email
from desk.auth.service import AuthService
from desk.config import SecondFactorRule, Settings
from desk.db import Database, now
from tests.desk.console.oidc.conftest import EMAIL, Organisation, _is_refused, _log_in, _reasons
from tests.desk.time_steps import keep_clear_of_the_steps_end

pytestmark = pytest.mark.asyncio


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
        await keep_clear_of_the_steps_end()
        await auth.second_factor.confirm(signed, totp.at(now(), counter_offset=-1))

        answer = await _log_in(browser, organisation, "/console?filter=mine")

        assert answer.headers["location"] == "/console/login/code?next=%2Fconsole%3Ffilter%3Dmine"
        assert COOKIE not in browser.client.cookies
        await keep_clear_of_the_steps_end()
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
