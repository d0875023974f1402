"""Staff accounts and their sessions: make, prove, end.

A login attempt is counted before its outcome is known and forgiven when it succeeds, so
that guesses sent at the same moment cannot outrun the count. Checking the password and
counting run side by side: an unknown login takes as long as a known one.
"""

import asyncio
import hashlib
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError

from desk.auth import repository
from desk.auth.errors import (
    AccountFlaw,
    AccountRefusedError,
    LastAdminError,
    LoginRefusedError,
    LoginTakenError,
    PasswordFlaw,
    PasswordRefusedError,
    StaffUserNotFoundError,
)
from desk.auth.hubs import HubName, read_hubs
from desk.auth.models import Role, StaffSession, StaffUser
from desk.auth.passwords import Passwords, check_new_password, one_time_password
from desk.auth.rights import HUB_ROLES
from desk.config import Settings
from desk.db import Database, Transaction, new_id, now

log = structlog.get_logger()
FIRST_ADMIN = "admin"
FREE_ATTEMPTS = 4
"""Wrong guesses that cost no waiting."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
TOUCH_EVERY = timedelta(seconds=60)
"""How exactly the last use of a session is known; spares a write per request."""
MAX_DISPLAY_NAME = 64
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,119}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person and the session in which they act."""

    user: StaffUser
    session: StaffSession


