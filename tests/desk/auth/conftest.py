"""Accounts for the tests, with hashes that cost little, and a clock that is set by hand."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy import select

from desk.audit.models import AuditEntry
from desk.auth.models import Role
from desk.auth.passwords import Passwords
from desk.auth.second_factor import Enrolled
from desk.auth.service import AuthService
from desk.auth.sessions import SignedIn
from desk.config import Settings
from desk.db import Database

PASSWORD = "correct horse battery"


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Phone:
    """An authenticator app: its codes at the clock's moment."""

    def __init__(self, secret: str, clock: HandClock) -> None:
        self.secret, self._clock = secret, clock

    def code(self, steps: int = 0) -> str:
        """The code now, or so many steps later or before."""
        return pyotp.TOTP(self.secret).at(self._clock.moment, counter_offset=steps)


@pytest.fixture
def clock() -> HandClock:
    """The clock by which codes are checked."""
    return HandClock()


@pytest.fixture
def passwords() -> Passwords:
    """The real hashing, at the least cost."""
    return Passwords(time_cost=1, memory_kib=64, lanes=1)


@pytest.fixture
def auth(
    database: Database, settings: Settings, passwords: Passwords, clock: HandClock
) -> AuthService:
    """The account service on an empty database."""
    return AuthService(database, settings, passwords=passwords, clock=clock)


SignIn = Callable[..., Awaitable[SignedIn]]
SetUp = Callable[[SignedIn], Awaitable[tuple[Phone, Enrolled]]]


@pytest.fixture
def sign_in(auth: AuthService) -> SignIn:
    """Makes an account (once) and logs it in."""

    async def sign_in(login: str = "hanako", role: Role = Role.STAFF) -> SignedIn:
        if login not in {user.login for user in await auth.list_users()}:
            await auth.create_user(login, login, role, "matsumoto", PASSWORD)
        user = await auth.get_user_by_login(login)
        signed = await auth.find_session(await auth.start_session(user.id))
        assert signed is not None
        return signed

    return sign_in


@pytest.fixture
def set_up(auth: AuthService, clock: HandClock) -> SetUp:
    """Sets an authenticator app up, and waits until its first code is past."""

    async def set_up(signed: SignedIn) -> tuple[Phone, Enrolled]:
        enrolment = await auth.second_factor.begin(signed)
        phone = Phone(enrolment.secret, clock)
        done = await auth.second_factor.confirm(signed, phone.code())
        clock.move(60)
        return phone, done

    return set_up


@pytest.fixture
def audited(database: Database) -> Callable[[], Awaitable[list[AuditEntry]]]:
    """The audit log, oldest entry first."""

    async def audited() -> list[AuditEntry]:
        async with database.read() as tx:
            return [*(await tx.scalars(select(AuditEntry).order_by(AuditEntry.seq)))]

    return audited
