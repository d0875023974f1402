"""One conversation as a staff member finds it: who holds it, who else looks, what they may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from desk.attachments.models import Attachment
from desk.attachments.repository import list_of_conversation
from desk.auth.models import StaffUser
from desk.auth.rights import can_lead, can_write, visible_hub
from desk.cases.answers import find_main_id
from desk.cases.models import Case, CaseStatus
from desk.chat import repository as chat
from desk.chat.models import Author, Conversation, Holder, Message
from desk.chat.scene import read_scene
from desk.db import Transaction, now
from desk.live import repository
from desk.live.errors import TalkNotFoundError


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation for one staff member at one moment."""

    conversation: Conversation
    holder_name: str | None
    messages: Sequence[Message]
    """Those after the number that was asked for."""
    present: Sequence[tuple[UUID, str]]
    """Id and name of the other staff who have it open."""
    owner_types: bool
    open_count: int
    """Messages of the owner that nobody has answered."""
    waiting_since: datetime | None
    """When the oldest of them came."""
    responsible: tuple[UUID, str] | None
    """Id and name of whoever has the case."""
    is_responsible: bool
    """It is the person who looks."""
    is_unclaimed: bool
    """The case is open and nobody has it."""
    is_over: bool
    """The owner can no longer read what is written."""
    is_mine: bool
    can_take: bool
    can_steal: bool
    can_release: bool
    files: Sequence[Attachment]
    """What the owner sent beside words."""


async def find_visible(
    tx: Transaction, conversation_id: UUID, user: StaffUser
) -> tuple[Case, Conversation]:
    """The conversation, on account of a case of it that the person may see.

    Raises:
        TalkNotFoundError: There is no such case, or the owner has erased the talk.
    """
    case = await repository.find_case(tx, conversation_id, visible_hub(user))
    conversation = await chat.find_conversation(tx, conversation_id)
    if case is None or conversation is None or conversation.erased_at is not None:
        raise TalkNotFoundError("There is no conversation of a case in your queue by this id.")
    return case, conversation


async def read_talk(tx: Transaction, conversation_id: UUID, user: StaffUser, after: int) -> Talk:
    """The conversation as `user` finds it, with the messages after `after`.

    Raises:
        TalkNotFoundError: It is not the person's to see.
    """
    found, _ = await find_visible(tx, conversation_id, user)
    case = await tx.get_one(Case, await find_main_id(tx, found.id))
    responsible = await repository.find_responsible(tx, case)
    scene = await read_scene(tx, conversation_id, after)
    waiting = await repository.list_open_messages(tx, conversation_id)
    present = await repository.list_present(tx, conversation_id)
    conversation = scene.conversation
    is_over = conversation.expires_at < now()
    is_held = conversation.holder == Holder.STAFF
    is_mine = is_held and conversation.holder_id == user.id
    leads = can_lead(user) and is_held and not is_mine
    return Talk(
        conversation=conversation,
        holder_name=scene.holder_name,
        messages=scene.messages,
        present=[(staff_id, name) for staff_id, name in present if staff_id != user.id],
        owner_types=Author.USER in scene.typing,
        open_count=len(waiting),
        waiting_since=waiting[0].created_at if waiting else None,
        responsible=responsible,
        is_responsible=case.assignee_id == user.id,
        is_unclaimed=case.assignee_id is None and case.status != CaseStatus.CLOSED,
        is_over=is_over,
        is_mine=is_mine,
        can_take=can_write(user) and not is_held and not is_over,
        can_steal=leads and not is_over,
        can_release=leads,
        files=await list_of_conversation(tx, conversation_id),
    )
