"""Slowing down on guesses, of passwords and of codes alike.

An attempt is counted before its outcome is known and forgiven when the whole login
succeeds, so that guesses sent at the same moment cannot outrun the count.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.auth import repository
from desk.db import Database, Transaction, now

FREE_ATTEMPTS = 4
"""Wrong guesses that cost no waiting."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One counted attempt."""

    login: str
    locked_until: datetime | None
    """Until when it locked the account, in case it fails."""


async def count_attempt(database: Database, login: str) -> Attempt | None:
    """Count an attempt; None if there is no such account or it is locked."""
    moment = now()
    async with database.write() as tx:
        attempts = await repository.count_attempt(tx, login, moment)
        if attempts is None:
            return None
        if attempts <= FREE_ATTEMPTS:
            return Attempt(login=login, locked_until=None)
        until = moment + wait_after(attempts)
        await repository.lock(tx, login, until)
        return Attempt(login=login, locked_until=until)


async def undo_attempt(tx: Transaction, attempt: Attempt) -> None:
    """Take back an attempt that was right but does not end the login yet."""
    await repository.undo_attempt(tx, attempt.login, attempt.locked_until, moment=now())


def wait_after(attempts: int) -> timedelta:
    """How long an account refuses logins after so many attempts without success.

    Args:
        attempts: At least 5 (`FREE_ATTEMPTS` cost nothing).

    Returns:
        30 seconds, doubled with each further attempt, at most 15 minutes.
    """
    factor: int = 2 ** min(attempts - FREE_ATTEMPTS - 1, 10)
    return min(FIRST_WAIT * factor, LONGEST_WAIT)
