"""Tables of LINE: what came, from whom, what was sent, and the links to our own page."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, new_id, now
from desk.vault.lookups import LookupKind
from desk.vault.rows import SealedRow
from desk.vault.types import EncryptedJson, EncryptedText, LookupHash


class EventState(StrEnum):
    """Where an event stands."""

    WAITING = "waiting"
    HANDLED = "handled"
    IGNORED = "ignored"
    """There was nothing to do, or the owner took it back before anything was done."""
    FAILED = "failed"
    """Given up after several tries; the bureau is told."""


class SendKind(StrEnum):
    """How a call to LINE reaches the user."""

    REPLY = "reply"
    PUSH = "push"


class SendReason(StrEnum):
    """Why something was sent."""

    ANSWER = "answer"
    STAFF = "staff"
    NEWS = "news"
    HOLDING = "holding"
    LINK = "link"
    POLITE = "polite"


CARRIED = frozenset({SendReason.ANSWER, SendReason.STAFF, SendReason.NEWS})
"""Of the conversation itself: where no reply is possible it is worth a push."""


class SendState(StrEnum):
    """How a call ended."""

    PENDING = "pending"
    SENT = "sent"
    REJECTED = "rejected"
    """LINE surely did not deliver it; what was in it goes on in another row, if it must."""
    UNCERTAIN = "uncertain"
    """A reply whose outcome nobody knows; it is never pushed after, and staff see it."""
    DROPPED = "dropped"
    """The user has blocked the account, or what it said was erased: no call was made."""
    QUOTA = "quota"
    """The month's pushes are used up; it goes out when the user writes again."""
    FAILED = "failed"
    """LINE refused it for good, or a day has passed."""


class LineUser(SealedRow, Base):
    """One person at one account."""

    __tablename__ = "line_user"
    __table_args__ = (UniqueConstraint("account", "user_id_hash"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[str] = mapped_column(EncryptedText("line_user.user_id"))
    user_id_hash: Mapped[str] = mapped_column(LookupHash("user_id", kind=LookupKind.LINE_ID))
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    sent_seq: Mapped[int] = mapped_column(default=0)
    """Last message of the conversation that was given to a send, or is not for LINE."""
    blocked_at: Mapped[datetime | None]
    collector_at: Mapped[datetime | None]
    """When a holding message with its button went out that nobody has pressed yet."""
    greeted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class LineEvent(SealedRow, Base):
    """One webhook event, stored once however often LINE delivers it."""

    __tablename__ = "line_event"
    __table_args__ = (
        Index("ix_line_event_user_state", "line_user_id", "state"),
        Index("ix_line_event_user_message", "line_user_id", "client_message_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account: Mapped[str] = mapped_column(String(40))
    webhook_event_id: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(48))
    """`message.text`, `follow`, …; `unreadable` for what is no event."""
    line_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("line_user.id"))
    happened_at: Mapped[datetime]
    """By LINE's clock; the order of what a user did."""
    received_at: Mapped[datetime] = mapped_column(default=now, index=True)
    state: Mapped[str] = mapped_column(String(8), default=EventState.WAITING)
    is_redelivery: Mapped[bool] = mapped_column(default=False)
    line_message_id: Mapped[str | None] = mapped_column(String(64), index=True)
    client_message_id: Mapped[UUID | None]
    """Names the owner's message that it becomes, written before that is stored; bubbles
    typed in a row share it."""
    message_id: Mapped[UUID | None] = mapped_column(index=True)
    """The owner's message that it became."""
    is_private: Mapped[bool] = mapped_column(default=False)
    """It holds what is not for LINE: its answer is read on our page."""
    reply_token: Mapped[str | None] = mapped_column(EncryptedText("line_event.reply_token"))
    token_until: Mapped[datetime | None]
    """Until when its reply token is used; None once it was, or without one."""
    raw: Mapped[str] = mapped_column(EncryptedText("line_event.raw"))
    """The event's JSON as it came; empty once it was taken back or erased."""


class LineSend(SealedRow, Base):
    """One call to LINE, written before it is made."""

    __tablename__ = "line_send"
    __table_args__ = (
        Index("ix_line_send_state", "state", "id"),
        Index("ix_line_send_user", "line_user_id", "state"),
        Index("ix_line_send_conversation", "conversation_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account: Mapped[str] = mapped_column(String(40))
    line_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("line_user.id"))
    conversation_id: Mapped[UUID | None]
    cause: Mapped[str | None] = mapped_column(String(120), unique=True)
    """Names what it answers outside the conversation, so that it is said once."""
    kind: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(8))
    token: Mapped[str | None] = mapped_column(EncryptedText("line_send.token"))
    retry_key: Mapped[UUID] = mapped_column(default=new_id)
    """LINE's X-Line-Retry-Key of a push: however often it is tried, it arrives once."""
    messages: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("line_send.messages"))
    """`{"messages": […], "seqs": […]}`: as LINE takes them, and which messages of the
    conversation are in it."""
    first_seq: Mapped[int | None]
    last_seq: Mapped[int | None]
    """Borders of those, to look for."""
    state: Mapped[str] = mapped_column(String(12), default=SendState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    is_unknown: Mapped[bool] = mapped_column(default=False)
    """Whether a call was begun whose outcome is not known."""
    is_plain: Mapped[bool] = mapped_column(default=False)
    """LINE refused its form once; it is plain text now."""
    last_error: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(String(64))
    """LINE's name of the last call."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]


class LineLink(Base):
    """A link to our own page on which a user goes on with their conversation, once."""

    __tablename__ = "line_link"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    line_user_id: Mapped[UUID] = mapped_column(ForeignKey("line_user.id"), index=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LineCount(Base):
    """How many events of one kind came on one day (JST)."""

    __tablename__ = "line_count"

    account: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=0)
