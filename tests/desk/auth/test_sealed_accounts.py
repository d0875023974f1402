"""What belongs to accounts and lies sealed in the database: apps' secrets and addresses."""

from uuid import UUID

import pytest
from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.exc import IntegrityError

from desk.auth.errors import IdentityTakenError
from desk.auth.models import Role, StaffTotp
from desk.auth.oidc.repository import find_by_email
from desk.auth.oidc.service import set_email
from desk.auth.service import AuthService
from desk.config import Settings
from desk.db import Database
from desk.jobs.models import Job
from desk.jobs.worker import Worker
from desk.vault.errors import SealBrokenError
from desk.vault.keys import KeyFile
from desk.vault.rotation import RENEW_JOB, renew_step, retire, rotate, verify
from desk.vault.service import settle
from tests.desk.auth.conftest import PASSWORD, Phone, SetUp, SignIn
from tests.desk.vault.conftest import spellings, stored_bytes

EMAIL = "Hanako@city.example.lg.jp"


async def renew_all(database: Database) -> None:
    """What the service does in the background."""

    async def step(job: Job) -> None:
        await renew_step(database, job)

    await Worker(database, {RENEW_JOB: step}).run_due()


async def has_account(database: Database, email: str) -> UUID | None:
    """Id of the account that the organisation's login finds by this address."""
    async with database.read() as tx:
        found = await find_by_email(tx, email)
    return found.id if found else None


@pytest.fixture
async def hanako(auth: AuthService, database: Database) -> UUID:
    """An account with an address."""
    await settle(database)
    await auth.create_user("hanako", "hanako", Role.STAFF, "matsumoto", PASSWORD)
    user = await auth.get_user_by_login("hanako")
    await set_email(database, user.id, EMAIL, by=None)
    return user.id


@pytest.fixture
async def taro(auth: AuthService) -> UUID:
    """Another account, without an address."""
    await auth.create_user("taro", "taro", Role.STAFF, "matsumoto", PASSWORD)
    return (await auth.get_user_by_login("taro")).id


class TestOnTheDisk:
    async def test_secrets_of_apps_are_not_readable(
        self, auth: AuthService, settings: Settings, sign_in: SignIn, set_up: SetUp
    ) -> None:
        phone, _ = await set_up(await sign_in())
        pending = await auth.second_factor.begin(await sign_in())

        stored = stored_bytes(settings)

        for secret in (phone.secret, pending.secret):
            assert not [form for form in spellings(secret) if form in stored]

    async def test_addresses_are_not_readable(self, hanako: UUID, settings: Settings) -> None:
        stored = stored_bytes(settings)

        assert not [form for form in spellings(EMAIL) if form in stored]


class TestAddress:
    async def test_it_finds_the_account_in_any_spelling(
        self, hanako: UUID, database: Database
    ) -> None:
        assert await has_account(database, "ｈａｎａｋｏ@CITY.example.lg.jp") == hanako
        assert await has_account(database, "taro@city.example.lg.jp") is None

    async def test_it_belongs_to_one_account(
        self, hanako: UUID, taro: UUID, database: Database
    ) -> None:
        with pytest.raises(IdentityTakenError):
            await set_email(database, taro, EMAIL, by=None)

        await set_email(database, hanako, EMAIL, by=None)  # Its own once more.

    async def test_it_belongs_to_one_account_also_while_a_key_is_new(
        self, hanako: UUID, taro: UUID, database: Database, settings: Settings
    ) -> None:
        KeyFile(settings.key_path).add()

        with pytest.raises(IdentityTakenError):
            await set_email(database, taro, EMAIL, by=None)

    async def test_the_database_itself_refuses_it_twice(
        self, hanako: UUID, taro: UUID, database: Database
    ) -> None:
        copy = text(
            "UPDATE staff_user SET oidc_email_hash = (SELECT oidc_email_hash FROM staff_user"
            " WHERE login = 'hanako') WHERE login = 'taro'"
        )

        async with database.engine.begin() as connection:
            with pytest.raises(IntegrityError):
                await connection.execute(copy)

    async def test_it_can_be_taken_away(self, hanako: UUID, taro: UUID, database: Database) -> None:
        await set_email(database, hanako, "", by=None)

        await set_email(database, taro, EMAIL, by=None)

        assert await has_account(database, EMAIL) == taro


class TestNewKey:
    async def test_app_and_address_work_before_and_after_the_renewal(
        self,
        *,
        auth: AuthService,
        database: Database,
        settings: Settings,
        sign_in: SignIn,
        set_up: SetUp,
        hanako: UUID,
    ) -> None:
        (old,) = (key.id for key in KeyFile(settings.key_path).read())
        phone, _ = await set_up(await sign_in())

        await rotate(database)
        between = await self._proves(auth, database, hanako, phone, steps=0)
        await renew_all(database)
        await retire(database, old)
        after = await self._proves(auth, database, hanako, phone, steps=1)

        assert (between, after) == (True, True)
        assert await verify(database) == []

    async def _proves(
        self, auth: AuthService, database: Database, user_id: UUID, phone: Phone, *, steps: int
    ) -> bool:
        """Whether a code of the app is right and the address leads to the account."""
        proof = await auth.second_factor.check(user_id, phone.code(steps))
        return proof is not None and await has_account(database, EMAIL) == user_id


class TestMoved:
    async def test_a_secret_of_another_account_is_refused(
        self, auth: AuthService, database: Database, sign_in: SignIn, set_up: SetUp
    ) -> None:
        mine, other = await sign_in("hanako"), await sign_in("taro")
        await set_up(mine)
        await set_up(other)
        async with database.write() as tx:
            query = select(StaffTotp.id).where(StaffTotp.user_id == other.user.id)
            row = (await tx.scalars(query)).one()
            await tx.execute(
                text(
                    "UPDATE staff_totp SET secret = (SELECT secret FROM staff_totp WHERE id <> :id)"
                    " WHERE id = :id"
                ).bindparams(bindparam("id", row, type_=Uuid()))
            )

        with pytest.raises(SealBrokenError):
            await auth.second_factor.check(other.user.id, "000000")
