"""SQL of what staff see of LINE: what needs a person, and who writes there."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.sql import ColumnElement

from desk.chat.models import Conversation
from desk.db import Transaction
from desk.line.models import CARRIED, LineSend, LineUser, SendState

OPEN = (SendState.UNCERTAIN, SendState.FAILED, SendState.QUOTA)
"""States that need a person."""


def _is_open() -> ColumnElement[bool]:
    """What was dropped counts only where it was said in the talk and was not erased."""
    lost = and_(
        LineSend.state == SendState.DROPPED,
        LineSend.reason.in_(CARRIED),
        LineSend.line_user_id.is_not(None),
    )
    return or_(LineSend.state.in_(OPEN), lost)


async def list_open_sends(
    tx: Transaction, accounts: Collection[str], *, limit: int
) -> Sequence[tuple[LineSend, LineUser | None]]:
    """The calls of some accounts that need a person, the newest first, with their users."""
    query = (
        select(LineSend, LineUser)
        .outerjoin(LineUser, LineUser.id == LineSend.line_user_id)
        .where(LineSend.account.in_(accounts), _is_open())
        .order_by(LineSend.id.desc())
        .limit(limit)
    )
    return [(send, user) for send, user in await tx.execute(query)]


async def count_open_of(tx: Transaction, conversation_id: UUID) -> int:
    """How many calls of a conversation need a person."""
    query = select(func.count()).where(LineSend.conversation_id == conversation_id, _is_open())
    return int((await tx.execute(query)).scalar_one())


async def find_user_of(tx: Transaction, conversation_id: UUID) -> LineUser | None:
    """Whose conversation it is, in LINE."""
    query = select(LineUser).where(LineUser.conversation_id == conversation_id)
    return (await tx.scalars(query)).one_or_none()


async def find_channel_of(tx: Transaction, conversation_id: UUID) -> str | None:
    """The way on which a conversation began."""
    query = select(Conversation.channel).where(Conversation.id == conversation_id)
    return (await tx.scalars(query)).one_or_none()
