"""What must be told is written with what happened: one delivery and one job per target."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from desk.db import Transaction, new_id, now
from desk.jobs import service as jobs
from desk.notify import repository
from desk.notify.models import (
    CASE_NOTICES,
    NoticeKind,
    NotificationTarget,
    TargetKind,
    TargetLevel,
)

DELIVER_JOB = "notify.deliver"
EVERYDAY = frozenset({TargetLevel.HUB})
"""Whom everything goes to that is no step of the promise clock."""
DELIVER_ATTEMPTS = 30
"""With the delays of `desk.notify.service` about a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that a hub must hear of. It holds no personal data."""

    key: str
    """Names the event; the same event is sent to a target once. No full stop in it."""
    kind: NoticeKind
    hub_id: str
    case_id: UUID | None = None
    case_number: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Dates and counts in words of machines, such as `promised_on`."""
    occurred_at: datetime = field(default_factory=now)


async def queue_notice(
    tx: Transaction,
    notice: Notice,
    *,
    tell: str | None = None,
    besides: UUID | None = None,
    levels: Collection[str] = EVERYDAY,
) -> int:
    """Queue `notice` for every target of its hub, in the caller's transaction.

    Args:
        tx: The transaction that makes the notice true.
        notice: The event.
        tell: The hub whose targets are told; the notice's own hub if None.
        besides: A target that is left out.
        levels: Only targets of these levels.

    Returns:
        How many targets the event goes to (also if it was queued before). With none
        the event is seen in the console only.
    """
    targets = await repository.list_targets(tx, tell or notice.hub_id)
    count = 0
    for target in targets:
        is_wanted = target.level in levels and target.id != besides
        if target.enabled and is_wanted and _can_tell(target, notice.kind):
            await queue_delivery(tx, notice, target)
            count += 1
    return count


def _can_tell(target: NotificationTarget, kind: NoticeKind) -> bool:
    """Whether such a target takes such a notice: kintone holds cases and nothing else."""
    return target.kind != TargetKind.KINTONE or kind in CASE_NOTICES


async def queue_delivery(
    tx: Transaction, notice: Notice, target: NotificationTarget
) -> UUID | None:
    """Queue `notice` for one target.

    Returns:
        The delivery's id, or None if this event was queued for this target before.
    """
    delivery_id = await repository.add_delivery(
        tx,
        {
            "id": new_id(),
            "target_id": target.id,
            "event_key": notice.key,
            "notice": notice.kind,
            "hub_id": notice.hub_id,
            "case_id": notice.case_id,
            "case_number": notice.case_number,
            "facts": dict(notice.facts),
            "occurred_at": notice.occurred_at,
        },
    )
    if delivery_id is not None:
        await queue_job(tx, delivery_id, target, notice.case_id, rounds=0)
    return delivery_id


async def queue_job(
    tx: Transaction,
    delivery_id: UUID,
    target: NotificationTarget,
    case_id: UUID | None,
    *,
    rounds: int,
) -> None:
    """Queue the work of sending a noted delivery.

    A kintone record shows the latest notice of its case, so its deliveries keep their
    order; for mail and webhooks a waiting one must not hold the next one up.
    """
    is_record = target.kind == TargetKind.KINTONE and case_id is not None
    key = f"notify:{target.id.hex}:{case_id.hex}" if is_record and case_id else None
    await jobs.enqueue(
        tx,
        DELIVER_JOB,
        {"delivery_id": str(delivery_id)},
        key=key,
        unique_key=f"deliver:{delivery_id}:{rounds}",
        max_attempts=DELIVER_ATTEMPTS,
    )
