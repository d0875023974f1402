"""The promise clock: reminders, escalation, the honest word to the owner, waking.

Each step is a job that the step before it has queued in the transaction of its own
event. Whenever a process dies, either both are there or neither, and the job is done
again until they are.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from desk.cases import repository
from desk.cases.calendars import HubCalendars
from desk.cases.log import last_of, record
from desk.cases.models import (
    Case,
    CaseEvent,
    CaseKind,
    CaseStatus,
    EventKind,
    Priority,
    PriorityReason,
    Step,
)
from desk.cases.ports import LastWords, OwnerVoice, StaffEars
from desk.cases.promise import PromisePlan, plan_promise
from desk.db import Database, Transaction
from desk.jobs import service as jobs

PROMISE_JOB = "cases.check_promise"
WAKE_JOB = "cases.wake"
PASSED = "promise_passed"
"""Wording for the owner, and the reason of the priority."""
BEGINNINGS = (EventKind.OPENED, EventKind.TRANSFERRED, EventKind.REOPENED)
"""Events with which a hub's time begins."""


class PromiseClock:
    """Watches promises and cases on hold."""

    def __init__(
        self,
        database: Database,
        calendars: HubCalendars,
        voice: OwnerVoice,
        ears: Sequence[StaffEars],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._calendars = calendars
        self._voice = voice
        self._ears = ears
        self._clock = clock

    async def start(self, tx: Transaction, case: Case, beginning: CaseEvent) -> None:
        """Begin to watch: in the transaction that gives the case to its hub."""
        plan = await self._plan(tx, case, beginning)
        await self._queue_next(tx, case, beginning, plan, frozenset())

    async def restart(self, tx: Transaction, case: Case) -> None:
        """Watch a promise whose day has changed."""
        events = await repository.list_events(tx, case.id)
        beginning = last_of(events, *BEGINNINGS)
        assert beginning is not None  # Every case has been opened.
        plan = await self._plan(tx, case, beginning)
        await self._queue_next(tx, case, beginning, plan, _done(events, beginning))

    async def check(self, case_id: UUID) -> bool:
        """Take every step that is due and queue the next one.

        Returns:
            True if a step was taken now.
        """
        async with self._database.write() as tx:
            conversation_id = await repository.find_conversation_id(tx, case_id)
            if conversation_id is None:
                return False
            await self._voice.lock(tx, conversation_id)
            (case,) = await repository.lock_and_list(tx, [case_id])
            events = await repository.list_events(tx, case_id)
            beginning = last_of(events, *BEGINNINGS)
            if beginning is None or _is_settled(case, events):
                return False
            plan = await self._plan(tx, case, beginning)
            done = before = _done(events, beginning)
            while (found := plan.first_after(done)) and found[1] <= self._clock():
                await self._take(tx, case, found[0], events)
                done |= {found[0]}
            await self._queue_next(tx, case, beginning, plan, done)
            return done != before

    async def _take(
        self, tx: Transaction, case: Case, step: Step, events: Sequence[CaseEvent]
    ) -> None:
        """Write one step; with the last one goes the word to the owner."""
        body = {"step": step, "promised_on": case.promised_on.isoformat()}
        event = await record(tx, case, EventKind.ESCALATED, at=self._clock(), body=body)
        words = await self._voice.last_words(tx, case)
        await self._raise_priority(tx, case, step, words)
        for ear in self._ears:
            await ear.hear(tx, case, event)
        is_told = any(
            event.kind == EventKind.OWNER_TOLD and event.body.get("what") == PASSED
            for event in events
        )
        # Who has no promise, because the bot failed before one was given, is not told of one.
        if step is Step.BUREAU and case.kind == CaseKind.CONSULTATION and not is_told:
            await self._tell_owner(tx, case)

    async def _tell_owner(self, tx: Transaction, case: Case) -> None:
        arguments = {"case_number": case.number, "promised_on": case.promised_on}
        is_heard = await self._voice.tell(tx, case, PASSED, arguments)
        body = {"what": PASSED, "is_heard": is_heard}
        await record(tx, case, EventKind.OWNER_TOLD, at=self._clock(), body=body)

    async def _raise_priority(
        self, tx: Transaction, case: Case, step: Step, words: LastWords
    ) -> None:
        reasons = {*case.priority_reasons} - {PriorityReason.PROMISE_SOON}
        is_over = step is Step.BUREAU
        reasons.add(PriorityReason.PROMISE_PASSED if is_over else PriorityReason.PROMISE_SOON)
        if _is_waiting(words, case):
            reasons.add(PriorityReason.OWNER_WAITING)
        priority = max(case.priority, Priority.HIGH)
        if (priority, sorted(reasons)) == (case.priority, sorted(case.priority_reasons)):
            return
        body = {"priority": int(priority), "reasons": sorted(reasons)}
        await record(tx, case, EventKind.PRIORITISED, at=self._clock(), body=body)

    async def _plan(self, tx: Transaction, case: Case, beginning: CaseEvent) -> PromisePlan:
        hours = await self._calendars.hours_of(tx, case.hub_id)
        return plan_promise(hours, beginning.created_at, case.promised_on)

    async def _queue_next(
        self,
        tx: Transaction,
        case: Case,
        beginning: CaseEvent,
        plan: PromisePlan,
        done: frozenset[str],
    ) -> None:
        found = plan.first_after(done)
        if found is None:
            return
        step, at = found
        await jobs.enqueue(
            tx,
            PROMISE_JOB,
            {"case_id": str(case.id)},
            # The moment is part of the key: a promise or calendar that has changed since
            # the last look gives another job, never none.
            unique_key=f"promise:{case.id}:{beginning.seq}:{step}:{at:%Y%m%dT%H%M%S%z}",
            run_at=at,
        )

    async def hold(self, tx: Transaction, case: Case, until: datetime) -> None:
        """Queue the waking of a case on hold, in the transaction that holds it."""
        await jobs.enqueue(
            tx,
            WAKE_JOB,
            {"case_id": str(case.id)},
            unique_key=f"wake:{case.id}:{case.version}",
            run_at=until,
        )

    async def wake(self, case_id: UUID) -> bool:
        """Wake the case if its time has come; a case that is held longer sleeps on.

        Returns:
            True if it was woken now.
        """
        async with self._database.write() as tx:
            await repository.lock(tx, [case_id])
            case = await repository.find_visible(tx, case_id, None)
            if case is None or case.status != CaseStatus.SNOOZED or case.hold_until is None:
                return False
            if case.hold_until > self._clock():
                return False
            to = CaseStatus.WORKING if case.assignee_id else CaseStatus.RECEIVED
            event = await record(tx, case, EventKind.WOKEN, at=self._clock(), body={"to": to})
            for ear in self._ears:
                await ear.hear(tx, case, event)
            return True


def _is_settled(case: Case, events: Sequence[CaseEvent]) -> bool:
    """Whether nothing is owed any more: answered, closed, or erased by the owner."""
    is_over = case.status == CaseStatus.CLOSED or case.answered_at is not None
    return is_over or last_of(events, EventKind.ERASED) is not None


def _is_waiting(words: LastWords, case: Case) -> bool:
    """Whether the owner has written since the case was opened, and no person since then."""
    if words.owner_at is None or words.owner_at <= case.created_at:
        return False
    return words.staff_at is None or words.staff_at < words.owner_at


def _done(events: Sequence[CaseEvent], beginning: CaseEvent) -> frozenset[str]:
    """The steps that were taken since `beginning`."""
    return frozenset(
        str(event.body.get("step"))
        for event in events
        if event.kind == EventKind.ESCALATED and event.seq > beginning.seq
    )
