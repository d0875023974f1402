"""What can be done with a case: open once, announce, claim, note, change, erase."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from desk.audit.service import Actor, record_alone
from desk.cases import lists, repository
from desk.cases.calendars import HubCalendars
from desk.cases.clock import PROMISE_JOB, WAKE_JOB, PromiseClock
from desk.cases.errors import (
    CaseAlreadyClaimedError,
    CaseClosedError,
    CaseVersionError,
    HoldNeededError,
    ResultNeededError,
    StatusRefusedError,
)
from desk.cases.hubs import HubParty
from desk.cases.lists import CaseQuery, CaseSlice
from desk.cases.log import NO_CHANGE_MESSAGE, get_case, record
from desk.cases.models import Case, CaseEvent, CaseResult, CaseStatus, EventKind
from desk.cases.notes import CaseNotes
from desk.cases.notices import tell_staff
from desk.cases.opening import ANNOUNCE_JOB, CaseDraft, CaseOpening, Receipt, receipt_of
from desk.cases.permissions import STATUS_CHOICES
from desk.cases.ports import OwnerVoice, PrintedVoice, StaffEars, keep_facts
from desk.cases.work import CaseWork, longest_hold
from desk.db import Database, Transaction, now
from desk.notify.models import NoticeKind

__all__ = [
    "ANNOUNCE_JOB",
    "PROMISE_JOB",
    "WAKE_JOB",
    "CaseDraft",
    "CaseService",
    "Receipt",
    "erase_of_conversation",
]


class CaseService:
    """The case desk.

    Attributes:
        calendars: When the hubs are there and whether they take cases.
        work: What staff do with cases beside claiming, releasing and moving them.
        notes: Internal notes and who is named in them.
    """

    def __init__(
        self,
        database: Database,
        *,
        today: Callable[[], date],
        promise_business_days: int,
        wake_jobs: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = now,
        hubs: Mapping[str, HubParty] | None = None,
        voice: OwnerVoice | None = None,
        ears: Sequence[StaffEars] = (),
    ) -> None:
        voice = voice or PrintedVoice()
        self._database = database
        self._wake_jobs = wake_jobs
        self._clock = clock
        self.calendars = HubCalendars(database, hubs or {}, today=today)
        self._promises = PromiseClock(database, self.calendars, voice, ears, clock=clock)
        self._opening = CaseOpening(
            database,
            self.calendars,
            self._promises,
            today=today,
            clock=clock,
            promise_business_days=promise_business_days,
            wake_jobs=wake_jobs,
        )
        self.notes = CaseNotes(database, ears, clock=clock)
        self.work = CaseWork(database, hubs or {}, self._promises, voice, ears, clock=clock)

    async def open_case(self, draft: CaseDraft) -> Receipt:
        """Open the case of a hand-off, or give the receipt of the one it opened.

        See `desk.cases.opening`.
        """
        return await self._opening.open_case(draft)

    async def find_receipts(self, conversation_id: UUID) -> Sequence[Receipt]:
        """Receipts of the cases this conversation opened, oldest first."""
        async with self._database.read() as tx:
            cases = await repository.list_of_conversation(tx, conversation_id)
            return [await receipt_of(tx, case) for case in cases]

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

    async def list_matching(
        self, hub_id: str | None, wanted: CaseQuery, *, limit: int
    ) -> CaseSlice:
        """One part of a list of cases with their labels, the newest first."""
        async with self._database.read() as tx:
            rows = await lists.list_matching(tx, hub_id, wanted, limit=limit + 1)
            shown = rows[:limit]
            labels = await lists.labels_of(tx, [case.id for case in shown])
        items = [(case, labels[case.id]) for case in shown]
        return CaseSlice(items=items, has_more=len(rows) > limit)

    async def labels_of(self, case_id: UUID) -> Sequence[str]:
        """The labels of one case, in order."""
        async with self._database.read() as tx:
            return (await lists.labels_of(tx, [case_id]))[case_id]

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
            return await get_case(tx, case_id, hub_id)

    async def note_viewing(self, case: Case, staff_id: UUID) -> None:
        """Write down, before it is shown, who sees the case."""
        await record_alone(
            self._database,
            action="case_viewed",
            actor=Actor.STAFF,
            actor_id=staff_id,
            subject=f"case:{case.id}",
            details={"case_id": case.id},
        )

    async def list_events(self, case_id: UUID, hub_id: str | None) -> Sequence[CaseEvent]:
        """The log of one case of the hub.

        Raises:
            CaseNotFoundError: It does not exist or belongs to another hub.
        """
        async with self._database.read() as tx:
            await get_case(tx, case_id, hub_id)
            return await repository.list_events(tx, case_id)

    async def claim(
        self, case_id: UUID, hub_id: str | None, staff_id: UUID, *, version: int | None = None
    ) -> None:
        """Make the staff member responsible; exactly one of several callers wins.

        Raises:
            CaseNotFoundError: Not a case of this hub.
            CaseAlreadyClaimedError: Somebody else was first, or the case is closed.
            CaseVersionError: It has not the `version` that was given.
        """
        async with self._database.write() as tx:
            await repository.lock(tx, [case_id])
            case = await get_case(tx, case_id, hub_id)
            if version not in {None, case.version} and case.assignee_id is None:
                raise CaseVersionError(NO_CHANGE_MESSAGE)
            if not await repository.claim(tx, case_id, staff_id):
                raise CaseAlreadyClaimedError(
                    "Somebody else is responsible for this case already, or it is closed."
                )
            await repository.append_event(
                tx,
                case_id,
                EventKind.CLAIMED,
                actor="staff",
                actor_id=staff_id,
                created_at=self._clock(),
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
            case = await get_case(tx, case_id, hub_id)
            await record(
                tx, case, EventKind.RELEASED, at=self._clock(), version=version, by=staff_id
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
        result: CaseResult | None = None,
        hold_until: datetime | None = None,
    ) -> None:
        """Move the case to `status`.

        Args:
            case_id: Which case.
            hub_id: The hub whose cases the staff member sees; None for all.
            staff_id: Who moves it.
            status: One of the states that staff set.
            version: What they saw.
            reason: In their words.
            result: How it ended; for `closed` and only for it.
            hold_until: When it wakes; for `snoozed` and only for it.

        Raises:
            CaseNotFoundError: Not a case of this hub.
            CaseVersionError: It has changed since it was read.
            CaseClosedError: It is closed; it only goes back to `working`.
            StatusRefusedError: Nobody sets a case to this state.
            ResultNeededError, HoldNeededError: One is missing or too many.
        """
        _check_move(status, result, hold_until, self._clock())
        async with self._database.write() as tx:
            case = await get_case(tx, case_id, hub_id)
            if case.status == CaseStatus.CLOSED:
                if status is not CaseStatus.WORKING:
                    raise CaseClosedError("The case is closed. Take it up again first.")
                await self.work.reopen_in(tx, case, staff_id, version=version, reason=reason)
                return
            is_end = status is CaseStatus.CLOSED
            kind = EventKind.CLOSED if is_end else EventKind.STATUS_CHANGED
            body: dict[str, Any] = {"from": case.status, "to": status, "reason": reason}
            if result is not None:
                body["result"] = result
            if hold_until is not None:
                body["hold_until"] = hold_until.isoformat()
            moment = self._clock()
            await record(tx, case, kind, at=moment, version=version, by=staff_id, body=body)
            if hold_until is not None:
                await self._promises.hold(tx, case, hold_until)

    async def add_note(
        self,
        case_id: UUID,
        hub_id: str | None,
        staff_id: UUID,
        text: str,
        *,
        tell: Sequence[UUID] = (),
    ) -> None:
        """Write an internal note, which only staff see.

        Raises:
            CaseNotFoundError: Not a case of this hub.
            ColleagueRefusedError: One of `tell` is no colleague there.
        """
        await self.notes.add(case_id, hub_id, staff_id, text, tell=tell)

    async def announce(self, case_id: UUID) -> bool:
        """Put the case before the hub's staff, where they want to be told; once per case."""
        async with self._database.write() as tx:
            await repository.lock(tx, [case_id])
            events = await repository.list_events(tx, case_id)
            if any(event.kind == EventKind.ANNOUNCED for event in events):
                return False
            case = await get_case(tx, case_id, None)
            event = await repository.append_event(
                tx, case_id, EventKind.ANNOUNCED, actor="system", created_at=self._clock()
            )
            await tell_staff(tx, case, event, NoticeKind.CASE_ANNOUNCED)
            tx.after_commit(self._wake_jobs)
            return True

    async def check_promise(self, case_id: UUID) -> bool:
        """Take the steps of the promise clock that are due.

        Returns:
            True if one was taken now.
        """
        return await self._promises.check(case_id)

    async def wake(self, case_id: UUID) -> bool:
        """Wake a case on hold whose time has come.

        Returns:
            True if it was woken now.
        """
        return await self._promises.wake(case_id)


