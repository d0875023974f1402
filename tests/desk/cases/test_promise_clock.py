"""The promise clock: each step once, in order, as jobs; and the honest word to the owner."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from desk.auth.models import StaffUser
from desk.cases.answers import note_reply
from desk.cases.hours import DEFAULT_HOURS
from desk.cases.models import Case, CaseKind, CaseStatus, EventKind, Priority, Step
from desk.cases.ports import LastWords, PrintedEars, PrintedVoice
from desk.cases.promise import plan_promise
from desk.cases.service import PROMISE_JOB, WAKE_JOB, CaseService, erase_of_conversation
from desk.cases.transfers import ConsentWay
from desk.config import JST
from desk.db import Database
from desk.jobs.models import Job
from desk.jobs.worker import Worker
from tests.desk.cases.conftest import Clock


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=JST)


async def steps_of(cases: CaseService, case: Case) -> list[str]:
    events = await cases.list_events(case.id, None)
    return [e.body["step"] for e in events if e.kind == EventKind.ESCALATED]


async def due_moments(database: Database, kind: str) -> list[datetime]:
    """When the queued jobs of this kind are due."""
    async with database.read() as tx:
        query = select(Job.run_at).where(Job.kind == kind).order_by(Job.id)
        return list(await tx.scalars(query))


class TestPlan:
    def test_hub_lead_and_bureau_follow_each_other(self) -> None:
        plan = plan_promise(DEFAULT_HOURS, at(20, 10), date(2026, 11, 26))

        assert plan.due == {
            Step.HUB: at(24, 10),
            Step.LEAD: at(26, 9),
            Step.BUREAU: at(27, 0),
        }

    def test_a_short_promise_reminds_hub_and_lead_together(self) -> None:
        plan = plan_promise(DEFAULT_HOURS, at(20, 10), date(2026, 11, 20))

        assert plan.due == {
            Step.HUB: at(20, 10),
            Step.LEAD: at(20, 10),
            Step.BUREAU: at(21, 0),
        }

    def test_a_promised_day_that_was_closed_since_does_not_delay_the_bureau(self) -> None:
        plan = plan_promise(DEFAULT_HOURS, at(20, 10), date(2026, 11, 21))

        assert plan.due[Step.LEAD] == plan.due[Step.BUREAU] == at(22, 0)

    def test_who_gets_a_late_case_has_a_day_for_each_step(self) -> None:
        plan = plan_promise(DEFAULT_HOURS, at(24, 10), date(2026, 11, 20))

        assert plan.due == {
            Step.HUB: at(25, 10),
            Step.LEAD: at(26, 10),
            Step.BUREAU: at(27, 10),
        }


class TestEscalation:
    async def test_each_step_is_taken_once_and_not_before_its_time(
        self, open_case: Any, cases: CaseService, clock: Clock, ears: PrintedEars
    ) -> None:
        case = await open_case()
        taken = []

        for moment in (at(24, 9, 59), at(24, 10), at(26, 8, 59), at(26, 9), at(26, 23), at(27, 0)):
            clock.moment = moment
            await cases.check_promise(case.id)
            await cases.check_promise(case.id)
            taken.append(await steps_of(cases, case))

        assert taken == [
            [],
            ["hub"],
            ["hub"],
            ["hub", "lead"],
            ["hub", "lead"],
            ["hub", "lead", "bureau"],
        ]
        assert ears.heard == [(case.id, EventKind.ESCALATED)] * 3

    async def test_the_owner_is_told_once_when_the_day_has_passed(
        self, open_case: Any, cases: CaseService, clock: Clock, voice: PrintedVoice
    ) -> None:
        case = await open_case()
        clock.moment = at(26, 23, 59)
        await cases.check_promise(case.id)
        before = list(voice.said)
        clock.moment = at(27, 0)

        await cases.check_promise(case.id)
        await cases.check_promise(case.id)

        assert before == []
        arguments = {"case_number": case.number, "promised_on": date(2026, 11, 26)}
        assert voice.said == [(case.id, "promise_passed", arguments)]

    async def test_a_claimed_but_silent_case_escalates_like_an_unclaimed_one(
        self, open_case: Any, cases: CaseService, clock: Clock, hanako: StaffUser
    ) -> None:
        case = await open_case()
        await cases.claim(case.id, "tsubame", hanako.id)
        clock.moment = at(27, 0)

        await cases.check_promise(case.id)

        assert await steps_of(cases, case) == ["hub", "lead", "bureau"]
        assert (await cases.get_case(case.id, None)).assignee_id == hanako.id

    async def test_priority_rises_with_its_reasons(
        self, open_case: Any, cases: CaseService, clock: Clock, voice: PrintedVoice
    ) -> None:
        case = await open_case()
        clock.moment = at(24, 10)
        await cases.check_promise(case.id)
        soon = await cases.get_case(case.id, None)
        clock.moment = at(27, 0)
        voice.words = LastWords(owner_at=at(26, 12))
        await cases.check_promise(case.id)
        passed = await cases.get_case(case.id, None)

        assert (soon.priority, soon.priority_reasons) == (Priority.HIGH, ["promise_soon"])
        assert passed.priority_reasons == ["owner_waiting", "promise_passed"]
        assert passed.escalated_to == "bureau"

    @pytest.mark.parametrize("way", ["contact", "waiting", "closed", "reply", "erased"])
    async def test_an_answer_ends_it(
        self,
        *,
        open_case: Any,
        cases: CaseService,
        database: Database,
        clock: Clock,
        voice: PrintedVoice,
        hanako: StaffUser,
        way: str,
    ) -> None:
        case = await open_case()
        await cases.claim(case.id, "tsubame", hanako.id)
        given: dict[str, Any] = {"version": 2}
        if way == "contact":
            await cases.work.record_contact(hanako, case.id, how=ConsentWay.PHONE, **given)
        elif way == "waiting":
            given["status"] = CaseStatus.WAITING
            await cases.change_status(case.id, None, hanako.id, **given)
        elif way == "closed":
            given |= {"status": CaseStatus.CLOSED, "result": "advised"}
            await cases.change_status(case.id, None, hanako.id, **given)
        elif way == "reply":
            async with database.write() as tx:
                await note_reply(tx, case.id, hanako.id, at=at(24, 11), is_first=True)
        else:
            async with database.write() as tx:
                await erase_of_conversation(tx, case.conversation_id)
        clock.moment = at(27, 0)

        await cases.check_promise(case.id)

        assert await steps_of(cases, case) == []
        assert voice.said == []

    async def test_words_that_staff_of_another_hub_said_there_are_no_answer(
        self, open_case: Any, cases: CaseService, clock: Clock, voice: PrintedVoice
    ) -> None:
        """They spoke on account of another case; what this hub owes is written in its log."""
        case = await open_case()
        voice.words = LastWords(staff_at=at(24, 11))
        clock.moment = at(27, 0)

        await cases.check_promise(case.id)

        assert await steps_of(cases, case) == ["hub", "lead", "bureau"]

    @pytest.mark.parametrize(("staff_at", "waits"), [(None, True), (23, True), (25, False)])
    async def test_owner_waits_who_has_written_since_a_person_spoke(
        self,
        *,
        open_case: Any,
        cases: CaseService,
        clock: Clock,
        voice: PrintedVoice,
        staff_at: int | None,
        waits: bool,
    ) -> None:
        case = await open_case()
        spoken = None if staff_at is None else at(staff_at, 9)
        voice.words = LastWords(owner_at=at(24, 9), staff_at=spoken)
        clock.moment = at(27, 0)

        await cases.check_promise(case.id)

        reasons = (await cases.get_case(case.id, None)).priority_reasons
        assert ("owner_waiting" in reasons) is waits

    async def test_who_was_promised_nothing_is_told_of_no_promise(
        self, open_case: Any, cases: CaseService, clock: Clock, voice: PrintedVoice
    ) -> None:
        case = await open_case(kind=CaseKind.ATTENTION, hub_id="bureau", consent={})
        clock.moment = at(27, 0)

        await cases.check_promise(case.id)

        assert await steps_of(cases, case) == ["hub", "lead", "bureau"]
        assert voice.said == []

    async def test_a_word_that_nobody_can_read_is_logged_as_such(
        self, open_case: Any, cases: CaseService, clock: Clock, voice: PrintedVoice
    ) -> None:
        voice.is_heard = False
        case = await open_case()
        clock.moment = at(27, 0)

        await cases.check_promise(case.id)

        told = [
            event.body
            for event in await cases.list_events(case.id, None)
            if event.kind == EventKind.OWNER_TOLD
        ]
        assert told == [{"what": "promise_passed", "is_heard": False}]

    async def test_a_snoozed_case_that_was_never_answered_still_escalates(
        self, open_case: Any, cases: CaseService, clock: Clock, hanako: StaffUser
    ) -> None:
        case = await open_case()
        await cases.claim(case.id, None, hanako.id)
        until = clock.now() + timedelta(days=60)
        await cases.change_status(
            case.id, None, hanako.id, status=CaseStatus.SNOOZED, version=2, hold_until=until
        )
        clock.moment = at(27, 0)

        assert await cases.check_promise(case.id)


class TestJobs:
    async def test_each_step_queues_the_next_one_with_its_own_event(
        self, open_case: Any, cases: CaseService, database: Database, clock: Clock
    ) -> None:
        case = await open_case()
        for moment in (at(24, 10), at(26, 9), at(27, 0)):
            clock.moment = moment
            await cases.check_promise(case.id)

        assert await due_moments(database, PROMISE_JOB) == [at(24, 10), at(26, 9), at(27, 0)]

    async def test_a_promise_that_moves_is_watched_at_its_new_day(
        self, open_case: Any, cases: CaseService, database: Database, clock: Clock
    ) -> None:
        case = await open_case()
        async with database.write() as tx:
            await tx.execute(update(Case).values(promised_on=date(2026, 12, 3)))
        clock.moment = at(26, 9)

        await cases.check_promise(case.id)

        assert await steps_of(cases, case) == ["hub"]
        moments = await due_moments(database, PROMISE_JOB)
        assert moments[-1] == datetime(2026, 12, 3, 9, tzinfo=JST)

    async def test_a_worker_that_dies_after_the_step_leaves_one_step(
        self, open_case: Any, cases: CaseService, database: Database, clock: Clock
    ) -> None:
        case = await open_case()
        await _make_due(database)
        clock.moment = at(27, 0)
        dying = Worker(database, {PROMISE_JOB: _die_after(cases), **_nothing_else()})
        await dying.run_due()
        after_death = await steps_of(cases, case)
        await _make_due(database)
        clock.move(hours=1)

        living = Worker(database, {PROMISE_JOB: _check(cases), **_nothing_else()})
        await living.run_due()

        assert after_death == await steps_of(cases, case) == ["hub", "lead", "bureau"]


class TestWaking:
    async def _hold(self, cases: CaseService, case: Case, staff_id: UUID, days: int) -> None:
        version = (await cases.get_case(case.id, None)).version
        until = at(20, 10) + timedelta(days=days)
        await cases.change_status(
            case.id,
            None,
            staff_id,
            status=CaseStatus.SNOOZED,
            version=version,
            hold_until=until,
        )

    async def test_it_wakes_when_its_time_has_come_and_not_before(
        self,
        *,
        open_case: Any,
        cases: CaseService,
        database: Database,
        clock: Clock,
        ears: PrintedEars,
        hanako: StaffUser,
    ) -> None:
        case = await open_case()
        await cases.claim(case.id, None, hanako.id)
        await self._hold(cases, case, hanako.id, 7)
        clock.move(days=7, seconds=-1)
        early = await cases.wake(case.id)
        clock.move(seconds=1)

        woken = await cases.wake(case.id)

        assert (early, woken) == (False, True)
        assert not await cases.wake(case.id)
        found = await cases.get_case(case.id, None)
        assert (found.status, found.hold_until) == (CaseStatus.WORKING, None)
        assert ears.heard == [(case.id, EventKind.WOKEN)]
        assert await due_moments(database, WAKE_JOB) == [at(27, 10)]

    async def test_a_longer_hold_outlasts_the_first_one(
        self, open_case: Any, cases: CaseService, clock: Clock, hanako: StaffUser
    ) -> None:
        case = await open_case()
        await cases.claim(case.id, None, hanako.id)
        await self._hold(cases, case, hanako.id, 7)
        await self._hold(cases, case, hanako.id, 30)
        clock.move(days=7)

        assert not await cases.wake(case.id)


async def _make_due(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(
            update(Job).values(run_at=datetime(2020, 1, 1, tzinfo=JST), lease_until=None)
        )


def _check(cases: CaseService) -> Any:
    async def check(job: Job) -> None:
        await cases.check_promise(UUID(job.payload["case_id"]))

    return check


def _die_after(cases: CaseService) -> Any:
    async def die(job: Job) -> None:
        await cases.check_promise(UUID(job.payload["case_id"]))
        raise RuntimeError("killed before the job was marked done")

    return die


def _nothing_else() -> dict[str, Any]:
    async def nothing(job: Job) -> None:
        """The announcement is not the matter here."""

    return {"cases.announce": nothing, WAKE_JOB: nothing}
