"""What can be done with a case: open once, announce, claim, note, change, erase."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from desk.cases import repository
from desk.cases.business_days import add_business_days
from desk.cases.errors import CaseAlreadyClaimedError, CaseNotFoundError, CaseVersionError
from desk.cases.models import Case, CaseEvent, CaseKind, CaseStatus, EventKind
from desk.cases.notices import tell_staff
from desk.config import JST
from desk.db import Database, Transaction, now
from desk.jobs import service as jobs
from desk.notify.models import NoticeKind

ANNOUNCE_JOB = "cases.announce"
PROMISE_JOB = "cases.check_promise"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the owner is told about an opened case."""

    case_number: str
    hub_id: str
    promised_on: date
    status: CaseStatus
    is_new: bool


class CaseService:
    """The case desk."""

    def __init__(
        self,
        database: Database,
        *,
        today: Callable[[], date],
        promise_business_days: int,
        wake_jobs: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._today = today
        self._promise_days = promise_business_days
        self._wake_jobs = wake_jobs

    async def open_case(self, draft: CaseDraft) -> Receipt:
        """Open the case of a hand-off, or give the receipt of the one it opened.

        The case, its first event and the jobs that announce it and watch its promise
        are written in one transaction: either all of them exist or none.

        Args:
            draft: The hand-off; conversation and hand-off number identify it.

        Returns:
            The receipt; `is_new` is False when the case existed already.
        """
        try:
            async with self._database.write() as tx:
                known = await _find(tx, draft)
                if known is not None:
                    return _receipt(known, is_new=False)
                case = await self._insert(tx, draft)
                tx.after_commit(self._wake_jobs)
                return _receipt(case, is_new=True)
        except IntegrityError:
            # Another process opened the case of this hand-off a moment before.
            async with self._database.read() as tx:
                known = await _find(tx, draft)
            if known is None:
                raise
            return _receipt(known, is_new=False)

    async def _insert(self, tx: Transaction, draft: CaseDraft) -> Case:
        today = self._today()
        prefix = f"{draft.prefix}-{today:%y%m}"
        serial = await repository.next_serial(tx, prefix)
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
            promised_on=add_business_days(today, self._promise_days),
        )
        tx.add(case)
        await tx.flush()  # The events and jobs need the case's id.
        actor = "owner" if draft.kind is CaseKind.CONSULTATION else "system"
        await repository.append_event(
            tx, case.id, EventKind.OPENED, actor=actor, body={"turn_id": draft.turn_id}
        )
        payload = {"case_id": str(case.id)}
        key = f"case:{case.id}"
        await jobs.enqueue(tx, ANNOUNCE_JOB, payload, key=key, unique_key=f"announce:{case.id}")
        await jobs.enqueue(
            tx,
            PROMISE_JOB,
            payload,
            unique_key=f"promise:{case.id}:{case.promised_on}",
            run_at=_end_of_day(case.promised_on),
        )
        return case

    async def find_receipts(self, conversation_id: UUID) -> Sequence[Receipt]:
        """Receipts of the cases this conversation opened, oldest first."""
        async with self._database.read() as tx:
            cases = await repository.list_of_conversation(tx, conversation_id)
            return [_receipt(case, is_new=False) for case in cases]

    async def list_cases(
        self,
        hub_id: str | None,
        *,
        statuses: Sequence[CaseStatus] | None = None,
        assignee_id: UUID | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Sequence[Case]:
        """The queue of one hub (None: of all hubs), the earliest promise first."""
        async with self._database.read() as tx:
            return await repository.list_visible(
                tx,
                hub_id,
                statuses=statuses,
                assignee_id=assignee_id,
                limit=limit,
                offset=offset,
            )

    async def count_by_status(self, hub_id: str | None) -> dict[str, int]:
        """How many cases of the hub (None: of all) stand in each status."""
        async with self._database.read() as tx:
            return await repository.count_by_status(tx, hub_id)

    async def get_case(self, case_id: UUID, hub_id: str | None) -> Case:
        """One case of the hub (None: of any hub).

        Raises:
            CaseNotFoundError: It does not exist or belongs to another hub.
        """
        async with self._database.read() as tx:
            return await _get(tx, case_id, hub_id)

    async def list_events(self, case_id: UUID, hub_id: str | None) -> Sequence[CaseEvent]:
        """The log of one case of the hub.

        Raises:
            CaseNotFoundError: It does not exist or belongs to another hub.
        """
        async with self._database.read() as tx:
            await _get(tx, case_id, hub_id)
            return await repository.list_events(tx, case_id)

    async def claim(self, case_id: UUID, hub_id: str | None, staff_id: UUID) -> None:
        """Make the staff member responsible; exactly one of several callers wins.

        Raises:
            CaseNotFoundError: Not a case of this hub.
            CaseAlreadyClaimedError: Somebody else was first, or the case is closed.
        """
        async with self._database.write() as tx:
            await _get(tx, case_id, hub_id)
            if not await repository.claim(tx, case_id, staff_id):
                raise CaseAlreadyClaimedError(
                    "Somebody else is responsible for this case already, or it is closed."
                )
            await repository.append_event(
                tx, case_id, EventKind.CLAIMED, actor="staff", actor_id=staff_id
            )

    async def release(
        self, case_id: UUID, hub_id: str | None, staff_id: UUID, *, version: int
    ) -> None:
        """Put the case back into the queue.

        Raises:
            CaseNotFoundError: Not a case of this hub.
            CaseVersionError: It has changed since it was read.
        """
        async with self._database.write() as tx:
            await _get(tx, case_id, hub_id)
            values = {"assignee_id": None, "status": CaseStatus.RECEIVED}
            await _change(tx, case_id, version, **values)
            await repository.append_event(
                tx, case_id, EventKind.RELEASED, actor="staff", actor_id=staff_id
            )

    async def change_status(
        self,
        case_id: UUID,
        hub_id: str | None,
        staff_id: UUID,
        *,
        status: CaseStatus,
        version: int,
        reason: str = "",
    ) -> None:
        """Move the case to `status`.

        Raises:
            CaseNotFoundError: Not a case of this hub.
            CaseVersionError: It has changed since it was read.
        """
        async with self._database.write() as tx:
            case = await _get(tx, case_id, hub_id)
            kind = EventKind.STATUS_CHANGED
            if status is CaseStatus.CLOSED:
                kind = EventKind.CLOSED
            elif case.status == CaseStatus.CLOSED:
                kind = EventKind.REOPENED
            body = {"from": case.status, "to": status, "reason": reason}
            await _change(tx, case_id, version, status=status)
            await repository.append_event(
                tx, case_id, kind, actor="staff", actor_id=staff_id, body=body
            )

    async def add_note(self, case_id: UUID, hub_id: str | None, staff_id: UUID, text: str) -> None:
        """Write an internal note, which only staff see.

        Raises:
            CaseNotFoundError: Not a case of this hub.
        """
        async with self._database.write() as tx:
            await _get(tx, case_id, hub_id)
            await repository.append_event(
                tx, case_id, EventKind.NOTED, actor="staff", actor_id=staff_id, body={"text": text}
            )

    async def announce(self, case_id: UUID) -> bool:
        """Put the case before the hub's staff, where they want to be told; once per case."""
        async with self._database.write() as tx:
            events = await repository.list_events(tx, case_id)
            if any(event.kind == EventKind.ANNOUNCED for event in events):
                return False
            case = await _get(tx, case_id, None)
            event = await repository.append_event(tx, case_id, EventKind.ANNOUNCED, actor="system")
            await tell_staff(tx, case, event, NoticeKind.CASE_ANNOUNCED)
            tx.after_commit(self._wake_jobs)
            return True

    async def check_promise(self, case_id: UUID) -> bool:
        """Escalate the case if nobody took it before the promised date had passed.

        Returns:
            True if it was escalated now.
        """
        async with self._database.write() as tx:
            case = await _get(tx, case_id, None)
            if case.status != CaseStatus.RECEIVED or now() < _end_of_day(case.promised_on):
                return False
            events = await repository.list_events(tx, case_id)
            if any(event.kind == EventKind.ESCALATED for event in events):
                return False
            body = {"promised_on": case.promised_on.isoformat()}
            event = await repository.append_event(
                tx, case_id, EventKind.ESCALATED, actor="system", body=body
            )
            await tell_staff(tx, case, event, NoticeKind.CASE_ESCALATED)
            tx.after_commit(self._wake_jobs)
            return True


async def erase_of_conversation(tx: Transaction, conversation_id: UUID) -> int:
    """Blank what the owner wrote and left in the cases of an erased conversation.

    The case, its number and its log stay, so that staff see why it is empty.

    Returns:
        How many cases were blanked.
    """
    cases = await repository.list_of_conversation(tx, conversation_id)
    for case in cases:
        case.headline = ""
        case.snapshot = {}
        case.contact = {}
        case.version += 1
        case.updated_at = now()
        await repository.append_event(tx, case.id, EventKind.ERASED, actor="owner")
    return len(cases)


async def _find(tx: Transaction, draft: CaseDraft) -> Case | None:
    return await repository.find_by_handoff(tx, draft.conversation_id, draft.handoff_number)


def _receipt(case: Case, *, is_new: bool) -> Receipt:
    return Receipt(
        case_number=case.number,
        hub_id=case.hub_id,
        promised_on=case.promised_on,
        status=CaseStatus(case.status),
        is_new=is_new,
    )


def _end_of_day(day: date) -> datetime:
    """Midnight (JST) after `day`."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=JST)


async def _get(tx: Transaction, case_id: UUID, hub_id: str | None) -> Case:
    case = await repository.find_visible(tx, case_id, hub_id)
    if case is None:
        raise CaseNotFoundError("There is no such case in your queue.")
    return case


async def _change(tx: Transaction, case_id: UUID, version: int, **values: Any) -> None:
    if not await repository.change(tx, case_id, version, **values):
        raise CaseVersionError("The case has changed since you opened it. Load it again.")
