"""Staff are told of a case where their hub wants it, in the event's own transaction."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from desk.cases.models import Case, CaseEvent, EventKind
from desk.cases.notices import tell_staff
from desk.cases.service import CaseDraft, CaseService
from desk.chat.models import Conversation
from desk.db import Database, new_id, now
from desk.notify.models import Delivery, NoticeKind, NotificationTarget, TargetKind


@pytest.fixture
def cases(database: Database) -> CaseService:
    return CaseService(database, today=lambda: date(2026, 11, 20), promise_business_days=3)


@pytest.fixture
async def case_id(database: Database, cases: CaseService) -> UUID:
    async with database.write() as tx:
        row = Conversation(id=new_id(), token_hash="x", expires_at=now() + timedelta(days=1))
        tx.add(row)
    await cases.open_case(
        CaseDraft(
            conversation_id=row.id,
            handoff_number=1,
            turn_id="t",
            hub_id="tsubame",
            prefix="TSU",
            headline="若い子が続かない",
            snapshot={},
            consent={},
            contact={"name": "山田太郎"},
        )
    )
    async with database.read() as tx:
        return (await tx.scalars(select(Case.id))).one()


async def add_target(database: Database, hub: str) -> None:
    async with database.write() as tx:
        address = f"staff@{hub}.example.jp"
        tx.add(NotificationTarget(hub_id=hub, kind=TargetKind.MAIL, address=address))


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


class TestEscalate:
    async def test_the_hubs_targets_are_told(
        self, database: Database, cases: CaseService, case_id: UUID
    ):
        await add_target(database, "tsubame")
        async with database.write() as tx:
            await tx.execute(update(Case).values(promised_on=now().date() - timedelta(days=3)))

        await cases.check_promise(case_id)

        (delivery,) = await rows(database, Delivery)
        assert delivery.notice == NoticeKind.CASE_ESCALATED
        assert (await event(database, EventKind.ESCALATED)).body["targets"] == 1

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
