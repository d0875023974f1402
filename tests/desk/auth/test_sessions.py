"""Sessions: how they begin, who sees them and the ways they end."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from desk.auth.errors import SessionNotFoundError, StaffUserNotFoundError
from desk.auth.models import Role, StaffSession
from desk.auth.service import TOUCH_EVERY, AuthService
from desk.config import Settings
from desk.db import Database, new_id, now

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


class TestList:
    async def test_it_names_the_sessions_that_hold_the_last_used_first(
        self, auth: AuthService, sign_in: Any, database: Database
    ) -> None:
        signed = [await sign_in() for _ in range(4)]
        ids = [one.session.id for one in signed]
        idle = timedelta(minutes=60)
        changes: list[dict[str, object]] = [
            {"last_seen_at": now() - timedelta(minutes=5)},
            {"last_seen_at": now() - idle},
            {"expires_at": now()},
            {},
        ]
        async with database.write() as tx:
            for session_id, values in zip(ids, changes, strict=True):
                if values:
                    chosen = update(StaffSession).where(StaffSession.id == session_id)
                    await tx.execute(chosen.values(**values))

        listed = await auth.sessions.list_of(signed[0].user.id)

        assert [session.id for session in listed] == [ids[3], ids[0]]

    async def test_it_names_nobody_elses(self, auth: AuthService, sign_in: Any) -> None:
        own = await sign_in("hanako")
        await sign_in("ichiro")

        assert [s.id for s in await auth.sessions.list_of(own.user.id)] == [own.session.id]


class TestRevoke:
    async def test_the_session_ends_and_the_log_knows(
        self, auth: AuthService, sign_in: Any, audited: Any
    ) -> None:
        lost, own = await sign_in(), await sign_in()

        await auth.sessions.revoke(own.user.id, lost.session.id)

        assert [s.id for s in await auth.sessions.list_of(own.user.id)] == [own.session.id]
        entry = (await audited())[-1]
        assert (entry.action, entry.details) == (
            "session_revoked",
            {"session_id": str(lost.session.id)},
        )

    async def test_nobody_ends_somebody_elses(self, auth: AuthService, sign_in: Any) -> None:
        own, other = await sign_in("hanako"), await sign_in("ichiro")

        with pytest.raises(SessionNotFoundError):
            await auth.sessions.revoke(own.user.id, other.session.id)

        assert await auth.sessions.list_of(other.user.id)

    async def test_an_ended_one_is_not_found(self, auth: AuthService, sign_in: Any) -> None:
        lost, own = await sign_in(), await sign_in()
        await auth.sessions.revoke(own.user.id, lost.session.id)

        with pytest.raises(SessionNotFoundError):
            await auth.sessions.revoke(own.user.id, lost.session.id)

    async def test_all_others_end_at_once(self, auth: AuthService, sign_in: Any) -> None:
        await sign_in()
        await sign_in()
        own = await sign_in()

        assert await auth.sessions.revoke_others(own) == 2

        assert [s.id for s in await auth.sessions.list_of(own.user.id)] == [own.session.id]

    async def test_an_administrator_ends_all_of_a_person(
        self, auth: AuthService, sign_in: Any, audited: Any
    ) -> None:
        own, boss = await sign_in(), await sign_in("boss", Role.ADMIN)

        assert await auth.sessions.revoke_all_of(own.user.id, by=boss.user.id) == 1

        assert await auth.sessions.list_of(own.user.id) == []
        entry = (await audited())[-1]
        assert (entry.actor, entry.actor_id) == ("staff", boss.user.id)

    async def test_of_an_unknown_person_there_are_none(self, auth: AuthService) -> None:
        with pytest.raises(StaffUserNotFoundError):
            await auth.sessions.revoke_all_of(new_id(), by=None)


class TestLogout:
    async def test_the_log_knows_who_logged_out(self, auth: AuthService, audited: Any) -> None:
        token = await _session(auth)

        await auth.end_session(token)
        await auth.end_session(token)

        assert [entry.action for entry in await audited()][2:] == ["logout"]
