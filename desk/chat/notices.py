"""Telling staff that an owner writes in a conversation that a person holds."""

from desk.auth.models import StaffUser
from desk.cases.notices import notice_of
from desk.cases.repository import list_of_conversation
from desk.chat.models import Conversation
from desk.chat.repository import last_staff_seq
from desk.config import JST
from desk.db import Transaction, now
from desk.notify.models import BUREAU, NoticeKind
from desk.notify.outbox import Notice, queue_notice


async def tell_staff_of_message(tx: Transaction, conversation: Conversation) -> int:
    """Queue the notice that the owner waits for a person, in the message's transaction.

    Several messages in a row make one notice: it is told once for each time that the
    owner waits for staff, and once more for every hour in which they write again.

    Returns:
        To how many targets it goes.
    """
    seq = await last_staff_seq(tx, conversation.id)
    key = f"owner:{conversation.id}:{seq}:{now().astimezone(JST):%Y%m%d%H}"
    cases = await list_of_conversation(tx, conversation.id)
    if cases:
        return await queue_notice(tx, notice_of(cases[-1], key, NoticeKind.OWNER_WROTE))
    holder = await tx.get(StaffUser, conversation.holder_id) if conversation.holder_id else None
    hub_id = (holder.hub_id if holder else None) or BUREAU
    return await queue_notice(tx, Notice(key=key, kind=NoticeKind.OWNER_WROTE, hub_id=hub_id))
