"""Staff are told of a case where their hub wants it, in the event's own transaction."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from desk.auth.models import StaffUser
from desk.cases.models import Case, CaseEvent, CaseStatus, EventKind
from desk.cases.notices import StaffNotices, tell_staff
from desk.cases.service import CaseService
from desk.cases.transfers import ConsentWay, NewConsent
from desk.config import JST
from desk.db import Database
from desk.notify.models import Delivery, NoticeKind, NotificationTarget, TargetKind, TargetLevel
from tests.desk.cases.conftest import HUBS, Clock, OpenCase


@pytest.fixture
def cases(database: Database, clock: Clock) -> CaseService:
    return CaseService(
        database,
        today=clock.today,
        clock=clock.now,
        promise_business_days=3,
        hubs=HUBS,
        ears=[StaffNotices()],
    )


@pytest.fixture
async def case_id(open_case: OpenCase) -> UUID:
    return (await open_case()).id


async def add_target(
    database: Database, hub: str, level: TargetLevel = TargetLevel.HUB, **changes: Any
) -> None:
    async with database.write() as tx:
        address = f"{level}@{hub}.example.jp"
        kind = TargetKind.MAIL
        tx.add(NotificationTarget(hub_id=hub, kind=kind, address=address, level=level, **changes))


async def address_of(database: Database, target_id: UUID) -> str:
    async with database.read() as tx:
        return (await tx.get_one(NotificationTarget, target_id)).address.split(".")[0]


async def hub_of(database: Database, target_id: UUID) -> str:
    async with database.read() as tx:
        return (await tx.get_one(NotificationTarget, target_id)).hub_id


async def rows(database: Database, table: Any) -> list[Any]:
    async with database.read() as tx:
        return list(await tx.scalars(select(table).order_by(table.id)))


async def event(database: Database, kind: EventKind) -> CaseEvent:
    return next(e for e in await rows(database, CaseEvent) if e.kind == kind)


class TestAnnounce:
    async def test_the_hubs_targets_are_told_and_the_log_says_how_many(
        self, database: Database, cases: CaseService, case_id: UUID
    ):
        await add_target(database, "tsubame")
        await add_target(database, "nagaoka")

        await cases.announce(case_id)

        (delivery,) = await rows(database, Delivery)
        announced = await event(database, EventKind.ANNOUNCED)
        assert delivery.event_key == f"case:{case_id}:{announced.seq}"
        assert delivery.notice == NoticeKind.CASE_ANNOUNCED
        assert (delivery.hub_id, delivery.case_number) == ("tsubame", "TSU-2611-0001")
        assert announced.body == {"targets": 1}

    async def test_nothing_of_the_owner_goes_out(
        self, database: Database, cases: CaseService, case_id: UUID
    ):
        await add_target(database, "tsubame")

        await cases.announce(case_id)

        (delivery,) = await rows(database, Delivery)
        assert delivery.facts == {"promised_on": "2026-11-26", "case_kind": "consultation"}

    async def test_announcing_twice_tells_once(
        self, database: Database, cases: CaseService, case_id: UUID
    ):
        await add_target(database, "tsubame")

        await cases.announce(case_id)
        await cases.announce(case_id)

        assert len(await rows(database, Delivery)) == 1

    async def test_a_hub_without_targets_has_its_queue_only_and_the_log_says_so(
        self, database: Database, cases: CaseService, case_id: UUID
    ):
        await cases.announce(case_id)

        assert await rows(database, Delivery) == []
        assert (await event(database, EventKind.ANNOUNCED)).body == {"targets": 0}


class TestClock:
    async def _take_steps(
        self, database: Database, cases: CaseService, case_id: UUID, clock: Clock
    ) -> list[CaseEvent]:
        """Let the promise pass; the escalations in order."""
        for day, hour in ((24, 10), (26, 9), (27, 0)):
            clock.moment = datetime(2026, 11, day, hour, tzinfo=JST)
            await cases.check_promise(case_id)
        return [e for e in await rows(database, CaseEvent) if e.kind == EventKind.ESCALATED]

    async def test_each_step_reaches_somebody_new(
        self, database: Database, cases: CaseService, case_id: UUID, clock: Clock
    ):
        for level in TargetLevel:
            await add_target(database, "tsubame", level)
        await add_target(database, "bureau")
        await add_target(database, "matsumoto", TargetLevel.LEAD)

        steps = await self._take_steps(database, cases, case_id, clock)

        deliveries = await rows(database, Delivery)
        told = [[], [], []]
        for delivery in deliveries:
            index = [f"case:{case_id}:{e.seq}" for e in steps].index(delivery.event_key)
            told[index].append(await address_of(database, delivery.target_id))
        assert told == [
            ["hub@tsubame"],
            ["lead@tsubame"],
            ["hub@tsubame", "lead@tsubame", "bureau@tsubame", "hub@bureau"],
        ]
        assert [e.body["targets"] for e in steps] == [1, 1, 4]
        assert all("without" not in e.body for e in steps)

    async def test_everyday_notices_go_to_the_hubs_own_targets_only(
        self, database: Database, cases: CaseService, case_id: UUID
    ):
        for level in TargetLevel:
            await add_target(database, "tsubame", level)

        await cases.announce(case_id)

        (delivery,) = await rows(database, Delivery)
        assert await address_of(database, delivery.target_id) == "hub@tsubame"

    async def test_steps_for_which_nobody_has_a_target_say_so(
        self, database: Database, cases: CaseService, case_id: UUID, clock: Clock
    ):
        await add_target(database, "tsubame")
        await add_target(database, "tsubame", TargetLevel.LEAD, enabled=False)

        steps = await self._take_steps(database, cases, case_id, clock)

        assert [(e.body["targets"], e.body.get("without")) for e in steps] == [
            (1, None),
            (1, "lead"),
            (1, "bureau"),
        ]

    async def test_without_a_lead_the_hub_is_told_again_and_the_last_step_tells_the_bureau_too(
        self, database: Database, cases: CaseService, case_id: UUID, clock: Clock
    ):
        await add_target(database, "tsubame")
        await add_target(database, "bureau")

        steps = await self._take_steps(database, cases, case_id, clock)

        told = [
            (d.notice, await hub_of(database, d.target_id)) for d in await rows(database, Delivery)
        ]
        assert told == [
            (NoticeKind.CASE_REMINDED, "tsubame"),
            (NoticeKind.CASE_REMINDED, "tsubame"),
            (NoticeKind.CASE_ESCALATED, "tsubame"),
            (NoticeKind.CASE_ESCALATED, "bureau"),
        ]
        assert [e.body["targets"] for e in steps] == [1, 1, 2]
        assert [e.body.get("without") for e in steps] == [None, "lead", None]

    async def test_case_on_hold_that_wakes_is_told(
        self, database: Database, cases: CaseService, case_id: UUID, clock: Clock, hanako: StaffUser
    ):
        await add_target(database, "tsubame")
        await cases.claim(case_id, "tsubame", hanako.id)
        until = clock.now() + timedelta(hours=1)
        await cases.change_status(
            case_id,
            "tsubame",
            hanako.id,
            status=CaseStatus.SNOOZED,
            version=2,
            hold_until=until,
        )
        clock.moment = until

        await cases.wake(case_id)

        assert [d.notice for d in await rows(database, Delivery)] == [NoticeKind.CASE_WOKEN]


class TestDeeds:
    async def test_assignment_is_told_to_the_hub(
        self,
        database: Database,
        cases: CaseService,
        case_id: UUID,
        hanako: StaffUser,
        lead: StaffUser,
    ):
        await add_target(database, "tsubame")

        await cases.work.assign(lead, case_id, version=1, assignee_id=hanako.id)

        assert [d.notice for d in await rows(database, Delivery)] == [NoticeKind.CASE_ASSIGNED]

    async def test_transfer_is_told_to_the_hub_that_gets_the_case(
        self, database: Database, cases: CaseService, case_id: UUID, lead: StaffUser, clock: Clock
    ):
        await add_target(database, "tsubame")
        await add_target(database, "matsumoto")
        consent = NewConsent(way=ConsentWay.PHONE, given_at=clock.now(), text="はい")

        await cases.work.transfer(
            lead, case_id, version=1, to_hub="matsumoto", reason="近い", consent=consent
        )

        (delivery,) = await rows(database, Delivery)
        assert (delivery.notice, delivery.hub_id) == (NoticeKind.CASE_TRANSFERRED, "matsumoto")
        assert await hub_of(database, delivery.target_id) == "matsumoto"

    async def test_note_is_told_only_if_it_names_somebody(
        self,
        database: Database,
        cases: CaseService,
        case_id: UUID,
        hanako: StaffUser,
        lead: StaffUser,
    ):
        await add_target(database, "tsubame")

        await cases.add_note(case_id, "tsubame", lead.id, "メモです")
        untold = await rows(database, Delivery)
        await cases.add_note(case_id, "tsubame", lead.id, "@hanako お願いします")

        assert untold == []
        assert [d.notice for d in await rows(database, Delivery)] == [NoticeKind.CASE_MENTIONED]


class TestTellStaff:
    async def test_an_event_can_be_told_to_another_hub_too(
        self, database: Database, cases: CaseService, case_id: UUID
    ):
        await add_target(database, "tsubame")
        await add_target(database, "bureau")
        async with database.write() as tx:
            case = await tx.get_one(Case, case_id)
            event = CaseEvent(case_id=case_id, seq=2, kind=EventKind.ESCALATED, actor="system")
            event.body = {}
            tx.add(event)

            await tell_staff(tx, case, event, NoticeKind.CASE_ESCALATED)
            await tell_staff(tx, case, event, NoticeKind.CASE_ESCALATED, tell="bureau")

        deliveries = await rows(database, Delivery)
        assert {d.hub_id for d in deliveries} == {"tsubame"}
        assert len({d.target_id for d in deliveries}) == 2
        assert event.body == {"targets": 2}
