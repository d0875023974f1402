"""How owners come in: beginning a conversation, and showing that it is theirs."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from desk.chat import repository
from desk.chat.bubbles import ChatTexts, bot_message
from desk.chat.errors import BadTokenError, ConversationNotFoundError
from desk.chat.models import Conversation, Message
from desk.chat.schemas import NewConversation
from desk.chat.sites import Sites
from desk.db import Database, Transaction, new_id, now


class Entrance:
    """Begins conversations and finds them again."""

    def __init__(
        self, database: Database, texts: ChatTexts, sites: Sites, *, conversation_days: int
    ) -> None:
        self._database = database
        self._texts = texts
        self._sites = sites
        self._days = conversation_days

    async def start(
        self, body: NewConversation, *, token: str | None = None
    ) -> tuple[Conversation, str, Sequence[Message]]:
        """Begin a conversation.

        Args:
            body: Where it is held.
            token: Made here if None; a secret that this server made before.

        Returns:
            The conversation, its bearer token (stored only as a hash), the greeting.

        Raises:
            IntegrityError: There is a conversation with this token already.
        """
        token = token or new_token()
        async with self._database.write() as tx:
            conversation, greeting = await self.begin(tx, body.channel, body.site, token)
        return conversation, token, greeting

    async def begin(
        self, tx: Transaction, channel: str, site: str | None, token: str
    ) -> tuple[Conversation, Sequence[Message]]:
        """Begin a conversation in the caller's transaction.

        Args:
            tx: A writing transaction.
            channel: `web` or another way in.
            site: Id of the site where it is held.
            token: The secret that opens it; stored only as a hash.
        """
        conversation = Conversation(
            id=new_id(),
            token_hash=_hash(token),
            channel=channel,
            site=site,
            expires_at=now() + timedelta(days=self._days),
        )
        tx.add(conversation)
        await tx.flush()  # The messages refer to the conversation.
        greeting = [
            bot_message(self._texts.bot_name, str(opening["text"]), opening)
            for opening in self.opening(site)
        ]
        await repository.append(tx, conversation, *greeting)
        return conversation, greeting

    async def renew_token(self, tx: Transaction, conversation_id: UUID) -> str:
        """A fresh token of a conversation; the one before opens nothing any more.

        Raises:
            ConversationNotFoundError: Erased or expired.
        """
        conversation = await repository.lock_conversation(tx, conversation_id)
        if conversation.erased_at is not None or conversation.expires_at < now():
            raise ConversationNotFoundError("The conversation has ended. Begin a new one.")
        token = new_token()
        conversation.token_hash = _hash(token)
        return token

    def opening(self, site_id: str | None) -> list[Mapping[str, Any]]:
        """Messages with which a conversation begins, each `{text, quick_replies, payloads}`."""
        site = self._sites.find(site_id)
        own = [{"text": site.greeting}] if site and site.greeting else []
        return [*own, *self._texts.opening]

    async def find_by_token(self, token: str) -> Conversation | None:
        """The conversation whose token this is; None if there is none, or it has ended."""
        async with self._database.read() as tx:
            found = await repository.find_by_token_hash(tx, _hash(token))
        if found is None or found.erased_at is not None or found.expires_at < now():
            return None
        return found

    async def authorise(self, conversation_id: UUID, token: str | None) -> Conversation:
        """The conversation, if `token` is its own.

        Raises:
            BadTokenError: No token, or that of another conversation.
            ConversationNotFoundError: Erased or expired.
        """
        async with self._database.read() as tx:
            conversation = await repository.find_conversation(tx, conversation_id)
        if not token or conversation is None:
            raise BadTokenError("Send the conversation's token as 'Authorization: Bearer …'.")
        if not secrets.compare_digest(conversation.token_hash, _hash(token)):
            raise BadTokenError("The token is not this conversation's.")
        if conversation.erased_at is not None or conversation.expires_at < now():
            raise ConversationNotFoundError("The conversation has ended. Begin a new one.")
        return conversation


def new_token() -> str:
    """A secret that opens one conversation."""
    return secrets.token_urlsafe(32)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
