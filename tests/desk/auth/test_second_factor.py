"""The authenticator app: set-up, login, slowing down on guesses."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from desk.auth.attempts import FREE_ATTEMPTS
from desk.auth.errors import CodeRefusedError, LoginExpiredError, StaleLoginError
from desk.auth.login import LoggedIn
from desk.auth.models import (
    Factor,
    LoginChallenge,
    StaffSession,
    StaffUser,
)
from desk.auth.passwords import Passwords
from desk.auth.second_factor import PENDING_FOR
from desk.auth.service import AuthService
from desk.auth.sessions import FRESH_FOR
from desk.db import Database, now
from tests.desk.auth.factor_steps import PASSWORD, _password

PATIENCE_SECONDS = 10

pytestmark = pytest.mark.asyncio


class TestSetUp:
    async def test_it_counts_from_the_first_right_code_on(
        self, auth: AuthService, sign_in: Any, clock: Any
    ) -> None:
        signed = await sign_in()
        await auth.second_factor.begin(signed)
        assert not await auth.second_factor.is_set_up(signed.user.id)

        with pytest.raises(CodeRefusedError):
            await auth.second_factor.confirm(signed, "000000")

        assert not await auth.second_factor.is_set_up(signed.user.id)
        assert isinstance(await auth.logins.go_on(signed.user), LoggedIn)

    async def test_the_page_loaded_again_shows_the_same_secret_for_an_hour(
        self, auth: AuthService, sign_in: Any, clock: Any
    ) -> None:
        signed = await sign_in()
        first = await auth.second_factor.begin(signed)

        assert await auth.second_factor.begin(signed) == first
        clock.move(PENDING_FOR.total_seconds() + 1)
        assert await auth.second_factor.begin(signed) != first

    async def test_other_sessions_end_and_the_new_one_has_the_factor(
        self, auth: AuthService, sign_in: Any, set_up: Any
    ) -> None:
        other, signed = await sign_in(), await sign_in()

        _, done = await set_up(signed)

        assert not {s.id for s in await auth.sessions.list_of(signed.user.id)} & {
            other.session.id,
            signed.session.id,
        }
        after = await auth.find_session(done.token)
        assert after is not None
        assert after.session.second_factor == Factor.TOTP

    async def test_it_wants_a_login_of_the_last_minutes(
        self, auth: AuthService, sign_in: Any, database: Database
    ) -> None:
        signed = await sign_in()
        signed.session.created_at = now() - FRESH_FOR - timedelta(seconds=1)

        for change in (
            auth.second_factor.begin(signed),
            auth.second_factor.confirm(signed, "000000"),
            auth.second_factor.renew_codes(signed),
        ):
            with pytest.raises(StaleLoginError):
                await change

    async def test_a_new_app_replaces_the_old_one_only_when_it_is_confirmed(
        self, auth: AuthService, sign_in: Any, set_up: Any, clock: Any
    ) -> None:
        phone, done = await set_up(await sign_in())
        again = await auth.find_session(done.token)
        assert again is not None
        await auth.second_factor.begin(again)
        assert await auth.logins.finish(await _password(auth), phone.code())
        clock.move(60)

        newer, _ = await set_up(again)

        with pytest.raises(CodeRefusedError):
            await auth.logins.finish(await _password(auth), phone.code())
        assert await auth.logins.finish(await _password(auth), newer.code())


class TestLogin:
    async def test_a_right_password_alone_gives_no_session(
        self, auth: AuthService, sign_in: Any, set_up: Any, database: Database
    ) -> None:
        await set_up(await sign_in())
        async with database.read() as tx:
            before = len((await tx.scalars(select(StaffSession))).all())

        token = await _password(auth)

        assert await auth.find_session(token) is None
        async with database.read() as tx:
            assert len((await tx.scalars(select(StaffSession))).all()) == before

    @pytest.mark.parametrize("steps", [-1, 0, 1])
    async def test_a_code_of_this_step_or_its_neighbours_is_right(
        self, auth: AuthService, sign_in: Any, set_up: Any, steps: int
    ) -> None:
        phone, _ = await set_up(await sign_in())

        done = await auth.logins.finish(await _password(auth), phone.code(steps))

        signed = await auth.find_session(done.token)
        assert signed is not None
        assert signed.session.second_factor == Factor.TOTP

    @pytest.mark.parametrize("steps", [-2, 2])
    async def test_a_code_further_away_is_refused(
        self, auth: AuthService, sign_in: Any, set_up: Any, clock: Any, steps: int
    ) -> None:
        phone, _ = await set_up(await sign_in())
        clock.move(600)

        with pytest.raises(CodeRefusedError):
            await auth.logins.finish(await _password(auth), phone.code(steps))

    async def test_a_code_counts_once_and_none_before_it_counts_afterwards(
        self, auth: AuthService, sign_in: Any, set_up: Any
    ) -> None:
        phone, _ = await set_up(await sign_in())
        await auth.logins.finish(await _password(auth), phone.code())

        for code in (phone.code(), phone.code(-1)):
            with pytest.raises(CodeRefusedError):
                await auth.logins.finish(await _password(auth), code)

    async def test_the_code_that_set_the_app_up_is_used_already(
        self, auth: AuthService, sign_in: Any, set_up: Any, clock: Any
    ) -> None:
        phone, _ = await set_up(await sign_in())
        clock.move(-60)

        with pytest.raises(CodeRefusedError):
            await auth.logins.finish(await _password(auth), phone.code())

    async def test_of_two_who_send_the_same_code_at_once_one_gets_in(
        self, auth: AuthService, sign_in: Any, set_up: Any
    ) -> None:
        phone, _ = await set_up(await sign_in())
        tokens = [await _password(auth), await _password(auth)]

        outcomes = await asyncio.gather(
            *(auth.logins.finish(token, phone.code()) for token in tokens),
            return_exceptions=True,
        )

        kinds = sorted(type(outcome).__name__ for outcome in outcomes)
        assert kinds == ["CodeRefusedError", "LoggedIn"]

    async def test_a_finished_login_cannot_be_finished_again(
        self, auth: AuthService, sign_in: Any, set_up: Any, clock: Any
    ) -> None:
        phone, _ = await set_up(await sign_in())
        token = await _password(auth)
        await auth.logins.finish(token, phone.code())
        clock.move(60)

        with pytest.raises(LoginExpiredError):
            await auth.logins.finish(token, phone.code())

    async def test_a_login_waits_ten_minutes_for_its_code(
        self, auth: AuthService, sign_in: Any, set_up: Any, database: Database
    ) -> None:
        phone, _ = await set_up(await sign_in())
        token = await _password(auth)
        async with database.write() as tx:
            await tx.execute(update(LoginChallenge).values(expires_at=now()))

        assert not await auth.logins.is_waiting(token)
        with pytest.raises(LoginExpiredError):
            await auth.logins.finish(token, phone.code())

    @pytest.mark.parametrize("deed", ["disable_user", "reset_password"])
    async def test_a_login_in_between_ends_with_what_ends_sessions(
        self, auth: AuthService, sign_in: Any, set_up: Any, deed: str
    ) -> None:
        signed = await sign_in()
        phone, _ = await set_up(signed)
        token = await _password(auth)

        await getattr(auth, deed)(signed.user.id)

        with pytest.raises(LoginExpiredError):
            await auth.logins.finish(token, phone.code())

    async def test_the_organisations_own_second_factor_spares_the_code(
        self, auth: AuthService, sign_in: Any, set_up: Any
    ) -> None:
        signed = await sign_in()
        await set_up(signed)

        outcome = await auth.logins.go_on(signed.user, has_mfa=True)

        assert isinstance(outcome, LoggedIn)


class TestSlowingDown:
    async def test_wrong_codes_are_counted_like_wrong_passwords(
        self, auth: AuthService, sign_in: Any, set_up: Any
    ) -> None:
        phone, _ = await set_up(await sign_in())
        token = await _password(auth)
        for _ in range(FREE_ATTEMPTS + 1):
            with pytest.raises(CodeRefusedError):
                await auth.logins.finish(token, "000000")

        with pytest.raises(CodeRefusedError):
            await auth.logins.finish(token, phone.code())
        user = await auth.get_user_by_login("hanako")
        assert user.locked_until is not None
        assert user.locked_until > now()

    async def test_a_right_password_forgives_no_wrong_codes(
        self, auth: AuthService, sign_in: Any, set_up: Any
    ) -> None:
        await set_up(await sign_in())
        for _ in range(FREE_ATTEMPTS):
            with pytest.raises(CodeRefusedError):
                await auth.logins.finish(await _password(auth), "000000")

        assert (await auth.get_user_by_login("hanako")).failed_logins == FREE_ATTEMPTS

    async def test_a_right_password_does_not_lock_the_way_to_the_code(
        self, auth: AuthService, sign_in: Any, set_up: Any
    ) -> None:
        phone, _ = await set_up(await sign_in())
        for _ in range(FREE_ATTEMPTS):
            with pytest.raises(CodeRefusedError):
                await auth.logins.finish(await _password(auth), "000000")

        assert await auth.logins.finish(await _password(auth), phone.code())
        assert (await auth.get_user_by_login("hanako")).failed_logins == 0

    async def test_a_right_password_does_not_open_a_lock_that_a_code_set_meanwhile(
        self, auth: AuthService, sign_in: Any, set_up: Any, database: Database
    ) -> None:
        await set_up(await sign_in())
        user = await auth.authenticate("hanako", PASSWORD)
        token = await _password(auth)
        until = now() + timedelta(minutes=1)

        class Racing(Passwords):
            """Locks the account while the password is being checked."""

            async def matches(self, stored: str | None, password: str) -> bool:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while not (await auth.get_user_by_login(user.login)).failed_logins:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)  # The attempt is counted side by side.
                async with database.write() as tx:
                    await tx.execute(update(StaffUser).values(failed_logins=9, locked_until=until))
                return await super().matches(stored, password)

        racing = AuthService(
            database, auth._settings, passwords=Racing(time_cost=1, memory_kib=64, lanes=1)
        )
        await racing.authenticate("hanako", PASSWORD)

        assert (await auth.get_user_by_login(user.login)).locked_until == until
        with pytest.raises(CodeRefusedError):
            await auth.logins.finish(token, "000000")
