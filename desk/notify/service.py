"""Carrying deliveries out: sent once more until taken, visible while not, never in the way.

A delivery ends as sent (with the other side's answer), dead (staff are told, by the log
and by the bureau's targets) or cancelled (its target is gone). Every way ends in one
transaction, so that a killed process leaves the delivery pending and its job leased.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

import structlog

from desk.audit.service import Actor, acting, record
from desk.db import Database, Transaction, now
from desk.jobs import service as jobs
from desk.jobs.models import Job
from desk.notify import repository
from desk.notify.errors import (
    DeliveryError,
    DeliveryNotDeadError,
    DeliveryNotFoundError,
    SecretMissingError,
)
from desk.notify.messages import Messages
from desk.notify.models import (
    BUREAU,
    Delivery,
    DeliveryState,
    NoticeKind,
    NotificationTarget,
    TargetKind,
    TargetLevel,
)
from desk.notify.outbox import Notice, queue_job, queue_notice
from desk.notify.ports import Ports, SecretBox

log = structlog.get_logger()
FIRST_DELAY_SECONDS = 10.0
DELAY_FACTOR = 3.0
LONGEST_DELAY_SECONDS = 3600.0
TOLD_MOST = 500
Count = Callable[[str, str], None]
"""Counts one outcome of a target's kind."""


def delay_seconds(attempt: int) -> float:
    """Seconds until the next try: 10, 30, 90 … and then every hour, spread by a fifth."""
    grown = FIRST_DELAY_SECONDS * DELAY_FACTOR ** min(attempt - 1, 8)
    spread = random.uniform(0.8, 1.2)  # noqa: S311 (spreads retries)
    return min(LONGEST_DELAY_SECONDS, grown) * spread


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage:
    """Part of the deliveries that somebody may see."""

    rows: Sequence[tuple[Delivery, NotificationTarget]]
    has_next: bool
    dead: int
    has_target: bool
    """Whether the hub (of everybody: any hub) is told of new cases but in the console."""


