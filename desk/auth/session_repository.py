"""SQL of sessions and of logins that wait for their second factor."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update

from desk.auth.models import LoginChallenge, StaffSession, StaffUser
from desk.db import Transaction


async def find_session(tx: Transaction, token_hash: str) -> tuple[StaffSession, StaffUser] | None:
    """The session of this token and its person, whether or not it still holds."""
    query = (
        select(StaffSession, StaffUser)
        .join(StaffUser, StaffUser.id == StaffSession.user_id)
        .where(StaffSession.token_hash == token_hash)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def list_open(
    tx: Transaction, user_id: UUID, *, moment: datetime, seen_after: datetime
) -> Sequence[StaffSession]:
    """The person's sessions that hold at `moment`, the one used last first."""
    query = (
        select(StaffSession)
        .where(
            StaffSession.user_id == user_id,
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > moment,
            StaffSession.last_seen_at > seen_after,
        )
        .order_by(StaffSession.last_seen_at.desc(), StaffSession.id.desc())
    )
    return (await tx.scalars(query)).all()


async def touch_session(tx: Transaction, session_id: UUID, moment: datetime) -> None:
    """Note that the session was used."""
    await tx.execute(
        update(StaffSession).where(StaffSession.id == session_id).values(last_seen_at=moment)
    )


async def end_by_token(
    tx: Transaction, token_hash: str, moment: datetime
) -> tuple[UUID, UUID] | None:
    """End the session of this token.

    Returns:
        Ids of the session and its person; None if there is none, or it has ended.
    """
    ended = await tx.execute(
        update(StaffSession)
        .where(StaffSession.token_hash == token_hash, StaffSession.ended_at.is_(None))
        .values(ended_at=moment)
        .returning(StaffSession.id, StaffSession.user_id)
    )
    row = ended.one_or_none()
    return None if row is None else (row[0], row[1])


async def end_by_id(tx: Transaction, user_id: UUID, session_id: UUID, moment: datetime) -> bool:
    """End one session of the person; False if it is not theirs or has ended."""
    ended = await tx.execute(
        update(StaffSession)
        .where(
            StaffSession.id == session_id,
            StaffSession.user_id == user_id,
            StaffSession.ended_at.is_(None),
        )
        .values(ended_at=moment)
        .returning(StaffSession.id)
    )
    return ended.one_or_none() is not None


async def end_all_of(
    tx: Transaction, user_id: UUID, moment: datetime, *, but: UUID | None = None
) -> int:
    """End every session of the person, but one if told; how many there were."""
    await tx.execute(delete(LoginChallenge).where(LoginChallenge.user_id == user_id))
    query = update(StaffSession).where(
        StaffSession.user_id == user_id, StaffSession.ended_at.is_(None)
    )
    if but is not None:
        query = query.where(StaffSession.id != but)
    ended = await tx.execute(query.values(ended_at=moment).returning(StaffSession.id))
    return len(ended.all())


async def find_challenge(
    tx: Transaction, token_hash: str, moment: datetime
) -> tuple[LoginChallenge, StaffUser] | None:
    """The login that this token continues, unless its time is over."""
    query = (
        select(LoginChallenge, StaffUser)
        .join(StaffUser, StaffUser.id == LoginChallenge.user_id)
        .where(LoginChallenge.token_hash == token_hash, LoginChallenge.expires_at > moment)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def take_challenge(tx: Transaction, challenge_id: UUID) -> bool:
    """Use the login up; False if somebody else did."""
    taken = await tx.execute(
        delete(LoginChallenge).where(LoginChallenge.id == challenge_id).returning(LoginChallenge.id)
    )
    return taken.one_or_none() is not None


async def drop_old_challenges(tx: Transaction, moment: datetime) -> None:
    """Forget logins that nobody continued."""
    await tx.execute(delete(LoginChallenge).where(LoginChallenge.expires_at <= moment))
