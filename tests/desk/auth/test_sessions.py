"""Sessions: how they begin and the four ways they end."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from desk.auth.models import Role, StaffSession
from desk.auth.service import TOUCH_EVERY, AuthService
from desk.config import Settings
from desk.db import Database, now

pytestmark = pytest.mark.asyncio


async def _session(auth: AuthService) -> str:
    await auth.create_user("hanako", "Y", Role.STAFF, "matsumoto")
    return await auth.start_session((await auth.get_user_by_login("hanako")).id)


async def _set(database: Database, **values: object) -> None:
    async with database.write() as tx:
        await tx.execute(update(StaffSession).values(**values))


async def _row(database: Database) -> StaffSession:
    async with database.read() as tx:
        return (await tx.scalars(select(StaffSession))).one()


class TestSession:
    async def test_the_token_finds_its_person(self, auth: AuthService) -> None:
        token = await _session(auth)

        signed = await auth.find_session(token)

        assert signed is not None
        assert signed.user.login == "hanako"

    async def test_the_table_holds_only_the_hash(
        self, auth: AuthService, database: Database
    ) -> None:
        token = await _session(auth)

        row = await _row(database)

        assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()
        assert token not in {row.csrf_token, row.token_hash}

    @pytest.mark.parametrize("token", [None, "", "made-up"])
    async def test_no_and_unknown_tokens_find_nobody(
        self, auth: AuthService, token: str | None
    ) -> None:
        await _session(auth)

        assert await auth.find_session(token) is None

    async def test_ending_it_ends_it(self, auth: AuthService) -> None:
        token = await _session(auth)

        await auth.end_session(token)

        assert await auth.find_session(token) is None

    async def test_it_ends_when_idle_too_long(
        self, auth: AuthService, database: Database, settings: Settings
    ) -> None:
        token = await _session(auth)
        idle = timedelta(minutes=settings.session_idle_minutes)

        await _set(database, last_seen_at=now() - idle + timedelta(seconds=5))
        assert await auth.find_session(token) is not None
        await _set(database, last_seen_at=now() - idle)

        assert await auth.find_session(token) is None

    async def test_it_ends_however_busy_after_its_hours(
        self, auth: AuthService, database: Database, settings: Settings
    ) -> None:
        token = await _session(auth)
        row = await _row(database)
        assert row.expires_at - row.created_at == timedelta(hours=settings.session_hours)

        await _set(database, expires_at=now())

        assert await auth.find_session(token) is None

    async def test_use_keeps_it_alive(self, auth: AuthService, database: Database) -> None:
        token = await _session(auth)
        long_ago = now() - TOUCH_EVERY * 2
        await _set(database, last_seen_at=long_ago)

        await auth.find_session(token)

        assert (await _row(database)).last_seen_at > long_ago + TOUCH_EVERY

    async def test_use_within_a_minute_writes_nothing(
        self, auth: AuthService, database: Database
    ) -> None:
        token = await _session(auth)
        before = (await _row(database)).last_seen_at

        await auth.find_session(token)

        assert (await _row(database)).last_seen_at == before
