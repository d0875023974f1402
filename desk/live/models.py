"""Tables of the live conversation: who held it when, who looks at it, what is being written."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, new_id, now
from desk.vault.rows import SealedRow
from desk.vault.types import EncryptedText


class ChangeKind(StrEnum):
    """How a conversation came to its holder."""

    TAKEN = "taken"
    """A staff member took it from the bot."""
    STOLEN = "stolen"
    """A lead took it from a colleague."""
    RETURNED = "returned"
    """Whoever held it gave it back to the bot."""
    RELEASED = "released"
    """A lead gave a colleague's conversation back to the bot."""
    LEFT = "left"
    """The owner went back to the bot."""
    HANDED_ON = "handed_on"
    """Its case went to a hub whose conversations the holder does not see."""


class HolderChange(Base):
    """The beginning of one holder's time; never changed, never removed.

    A message with a higher number than `after_seq`, up to that of the next change, was
    written while this holder had the conversation.
    """

    __tablename__ = "holder_change"
    __table_args__ = (UniqueConstraint("conversation_id", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    version: Mapped[int]
    """The conversation's version from this change on."""
    kind: Mapped[str] = mapped_column(String(16))
    holder: Mapped[str] = mapped_column(String(8))
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_user.id"))
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_user.id"))
    """The staff member who changed it; None for the owner."""
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    """The case on whose account staff are in the conversation."""
    after_seq: Mapped[int]
    """Number of the last message before the change."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class StaffPresence(Base):
    """That a staff member has the conversation before them; runs out by itself."""

    __tablename__ = "staff_presence"

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_user.id"), primary_key=True)
    expires_at: Mapped[datetime]


def draft_id(conversation_id: UUID, staff_id: UUID) -> UUID:
    """The id of a staff member's draft in a conversation: known before it is looked for."""
    return uuid5(conversation_id, staff_id.hex)


class ReplyDraft(SealedRow, Base):
    """What a staff member has begun to write and not sent."""

    __tablename__ = "reply_draft"
    __table_args__ = (UniqueConstraint("conversation_id", "staff_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """See `draft_id`."""
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_user.id"))
    text: Mapped[str] = mapped_column(EncryptedText("reply_draft.text"))
    updated_at: Mapped[datetime] = mapped_column(default=now)
