"""What is changed about an account, who may what, and what the audit log keeps of it."""

from typing import Any

import pytest

from desk.auth.errors import (
    AccountRefusedError,
    LastAdminError,
    LoginRefusedError,
    StaffUserNotFoundError,
)
from desk.auth.models import Role, StaffUser
from desk.auth.rights import can_manage_users, can_write, needs_second_factor, visible_hub
from desk.auth.service import FREE_ATTEMPTS, AuthService
from desk.config import SecondFactorRule
from desk.db import Database, new_id
from tests.desk.auth.guesses import PASSWORD, _guess, _lock

pytestmark = pytest.mark.asyncio


class TestResetPassword:
    async def test_it_unlocks_and_ends_sessions(
        self, auth: AuthService, database: Database
    ) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto", PASSWORD)
        user = await auth.get_user_by_login("hanako")
        token = await auth.start_session(user.id)
        await _lock(database, "hanako", 9)

        secret = await auth.reset_password(user.id)

        assert await auth.find_session(token) is None
        assert (await auth.authenticate("hanako", secret)).must_change_password

    async def test_an_unknown_account_is_refused(self, auth: AuthService) -> None:
        with pytest.raises(StaffUserNotFoundError):
            await auth.reset_password(new_id())


class TestDisableUser:
    async def test_sessions_end_at_once(self, auth: AuthService) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto", PASSWORD)
        user = await auth.get_user_by_login("hanako")
        token = await auth.start_session(user.id)

        await auth.disable_user(user.id)

        assert await auth.find_session(token) is None

    async def test_the_last_administrator_stays(self, auth: AuthService) -> None:
        await auth.ensure_first_admin()
        admin = await auth.get_user_by_login("admin")

        with pytest.raises(LastAdminError):
            await auth.disable_user(admin.id)

    async def test_one_of_two_administrators_may_go(self, auth: AuthService) -> None:
        await auth.ensure_first_admin()
        await auth.create_user("second", "S", Role.ADMIN, None)
        admin = await auth.get_user_by_login("admin")

        await auth.disable_user(admin.id)

        assert (await auth.get_user_by_login("admin")).disabled_at is not None


class TestChangeRole:
    async def test_the_account_gets_the_role_and_its_sessions_end(
        self, auth: AuthService, audited: Any
    ) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto", PASSWORD)
        user = await auth.get_user_by_login("hanako")
        token = await auth.start_session(user.id)

        await auth.change_role(user.id, Role.BUREAU, "matsumoto")

        changed = await auth.get_user_by_login("hanako")
        assert (changed.role, changed.hub_id) == (Role.BUREAU, None)
        assert await auth.find_session(token) is None
        entry = (await audited())[-1]
        assert (entry.action, entry.actor) == ("role_changed", "operator")
        assert (entry.details["from"], entry.details["to"]) == ("staff", "bureau")

    async def test_a_hub_role_needs_a_hub(self, auth: AuthService) -> None:
        await auth.create_user("hanako", "Y", Role.BUREAU, None, PASSWORD)
        user = await auth.get_user_by_login("hanako")

        with pytest.raises(AccountRefusedError):
            await auth.change_role(user.id, Role.STAFF, None)

    async def test_the_last_administrator_stays_one(self, auth: AuthService) -> None:
        await auth.ensure_first_admin()
        admin = await auth.get_user_by_login("admin")

        with pytest.raises(LastAdminError):
            await auth.change_role(admin.id, Role.BUREAU, None)


class TestAudit:
    async def test_failures_are_told_apart_in_the_log_only(
        self, auth: AuthService, audited: Any
    ) -> None:
        await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto", PASSWORD)
        user = await auth.get_user_by_login("hanako")
        with pytest.raises(LoginRefusedError):
            await auth.authenticate("nobody", PASSWORD)
        await _guess(auth, FREE_ATTEMPTS + 2)
        await auth.disable_user(user.id)
        with pytest.raises(LoginRefusedError):
            await auth.authenticate("hanako", PASSWORD)

        entries = await audited()
        failures = [e.details["reason"] for e in entries if e.action == "login_failed"]
        assert failures == ["unknown", *["password"] * (FREE_ATTEMPTS + 1), "locked", "disabled"]
        assert [e.action for e in entries].count("account_locked") == 1
        assert {e.actor for e in entries if e.action == "login_failed"} == {"visitor"}

    async def test_names_and_passwords_stay_out(self, auth: AuthService, audited: Any) -> None:
        await auth.create_user("hanako", "Yamada", Role.STAFF, "matsumoto", PASSWORD)
        user = await auth.get_user_by_login("hanako")
        await auth.change_password(user.id, old=PASSWORD, new="another good one")
        await auth.reset_password(user.id)

        entries = await audited()

        assert [e.action for e in entries] == [
            "staff_user_created",
            "password_changed",
            "password_reset",
        ]
        assert not any(
            word in str((e.subject, e.details))
            for e in entries
            for word in ("hanako", "Yamada", PASSWORD)
        )


class TestNeedsSecondFactor:
    @pytest.mark.parametrize(
        ("rule", "who"),
        [
            (SecondFactorRule.NONE, set()),
            (SecondFactorRule.WIDE, {Role.BUREAU, Role.ADMIN, Role.AUDITOR}),
            (SecondFactorRule.ALL, {*Role}),
        ],
    )
    async def test_the_setting_says_who(self, rule: SecondFactorRule, who: set[Role]) -> None:
        users = {role: StaffUser(login="x", role=role) for role in Role}

        assert {role for role, user in users.items() if needs_second_factor(user, rule)} == who


class TestRights:
    @pytest.mark.parametrize(
        ("role", "hub", "sees", "writes", "manages"),
        [
            (Role.STAFF, "matsumoto", "matsumoto", True, False),
            (Role.LEAD, "matsumoto", "matsumoto", True, False),
            (Role.BUREAU, None, None, True, False),
            (Role.ADMIN, None, None, True, True),
            (Role.AUDITOR, None, None, False, False),
            (Role.STAFF, None, "", True, False),
            ("unheard_of", None, "", False, False),
        ],
    )
    async def test_each_role_sees_and_does_its_part(
        self, role: str, hub: str | None, sees: str | None, writes: bool, manages: bool
    ) -> None:
        user = StaffUser(login="x", display_name="X", password_hash="", role=role, hub_id=hub)

        assert visible_hub(user) == sees
        assert can_write(user) is writes
        assert can_manage_users(user) is manages
