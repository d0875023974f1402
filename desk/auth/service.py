"""Staff accounts: make, prove, change, end.

Checking a password and counting the attempt run side by side: an unknown login takes as
long as a known one. Sessions, second factors and the course of a login stand in modules
of their own and hang here as `sessions`, `second_factor` and `logins`.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError

from desk.audit.service import Actor, acting, record
from desk.auth import repository, session_repository
from desk.auth.account_rules import check_names, hub_for, normal_login
from desk.auth.attempts import FREE_ATTEMPTS, Attempt, count_attempt, undo_attempt, wait_after
from desk.auth.errors import (
    LastAdminError,
    LoginRefusedError,
    LoginTakenError,
    PasswordFlaw,
    PasswordRefusedError,
    StaffUserNotFoundError,
)
from desk.auth.hubs import HubName, read_hubs
from desk.auth.login import Logins, note_failure
from desk.auth.models import Factor, Method, Role, StaffUser
from desk.auth.passwords import Passwords, check_new_password, one_time_password
from desk.auth.second_factor import SecondFactor
from desk.auth.sessions import TOUCH_EVERY, Sessions, SignedIn
from desk.auth.visitor import NOBODY, Visitor
from desk.config import Settings
from desk.db import Database, Transaction, new_id, now
from desk.rates import RateLimiter

__all__ = ["FREE_ATTEMPTS", "TOUCH_EVERY", "AuthService", "SignedIn", "wait_after"]
log = structlog.get_logger()
FIRST_ADMIN = "admin"
ONE_TIME_FOR = timedelta(days=7)
WRONG = "The login name or the password is wrong."


class AuthService:
    """Accounts of staff, and what belongs to them."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        passwords: Passwords | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.database = database
        self._settings = settings
        self._passwords = passwords or Passwords()
        self.sessions = Sessions(database, settings)
        self.second_factor = SecondFactor(database, self.sessions, self._passwords, clock=clock)
        self.login_limiter = RateLimiter(settings.logins_per_minute, 60)
        """Counts logins by address, so that trying one password with many names is slow too."""
        self.logins = Logins(database, self.sessions, self.second_factor)

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
        *,
        by: UUID | None = None,
    ) -> str | None:
        """Make an account.

        Args:
            login: Name to log in with; case and width of letters do not matter.
            display_name: The person's name, as colleagues see it.
            role: What the person may do.
            hub_id: Their hub; needed for `staff` and `lead`, ignored for wide roles.
            password: None makes a one-time password, which must be changed at first login.
            by: The administrator who asks for it; None is the operator.

        Returns:
            The one-time password, shown only here; None if `password` was given.

        Raises:
            AccountRefusedError: Login name, display name or hub is not valid.
            PasswordRefusedError: The given password is too weak.
            LoginTakenError: There is such an account.
        """
        login, display_name = normal_login(login), display_name.strip()
        check_names(login, display_name)
        hub_id = hub_for(role, hub_id, self.hubs)
        if password is not None:
            check_new_password(password, login=login)
        secret = password or one_time_password()
        user = StaffUser(
            id=new_id(),
            login=login,
            display_name=display_name,
            password_hash=await self._passwords.hash(secret),
            must_change_password=password is None,
            one_time_until=now() + ONE_TIME_FOR if password is None else None,
            role=role,
            hub_id=hub_id,
        )
        try:
            async with self.database.write() as tx:
                tx.add(user)
                _note(tx, "staff_user_created", by, user.id, role=role, hub_id=hub_id)
        except IntegrityError as exc:
            raise LoginTakenError(f"The login name {login} is in use. Choose another.") from exc
        log.info("staff_user_created", staff_id=str(user.id), role=user.role, hub_id=user.hub_id)
        return None if password is not None else secret

    async def ensure_first_admin(self) -> tuple[str, str] | None:
        """Make the account `admin` if there is no account at all.

        Returns:
            Login name and one-time password, to be shown to the operator once; None if
            there are accounts already.
        """
        async with self.database.read() as tx:
            if await repository.has_users(tx):
                return None
        try:
            password = await self.create_user(FIRST_ADMIN, FIRST_ADMIN, Role.ADMIN, None)
        except LoginTakenError:
            return None  # Another process that started at the same moment was first.
        assert password is not None
        return FIRST_ADMIN, password

    async def authenticate(
        self, login: str, password: str, *, visitor: Visitor = NOBODY
    ) -> StaffUser:
        """The person with this login name and password; `logins.go_on` says what follows.

        Raises:
            LoginRefusedError: Whatever the reason, always the same.
        """
        login = normal_login(login)
        async with self.database.read() as tx:
            user = await repository.find_by_login(tx, login)
        usable = user is not None and user.disabled_at is None
        stored = user.password_hash if user is not None and usable else None
        attempt, matches = await self._prove(login, stored, password)
        is_over = user is not None and _is_over(user)
        if attempt is None or not matches or is_over:
            reason = "one_time_over" if matches and is_over else _reason(user, attempt)
            await note_failure(self.database, user, reason, attempt, visitor)
            raise LoginRefusedError(WRONG)
        assert user is not None
        return await self._accept(user.id, password, attempt)

    async def _prove(
        self, login: str, stored: str | None, password: str
    ) -> tuple[Attempt | None, bool]:
        """Count the attempt and check the password, side by side."""
        return await asyncio.gather(
            count_attempt(self.database, login), self._passwords.matches(stored, password)
        )

    async def _accept(self, user_id: UUID, password: str, attempt: Attempt) -> StaffUser:
        """Forgive the attempts, unless a code must follow; bring an old hash up to date."""
        async with self.database.read() as tx:
            user = await tx.get_one(StaffUser, user_id)
        renewed = None
        if self._passwords.is_outdated(user.password_hash):
            renewed = await self._passwords.hash(password)
        wants_code = await self.second_factor.is_set_up(user_id)
        async with self.database.write() as tx:
            if wants_code:
                await undo_attempt(tx, attempt)
            user = await tx.get_one(StaffUser, user_id)
            if user.disabled_at is not None:
                raise LoginRefusedError(WRONG)
            if not wants_code:
                user.failed_logins, user.locked_until = 0, None
            user.password_hash = renewed or user.password_hash
        return user

    async def start_session(self, user_id: UUID, *, factor: Factor = Factor.NONE) -> str:
        """Begin a session of a person who has proved who they are.

        Returns:
            The token for the cookie; the table keeps only its hash.
        """
        async with self.database.write() as tx:
            token, session_id = self.sessions.add(tx, user_id, factor=factor)
            details = {"session_id": session_id, "method": Method.PASSWORD}
            _note(tx, "login_succeeded", user_id, user_id, **details)
        return token

    async def find_session(self, token: str | None) -> SignedIn | None:
        """Who acts with this token; None if it is unknown or its session has ended."""
        return await self.sessions.find(token)

    async def end_session(self, token: str | None) -> None:
        """End the session of this token, if there is one."""
        await self.sessions.end(token)

    async def change_password(
        self, user_id: UUID, *, old: str, new: str, signed: SignedIn | None = None
    ) -> str:
        """Replace the password; every session ends and a new one begins.

        Args:
            user_id: Whose.
            old: The password so far.
            new: The password from now on.
            signed: The session in which it is done; the new one is of the same kind.

        Returns:
            The token of the new session.

        Raises:
            PasswordRefusedError: The old one is wrong, or the new one too weak.
        """
        async with self.database.read() as tx:
            user = await _get(tx, user_id)
        check_new_password(new, login=user.login, old=old)
        attempt, matches = await self._prove(user.login, user.password_hash, old)
        if attempt is None or not matches:
            await note_failure(
                self.database, user, _reason(user, attempt), attempt, _visitor(signed)
            )
            raise PasswordRefusedError(PasswordFlaw.OLD_IS_WRONG)
        hashed = await self._passwords.hash(new)
        async with self.database.write() as tx:
            user = await _get(tx, user_id)
            _set_password(user, hashed, must_change=False)
            await session_repository.end_all_of(tx, user_id, now())
            token, _ = self.sessions.add(
                tx,
                user_id,
                visitor=_visitor(signed),
                method=Method(signed.session.method) if signed else Method.PASSWORD,
                factor=Factor(signed.session.second_factor) if signed else Factor.NONE,
            )
            _note(tx, "password_changed", user_id, user_id)
        log.info("staff_password_changed", staff_id=str(user_id))
        return token

    async def reset_password(self, user_id: UUID, *, by: UUID | None = None) -> str:
        """Give the account a new one-time password, unlock it and end its sessions.

        Returns:
            The one-time password, shown only here.

        Raises:
            StaffUserNotFoundError: There is no such account.
        """
        password = one_time_password()
        hashed = await self._passwords.hash(password)
        async with self.database.write() as tx:
            user = await _get(tx, user_id)
            _set_password(user, hashed, must_change=True)
            await session_repository.end_all_of(tx, user_id, now())
            _note(tx, "password_reset", by, user_id)
        log.info("staff_password_reset", staff_id=str(user_id))
        return password

    async def change_role(
        self, user_id: UUID, role: Role, hub_id: str | None, *, by: UUID | None = None
    ) -> None:
        """Give the account another role or hub; its sessions end.

        Raises:
            StaffUserNotFoundError: There is no such account.
            AccountRefusedError: The role needs a hub, or there is no such hub.
            LastAdminError: Nobody else could manage the accounts.
        """
        hub_id = hub_for(role, hub_id, self.hubs)
        async with self.database.write() as tx:
            await repository.lock_admins(tx)
            user = await _get(tx, user_id)
            if role is not Role.ADMIN:
                await _check_not_last_admin(tx, user)
            before = {"from": user.role, "from_hub": user.hub_id}
            user.role, user.hub_id = role, hub_id
            await session_repository.end_all_of(tx, user_id, now())
            _note(tx, "role_changed", by, user_id, **before, to=role, to_hub=hub_id)
        log.info("staff_role_changed", staff_id=str(user_id), role=role, hub_id=hub_id)

    async def disable_user(self, user_id: UUID, *, by: UUID | None = None) -> None:
        """Take the account out of use and end its sessions; done twice, it stays so.

        Raises:
            StaffUserNotFoundError: There is no such account.
            LastAdminError: Nobody else could manage the accounts.
        """
        async with self.database.write() as tx:
            await repository.lock_admins(tx)
            user = await _get(tx, user_id)
            if user.disabled_at is not None:
                return
            await _check_not_last_admin(tx, user)
            user.disabled_at = now()
            await session_repository.end_all_of(tx, user_id, user.disabled_at)
            _note(tx, "staff_user_disabled", by, user_id)
        log.info("staff_user_disabled", staff_id=str(user_id))

    async def list_users(self) -> Sequence[StaffUser]:
        """Every account, those in use first."""
        async with self.database.read() as tx:
            return await repository.list_users(tx)

    async def get_user_by_login(self, login: str) -> StaffUser:
        """The account with this login name.

        Raises:
            StaffUserNotFoundError: There is no such account.
        """
        async with self.database.read() as tx:
            user = await repository.find_by_login(tx, normal_login(login))
        if user is None:
            raise StaffUserNotFoundError("There is no account with this login name.")
        return user


