"""Sessions of staff: begun by a login, seen by their person, ended in five ways.

They end by logging out, by being revoked (by the person or an administrator), by a new
password or second factor, after idle time, and after their hours in any case.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from desk.audit.service import Actor, acting, record
from desk.auth import repository, session_repository
from desk.auth.errors import SessionNotFoundError, StaffUserNotFoundError, StaleLoginError
from desk.auth.models import Factor, Method, StaffSession, StaffUser
from desk.auth.tokens import new_token, token_hash
from desk.auth.visitor import NOBODY, Visitor
from desk.config import Settings
from desk.db import Database, Transaction, new_id, now

log = structlog.get_logger()
TOUCH_EVERY = timedelta(seconds=60)
"""How exactly the last use of a session is known; spares a write per request."""
FRESH_FOR = timedelta(minutes=15)
"""So long after a login the person need not prove themselves again to change a factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person and the session in which they act."""

    user: StaffUser
    session: StaffSession


class Sessions:
    """The sessions of one database."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def add(
        self,
        tx: Transaction,
        user_id: UUID,
        *,
        visitor: Visitor = NOBODY,
        method: Method = Method.PASSWORD,
        factor: Factor = Factor.NONE,
    ) -> tuple[str, UUID]:
        """Begin a session in a transaction of the caller.

        Returns:
            The token for the cookie, of which the table keeps the hash, and the
            session's id.
        """
        token, moment, session_id = new_token(), now(), new_id()
        session = StaffSession(
            id=session_id,
            user_id=user_id,
            token_hash=token_hash(token),
            csrf_token=new_token(),
            method=method,
            second_factor=factor,
            device=visitor.device,
            address=visitor.address,
            created_at=moment,
            last_seen_at=moment,
            expires_at=moment + timedelta(hours=self._settings.session_hours),
        )
        tx.add(session)
        return token, session_id

    async def find(self, token: str | None) -> SignedIn | None:
        """Who acts with this token; None if it is unknown or its session has ended."""
        if not token:
            return None
        async with self._database.read() as tx:
            found = await session_repository.find_session(tx, token_hash(token))
        if found is None or not self._still_holds(*found, now()):
            return None
        session, user = found
        if now() - session.last_seen_at >= TOUCH_EVERY:
            async with self._database.write() as tx:
                await session_repository.touch_session(tx, session.id, now())
        return SignedIn(user=user, session=session)

    @property
    def _idle(self) -> timedelta:
        return timedelta(minutes=self._settings.session_idle_minutes)

    def _still_holds(self, session: StaffSession, user: StaffUser, moment: datetime) -> bool:
        return (
            session.ended_at is None
            and user.disabled_at is None
            and moment < session.expires_at
            and moment - session.last_seen_at < self._idle
        )

    async def list_of(self, user_id: UUID) -> Sequence[StaffSession]:
        """The sessions in which the person is logged in now, the one used last first."""
        moment = now()
        async with self._database.read() as tx:
            return await session_repository.list_open(
                tx, user_id, moment=moment, seen_after=moment - self._idle
            )

    async def end(self, token: str | None, *, action: str = "logout") -> None:
        """End the session of this token, if there is one.

        Args:
            token: From the cookie.
            action: How the audit log names it.
        """
        if not token:
            return
        async with self._database.write() as tx:
            ended = await session_repository.end_by_token(tx, token_hash(token), now())
            if ended is not None:
                session_id, user_id = ended
                _note(tx, action, by=user_id, user_id=user_id, session_id=session_id)

    async def revoke(self, user_id: UUID, session_id: UUID) -> None:
        """End one of the person's own sessions.

        Raises:
            SessionNotFoundError: It is not theirs, or has ended.
        """
        async with self._database.write() as tx:
            if not await session_repository.end_by_id(tx, user_id, session_id, now()):
                raise SessionNotFoundError("You have no such session.")
            _note(tx, "session_revoked", by=user_id, user_id=user_id, session_id=session_id)
        log.info("staff_session_revoked", staff_id=str(user_id))

    async def revoke_others(self, signed: SignedIn) -> int:
        """End every session of the person but the one in which they act; how many."""
        user_id = signed.user.id
        async with self._database.write() as tx:
            ended = await session_repository.end_all_of(tx, user_id, now(), but=signed.session.id)
            _note(tx, "sessions_revoked", by=user_id, user_id=user_id, count=ended)
        return ended

    async def revoke_all_of(self, user_id: UUID, *, by: UUID | None) -> int:
        """End every session of somebody, as an administrator; how many there were.

        Raises:
            StaffUserNotFoundError: There is no such account.
        """
        async with self._database.write() as tx:
            if await repository.find_user(tx, user_id) is None:
                raise StaffUserNotFoundError("There is no such account.")
            ended = await session_repository.end_all_of(tx, user_id, now())
            _note(tx, "sessions_revoked", by=by, user_id=user_id, count=ended)
        log.info("staff_sessions_ended", staff_id=str(user_id), count=ended)
        return ended


def require_fresh(signed: SignedIn) -> None:
    """Refuse to change what proves the person, unless they have just logged in.

    Raises:
        StaleLoginError: The login is too long ago.
    """
    if now() - signed.session.created_at > FRESH_FOR:
        raise StaleLoginError("Log in again first; your login is too long ago for this.")


def _note(
    tx: Transaction, action: str, *, by: UUID | None, user_id: UUID, **details: object
) -> None:
    actor: Actor = acting(by)
    subject = f"staff_user:{user_id}"
    record(tx, action=action, actor=actor, actor_id=by, subject=subject, details=details)
