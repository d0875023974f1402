"""Recovery codes, and the reset of a second factor."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from desk.auth.errors import CodeRefusedError
from desk.auth.login import LoggedIn
from desk.auth.models import (
    Factor,
    RecoveryCode,
    Role,
    StaffTotp,
)
from desk.auth.second_factor import RECOVERY_CODES
from desk.auth.service import AuthService
from desk.db import Database
from tests.desk.auth.factor_steps import PASSWORD, _password

pytestmark = pytest.mark.asyncio


class TestRecoveryCodes:
    async def test_there_are_ten_and_the_table_holds_slow_hashes_only(
        self, auth: AuthService, sign_in: Any, set_up: Any, database: Database
    ) -> None:
        _, done = await set_up(await sign_in())

        async with database.read() as tx:
            rows = (await tx.scalars(select(RecoveryCode))).all()
        assert len(done.codes) == len({*done.codes}) == len(rows) == RECOVERY_CODES
        assert all(row.code_hash.startswith("$argon2id$") for row in rows)

    async def test_each_opens_the_door_once(
        self, auth: AuthService, sign_in: Any, set_up: Any
    ) -> None:
        signed = await sign_in()
        _, done = await set_up(signed)

        first = await auth.logins.finish(await _password(auth), done.codes[3])

        session = await auth.find_session(first.token)
        assert session is not None
        assert session.session.second_factor == Factor.RECOVERY
        assert await auth.second_factor.count_recovery_codes(signed.user.id) == 9
        with pytest.raises(CodeRefusedError):
            await auth.logins.finish(await _password(auth), done.codes[3])
        assert await auth.logins.finish(await _password(auth), done.codes[4].upper())

    async def test_of_two_who_send_the_same_at_once_one_gets_in(
        self, auth: AuthService, sign_in: Any, set_up: Any
    ) -> None:
        _, done = await set_up(await sign_in())
        tokens = [await _password(auth), await _password(auth)]

        outcomes = await asyncio.gather(
            *(auth.logins.finish(token, done.codes[0]) for token in tokens),
            return_exceptions=True,
        )

        kinds = sorted(type(outcome).__name__ for outcome in outcomes)
        assert kinds == ["CodeRefusedError", "LoggedIn"]

    @pytest.mark.parametrize("typed", ["", "x", "99999-99999-99999", "7", "0aaaa-aaaaa-aaaaa"])
    async def test_anything_else_is_refused(
        self, auth: AuthService, sign_in: Any, set_up: Any, typed: str
    ) -> None:
        await set_up(await sign_in())

        with pytest.raises(CodeRefusedError):
            await auth.logins.finish(await _password(auth), typed)

    async def test_codes_of_somebody_else_are_refused(
        self, auth: AuthService, sign_in: Any, set_up: Any
    ) -> None:
        _, done = await set_up(await sign_in("hanako"))
        await set_up(await sign_in("ichiro"))

        with pytest.raises(CodeRefusedError):
            await auth.logins.finish(await _password(auth, "ichiro"), done.codes[0])

    async def test_new_ones_replace_the_old(
        self, auth: AuthService, sign_in: Any, set_up: Any
    ) -> None:
        _, done = await set_up(await sign_in())
        signed = await auth.find_session(done.token)
        assert signed is not None

        codes = await auth.second_factor.renew_codes(signed)

        with pytest.raises(CodeRefusedError):
            await auth.logins.finish(await _password(auth), done.codes[0])
        assert await auth.logins.finish(await _password(auth), codes[0])

    async def test_without_an_app_there_are_none(self, auth: AuthService, sign_in: Any) -> None:
        with pytest.raises(CodeRefusedError):
            await auth.second_factor.renew_codes(await sign_in())


class TestReset:
    async def test_app_codes_and_sessions_are_gone(
        self, auth: AuthService, sign_in: Any, set_up: Any, database: Database
    ) -> None:
        signed, admin = await sign_in(), await sign_in("boss", Role.ADMIN)
        _, done = await set_up(signed)

        await auth.second_factor.reset(signed.user.id, by=admin.user.id)

        assert await auth.find_session(done.token) is None
        outcome = await auth.logins.go_on(await auth.authenticate("hanako", PASSWORD))
        assert isinstance(outcome, LoggedIn)
        async with database.read() as tx:
            assert (await tx.scalars(select(RecoveryCode))).all() == []
            assert (await tx.scalars(select(StaffTotp))).all() == []


class TestAudit:
    async def test_the_log_tells_the_course_without_a_secret(
        self, auth: AuthService, sign_in: Any, set_up: Any, audited: Any
    ) -> None:
        phone, done = await set_up(await sign_in())
        with pytest.raises(CodeRefusedError):
            await auth.logins.finish(await _password(auth), "000000")
        await auth.logins.finish(await _password(auth), done.codes[0])

        entries = await audited()
        assert [entry.action for entry in entries] == [
            "staff_user_created",
            "login_succeeded",
            "totp_set",
            "login_failed",
            "recovery_code_used",
            "login_succeeded",
        ]
        assert entries[3].details["reason"] == "code"
        assert entries[5].details["second_factor"] == "recovery"
        written = str([entry.details for entry in entries])
        assert phone.secret not in written
        assert done.codes[0] not in written
