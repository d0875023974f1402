"""The table of reconciliation reports."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, new_id, now


class FindingKind(StrEnum):
    """What does not fit together."""

    RECEIPT_WITHOUT_CASE = "receipt_without_case"
    """An owner was told a receipt number that no case of their conversation has."""
    RECEIPT_OTHER_HUB = "receipt_other_hub"
    """An owner was told another hub than the case's, and no event says why."""
    RECEIPT_OTHER_DATE = "receipt_other_date"
    """An owner was told another date than the case's, and no event says why."""
    CASE_NOT_ANNOUNCED = "case_not_announced"
    """A case was never put before its hub's staff."""
    DELIVERY_MISSING = "delivery_missing"
    """An event went to more targets than there are deliveries of it."""
    DELIVERY_STUCK = "delivery_stuck"
    """A delivery is on its way, but no job carries it."""
    DELIVERY_UNPROVEN = "delivery_unproven"
    """A delivery counts as sent, but nothing shows that it was taken."""
    DELIVERY_DEAD = "delivery_dead"
    """A delivery was given up and nobody had it tried again."""
    MESSAGE_UNANSWERED = "message_unanswered"
    """An owner's message has no answer."""
    GIVEN_UP_WITHOUT_CASE = "given_up_without_case"
    """An owner was told that a person looks at their message, but no case says so."""
    JOB_DEAD = "job_dead"
    """A job was given up and nobody had it tried again."""


class ReconciliationReport(Base):
    """What one run found; ids only."""

    __tablename__ = "reconciliation_report"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    run: Mapped[str] = mapped_column(String(64), unique=True)
    """`nightly:<date>`, once over all processes, or `manual:<id>`."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime] = mapped_column(default=now)
    checked: Mapped[dict[str, Any]]
    """How many of each were looked at."""
    finding_count: Mapped[int]
    findings: Mapped[list[Any]]
    """`{kind, …ids}` each; cut after a thousand, `finding_count` is the whole number."""
