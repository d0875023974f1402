"""The second factor: setting up an authenticator app, checking its codes, recovery codes.

A code counts once: its time-step is used up in the transaction that accepts it. Recovery
codes are kept like passwords, since a person has to type them; their first digit says
whose hash to check, so that a guess costs one hash.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from desk.audit.service import Actor, acting, record
from desk.auth import factor_repository, repository, session_repository, totp
from desk.auth.errors import CodeRefusedError, StaffUserNotFoundError
from desk.auth.models import Factor, Method, RecoveryCode, StaffTotp, StaffUser
from desk.auth.passwords import Passwords
from desk.auth.sessions import Sessions, SignedIn, require_fresh
from desk.auth.visitor import NOBODY, Visitor
from desk.db import Database, Transaction, now

log = structlog.get_logger()
RECOVERY_CODES = 10
PENDING_FOR = timedelta(hours=1)
"""So long the same QR code is shown again before a new secret is made."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_LETTERS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an authenticator app needs; shown only to its person."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """What setting up gives: codes shown only now, and a new session."""

    codes: Sequence[str]
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A code that was right, to be used up in the transaction that accepts it."""

    factor: Factor
    step: int = 0
    code_id: UUID | None = None


class SecondFactor:
    """Authenticator apps and recovery codes of staff."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        passwords: Passwords,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._passwords = passwords
        self._clock = clock

    async def is_set_up(self, user_id: UUID) -> bool:
        """Whether the person has an authenticator app."""
        async with self._database.read() as tx:
            found = await factor_repository.find_totp(tx, user_id)
        return found is not None and found.secret is not None

    async def count_recovery_codes(self, user_id: UUID) -> int:
        """How many recovery codes the person has left."""
        async with self._database.read() as tx:
            return await factor_repository.count_recovery_codes(tx, user_id)

    async def begin(self, signed: SignedIn) -> Enrolment:
        """A secret for a (new) app; it counts once `confirm` has seen a code of it.

        Raises:
            StaleLoginError: The login is too long ago.
        """
        require_fresh(signed)
        user, moment = signed.user, self._clock()
        async with self._database.write() as tx:
            row = await factor_repository.find_totp(tx, user.id)
            if row is None:
                row = StaffTotp(user_id=user.id)
                tx.add(row)
            is_old = row.pending_at is None or moment - row.pending_at > PENDING_FOR
            if row.pending_secret is None or is_old:
                row.pending_secret, row.pending_at = totp.new_secret(), moment
            secret = row.pending_secret
        return Enrolment(secret=secret, address=totp.app_address(secret, user.login))

    async def confirm(self, signed: SignedIn, code: str, *, visitor: Visitor = NOBODY) -> Enrolled:
        """Take the new app into use; every session ends and a new one begins.

        Raises:
            StaleLoginError: The login is too long ago.
            CodeRefusedError: The code is not one of the new app's.
        """
        require_fresh(signed)
        user_id, moment = signed.user.id, self._clock()
        codes = _new_codes()
        hashes = await self._hash_all(codes)
        async with self._database.write() as tx:
            row = await factor_repository.find_totp(tx, user_id)
            secret = row.pending_secret if row else None
            plain = totp.plain_code(code)
            step = totp.matching_step(secret, plain, moment) if secret else None
            if row is None or step is None:
                raise CodeRefusedError("The code is not the app's. Check the phone's clock.")
            row.secret, row.confirmed_at, row.last_step = secret, moment, step
            row.pending_secret = row.pending_at = None
            await self._replace_codes(tx, user_id, hashes)
            await session_repository.end_all_of(tx, user_id, now())
            method = Method(signed.session.method)
            token, _ = self._sessions.add(
                tx, user_id, visitor=visitor, method=method, factor=Factor.TOTP
            )
            _note(tx, "totp_set", by=user_id, user_id=user_id)
        log.info("staff_totp_set", staff_id=str(user_id))
        return Enrolled(codes=codes, token=token)

    async def renew_codes(self, signed: SignedIn) -> Sequence[str]:
        """New recovery codes in place of all old ones, shown only here.

        Raises:
            StaleLoginError: The login is too long ago.
            CodeRefusedError: There is no authenticator app.
        """
        require_fresh(signed)
        codes = _new_codes()
        hashes = await self._hash_all(codes)
        user_id = signed.user.id
        async with self._database.write() as tx:
            row = await factor_repository.find_totp(tx, user_id)
            if row is None or row.secret is None:
                raise CodeRefusedError("Set up an authenticator app first.")
            await self._replace_codes(tx, user_id, hashes)
            _note(tx, "recovery_codes_renewed", by=user_id, user_id=user_id)
        return codes

    async def check(self, user_id: UUID, typed: str) -> Proof | None:
        """Whether this is a code of the person's app, or an unused recovery code."""
        code = totp.plain_code(typed)
        async with self._database.read() as tx:
            row = await factor_repository.find_totp(tx, user_id)
            if row is None or row.secret is None:
                return None
            if totp.is_totp(code):
                step = totp.matching_step(row.secret, code, self._clock())
                is_new = step is not None and step > row.last_step
                return Proof(factor=Factor.TOTP, step=step or 0) if is_new else None
            slot = int(code[0]) if code[:1].isdecimal() else -1
            kept = await factor_repository.find_recovery_code(tx, user_id, slot)
        if not await self._passwords.matches(kept.code_hash if kept else None, code):
            return None
        assert kept is not None
        return Proof(factor=Factor.RECOVERY, code_id=kept.id)

    async def use(self, tx: Transaction, user: StaffUser, proof: Proof) -> bool:
        """Use the code up; False if somebody has just used it."""
        if proof.code_id is None:
            return await factor_repository.use_step(tx, user.id, proof.step)
        if not await factor_repository.use_recovery_code(tx, proof.code_id, self._clock()):
            return False
        _note(tx, "recovery_code_used", by=user.id, user_id=user.id)
        return True

    async def reset(self, user_id: UUID, *, by: UUID | None) -> None:
        """Forget somebody's app and codes and end their sessions, as an administrator.

        Raises:
            StaffUserNotFoundError: There is no such account.
        """
        async with self._database.write() as tx:
            if await repository.find_user(tx, user_id) is None:
                raise StaffUserNotFoundError("There is no such account.")
            await factor_repository.drop_totp(tx, user_id)
            await factor_repository.drop_recovery_codes(tx, user_id)
            await session_repository.end_all_of(tx, user_id, now())
            _note(tx, "totp_reset", by=by, user_id=user_id)
        log.info("staff_totp_reset", staff_id=str(user_id))

    async def _hash_all(self, codes: Sequence[str]) -> Sequence[str]:
        plain = (totp.plain_code(code) for code in codes)
        return await asyncio.gather(*(self._passwords.hash(code) for code in plain))

    async def _replace_codes(self, tx: Transaction, user_id: UUID, hashes: Sequence[str]) -> None:
        await factor_repository.drop_recovery_codes(tx, user_id)
        for slot, hashed in enumerate(hashes):
            tx.add(RecoveryCode(user_id=user_id, slot=slot, code_hash=hashed))


def _new_codes() -> Sequence[str]:
    """Ten codes such as `7abcd-efghj-kmnpq`: a slot and 14 random letters (69 bits)."""
    codes = []
    for slot in range(RECOVERY_CODES):
        text = str(slot) + "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
        codes.append("-".join(text[i : i + 5] for i in range(0, len(text), 5)))
    return codes


def _note(tx: Transaction, action: str, *, by: UUID | None, user_id: UUID) -> None:
    actor: Actor = acting(by)
    record(tx, action=action, actor=actor, actor_id=by, subject=f"staff_user:{user_id}")