def _reason(user: StaffUser | None, attempt: Attempt | None) -> str:
    """Why the first factor failed, for the log only."""
    if user is None:
        return "unknown"
    if user.disabled_at is not None:
        return "disabled"
    return "password" if attempt else "locked"


def _is_over(user: StaffUser) -> bool:
    """Whether the account's one-time password was not used in time."""
    return user.one_time_until is not None and user.one_time_until <= now()


def _visitor(signed: SignedIn | None) -> Visitor:
    if signed is None:
        return NOBODY
    return Visitor(device=signed.session.device, address=signed.session.address)


def _set_password(user: StaffUser, hashed: str, *, must_change: bool) -> None:
    user.password_hash = hashed
    user.must_change_password = must_change
    user.one_time_until = now() + ONE_TIME_FOR if must_change else None
    user.failed_logins, user.locked_until = 0, None


async def _check_not_last_admin(tx: Transaction, user: StaffUser) -> None:
    """Refuse to take away the last administrator in use; the admins' rows are locked."""
    is_admin = user.role == Role.ADMIN and user.disabled_at is None
    if is_admin and not await repository.count_other_admins(tx, user.id):
        raise LastAdminError("This is the last administrator. Add another one first.")


async def _get(tx: Transaction, user_id: UUID) -> StaffUser:
    user = await repository.find_user(tx, user_id)
    if user is None:
        raise StaffUserNotFoundError("There is no such account.")
    return user


def _note(tx: Transaction, action: str, by: UUID | None, user_id: UUID, **details: object) -> None:
    actor: Actor = acting(by)
    subject = f"staff_user:{user_id}"
    record(tx, action=action, actor=actor, actor_id=by, subject=subject, details=details)
