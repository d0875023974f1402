"""Compares what owners and hubs were told with what exists, and says what does not fit.

On a healthy database nothing is found, however busy it is: what is on its way has time
to arrive (`Limits`), and everything is read as of one moment.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import structlog

from desk.audit.service import Actor, record
from desk.cases.business_days import is_business_day
from desk.cases.models import Case, EventKind
from desk.cases.notices import event_key
from desk.config import JST
from desk.db import Database, Transaction, new_id, now
from desk.jobs import service as jobs
from desk.notify.models import BUREAU, NoticeKind
from desk.notify.outbox import Notice, queue_notice
from desk.notify.repository import find_pruned_before
from desk.reconcile import repository
from desk.reconcile.models import FindingKind, ReconciliationReport
from desk.reconcile.repository import CHUNK, ToldReceipt

log = structlog.get_logger()
RECONCILE_JOB = "reconcile.nightly"
MOST_FINDINGS = 1000
ANNOUNCE_MINUTES = 10
PRUNING_MARGIN = timedelta(days=1)
"""Events so close to the deliveries that were deleted are not compared with theirs."""
HUB_CHANGING = frozenset({EventKind.TRANSFERRED})
"""Kinds of events that let a case have another hub than its owner was told at first."""
DATE_CHANGING = frozenset({EventKind.TOOK_IN})
"""Kinds of events that let a case have another promised date: the earlier one of a double."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How old something may be before it counts as forgotten."""

    moment: datetime
    announced: datetime
    by_bot: datetime
    by_staff: datetime


