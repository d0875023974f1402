"""Tables of the notifications: where a hub wants to be told, and what was sent there."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, new_id, now
from desk.vault.rows import SealedRow
from desk.vault.types import EncryptedText

BUREAU = "bureau"
"""The hub of every place that has none of its own; it is told when something is wrong."""


class TargetKind(StrEnum):
    """How a target is reached."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    KINTONE = "kintone"


class TargetLevel(StrEnum):
    """When a target is told: with everything, or only when a promise is in danger."""

    HUB = "hub"
    """Of everything that the hub's staff should hear."""
    LEAD = "lead"
    """From the second step of the promise clock on: whoever leads the hub."""
    BUREAU = "bureau"
    """With the last step: whoever looks after this hub at the bureau."""


class NoticeKind(StrEnum):
    """What a target is told."""

    CASE_ANNOUNCED = "case_announced"
    """A new case stands in the hub's queue."""
    CASE_REMINDED = "case_reminded"
    """An owner still waits for the answer that a hub has promised."""
    CASE_ESCALATED = "case_escalated"
    """The promised day is over and nobody has answered (also to the bureau)."""
    CASE_ASSIGNED = "case_assigned"
    """A lead has made somebody responsible."""
    CASE_TRANSFERRED = "case_transferred"
    """Another hub has handed a case on (to the hub that gets it)."""
    CASE_MENTIONED = "case_mentioned"
    """A note names colleagues."""
    CASE_WOKEN = "case_woken"
    """The time for which a case was on hold is over."""
    OWNER_WROTE = "owner_wrote"
    """An owner writes, and a person holds the conversation."""
    DELIVERY_DEAD = "delivery_dead"
    """A hub could not be told (to the bureau)."""
    LINE_TROUBLE = "line_trouble"
    """Something is wrong with a LINE account (to the bureau)."""
    RECONCILIATION = "reconciliation"
    """The nightly comparison found something (to the bureau)."""
    TEST = "test"
    """An operator tries the target."""


CASE_NOTICES = frozenset(
    {
        NoticeKind.CASE_ANNOUNCED,
        NoticeKind.CASE_REMINDED,
        NoticeKind.CASE_ESCALATED,
        NoticeKind.CASE_ASSIGNED,
        NoticeKind.CASE_TRANSFERRED,
        NoticeKind.CASE_MENTIONED,
        NoticeKind.CASE_WOKEN,
        NoticeKind.OWNER_WROTE,
    }
)
"""Notices of a case; the only ones that make kintone records."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"
    """Given up; staff are told and can have it tried again."""
    CANCELLED = "cancelled"
    """The target was removed or switched off before it was sent."""


class NotificationTarget(Base):
    """One place where a hub wants to be told."""

    __tablename__ = "notification_target"
    __table_args__ = (UniqueConstraint("hub_id", "kind", "address", "app"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    level: Mapped[str] = mapped_column(
        String(8), default=TargetLevel.HUB, server_default=TargetLevel.HUB
    )
    address: Mapped[str] = mapped_column(String(500))
    """Mail address, URL of the receiver, or address of the kintone."""
    app: Mapped[str] = mapped_column(String(32), default="")
    """Id of the kintone app; empty for other kinds."""
    field_map: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """kintone: our value → field code; `case_number` names the unique field."""
    secret_names: Mapped[list[Any]] = mapped_column(default=list)
    """Names of secrets, never the secrets; a webhook has two while one is replaced."""
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str | None] = mapped_column(String(200))
    """Why desk itself switched the target off; None if a person did."""
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class NotificationSecret(SealedRow, Base):
    """A secret that targets name."""

    __tablename__ = "notification_secret"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    secret: Mapped[str] = mapped_column(EncryptedText("notification_secret.secret"))
    updated_at: Mapped[datetime] = mapped_column(default=now)


class Delivery(Base):
    """One notice to one target, from the event to the proof that it was taken."""

    __tablename__ = "notification_delivery"
    __table_args__ = (
        UniqueConstraint("event_key", "target_id"),
        Index("ix_notification_delivery_state", "state", "id"),
        Index("ix_notification_delivery_hub", "hub_id", "id"),
        Index("ix_notification_delivery_case", "case_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    target_id: Mapped[UUID] = mapped_column(ForeignKey("notification_target.id"))
    event_key: Mapped[str] = mapped_column(String(120))
    """Names the event, such as `case:<id>:<seq>`: it is sent to a target once."""
    notice: Mapped[str] = mapped_column(String(24))
    hub_id: Mapped[str] = mapped_column(String(32))
    """The hub that the event belongs to and whose staff see the delivery."""
    case_id: Mapped[UUID | None]
    case_number: Mapped[str] = mapped_column(String(24), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the notice tells beside the number: dates and counts, no personal data."""
    occurred_at: Mapped[datetime] = mapped_column(default=now)
    state: Mapped[str] = mapped_column(String(16), default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    rounds: Mapped[int] = mapped_column(default=0)
    """How often staff had it tried again."""
    last_error: Mapped[str | None] = mapped_column(Text)
    proof: Mapped[str] = mapped_column(String(200), default="")
    """What the other side answered when it took the notice."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class DeliveryPruning(Base):
    """Before when deliveries may have been deleted; one row, once any were."""

    __tablename__ = "notification_pruning"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    before: Mapped[datetime]
