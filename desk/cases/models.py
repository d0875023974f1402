"""Tables of the cases: an append-only list of events and the state it makes."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, new_id, now
from desk.vault.lookups import LookupKind
from desk.vault.rows import SealedRow
from desk.vault.types import EncryptedJson, EncryptedText, LookupHash


class CaseKind(StrEnum):
    """Why a case exists."""

    CONSULTATION = "consultation"
    """An owner consented to hand the talk to the hub."""
    ATTENTION = "attention"
    """The bot could not answer; staff must look."""


class CaseStatus(StrEnum):
    """Where a case stands (受付, 対応中, 回答待ち, 保留, 完了)."""

    RECEIVED = "received"
    WORKING = "working"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class EventKind(StrEnum):
    """What happened to a case."""

    OPENED = "opened"
    ANNOUNCED = "announced"
    CLAIMED = "claimed"
    RELEASED = "released"
    NOTED = "noted"
    STATUS_CHANGED = "status_changed"
    ESCALATED = "escalated"
    CLOSED = "closed"
    REOPENED = "reopened"
    ERASED = "erased"
    TALK_TAKEN = "talk_taken"
    """A person has taken the conversation."""
    TALK_RETURNED = "talk_returned"
    """The conversation went back to the bot."""
    TALK_UNANSWERED = "talk_unanswered"
    """The owner was told that the person has not answered."""


class Case(SealedRow, Base):
    """What a hub works on.

    Its status and assignee are written together with the event that changes them and can
    be derived again from the events.
    """

    __tablename__ = "case"
    __table_args__ = (
        UniqueConstraint("conversation_id", "handoff_number"),
        Index("ix_case_queue", "hub_id", "status", "promised_on", "id"),
        Index("ix_case_all_queue", "status", "promised_on", "id"),
        Index("ix_case_assignee", "assignee_id", "status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    kind: Mapped[str] = mapped_column(String(16), default=CaseKind.CONSULTATION)
    hub_id: Mapped[str] = mapped_column(String(32))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), index=True)
    handoff_number: Mapped[int]
    """Counts the hand-offs of one conversation; makes opening idempotent."""
    turn_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16), default=CaseStatus.RECEIVED)
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_user.id"))
    version: Mapped[int] = mapped_column(default=1)
    headline: Mapped[str] = mapped_column(EncryptedText("case.headline"))
    """The owner's own words, shortened, for the queue."""
    snapshot: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("case.snapshot"))
    """Situation, diagnosis, recommendations and versions of the facts used."""
    consent: Mapped[dict[str, Any]]
    """What the owner agreed to send, to whom, when."""
    contact: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("case.contact"))
    contact_phone_hash: Mapped[str | None] = mapped_column(
        LookupHash("contact", "phone", kind=LookupKind.PHONE), index=True
    )
    contact_email_hash: Mapped[str | None] = mapped_column(
        LookupHash("contact", "email", kind=LookupKind.EMAIL), index=True
    )
    promised_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class CaseEvent(SealedRow, Base):
    """One entry of a case's log; never changed, never removed."""

    __tablename__ = "case_event"
    __table_args__ = (UniqueConstraint("case_id", "seq"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    actor: Mapped[str] = mapped_column(String(16))
    """owner, bot, staff or system."""
    actor_id: Mapped[UUID | None]
    body: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("case_event.body"), default=dict)
    """Notes and reasons of staff, and what else belongs to the event."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class CaseCounter(Base):
    """Last serial number given out per hub and month."""

    __tablename__ = "case_counter"

    prefix: Mapped[str] = mapped_column(String(16), primary_key=True)
    last: Mapped[int]
