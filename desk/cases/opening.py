"""Opening a case: once per hand-off, with everything that must follow from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from desk.cases import repository
from desk.cases.calendars import HubCalendars
from desk.cases.clock import PromiseClock
from desk.cases.models import Case, CaseKind, CaseStatus, EventKind, Priority
from desk.cases.ports import keep_facts
from desk.db import Database, Transaction
from desk.jobs import service as jobs

ANNOUNCE_JOB = "cases.announce"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDraft:
    """Everything a case is opened with."""

    conversation_id: UUID
    handoff_number: int
    """1 for the first hand-off of a conversation; makes opening idempotent."""
    turn_id: str
    hub_id: str
    prefix: str
    """Letters that begin the receipt number, such as `TSU`."""
    headline: str
    snapshot: dict[str, Any]
    consent: dict[str, Any]
    contact: dict[str, Any] = field(default_factory=dict)
    kind: CaseKind = CaseKind.CONSULTATION
    priority_reasons: tuple[str, ...] = ()
    """Codes of `PriorityReason`; any of them makes the priority high."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the owner is told about an opened case."""

    case_number: str
    hub_id: str
    promised_on: date
    status: CaseStatus
    is_new: bool
    merged_into: str | None = None
    """Number of the case that this one was merged into."""
    is_owed: bool = True
    """The owner has had no answer yet."""
    is_delayed: bool = False
    """The hub takes no more cases now, so its answer comes later than usual."""


class CaseOpening:
    """Opens cases."""

    def __init__(
        self,
        database: Database,
        calendars: HubCalendars,
        promise_clock: PromiseClock,
        *,
        today: Callable[[], date],
        clock: Callable[[], datetime],
        promise_business_days: int,
        wake_jobs: Callable[[], None],
    ) -> None:
        self._database = database
        self._calendars = calendars
        self._promise_clock = promise_clock
        self._today = today
        self._clock = clock
        self._promise_days = promise_business_days
        self._wake_jobs = wake_jobs

    async def open_case(self, draft: CaseDraft) -> Receipt:
        """Open the case of a hand-off, or give the receipt of the one it opened.

        The case, its first event and the jobs that announce it and watch its promise
        are written in one transaction: either all of them exist or none. The hub is the
        one that the owner agreed to, also if it takes no more cases meanwhile; then the
        promised day is later (ADR 0020).

        Args:
            draft: The hand-off; conversation and hand-off number identify it.

        Returns:
            The receipt; `is_new` is False when the case existed already.
        """
        try:
            async with self._database.write() as tx:
                known = await _find(tx, draft)
                if known is not None:
                    return await receipt_of(tx, known)
                receipt = await self._insert(tx, draft)
                tx.after_commit(self._wake_jobs)
                return receipt
        except IntegrityError:
            # Another process opened the case of this hand-off a moment before.
            async with self._database.read() as tx:
                known = await _find(tx, draft)
                if known is None:
                    raise
                return await receipt_of(tx, known)

    async def _insert(self, tx: Transaction, draft: CaseDraft) -> Receipt:
        today, moment = self._today(), self._clock()
        prefix = f"{draft.prefix}-{today:%y%m}"
        serial = await repository.next_serial(tx, prefix)
        promised_on, is_delayed = await self._calendars.promise(
            tx, draft.hub_id, self._promise_days
        )
        case = Case(
            number=f"{prefix}-{serial:04d}",
            kind=draft.kind,
            hub_id=draft.hub_id,
            conversation_id=draft.conversation_id,
            handoff_number=draft.handoff_number,
            turn_id=draft.turn_id,
            headline=draft.headline,
            snapshot=draft.snapshot,
            consent=draft.consent,
            contact=draft.contact,
            promised_on=promised_on,
            priority=Priority.HIGH if draft.priority_reasons else Priority.NORMAL,
            priority_reasons=sorted(draft.priority_reasons),
            created_at=moment,
            updated_at=moment,
        )
        tx.add(case)
        await tx.flush()  # The events and jobs need the case's id.
        await keep_facts(tx, case)
        await self._log(tx, case, is_delayed=is_delayed)
        return await receipt_of(tx, case, is_new=True, is_delayed=is_delayed)

    async def _log(self, tx: Transaction, case: Case, *, is_delayed: bool) -> None:
        """Write the first event and the jobs that follow from it."""
        is_consultation = case.kind == CaseKind.CONSULTATION
        opened = await repository.append_event(
            tx,
            case.id,
            EventKind.OPENED,
            actor="owner" if is_consultation else "system",
            body={
                "turn_id": case.turn_id,
                "hub_id": case.hub_id,
                "promised_on": case.promised_on.isoformat(),
                "priority": int(case.priority),
                "priority_reasons": list(case.priority_reasons),
                "is_delayed": is_delayed,
            },
            created_at=case.created_at,
        )
        await jobs.enqueue(
            tx,
            ANNOUNCE_JOB,
            {"case_id": str(case.id)},
            key=f"case:{case.id}",
            unique_key=f"announce:{case.id}",
        )
        await self._promise_clock.start(tx, case, opened)


async def _find(tx: Transaction, draft: CaseDraft) -> Case | None:
    return await repository.find_by_handoff(tx, draft.conversation_id, draft.handoff_number)


async def receipt_of(
    tx: Transaction, case: Case, *, is_new: bool = False, is_delayed: bool | None = None
) -> Receipt:
    """What the owner is told about the case now."""
    into = await tx.get(Case, case.merged_into_id) if case.merged_into_id else None
    if is_delayed is None:
        opened = (await repository.list_events(tx, case.id))[0]
        is_delayed = opened.body.get("is_delayed") is True
    return Receipt(
        case_number=case.number,
        hub_id=case.hub_id,
        promised_on=case.promised_on,
        status=CaseStatus(case.status),
        is_new=is_new,
        merged_into=into.number if into else None,
        is_owed=case.answered_at is None and case.status != CaseStatus.CLOSED,
        is_delayed=is_delayed,
    )
