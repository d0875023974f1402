"""SQL of staff accounts and sessions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update

from desk.auth.models import Role, StaffSession, StaffUser
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


async def lock(tx: Transaction, login: str, until: datetime) -> None:
    """Refuse logins of the account until then."""
    await tx.execute(update(StaffUser).where(StaffUser.login == login).values(locked_until=until))


async def find_session(tx: Transaction, token_hash: str) -> tuple[StaffSession, StaffUser] | None:
    """The session of this token and its person, whether or not it still holds."""
    query = (
        select(StaffSession, StaffUser)
        .join(StaffUser, StaffUser.id == StaffSession.user_id)
        .where(StaffSession.token_hash == token_hash)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def touch_session(tx: Transaction, session_id: UUID, moment: datetime) -> None:
    """Note that the session was used."""
    await tx.execute(
        update(StaffSession).where(StaffSession.id == session_id).values(last_seen_at=moment)
    )


async def end_session(tx: Transaction, token_hash: str, moment: datetime) -> None:
    """End the session of this token, if it has not ended."""
    await tx.execute(
        update(StaffSession)
        .where(StaffSession.token_hash == token_hash, StaffSession.ended_at.is_(None))
        .values(ended_at=moment)
    )


async def end_sessions_of(tx: Transaction, user_id: UUID, moment: datetime) -> None:
    """End every session of the person."""
    await tx.execute(
        update(StaffSession)
        .where(StaffSession.user_id == user_id, StaffSession.ended_at.is_(None))
        .values(ended_at=moment)
    )