def limits_at(moment: datetime, *, unanswered_minutes: int) -> Limits:
    """The limits at one moment.

    The bot answers within minutes. A person answers in office hours: an owner's message
    counts as forgotten when a whole business day has passed since the day it came.
    """
    day = moment.astimezone(JST).date() - timedelta(days=1)
    while not is_business_day(day):
        day -= timedelta(days=1)
    return Limits(
        moment=moment,
        announced=moment - timedelta(minutes=ANNOUNCE_MINUTES),
        by_bot=moment - timedelta(minutes=unanswered_minutes),
        by_staff=datetime.combine(day, time(), tzinfo=JST),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not fit."""

    kind: FindingKind
    ids: dict[str, str]

    def as_json(self) -> dict[str, str]:
        """The finding as it is stored."""
        return {"kind": self.kind, **self.ids}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What one look at the database gave."""

    findings: Sequence[Finding]
    checked: dict[str, int] = field(default_factory=dict)


def _found(kind: FindingKind, **ids: UUID) -> Finding:
    return Finding(kind=kind, ids={name: str(value) for name, value in ids.items()})


class ReconcileService:
    """Runs the comparison and keeps its reports."""

    def __init__(
        self,
        database: Database,
        *,
        unanswered_minutes: int,
        wake_jobs: Callable[[], None] = lambda: None,
        show: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._unanswered_minutes = unanswered_minutes
        self._wake_jobs = wake_jobs
        self._show = show

    async def run_nightly(self, run: str) -> None:
        """Do the run of one night: compare, write the report, raise the alarm."""
        await self._run(run, with_alarm=True)

    async def run_now(self) -> ReconciliationReport:
        """Compare now, for an operator who waits; the report is kept, nobody is called."""
        return await self._run(f"manual:{new_id()}", with_alarm=False)

    async def list_reports(self) -> Sequence[ReconciliationReport]:
        """The latest reports, newest first."""
        async with self._database.read() as tx:
            return await repository.list_reports(tx)

    async def retry_job(self, job_id: UUID, *, by: UUID) -> None:
        """Queue a job that was given up once more, as a staff member asks for."""
        async with self._database.write() as tx:
            if await jobs.retry(tx, job_id):
                record(
                    tx,
                    action="job_retried",
                    actor=Actor.STAFF,
                    actor_id=by,
                    subject=f"job:{job_id}",
                )
                tx.after_commit(self._wake_jobs)

    async def _run(self, run: str, *, with_alarm: bool) -> ReconciliationReport:
        started = now()
        limits = limits_at(started, unanswered_minutes=self._unanswered_minutes)
        async with self._database.read() as tx:
            comparison = await compare(tx, limits)
        values: dict[str, Any] = {
            "id": new_id(),
            "run": run,
            "started_at": started,
            "finished_at": now(),
            "checked": comparison.checked,
            "finding_count": len(comparison.findings),
            "findings": [f.as_json() for f in comparison.findings[:MOST_FINDINGS]],
        }
        async with self._database.write() as tx:
            is_first = await repository.add_report(tx, values)
            if is_first and with_alarm and comparison.findings:
                await self._alarm(tx, run, comparison)
        self._show(len(comparison.findings))
        if comparison.findings:
            kinds = Counter(str(finding.kind) for finding in comparison.findings)
            log.error("reconciliation_found", run=run, **kinds)
        else:
            log.info("reconciliation_clean", run=run)
        return ReconciliationReport(**values)

    async def _alarm(self, tx: Transaction, run: str, comparison: Comparison) -> None:
        notice = Notice(
            key=f"reconciliation:{run}",
            kind=NoticeKind.RECONCILIATION,
            hub_id=BUREAU,
            facts={"count": str(len(comparison.findings))},
        )
        await queue_notice(tx, notice)
        tx.after_commit(self._wake_jobs)


async def compare(tx: Transaction, limits: Limits) -> Comparison:
    """Look at everything once.

    Args:
        tx: A reading transaction that has read nothing yet.
        limits: How old something may be.
    """
    await repository.take_snapshot(tx)
    told, findings = await _compare_receipts(tx)
    for case_id in await repository.list_unannounced(tx, limits.announced):
        findings.append(_found(FindingKind.CASE_NOT_ANNOUNCED, case_id=case_id))
    findings += await _compare_deliveries(tx)
    unanswered = await repository.list_unanswered(
        tx, moment=limits.moment, by_bot=limits.by_bot, by_staff=limits.by_staff
    )
    findings += [
        _found(FindingKind.MESSAGE_UNANSWERED, message_id=message, conversation_id=conversation)
        for message, conversation in unanswered
    ]
    for message_id in await repository.list_given_up_without_case(tx):
        findings.append(_found(FindingKind.GIVEN_UP_WITHOUT_CASE, message_id=message_id))
    for job_id in await repository.list_dead_jobs(tx):
        findings.append(_found(FindingKind.JOB_DEAD, job_id=job_id))
    counts = await repository.count_rows(tx)
    return Comparison(findings=findings, checked={"receipts": told, **counts})


async def _compare_receipts(tx: Transaction) -> tuple[int, list[Finding]]:
    told = 0
    findings: list[Finding] = []
    async for portion in repository.receipts(tx):
        told += len(portion)
        cases = await repository.cases_by_number(tx, [receipt.number for receipt in portion])
        odd = [
            receipt
            for receipt in portion
            if (case := cases.get(receipt.number)) is None or not _is_same(receipt, case)
        ]
        ids = [cases[receipt.number].id for receipt in odd if receipt.number in cases]
        kinds = await repository.kinds_of_events(tx, ids) if ids else {}
        for receipt in odd:
            case = cases.get(receipt.number)
            findings += _judge(receipt, case, kinds.get(case.id, set()) if case else set())
    return told, findings


def _is_same(receipt: ToldReceipt, case: Case) -> bool:
    return (receipt.conversation_id, receipt.hub_id, receipt.promised_on) == (
        case.conversation_id,
        case.hub_id,
        case.promised_on.isoformat(),
    )


def _judge(receipt: ToldReceipt, case: Case | None, events: set[str]) -> Iterator[Finding]:
    told = {"message_id": receipt.message_id, "conversation_id": receipt.conversation_id}
    if case is None or case.conversation_id != receipt.conversation_id:
        yield _found(FindingKind.RECEIPT_WITHOUT_CASE, **told)
        return
    if case.hub_id != receipt.hub_id and not events & HUB_CHANGING:
        yield _found(FindingKind.RECEIPT_OTHER_HUB, case_id=case.id, **told)
    if case.promised_on.isoformat() != receipt.promised_on and not events & DATE_CHANGING:
        yield _found(FindingKind.RECEIPT_OTHER_DATE, case_id=case.id, **told)


async def _compare_deliveries(tx: Transaction) -> list[Finding]:
    findings = []
    pruned = await find_pruned_before(tx)
    since = None if pruned is None else pruned + PRUNING_MARGIN
    async for events in repository.telling_events(tx, since):
        promised = {event_key(e): e for e in events if e.body.get("targets", 0)}
        if promised:
            counts = await repository.count_deliveries(tx, list(promised))
            findings += [
                _found(FindingKind.DELIVERY_MISSING, case_id=e.case_id, event_id=e.id)
                for key, e in promised.items()
                if counts.get(key, 0) < e.body["targets"]
            ]
    pending = {f"deliver:{id_}:{rounds}": id_ for id_, rounds in await repository.list_pending(tx)}
    keys = list(pending)
    for begin in range(0, len(keys), CHUNK):
        portion = keys[begin : begin + CHUNK]
        live = await repository.live_job_keys(tx, portion)
        findings += [
            _found(FindingKind.DELIVERY_STUCK, delivery_id=pending[key])
            for key in portion
            if key not in live
        ]
    for delivery_id in await repository.list_unproven(tx):
        findings.append(_found(FindingKind.DELIVERY_UNPROVEN, delivery_id=delivery_id))
    for delivery_id in await repository.list_dead_deliveries(tx):
        findings.append(_found(FindingKind.DELIVERY_DEAD, delivery_id=delivery_id))
    return findings
