"""Tables of the review: lines to look at, what people said of them, and facts to mend."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, new_id, now
from desk.vault.rows import SealedRow
from desk.vault.types import EncryptedJson, EncryptedText


class Reason(StrEnum):
    """Why a line is looked at; each is a column of `ReviewLine`."""

    FALLBACK = "fallback"
    """The bot said that it did not understand."""
    LOW_CONFIDENCE = "low_confidence"
    UNSOLVED = "unsolved"
    """The owner said that it did not help."""
    HANDOFF = "handoff"
    """Among the last lines before a person was called."""
    SAMPLE = "sample"
    """By lot, so that not only failures are seen."""


class LineState(StrEnum):
    """What a line waits for."""

    OPEN = "open"
    SECOND = "second"
    """Another person looks at it without the first label."""
    THIRD = "third"
    """Two people differ; a third one decides."""
    AGREED = "agreed"
    CLOSED = "closed"
    """Not to be used."""


WAITING = (LineState.OPEN, LineState.SECOND, LineState.THIRD)


class SetName(StrEnum):
    """Where an agreed line goes; never to both."""

    TRAIN = "train"
    TEST = "test"


class Verdict(StrEnum):
    """What a reviewer said of a line."""

    LABEL = "label"
    UNSURE = "unsure"
    EXCLUDED = "excluded"


class TaskState(StrEnum):
    """Whether the knowledge was mended."""

    OPEN = "open"
    DONE = "done"


class ReviewLine(SealedRow, Base):
    """One line of an owner that somebody is to look at; `id` is the message's own.

    What was said stays in the message; `text` is what may leave, masked and read by a person.
    """

    __tablename__ = "review_line"
    __table_args__ = (Index("ix_review_line_queue", "state", "said_at", "id"),)

    id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), index=True)
    said_at: Mapped[datetime]
    fallback: Mapped[bool] = mapped_column(default=False)
    low_confidence: Mapped[bool] = mapped_column(default=False)
    unsolved: Mapped[bool] = mapped_column(default=False)
    handoff: Mapped[bool] = mapped_column(default=False)
    sample: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(8), default=LineState.OPEN)
    set_name: Mapped[str | None] = mapped_column(String(8))
    text: Mapped[str | None] = mapped_column(EncryptedText("review_line.text"))
    agreed: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson("review_line.agreed"))
    """What people agreed on: `{intent, concerns}`."""


class ReviewLabel(SealedRow, Base):
    """What one person said of a line; never changed."""

    __tablename__ = "review_label"
    __table_args__ = (
        UniqueConstraint("line_id", "round"),
        UniqueConstraint("line_id", "reviewer_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("review_line.id"))
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("staff_user.id"))
    round: Mapped[int]
    """1, 2 or 3."""
    verdict: Mapped[str] = mapped_column(String(8))
    said: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("review_label.said"), default=dict)
    """`{intent, concerns}`; the intent is None without a label."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class ReviewMark(Base):
    """How far the conversations were looked through; one row."""

    __tablename__ = "review_mark"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reached: Mapped[datetime]


class KnowledgeTask(SealedRow, Base):
    """An answer of the bot that somebody found wrong, with what is right.

    What the owner asked is read from the conversation when it is needed, so that it goes
    with it.
    """

    __tablename__ = "knowledge_task"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), index=True)
    """The answer of the bot."""
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), index=True)
    state: Mapped[str] = mapped_column(String(8), default=TaskState.OPEN, index=True)
    correction: Mapped[str] = mapped_column(EncryptedText("knowledge_task.correction"))
    asked: Mapped[str] = mapped_column(EncryptedText("knowledge_task.asked"), default="")
    """The owner's words that may leave, masked and read by a person; empty for a button, or
    once the owner took them back."""
    with_before: Mapped[bool] = mapped_column(default=False)
    """Whether the turns before it may leave too; a person has read them."""
    must_say: Mapped[str] = mapped_column(EncryptedText("knowledge_task.must_say"))
    """Words that every right answer holds."""
    never_say: Mapped[str] = mapped_column(EncryptedText("knowledge_task.never_say"), default="")
    """Words of the wrong answer; empty for none."""
    source_url: Mapped[str] = mapped_column(String(500))
    source_on: Mapped[date]
    """The day on which the source said so."""
    told_on: Mapped[date]
    """The calendar day of the answer in Japan."""
    created_by: Mapped[UUID] = mapped_column(ForeignKey("staff_user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    done_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_user.id"))
    done_at: Mapped[datetime | None]