def _check_move(
    status: CaseStatus,
    result: CaseResult | None,
    hold_until: datetime | None,
    moment: datetime,
) -> None:
    if status not in STATUS_CHOICES:
        raise StatusRefusedError("Staff set working, waiting, snoozed or closed.")
    if (status is CaseStatus.CLOSED) != (result is not None):
        raise ResultNeededError("Give a result when closing a case, and only then.")
    if (status is CaseStatus.SNOOZED) != (hold_until is not None):
        raise HoldNeededError("Say until when the case is on hold, and only then.")
    if hold_until is not None and not moment < hold_until <= longest_hold(moment):
        raise HoldNeededError("The case wakes in the future, within two years.")


async def erase_of_conversation(tx: Transaction, conversation_id: UUID) -> int:
    """Blank what the owner wrote and left in the cases of an erased conversation.

    The case, its number and its log stay, so that staff see why it is empty. The
    conversation is locked by the caller.

    Returns:
        How many cases were blanked.
    """
    cases = await repository.list_of_conversation(tx, conversation_id)
    await repository.lock(tx, [case.id for case in cases])
    for case in cases:
        await tx.refresh(case)  # Somebody may have changed it before it was locked.
        case.headline = ""
        case.snapshot = {}
        case.contact = {}
        case.version += 1
        case.updated_at = now()
        await keep_facts(tx, case)
        await repository.append_event(tx, case.id, EventKind.ERASED, actor="owner")
    return len(cases)


async def strike_in_cases(
    tx: Transaction, conversation_id: UUID, strike: Callable[[Any], Any]
) -> None:
    """Strike words that an owner took back out of the cases of their conversation.

    The conversation is locked by the caller.

    Args:
        tx: A writing transaction.
        conversation_id: The owner's conversation.
        strike: Gives a JSON value without the words.
    """
    cases = await repository.list_of_conversation(tx, conversation_id)
    await repository.lock(tx, [case.id for case in cases])
    for case in cases:
        await tx.refresh(case)  # Somebody may have changed it before it was locked.
        case.headline = strike(case.headline)
        case.snapshot = strike(case.snapshot)
        case.contact = strike(case.contact)
        await keep_facts(tx, case)
    await tx.flush()
