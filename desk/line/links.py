"""One-time links from LINE to our own page, on which the same conversation goes on."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from desk.chat.errors import ConversationNotFoundError
from desk.chat.repository import lock_conversation
from desk.chat.service import ChatService
from desk.db import Database, Transaction, new_id
from desk.line import repository
from desk.line.models import LineLink, LineUser

LINK_LASTS = timedelta(minutes=15)
PATH = "/line/open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A conversation that a link has opened."""

    conversation_id: UUID
    token: str
    site: str | None


class Links:
    """Makes the links, and opens conversations by them."""

    def __init__(
        self,
        database: Database,
        chat: ChatService,
        *,
        public_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._chat = chat
        self._public_url = public_url.rstrip("/")
        self._clock = clock

    async def make(self, tx: Transaction, user: LineUser) -> str:
        """Address of a new link to the user's conversation, in the caller's transaction."""
        assert user.conversation_id is not None  # The caller has begun it.
        token = secrets.token_urlsafe(32)
        link = LineLink(
            id=new_id(),
            token_hash=_hash(token),
            line_user_id=user.id,
            conversation_id=user.conversation_id,
            expires_at=self._clock() + LINK_LASTS,
        )
        await repository.add_link(tx, link)
        return f"{self._public_url}{PATH}/{token}"

    async def is_open(self, token: str) -> bool:
        """Whether the link can still be used; looking uses nothing up."""
        async with self._database.read() as tx:
            link = await repository.find_link(tx, _hash(token))
        return link is not None and link.used_at is None and link.expires_at > self._clock()

    async def use(self, token: str) -> Opened | None:
        """Open the conversation with a fresh token; None if the link can no longer be used.

        The token that the conversation had before opens nothing any more.
        """
        async with self._database.write() as tx:
            link = await repository.find_link(tx, _hash(token))
            if link is None:
                return None
            # The conversation first, as everybody does who erases.
            conversation = await lock_conversation(tx, link.conversation_id)
            if not await repository.use_link(tx, link.id, self._clock()):
                return None
            try:
                fresh = await self._chat.renew_token(tx, link.conversation_id)
            except ConversationNotFoundError:
                return None
            return Opened(conversation_id=conversation.id, token=fresh, site=conversation.site)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
