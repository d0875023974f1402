"""Tables of the chat: the conversation and its messages, which are the log."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, new_id, now
from desk.vault.models import Part
from desk.vault.searching import SearchableRow, Searched
from desk.vault.tables import unsealed_sql
from desk.vault.types import EncryptedJson, EncryptedText


class Author(StrEnum):
    """Who wrote a message."""

    USER = "user"
    BOT = "bot"
    STAFF = "staff"
    SYSTEM = "system"


class Holder(StrEnum):
    """Who answers the owner."""

    BOT = "bot"
    STAFF = "staff"


class Conversation(Base):
    """One owner's talk with the bot and with staff."""

    __tablename__ = "conversation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    channel: Mapped[str] = mapped_column(String(16), default="web")
    site: Mapped[str | None] = mapped_column(String(64))
    holder: Mapped[str] = mapped_column(String(8), default=Holder.BOT)
    holder_id: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=0)
    """Grows with every change of holder; part of every compare-and-set."""
    last_seq: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    updated_at: Mapped[datetime] = mapped_column(default=now, index=True)
    expires_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


UNSEALED = text(unsealed_sql(("text", "content", "understanding")))
"""Finds messages that `jinjibu migrate` has not sealed yet, by an index that is empty else."""
HAS_CARD = text("card_kind IS NOT NULL")


class Message(SearchableRow, Base):
    """One bubble, in or out, with its place in the conversation.

    What was said is sealed, whoever said it; buttons' payloads are not: they come from the
    content, and queries compare them.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("conversation_id", "client_message_id"),
        UniqueConstraint("answers_id", "part"),
        Index("ix_message_conversation_author", "conversation_id", "author"),
        Index("ix_message_unsealed", "id", sqlite_where=UNSEALED, postgresql_where=UNSEALED),
        Index(
            "ix_message_card", "card_kind", "id", sqlite_where=HAS_CARD, postgresql_where=HAS_CARD
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    seq: Mapped[int]
    author: Mapped[str] = mapped_column(String(8))
    author_name: Mapped[str] = mapped_column(String(64), default="")
    author_id: Mapped[UUID | None]
    """The staff member who wrote it."""
    text: Mapped[str] = mapped_column(EncryptedText("message.text"))
    payload: Mapped[str | None] = mapped_column(Text)
    """What the pressed button carried; None for typed text."""
    client_message_id: Mapped[UUID | None]
    answers_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))
    """The owner's message that this one answers; with `part` unique, so that a
    turn that is done again cannot answer twice."""
    part: Mapped[int | None]
    content: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("message.content"), default=dict)
    """Quick replies, question and card, as the API shows them."""
    card_kind: Mapped[str | None] = mapped_column(String(32))
    """What kind of card is in `content`, to be found by; None without one."""
    understanding: Mapped[dict[str, Any] | None] = mapped_column(
        EncryptedJson("message.understanding")
    )
    """What the bot understood: intent, confidence, entities (owner's messages only)."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    SEARCHED_COLUMNS = frozenset({"text"})

    @classmethod
    def is_searched(cls) -> Any:
        """What people said; the bot says the same to everybody."""
        return cls.author != Author.BOT

    def searched(self) -> Searched | None:
        """See `SearchableRow`."""
        if self.author == Author.BOT:
            return None
        where = self.conversation_id
        return Searched(part=Part.TALK, texts=[self.text], conversation_id=where)


class TypingSign(Base):
    """That one side of a conversation is typing, for a few seconds."""

    __tablename__ = "typing_sign"

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    author: Mapped[str] = mapped_column(String(8), primary_key=True)
    """user or staff."""
    shown_until: Mapped[datetime]


class Satisfaction(Base):
    """That an owner was asked whether it helped, and the answer (see ``desk.chat.satisfaction``)."""

    __tablename__ = "satisfaction"
    __table_args__ = (UniqueConstraint("conversation_id", "after"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    after: Mapped[str] = mapped_column(String(8))
    """advice or handoff."""
    asked_at: Mapped[datetime] = mapped_column(default=now, index=True)
    answer: Mapped[str | None] = mapped_column(String(8))
    """yes, partly or no; None while unanswered."""
    answered_at: Mapped[datetime | None]


class ToldFact(Base):
    """A fact that the bot told, as it stood then (see ``advisor.told``)."""

    __tablename__ = "told_fact"
    __table_args__ = (Index("ix_told_fact_fact_version", "fact", "version", "told_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), index=True)
    fact: Mapped[str] = mapped_column(String(128))
    version: Mapped[str] = mapped_column(String(32))
    told_on: Mapped[date]
    """Calendar date whose rules applied."""
