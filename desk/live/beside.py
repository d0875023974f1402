"""What staff see of each other beside a conversation: presence, typing, their own drafts."""

from datetime import timedelta
from uuid import UUID

from desk.auth.models import StaffUser
from desk.chat import repository as chat
from desk.chat.models import Author, Holder
from desk.chat.stream import Fanout
from desk.db import Database, now
from desk.live import repository
from desk.live.errors import ReplyTooLongError
from desk.live.talk import find_visible

MAX_DRAFT = 10_000
"""More than a reply may have: what was typed too much must not be lost either."""
PRESENT_FOR = timedelta(seconds=45)
"""How long a sign of presence holds; pages repeat it every 15 seconds."""


class BesideService:
    """Signs of the people round a conversation; none of them changes it."""

    def __init__(self, database: Database, fanout: Fanout) -> None:
        self._database = database
        self._fanout = fanout

    async def show_presence(
        self, user: StaffUser, conversation_id: UUID, *, is_typing: bool
    ) -> None:
        """Show colleagues that the person is here and, if holding it, the owner that they type.

        Raises:
            TalkNotFoundError: It is not the person's to see.
        """
        async with self._database.write() as tx:
            _, conversation = await find_visible(tx, conversation_id, user)
            tx.after_commit(lambda: self._fanout.publish(conversation_id))
            expires_at = now() + PRESENT_FOR
            await repository.touch_presence(tx, conversation_id, user.id, expires_at)
            if conversation.holder != Holder.STAFF or conversation.holder_id != user.id:
                return
            if is_typing:
                await chat.set_typing(tx, conversation_id, Author.STAFF)
            else:
                await chat.clear_typing(tx, conversation_id, Author.STAFF)

    async def end_presence(self, user: StaffUser, conversation_id: UUID) -> None:
        """Show colleagues that the person has left the page.

        Raises:
            TalkNotFoundError: It is not the person's to see.
        """
        async with self._database.write() as tx:
            await find_visible(tx, conversation_id, user)
            tx.after_commit(lambda: self._fanout.publish(conversation_id))
            await repository.end_presence(tx, conversation_id, user.id)

    async def get_draft(self, user: StaffUser, conversation_id: UUID) -> str:
        """What the person has begun to write; empty if nothing.

        Raises:
            TalkNotFoundError: It is not the person's to see.
        """
        async with self._database.read() as tx:
            await find_visible(tx, conversation_id, user)
            return await repository.find_draft(tx, conversation_id, user.id)

    async def keep_draft(self, user: StaffUser, conversation_id: UUID, text: str) -> None:
        """Keep what the person has begun to write; nothing is kept of an empty draft.

        Raises:
            TalkNotFoundError: It is not the person's to see.
            ReplyTooLongError: It is too long to keep.
        """
        text = text.replace("\0", "")
        if len(text) > MAX_DRAFT:
            raise ReplyTooLongError(f"A draft has at most {MAX_DRAFT} characters.")
        async with self._database.write() as tx:
            await find_visible(tx, conversation_id, user)
            if text.strip():
                await repository.keep_draft(tx, conversation_id, user.id, text)
            else:
                await repository.drop_draft(tx, conversation_id, user.id)