class AuthService:
    """Accounts and sessions of staff."""

    def __init__(
        self, database: Database, settings: Settings, *, passwords: Passwords | None = None
    ) -> None:
        self._database = database
        self._settings = settings
        self._passwords = passwords or Passwords()

    @cached_property
    def hubs(self) -> Mapping[str, HubName]:
        """The hubs that accounts can belong to, by id."""
        return read_hubs(self._settings.knowledge)

    async def create_user(
        self,
        login: str,
        display_name: str,
        role: Role,
        hub_id: str | None,
        password: str | None = None,
    ) -> str | None:
        """Make an account.

        Args:
            login: Name to log in with; case and width of letters do not matter.
            display_name: The person's name, as colleagues see it.
            role: What the person may do.
            hub_id: Their hub; needed for `staff` and `lead`, ignored for wide roles.
            password: None makes a one-time password, which must be changed at first login.

        Returns:
            The one-time password, shown only here; None if `password` was given.

        Raises:
            AccountRefusedError: Login name, display name or hub is not valid.
            PasswordRefusedError: The given password is too weak.
            LoginTakenError: There is such an account.
        """
        login, display_name = _normal_login(login), display_name.strip()
        self._check_account(login, display_name, role, hub_id)
        if password is not None:
            check_new_password(password, login=login)
        secret = password or one_time_password()
        user = StaffUser(
            id=new_id(),
            login=login,
            display_name=display_name,
            password_hash=await self._passwords.hash(secret),
            must_change_password=password is None,
            role=role,
            hub_id=hub_id if role in HUB_ROLES else None,
        )
        try:
            async with self._database.write() as tx:
                tx.add(user)
        except IntegrityError as exc:
            raise LoginTakenError(f"The login name {login} is in use. Choose another.") from exc
        log.info("staff_user_created", staff_id=str(user.id), role=user.role, hub_id=user.hub_id)
        return None if password is not None else secret

    def _check_account(self, login: str, display_name: str, role: Role, hub_id: str | None) -> None:
        if not _LOGIN.fullmatch(login):
            raise AccountRefusedError(
                AccountFlaw.BAD_LOGIN,
                "A login name has 2 to 120 of a-z, 0-9 and . _ @ + -, and begins with a letter"
                " or digit.",
            )
        if not display_name or len(display_name) > MAX_DISPLAY_NAME:
            raise AccountRefusedError(
                AccountFlaw.BAD_NAME, f"A display name has 1 to {MAX_DISPLAY_NAME} characters."
            )
        if role not in HUB_ROLES:
            return
        if not hub_id:
            raise AccountRefusedError(AccountFlaw.HUB_NEEDED, f"The role {role} needs a hub.")
        if hub_id not in self.hubs:
            known = ", ".join(self.hubs)
            raise AccountRefusedError(
                AccountFlaw.HUB_UNKNOWN, f"There is no hub '{hub_id}'. Known: {known}."
            )

    async def ensure_first_admin(self) -> tuple[str, str] | None:
        """Make the account `admin` if there is no account at all.

        Returns:
            Login name and one-time password, to be shown to the operator once; None if
            there are accounts already.
        """
        async with self._database.read() as tx:
            if await repository.has_users(tx):
                return None
        try:
            password = await self.create_user(FIRST_ADMIN, FIRST_ADMIN, Role.ADMIN, None)
        except LoginTakenError:
            return None  # Another process that started at the same moment was first.
        assert password is not None
        return FIRST_ADMIN, password

    async def authenticate(self, login: str, password: str) -> StaffUser:
        """The person with this login name and password.

        Raises:
            LoginRefusedError: Whatever the reason, always the same.
        """
        login = _normal_login(login)
        async with self._database.read() as tx:
            user = await repository.find_by_login(tx, login)
        usable = user is not None and user.disabled_at is None
        stored = user.password_hash if user is not None and usable else None
        if not await self._prove(login, stored, password):
            log.warning("staff_login_refused", staff_id=str(user.id) if user else None)
            raise LoginRefusedError("The login name or the password is wrong.")
        assert user is not None
        return await self._accept(user.id, password)

    async def _prove(self, login: str, stored: str | None, password: str) -> bool:
        """Count the attempt and check the password, side by side."""
        counted, matches = await asyncio.gather(
            self._count_attempt(login), self._passwords.matches(stored, password)
        )
        return counted and matches

    async def _count_attempt(self, login: str) -> bool:
        moment = now()
        async with self._database.write() as tx:
            attempts = await repository.count_attempt(tx, login, moment)
            if attempts is not None and attempts > FREE_ATTEMPTS:
                await repository.lock(tx, login, moment + wait_after(attempts))
        return attempts is not None

    async def _accept(self, user_id: UUID, password: str) -> StaffUser:
        """Forgive the attempts; bring an outdated hash up to date."""
        async with self._database.read() as tx:
            user = await tx.get_one(StaffUser, user_id)
        renewed = None
        if self._passwords.is_outdated(user.password_hash):
            renewed = await self._passwords.hash(password)
        async with self._database.write() as tx:
            user = await tx.get_one(StaffUser, user_id)
            if user.disabled_at is not None:
                raise LoginRefusedError("The login name or the password is wrong.")
            user.failed_logins, user.locked_until = 0, None
            user.password_hash = renewed or user.password_hash
        return user

    async def start_session(self, user_id: UUID) -> str:
        """Begin a session of an authenticated person.

        Returns:
            The token for the cookie; the table keeps only its hash.
        """
        async with self._database.write() as tx:
            token = self._add_session(tx, user_id)
        log.info("staff_session_started", staff_id=str(user_id))
        return token

    def _add_session(self, tx: Transaction, user_id: UUID) -> str:
        token = secrets.token_urlsafe(32)
        moment = now()
        session = StaffSession(
            user_id=user_id,
            token_hash=_hash(token),
            csrf_token=secrets.token_urlsafe(32),
            created_at=moment,
            last_seen_at=moment,
            expires_at=moment + timedelta(hours=self._settings.session_hours),
        )
        tx.add(session)
        return token

    async def find_session(self, token: str | None) -> SignedIn | None:
        """Who acts with this token; None if it is unknown or its session has ended."""
        if not token:
            return None
        async with self._database.read() as tx:
            found = await repository.find_session(tx, _hash(token))
        if found is None or not self._still_holds(*found, now()):
            return None
        session, user = found
        if now() - session.last_seen_at >= TOUCH_EVERY:
            async with self._database.write() as tx:
                await repository.touch_session(tx, session.id, now())
        return SignedIn(user=user, session=session)

    def _still_holds(self, session: StaffSession, user: StaffUser, moment: datetime) -> bool:
        idle = timedelta(minutes=self._settings.session_idle_minutes)
        return (
            session.ended_at is None
            and user.disabled_at is None
            and moment < session.expires_at
            and moment - session.last_seen_at < idle
        )

    async def end_session(self, token: str | None) -> None:
        """End the session of this token, if there is one."""
        if token:
            async with self._database.write() as tx:
                await repository.end_session(tx, _hash(token), now())

    async def change_password(self, user_id: UUID, *, old: str, new: str) -> str:
        """Replace the password; every session ends and a new one begins.

        Returns:
            The token of the new session.

        Raises:
            PasswordRefusedError: The old one is wrong, or the new one too weak.
        """
        async with self._database.read() as tx:
            user = await _get(tx, user_id)
        check_new_password(new, login=user.login, old=old)
        if not await self._prove(user.login, user.password_hash, old):
            raise PasswordRefusedError(PasswordFlaw.OLD_IS_WRONG)
        hashed = await self._passwords.hash(new)
        async with self._database.write() as tx:
            user = await _get(tx, user_id)
            _set_password(user, hashed, must_change=False)
            await repository.end_sessions_of(tx, user_id, now())
            token = self._add_session(tx, user_id)
        log.info("staff_password_changed", staff_id=str(user_id))
        return token

    async def reset_password(self, user_id: UUID) -> str:
        """Give the account a new one-time password, unlock it and end its sessions.

        Returns:
            The one-time password, shown only here.

        Raises:
            StaffUserNotFoundError: There is no such account.
        """
        password = one_time_password()
        hashed = await self._passwords.hash(password)
        async with self._database.write() as tx:
            user = await _get(tx, user_id)
            _set_password(user, hashed, must_change=True)
            await repository.end_sessions_of(tx, user_id, now())
        log.info("staff_password_reset", staff_id=str(user_id))
        return password

    async def disable_user(self, user_id: UUID) -> None:
        """Take the account out of use and end its sessions; done twice, it stays so.

        Raises:
            StaffUserNotFoundError: There is no such account.
            LastAdminError: Nobody else could manage the accounts.
        """
        async with self._database.write() as tx:
            await repository.lock_admins(tx)
            user = await _get(tx, user_id)
            if user.disabled_at is not None:
                return
            if user.role == Role.ADMIN and not await repository.count_other_admins(tx, user_id):
                raise LastAdminError("This is the last administrator. Add another one first.")
            user.disabled_at = now()
            await repository.end_sessions_of(tx, user_id, user.disabled_at)
        log.info("staff_user_disabled", staff_id=str(user_id))

    async def list_users(self) -> Sequence[StaffUser]:
        """Every account, those in use first."""
        async with self._database.read() as tx:
            return await repository.list_users(tx)

    async def get_user_by_login(self, login: str) -> StaffUser:
        """The account with this login name.

        Raises:
            StaffUserNotFoundError: There is no such account.
        """
        async with self._database.read() as tx:
            user = await repository.find_by_login(tx, _normal_login(login))
        if user is None:
            raise StaffUserNotFoundError("There is no account with this login name.")
        return user


def wait_after(attempts: int) -> timedelta:
    """How long an account refuses logins after so many attempts without success.

    Args:
        attempts: At least 5 (`FREE_ATTEMPTS` cost nothing).

    Returns:
        30 seconds, doubled with each further attempt, at most 15 minutes.
    """
    factor: int = 2 ** min(attempts - FREE_ATTEMPTS - 1, 10)
    return min(FIRST_WAIT * factor, LONGEST_WAIT)


def _set_password(user: StaffUser, hashed: str, *, must_change: bool) -> None:
    user.password_hash = hashed
    user.must_change_password = must_change
    user.failed_logins, user.locked_until = 0, None


async def _get(tx: Transaction, user_id: UUID) -> StaffUser:
    user = await repository.find_user(tx, user_id)
    if user is None:
        raise StaffUserNotFoundError("There is no such account.")
    return user


def _normal_login(login: str) -> str:
    return unicodedata.normalize("NFKC", login).strip().casefold()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
