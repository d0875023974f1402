"""What a page that shows a conversation has to know, read at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from desk.auth.models import StaffUser
from desk.chat import repository
from desk.chat.models import Author, Conversation, Holder, Message
from desk.db import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A conversation at one moment."""

    conversation: Conversation
    holder_name: str | None
    """Display name of the staff member who holds it; None for the bot."""
    messages: Sequence[Message]
    """Those after the number that was asked for, in order; at most 500."""
    typing: frozenset[str]
    """Sides that are typing: `user`, `staff`."""

    @property
    def staff_types(self) -> bool:
        """Whether the person who holds the conversation is typing."""
        return Author.STAFF in self.typing and self.conversation.holder == Holder.STAFF


async def read_scene(tx: Transaction, conversation_id: UUID, after: int) -> Scene:
    """The conversation, who holds it, who types, and its messages after `after`."""
    conversation = await tx.get_one(Conversation, conversation_id)
    name = None
    if conversation.holder_id is not None:
        query = select(StaffUser.display_name).where(StaffUser.id == conversation.holder_id)
        name = (await tx.execute(query)).scalar_one_or_none()
    return Scene(
        conversation=conversation,
        holder_name=name,
        messages=await repository.list_after(tx, conversation_id, after),
        typing=frozenset(await repository.list_typing(tx, conversation_id)),
    )
