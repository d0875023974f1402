"""The table of kept files: one row for each that came, also where nothing could be kept."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, new_id, now
from desk.vault.rows import SealedRow
from desk.vault.types import EncryptedBytes, EncryptedText


class FileState(StrEnum):
    """Where a file stands."""

    WAITING = "waiting"
    """It is still to be fetched."""
    FETCHED = "fetched"
    REFUSED = "refused"
    """It is not kept; the reason says why."""
    GONE = "gone"
    """Whoever had it has deleted it, or its sender took it back."""
    FAILED = "failed"
    """It could not be fetched, however often it was tried."""


class Reason(StrEnum):
    """Why a file is not there."""

    TOO_LARGE = "too_large"
    EMPTY = "empty"
    KIND = "kind"
    """Its bytes are of no kind that is kept."""
    MACROS = "macros"
    """It is a document with a program in it."""
    TOO_MANY = "too_many"
    """The conversation has as many files as are kept of one."""
    ELSEWHERE = "elsewhere"
    """It lies at somebody else's address, which is never called."""
    DELETED = "deleted"
    """LINE does not have it any more."""
    TAKEN_BACK = "taken_back"
    UNREACHABLE = "unreachable"
    """Nobody gave it out before the tries were used up."""
    NOT_GIVEN = "not_given"
    """LINE does not give it out, and would not later."""


class Attachment(SealedRow, Base):
    """One picture, video, voice message or file of an owner."""

    __tablename__ = "attachment"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), index=True)
    account: Mapped[str] = mapped_column(String(40))
    """The LINE account by which it came."""
    line_event_id: Mapped[UUID] = mapped_column(unique=True)
    """The event with which it came; kept when the event itself is pruned."""
    line_message_id: Mapped[str] = mapped_column(String(64))
    """By which LINE gives it out."""
    kind: Mapped[str] = mapped_column(String(8))
    """image, video, audio or file, as LINE says."""
    name: Mapped[str | None] = mapped_column(EncryptedText("attachment.name"))
    """What its sender calls it."""
    state: Mapped[str] = mapped_column(String(8), default=FileState.WAITING, index=True)
    reason: Mapped[str | None] = mapped_column(String(12))
    media_type: Mapped[str | None] = mapped_column(String(80))
    """As found in the bytes, whatever anybody calls it."""
    size: Mapped[int | None]
    """In bytes."""
    sha256: Mapped[str | None] = mapped_column(EncryptedText("attachment.sha256"))
    """Of the bytes; sealed, since it tells who has the same file."""
    content: Mapped[bytes | None] = mapped_column(
        EncryptedBytes("attachment.content"), deferred=True
    )
    """The bytes; read by `repository.find_with_content` only."""
    arrived_at: Mapped[datetime] = mapped_column(default=now)
    settled_at: Mapped[datetime | None]
    """When it was fetched or given up."""
