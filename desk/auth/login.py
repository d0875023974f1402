"""The login: a first factor (password, or the organisation's login), then a code.

Whoever has an authenticator app is always asked for its code, unless the organisation's
login says that it has asked for a second factor itself. Wrong codes are counted like
wrong passwords, and a right password forgives none of them.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from desk.audit.service import Actor, record
from desk.auth import session_repository
from desk.auth.attempts import Attempt, count_attempt
from desk.auth.errors import CodeRefusedError, LoginExpiredError
from desk.auth.models import Factor, LoginChallenge, Method, StaffUser
from desk.auth.second_factor import SecondFactor
from desk.auth.sessions import Sessions
from desk.auth.tokens import new_token, token_hash
from desk.auth.visitor import NOBODY, Visitor
from desk.db import Database, Transaction, now

log = structlog.get_logger()
CODE_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A login that is complete."""

    user: StaffUser
    token: str
    """For the session's cookie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWanted:
    """A login whose first factor was right."""

    token: str
    """For the cookie with which the code is sent."""


class Logins:
    """Takes logins from the first factor to the session."""

    def __init__(self, database: Database, sessions: Sessions, second_factor: SecondFactor) -> None:
        self._database = database
        self._sessions = sessions
        self._second_factor = second_factor

    async def go_on(
        self,
        user: StaffUser,
        *,
        method: Method = Method.PASSWORD,
        has_mfa: bool = False,
        visitor: Visitor = NOBODY,
    ) -> LoggedIn | CodeWanted:
        """What follows the first factor.

        Args:
            user: Whom the first factor has proved.
            method: The first factor.
            has_mfa: The organisation's login has asked for more than a password.
            visitor: Whence the login comes.
        """
        if has_mfa or not await self._second_factor.is_set_up(user.id):
            factor = Factor.ORGANISATION if has_mfa else Factor.NONE
            async with self._database.write() as tx:
                token = self._start(tx, user, method, factor, visitor)
            return LoggedIn(user=user, token=token)
        token, moment = new_token(), now()
        async with self._database.write() as tx:
            await session_repository.drop_old_challenges(tx, moment)
            tx.add(
                LoginChallenge(
                    user_id=user.id,
                    token_hash=token_hash(token),
                    method=method,
                    expires_at=moment + CODE_WITHIN,
                )
            )
        return CodeWanted(token=token)

    async def is_waiting(self, token: str | None) -> bool:
        """Whether this token continues a login."""
        async with self._database.read() as tx:
            found = await session_repository.find_challenge(tx, token_hash(token or ""), now())
        return found is not None

    async def finish(self, token: str | None, code: str, *, visitor: Visitor = NOBODY) -> LoggedIn:
        """Take the code and begin the session.

        Raises:
            LoginExpiredError: There is no such login, or its time is over.
            CodeRefusedError: The code is wrong or used, or the account is locked.
        """
        async with self._database.read() as tx:
            found = await session_repository.find_challenge(tx, token_hash(token or ""), now())
        if found is None or found[1].disabled_at is not None:
            raise LoginExpiredError("Begin the login again.")
        challenge, user = found
        attempt = await count_attempt(self._database, user.login)
        proof = await self._second_factor.check(user.id, code) if attempt else None
        if proof is not None:
            async with self._database.write() as tx:
                if await self._second_factor.use(tx, user, proof):
                    return await self._complete(tx, challenge, proof.factor, visitor)
        await self._refuse(user, attempt, visitor)
        raise CodeRefusedError("The code is not right, or was used before.")

    async def _complete(
        self, tx: Transaction, challenge: LoginChallenge, factor: Factor, visitor: Visitor
    ) -> LoggedIn:
        user = await tx.get_one(StaffUser, challenge.user_id)
        if user.disabled_at is not None or not await session_repository.take_challenge(
            tx, challenge.id
        ):
            raise LoginExpiredError("Begin the login again.")
        user.failed_logins, user.locked_until = 0, None
        token = self._start(tx, user, Method(challenge.method), factor, visitor)
        return LoggedIn(user=user, token=token)

    def _start(
        self, tx: Transaction, user: StaffUser, method: Method, factor: Factor, visitor: Visitor
    ) -> str:
        token, session_id = self._sessions.add(
            tx, user.id, visitor=visitor, method=method, factor=factor
        )
        record(
            tx,
            action="login_succeeded",
            actor=Actor.STAFF,
            actor_id=user.id,
            subject=f"staff_user:{user.id}",
            details={
                "session_id": session_id,
                "method": method,
                "second_factor": factor,
                "device": visitor.device,
                "address": visitor.address,
            },
        )
        log.info("staff_session_started", staff_id=str(user.id), method=method, factor=factor)
        return token

    async def _refuse(self, user: StaffUser, attempt: Attempt | None, visitor: Visitor) -> None:
        reason = "code" if attempt else "locked"
        await note_failure(self._database, user, reason, attempt, visitor)


async def note_failure(
    database: Database,
    user: StaffUser | None,
    reason: str,
    attempt: Attempt | None,
    visitor: Visitor,
) -> None:
    """Write down a login that failed, and the lock if it set one."""
    subject = f"staff_user:{user.id}" if user else "staff_user"
    entry: dict[str, Any] = {"actor": Actor.VISITOR, "actor_id": None, "subject": subject}
    async with database.write() as tx:
        details = {"reason": reason, "device": visitor.device, "address": visitor.address}
        record(tx, action="login_failed", details=details, **entry)
        if attempt is not None and attempt.locked_until is not None:
            record(tx, action="account_locked", details={"until": attempt.locked_until}, **entry)
    log.warning("staff_login_refused", staff_id=str(user.id) if user else None, reason=reason)