class NotifyService:
    """Sends what was queued."""

    def __init__(
        self,
        database: Database,
        ports: Ports,
        secrets: SecretBox,
        messages: Messages,
        *,
        wake_jobs: Callable[[], None] = lambda: None,
        count: Count = lambda *_: None,
    ) -> None:
        self._database = database
        self._ports = ports
        self._secrets = secrets
        self._messages = messages
        self._wake_jobs = wake_jobs
        self._count = count

    async def deliver(self, job: Job) -> None:
        """Do a queued `notify.deliver`.

        Raises:
            RetryLaterError: It was not taken; it is tried again.
            GiveUpError: It will not be taken; the delivery is dead.
        """
        async with self._database.read() as tx:
            delivery = await repository.get_delivery(tx, UUID(job.payload["delivery_id"]))
            target = await tx.get_one(NotificationTarget, delivery.target_id)
        if delivery.state != DeliveryState.PENDING:
            return
        if target.removed_at is not None or not (target.enabled or target.disabled_reason):
            await self._cancel(delivery, target)
            return
        try:
            proof = await self._try(delivery, target)
        except DeliveryError as exc:
            await self._fail(job, delivery, target, exc)
        moment = now()
        async with self._database.write() as tx:
            await repository.move(
                tx,
                delivery.id,
                DeliveryState.SENT,
                attempts=delivery.attempts + 1,
                proof=proof[:200],
                sent_at=moment,
                last_tried_at=moment,
            )
        self._count(target.kind, "sent")
        log.info("delivery_sent", delivery_id=str(delivery.id), kind=target.kind)

    async def send_now(self, delivery: Delivery, target: NotificationTarget) -> str:
        """Send without the queue, for an operator who waits for the answer.

        Returns:
            What the other side answered.

        Raises:
            DeliveryError: It did not take it.
        """
        try:
            if target.kind == TargetKind.MAIL:
                return await self._ports.mail.send(self._messages.mail(delivery, target))
            secrets = tuple([await self._secrets.get_secret(n) for n in target.secret_names])
            if target.kind == TargetKind.WEBHOOK:
                call = self._messages.webhook(delivery, target, secrets)
                return await self._ports.webhook.send(call)
            record = self._messages.record(delivery, target, secrets[0])
            return await self._ports.kintone.send(record)
        except SecretMissingError as exc:
            raise DeliveryError(exc.detail, permanent=True) from exc

    async def _try(self, delivery: Delivery, target: NotificationTarget) -> str:
        if not target.enabled:
            raise DeliveryError(f"switched off: {target.disabled_reason}", permanent=True)
        try:
            return await self.send_now(delivery, target)
        except DeliveryError:
            raise
        except Exception as exc:
            # A fault of ours must show on the delivery too, not only in the log.
            log.exception("delivery_failed_unexpectedly", delivery_id=str(delivery.id))
            raise DeliveryError(f"unexpected {type(exc).__name__} on our side") from exc

    async def _cancel(self, delivery: Delivery, target: NotificationTarget) -> None:
        async with self._database.write() as tx:
            await repository.move(tx, delivery.id, DeliveryState.CANCELLED)
        self._count(target.kind, "cancelled")

    async def _fail(
        self, job: Job, delivery: Delivery, target: NotificationTarget, exc: DeliveryError
    ) -> NoReturn:
        told = str(exc)[:TOLD_MOST]
        if not exc.permanent and job.attempts < job.max_attempts:
            async with self._database.write() as tx:
                await repository.note_failure(tx, delivery.id, told, now())
            self._count(target.kind, "failed")
            seconds = exc.retry_after_seconds or delay_seconds(job.attempts)
            raise jobs.RetryLaterError(told, seconds=seconds) from exc
        await self._bury(delivery, target, told, gone=exc.gone)
        raise jobs.GiveUpError(told) from exc

    async def _bury(
        self, delivery: Delivery, target: NotificationTarget, told: str, *, gone: bool
    ) -> None:
        """Give a delivery up and raise the alarm, in one transaction."""
        async with self._database.write() as tx:
            moved = await repository.move(
                tx,
                delivery.id,
                DeliveryState.DEAD,
                attempts=delivery.attempts + 1,
                last_error=told,
                last_tried_at=now(),
            )
            if not moved:
                return
            if gone:
                await repository.switch_off(tx, target.id, told[:200])
                record(
                    tx,
                    action="target_switched",
                    actor=Actor.SYSTEM,
                    actor_id=None,
                    subject=f"target:{target.id}",
                    details={"hub_id": target.hub_id, "enabled": False},
                )
            told_to = await self._alarm(tx, delivery, target)
            tx.after_commit(self._wake_jobs)
        self._count(target.kind, "dead")
        log.error(
            "delivery_dead",
            delivery_id=str(delivery.id),
            target_id=str(target.id),
            kind=target.kind,
            hub_id=delivery.hub_id,
            told_to=told_to,
        )

    async def _alarm(self, tx: Transaction, delivery: Delivery, target: NotificationTarget) -> int:
        if delivery.notice == NoticeKind.DELIVERY_DEAD:
            return 0  # An alarm about an alarm would go round for ever; the log has it.
        notice = Notice(
            key=f"dead:{delivery.id}:{delivery.rounds}",
            kind=NoticeKind.DELIVERY_DEAD,
            hub_id=delivery.hub_id,
            case_id=delivery.case_id,
            case_number=delivery.case_number,
            facts={"notice": delivery.notice, "kind": target.kind},
        )
        return await queue_notice(tx, notice, tell=BUREAU, besides=target.id)

    async def retry(self, delivery_id: UUID, hub_id: str | None, *, by: UUID | None = None) -> None:
        """Have a dead delivery tried again (staff pressed the button).

        Args:
            delivery_id: The delivery.
            hub_id: The hub whose deliveries the caller sees; None for all.
            by: Who pressed it; None is the operator.

        Raises:
            DeliveryNotFoundError: It does not exist or belongs to another hub.
            DeliveryNotDeadError: It is on its way, or was sent.
        """
        async with self._database.write() as tx:
            delivery = await repository.find_visible_delivery(tx, delivery_id, hub_id)
            if delivery is None:
                raise DeliveryNotFoundError("There is no such delivery.")
            rounds = delivery.rounds + 1
            moved = await repository.move(
                tx,
                delivery_id,
                DeliveryState.PENDING,
                since=DeliveryState.DEAD,
                rounds=rounds,
            )
            if not moved:
                raise DeliveryNotDeadError("Only a delivery that was given up is tried again.")
            target = await tx.get_one(NotificationTarget, delivery.target_id)
            await queue_job(tx, delivery_id, target, delivery.case_id, rounds=rounds)
            record(
                tx,
                action="delivery_retried",
                actor=acting(by),
                actor_id=by,
                subject=f"delivery:{delivery_id}",
                details={"hub_id": delivery.hub_id, "rounds": rounds},
            )
            tx.after_commit(self._wake_jobs)

    async def list_deliveries(
        self, hub_id: str | None, *, only_open: bool, limit: int, offset: int
    ) -> DeliveryPage:
        """Deliveries of the hub (None: of all), newest first.

        Args:
            hub_id: Whose.
            only_open: Leave out what was sent or cancelled.
            limit: At most so many.
            offset: After so many.
        """
        states = [DeliveryState.PENDING, DeliveryState.DEAD] if only_open else None
        async with self._database.read() as tx:
            rows = await repository.list_deliveries(
                tx, hub_id, states=states, limit=limit + 1, offset=offset
            )
            dead = await repository.count_in_state(tx, hub_id, DeliveryState.DEAD)
            targets = await repository.list_targets(tx, hub_id)
        return DeliveryPage(
            rows=rows[:limit],
            has_next=len(rows) > limit,
            dead=dead,
            has_target=any(t.enabled and t.level == TargetLevel.HUB for t in targets),
        )
