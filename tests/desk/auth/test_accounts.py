"""Accounts and passwords: making, proving, slowing down on guesses."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from desk.auth.errors import (
    AccountFlaw,
    AccountRefusedError,
    LoginRefusedError,
    LoginTakenError,
    PasswordFlaw,
    PasswordRefusedError,
)
from desk.auth.models import Role, StaffUser
from desk.auth.passwords import Passwords
from desk.auth.service import FREE_ATTEMPTS, ONE_TIME_FOR, AuthService, wait_after
from desk.config import Settings
from desk.db import Database, now
from tests.desk.auth.guesses import PASSWORD, _guess, _lock

pytestmark = pytest.mark.asyncio


class TestCreateUser:
    async def test_a_one_time_password_must_be_changed(self, auth: AuthService) -> None:
        secret = await auth.create_user("Hanako", "Yamada", Role.STAFF, "matsumoto")

        user = await auth.authenticate("hanako", str(secret))
        assert user.must_change_password

    async def test_a_given_password_lasts(self, auth: AuthService) -> None:
        secret = await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto", PASSWORD)

        assert secret is None
        assert not (await auth.authenticate("hanako", PASSWORD)).must_change_password

    async def test_the_login_name_is_the_same_in_any_width_and_case(
        self, auth: AuthService
    ) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto", PASSWORD)

        assert await auth.authenticate(" \uff28anako", PASSWORD)
        with pytest.raises(LoginTakenError):
            await auth.create_user("HANAKO", "Z", Role.STAFF, "matsumoto")

    @pytest.mark.parametrize(
        ("login", "name", "role", "hub", "flaw"),
        [
            ("x", "Y", Role.ADMIN, None, AccountFlaw.BAD_LOGIN),
            ("a b", "Y", Role.ADMIN, None, AccountFlaw.BAD_LOGIN),
            ("hanako", " ", Role.ADMIN, None, AccountFlaw.BAD_NAME),
            ("hanako", "y" * 65, Role.ADMIN, None, AccountFlaw.BAD_NAME),
            ("hanako", "Y", Role.STAFF, None, AccountFlaw.HUB_NEEDED),
            ("hanako", "Y", Role.LEAD, "", AccountFlaw.HUB_NEEDED),
            ("hanako", "Y", Role.STAFF, "osaka", AccountFlaw.HUB_UNKNOWN),
        ],
    )
    async def test_an_account_that_makes_no_sense_is_refused(
        self,
        auth: AuthService,
        login: str,
        name: str,
        role: Role,
        hub: str | None,
        flaw: AccountFlaw,
    ) -> None:
        with pytest.raises(AccountRefusedError) as caught:
            await auth.create_user(login, name, role, hub)

        assert caught.value.flaw is flaw

    async def test_a_weak_given_password_is_refused(self, auth: AuthService) -> None:
        with pytest.raises(PasswordRefusedError):
            await auth.create_user("hanako", "Y", Role.ADMIN, None, "short")

    async def test_a_wide_role_belongs_to_no_hub(self, auth: AuthService) -> None:
        await auth.create_user("kanto", "K", Role.BUREAU, "matsumoto")

        assert (await auth.get_user_by_login("kanto")).hub_id is None


class TestEnsureFirstAdmin:
    async def test_an_empty_desk_gets_an_administrator(self, auth: AuthService) -> None:
        made = await auth.ensure_first_admin()

        assert made is not None
        user = await auth.authenticate(*made)
        assert (user.login, user.role, user.must_change_password) == ("admin", Role.ADMIN, True)

    async def test_a_desk_with_accounts_gets_none(self, auth: AuthService) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto")

        assert await auth.ensure_first_admin() is None

    async def test_two_processes_make_one(self, auth: AuthService) -> None:
        made = await asyncio.gather(auth.ensure_first_admin(), auth.ensure_first_admin())

        assert len([one for one in made if one is not None]) == 1
        assert len(await auth.list_users()) == 1


class TestAuthenticate:
    async def test_unknown_wrong_disabled_and_locked_are_refused_alike(
        self, auth: AuthService, database: Database
    ) -> None:
        for login in ("wrong", "disabled", "locked"):
            await auth.create_user(login, "Y", Role.STAFF, "matsumoto", PASSWORD)
        await auth.disable_user((await auth.get_user_by_login("disabled")).id)
        await _lock(database, "locked", FREE_ATTEMPTS + 1)

        tries = [
            ("unknown", PASSWORD),
            ("wrong", "not this one at all"),
            ("disabled", PASSWORD),
            ("locked", PASSWORD),
        ]
        words = set()
        for login, password in tries:
            with pytest.raises(LoginRefusedError) as caught:
                await auth.authenticate(login, password)
            words.add(caught.value.detail)

        assert len(words) == 1

    async def test_four_wrong_guesses_cost_nothing(self, auth: AuthService) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto", PASSWORD)
        await _guess(auth, FREE_ATTEMPTS)

        assert await auth.authenticate("hanako", PASSWORD)

    async def test_the_fifth_wrong_guess_locks(self, auth: AuthService) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto", PASSWORD)
        await _guess(auth, FREE_ATTEMPTS + 1)

        with pytest.raises(LoginRefusedError):
            await auth.authenticate("hanako", PASSWORD)
        user = await auth.get_user_by_login("hanako")
        assert user.locked_until is not None
        assert user.locked_until > now()

    async def test_guesses_sent_at_once_are_all_counted(self, auth: AuthService) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto", PASSWORD)

        await asyncio.gather(*(_guess(auth, 1) for _ in range(12)))

        user = await auth.get_user_by_login("hanako")
        assert user.failed_logins == FREE_ATTEMPTS + 1
        assert user.locked_until is not None

    async def test_the_lock_ends_by_itself_and_success_forgives(
        self, auth: AuthService, database: Database
    ) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto", PASSWORD)
        await _guess(auth, FREE_ATTEMPTS + 1)
        async with database.write() as tx:
            await tx.execute(update(StaffUser).values(locked_until=now()))

        user = await auth.authenticate("hanako", PASSWORD)

        assert (user.failed_logins, user.locked_until) == (0, None)

    async def test_the_wait_grows_to_a_quarter_of_an_hour(self) -> None:
        waits = [wait_after(attempts).total_seconds() for attempts in (5, 6, 7, 9, 10, 99)]

        assert waits == [30, 60, 120, 480, 900, 900]

    async def test_a_hash_of_old_costs_is_renewed(
        self, auth: AuthService, database: Database, settings: Settings
    ) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto", PASSWORD)
        dearer = Passwords(time_cost=2, memory_kib=64, lanes=1)

        await AuthService(database, settings, passwords=dearer).authenticate("hanako", PASSWORD)

        stored = (await auth.get_user_by_login("hanako")).password_hash
        assert not dearer.is_outdated(stored)


class TestOneTimePassword:
    async def test_it_opens_for_a_week(
        self, auth: AuthService, database: Database, audited: Any
    ) -> None:
        secret = str(await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto"))
        user = await auth.authenticate("hanako", secret)
        assert user.one_time_until is not None
        assert user.one_time_until > now() + ONE_TIME_FOR - timedelta(minutes=1)
        async with database.write() as tx:
            await tx.execute(update(StaffUser).values(one_time_until=now()))

        with pytest.raises(LoginRefusedError):
            await auth.authenticate("hanako", secret)

        assert (await audited())[-1].details["reason"] == "one_time_over"

    async def test_a_password_of_ones_own_lasts(
        self, auth: AuthService, database: Database
    ) -> None:
        secret = str(await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto"))
        user = await auth.get_user_by_login("hanako")

        await auth.change_password(user.id, old=secret, new=PASSWORD)

        assert (await auth.get_user_by_login("hanako")).one_time_until is None

    async def test_a_reset_begins_a_new_week(self, auth: AuthService, database: Database) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto")
        user = await auth.get_user_by_login("hanako")
        async with database.write() as tx:
            await tx.execute(update(StaffUser).values(one_time_until=now()))

        secret = await auth.reset_password(user.id)

        assert await auth.authenticate("hanako", secret)


class TestChangePassword:
    async def test_the_new_password_replaces_the_old(self, auth: AuthService) -> None:
        secret = await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto")
        user = await auth.get_user_by_login("hanako")

        await auth.change_password(user.id, old=str(secret), new=PASSWORD)

        assert not (await auth.authenticate("hanako", PASSWORD)).must_change_password
        with pytest.raises(LoginRefusedError):
            await auth.authenticate("hanako", str(secret))

    async def test_other_sessions_end_and_a_new_one_begins(self, auth: AuthService) -> None:
        secret = await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto")
        user = await auth.get_user_by_login("hanako")
        before = await auth.start_session(user.id)

        after = await auth.change_password(user.id, old=str(secret), new=PASSWORD)

        assert await auth.find_session(before) is None
        assert await auth.find_session(after) is not None

    async def test_a_wrong_old_password_counts_as_a_guess(self, auth: AuthService) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto", PASSWORD)
        user = await auth.get_user_by_login("hanako")

        with pytest.raises(PasswordRefusedError) as caught:
            await auth.change_password(user.id, old="not this one", new="another good one")

        assert caught.value.flaw is PasswordFlaw.OLD_IS_WRONG
        assert (await auth.get_user_by_login("hanako")).failed_logins == 1
