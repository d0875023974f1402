"""What the tests of accounts share."""

import pytest
from sqlalchemy import update

from desk.auth.errors import (
    LoginRefusedError,
)
from desk.auth.models import StaffUser
from desk.auth.service import AuthService, wait_after
from desk.db import Database, now

PASSWORD = "correct horse battery"


async def _guess(auth: AuthService, times: int) -> None:
    for _ in range(times):
        with pytest.raises(LoginRefusedError):
            await auth.authenticate("hanako", "a wrong guess")


async def _lock(database: Database, login: str, attempts: int) -> None:
    async with database.write() as tx:
        values = {"failed_logins": attempts, "locked_until": now() + wait_after(attempts)}
        await tx.execute(update(StaffUser).where(StaffUser.login == login).values(**values))
