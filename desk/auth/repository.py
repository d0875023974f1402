"""SQL of staff accounts and of attempts to log in."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, or_, select, update

from desk.auth.models import Role, StaffUser
from desk.db import Transaction


async def find_by_login(tx: Transaction, login: str) -> StaffUser | None:
    """The account with this (normalised) login name."""
    return (await tx.scalars(select(StaffUser).where(StaffUser.login == login))).one_or_none()


async def find_user(tx: Transaction, user_id: UUID) -> StaffUser | None:
    """The account with this id."""
    return await tx.get(StaffUser, user_id)


async def list_users(tx: Transaction) -> Sequence[StaffUser]:
    """Every account, those in use first, by login name."""
    query = select(StaffUser).order_by(StaffUser.disabled_at.is_not(None), StaffUser.login)
    return (await tx.scalars(query)).all()


async def has_users(tx: Transaction) -> bool:
    """Whether there is any account."""
    return (await tx.scalars(select(StaffUser.id).limit(1))).first() is not None


async def count_other_admins(tx: Transaction, user_id: UUID) -> int:
    """How many administrators in use there are beside `user_id`."""
    query = select(func.count()).where(
        StaffUser.role == Role.ADMIN, StaffUser.disabled_at.is_(None), StaffUser.id != user_id
    )
    return int((await tx.execute(query)).scalar_one())


async def lock_admins(tx: Transaction) -> None:
    """Let nobody else change the administrators before this transaction ends."""
    await tx.execute(select(StaffUser.id).where(StaffUser.role == Role.ADMIN).with_for_update())


async def count_attempt(tx: Transaction, login: str, moment: datetime) -> int | None:
    """Count one attempt to log in.

    Returns:
        The attempts since the last success, or None if there is no such account or it
        is locked at `moment`.
    """
    counted = await tx.execute(
        update(StaffUser)
        .where(
            StaffUser.login == login,
            or_(StaffUser.locked_until.is_(None), StaffUser.locked_until <= moment),
        )
        .values(failed_logins=StaffUser.failed_logins + 1)
        .returning(StaffUser.failed_logins)
    )
    return counted.scalar_one_or_none()


async def undo_attempt(
    tx: Transaction, login: str, locked_until: datetime | None, *, moment: datetime
) -> None:
    """Take back one counted attempt, and the lock if it is the one that it set itself.

    A lock that another attempt set stays: a right password must not open the way for
    guesses of codes.
    """
    own = StaffUser.locked_until == (locked_until or moment)
    await tx.execute(
        update(StaffUser)
        .where(StaffUser.login == login)
        .values(
            failed_logins=case((StaffUser.failed_logins > 0, StaffUser.failed_logins - 1), else_=0),
            locked_until=case((own, None), else_=StaffUser.locked_until),
        )
    )


async def lock(tx: Transaction, login: str, until: datetime) -> None:
    """Refuse logins of the account until then."""
    await tx.execute(update(StaffUser).where(StaffUser.login == login).values(locked_until=until))
