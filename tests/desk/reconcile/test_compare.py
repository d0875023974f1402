"""A healthy desk has no finding; each damage is found, exactly."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select, update

from desk.cases.models import Case, CaseEvent, CaseKind, EventKind
from desk.chat import repository
from desk.chat.models import Author, Conversation, Message
from desk.chat.ports import ScriptedDialogueEngine
from desk.chat.turns import ANSWER_JOB
from desk.config import JST
from desk.db import Transaction, new_id, now
from desk.jobs import service as jobs
from desk.jobs.models import Job, JobState
from desk.live.texts import BACK_TO_BOT
from desk.notify.models import Delivery, DeliveryState
from desk.pruning.service import Keep, PruneService
from desk.reconcile.models import FindingKind
from desk.reconcile.service import Finding, Limits, compare, limits_at
from tests.desk.reconcile.world import World

SEEDS = range(6)
Damage = Callable[[Transaction], Awaitable[dict[str, Any]]]


def later() -> Limits:
    """Two weeks later, when everything has had its time."""
    return limits_at(now() + timedelta(days=14), unanswered_minutes=30)


async def found(world: World, limits: Limits | None = None) -> list[Finding]:
    async with world.database.read() as tx:
        return list((await compare(tx, limits or later())).findings)


async def a_case(tx: Transaction, *, kind: CaseKind = CaseKind.CONSULTATION) -> Case:
    """A case whose hub is told somewhere."""
    query = select(Case).where(Case.kind == kind, Case.hub_id.in_(["matsumoto", "bureau"]))
    return (await tx.scalars(query.order_by(Case.id).limit(1))).one()


async def its_receipt(tx: Transaction, case: Case) -> Message:
    messages = await tx.scalars(select(Message).where(Message.author == Author.BOT))
    return next(
        m for m in messages if (m.content.get("card") or {}).get("case_number") == case.number
    )


async def its_delivery(tx: Transaction, case: Case) -> Delivery:
    return (await tx.scalars(select(Delivery).where(Delivery.case_id == case.id).limit(1))).one()


class TestHealthy:
    @pytest.mark.parametrize("seed", SEEDS)
    async def test_whatever_happened_nothing_is_found(
        self, app: FastAPI, engine: ScriptedDialogueEngine, seed: int
    ):
        world = World(app, engine, seed)
        await world.set_up()
        await world.live(8)

        assert await found(world) == []

        async with world.database.read() as tx:
            checked = (await compare(tx, later())).checked
        assert checked["receipts"] >= 1
        assert checked["cases"] >= 2
        assert checked["deliveries"] >= 2

    async def test_what_is_on_its_way_has_time_to_arrive(self, world: World):
        conversation_id = await world.talk()
        await world.open_case(conversation_id, "matsumoto")
        await world.hold(conversation_id)
        await world.say(conversation_id)

        assert await found(world, limits_at(now(), unanswered_minutes=30)) == []

    async def test_deliveries_that_were_deleted_by_age_are_not_missed(self, world: World):
        await world.live(8)
        keep = Keep(deliveries=30, jobs=30, reports=30, logins=30, line=30, files=30)
        in_forty_days = now() + timedelta(days=40)

        counts = await PruneService(world.database, keep, clock=lambda: in_forty_days).run()

        assert counts["deliveries"] >= 2
        assert await found(world) == []

    async def test_an_empty_desk_is_healthy(self, world: World):
        assert await found(world) == []


async def lose_case(tx: Transaction) -> dict[str, Any]:
    case = await a_case(tx)
    message = await its_receipt(tx, case)
    await tx.execute(delete(CaseEvent).where(CaseEvent.case_id == case.id))
    await tx.execute(delete(Case).where(Case.id == case.id))
    return {"message_id": message.id, "conversation_id": message.conversation_id}


async def give_case_to_another_owner(tx: Transaction) -> dict[str, Any]:
    case = await a_case(tx)
    message = await its_receipt(tx, case)
    stranger = Conversation(id=new_id(), token_hash=new_id().hex, expires_at=now())
    tx.add(stranger)
    await tx.flush()
    await tx.execute(update(Case).where(Case.id == case.id).values(conversation_id=stranger.id))
    return {"message_id": message.id, "conversation_id": message.conversation_id}


async def change_hub(tx: Transaction) -> dict[str, Any]:
    case = await a_case(tx)
    message = await its_receipt(tx, case)
    await tx.execute(update(Case).where(Case.id == case.id).values(hub_id="shiojiri"))
    return {
        "case_id": case.id,
        "message_id": message.id,
        "conversation_id": message.conversation_id,
    }


async def change_date(tx: Transaction) -> dict[str, Any]:
    case = await a_case(tx)
    message = await its_receipt(tx, case)
    changed = case.promised_on + timedelta(days=1)
    await tx.execute(update(Case).where(Case.id == case.id).values(promised_on=changed))
    return {
        "case_id": case.id,
        "message_id": message.id,
        "conversation_id": message.conversation_id,
    }


async def forget_to_announce(tx: Transaction) -> dict[str, Any]:
    case = await a_case(tx)
    await tx.execute(
        delete(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.kind == EventKind.ANNOUNCED)
    )
    return {"case_id": case.id}


async def lose_delivery(tx: Transaction) -> dict[str, Any]:
    case = await a_case(tx)
    delivery = await its_delivery(tx, case)
    seq = int(delivery.event_key.rpartition(":")[2])
    query = select(CaseEvent.id).where(CaseEvent.case_id == case.id, CaseEvent.seq == seq)
    event_id = (await tx.scalars(query)).one()
    await tx.execute(delete(Delivery).where(Delivery.id == delivery.id))
    return {"case_id": case.id, "event_id": event_id}


async def forget_to_send(tx: Transaction) -> dict[str, Any]:
    delivery = await its_delivery(tx, await a_case(tx))
    await tx.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id)
        .values(state=DeliveryState.PENDING, sent_at=None, proof="")
    )
    return {"delivery_id": delivery.id}


async def claim_to_have_sent(tx: Transaction) -> dict[str, Any]:
    delivery = await its_delivery(tx, await a_case(tx))
    await tx.execute(update(Delivery).where(Delivery.id == delivery.id).values(proof=""))
    return {"delivery_id": delivery.id}


async def give_delivery_up(tx: Transaction) -> dict[str, Any]:
    delivery = await its_delivery(tx, await a_case(tx))
    dead = update(Delivery).where(Delivery.id == delivery.id)
    await tx.execute(dead.values(state=DeliveryState.DEAD))
    await tx.execute(
        update(Job).where(Job.unique_key == f"deliver:{delivery.id}:0").values(state=JobState.DEAD)
    )
    return {"delivery_id": delivery.id}


async def lose_answer(tx: Transaction) -> dict[str, Any]:
    query = select(Message).where(Message.author == Author.BOT, Message.answers_id.is_not(None))
    answer = (await tx.scalars(query.order_by(Message.id).limit(1))).one()
    await tx.execute(delete(Message).where(Message.id == answer.id))
    return {"message_id": answer.answers_id, "conversation_id": answer.conversation_id}


async def lose_attention_case(tx: Transaction) -> dict[str, Any]:
    case = await a_case(tx, kind=CaseKind.ATTENTION)
    await tx.execute(delete(CaseEvent).where(CaseEvent.case_id == case.id))
    await tx.execute(delete(Case).where(Case.id == case.id))
    return {"message_id": UUID(case.turn_id)}


async def let_a_job_die(tx: Transaction) -> dict[str, Any]:
    job_id = await jobs.enqueue(tx, "chat.forget", {}, max_attempts=1)
    await tx.execute(update(Job).where(Job.id == job_id).values(state=JobState.DEAD))
    return {"job_id": job_id}


DAMAGES: dict[str, tuple[Damage, FindingKind]] = {
    "case lost": (lose_case, FindingKind.RECEIPT_WITHOUT_CASE),
    "case of another": (give_case_to_another_owner, FindingKind.RECEIPT_WITHOUT_CASE),
    "hub changed": (change_hub, FindingKind.RECEIPT_OTHER_HUB),
    "date changed": (change_date, FindingKind.RECEIPT_OTHER_DATE),
    "not announced": (forget_to_announce, FindingKind.CASE_NOT_ANNOUNCED),
    "delivery lost": (lose_delivery, FindingKind.DELIVERY_MISSING),
    "delivery stuck": (forget_to_send, FindingKind.DELIVERY_STUCK),
    "delivery unproven": (claim_to_have_sent, FindingKind.DELIVERY_UNPROVEN),
    "delivery dead": (give_delivery_up, FindingKind.DELIVERY_DEAD),
    "answer lost": (lose_answer, FindingKind.MESSAGE_UNANSWERED),
    "attention case lost": (lose_attention_case, FindingKind.GIVEN_UP_WITHOUT_CASE),
    "job dead": (let_a_job_die, FindingKind.JOB_DEAD),
}


class TestDamage:
    @pytest.mark.parametrize(("damage", "kind"), DAMAGES.values(), ids=DAMAGES)
    async def test_it_is_found_exactly(self, world: World, damage: Damage, kind: FindingKind):
        await world.hand_off("matsumoto")
        await world.live(1)
        async with world.database.write() as tx:
            ids = await damage(tx)

        findings = await found(world)

        assert findings == [
            Finding(kind=kind, ids={name: str(value) for name, value in ids.items()})
        ]

    async def test_several_are_all_found(self, world: World):
        await world.hand_off("matsumoto")
        await world.live(1)
        async with world.database.write() as tx:
            for damage in (claim_to_have_sent, let_a_job_die, lose_attention_case):
                await damage(tx)

        kinds = {finding.kind for finding in await found(world)}

        assert kinds == {
            FindingKind.DELIVERY_UNPROVEN,
            FindingKind.JOB_DEAD,
            FindingKind.GIVEN_UP_WITHOUT_CASE,
        }

    async def test_every_kind_of_finding_has_its_damage(self):
        assert {kind for _, kind in DAMAGES.values()} == set(FindingKind)


class TestExplained:
    async def test_a_hub_that_an_event_explains_is_no_finding(self, world: World):
        await world.hand_off("matsumoto")
        async with world.database.write() as tx:
            ids = await change_hub(tx)
            tx.add(CaseEvent(case_id=ids["case_id"], seq=99, kind="transferred", actor="staff"))

        assert await found(world) == []

    async def test_an_earlier_day_that_a_double_brought_is_none(self, world: World):
        await world.hand_off("matsumoto")
        async with world.database.write() as tx:
            case = (await tx.scalars(select(Case).order_by(Case.id))).first()
            assert case is not None
            case.promised_on -= timedelta(days=1)
            event = CaseEvent(case_id=case.id, seq=99, kind="took_in", actor="staff")
            event.body = {"promised_on": case.promised_on.isoformat()}
            tx.add(event)

        assert await found(world) == []

    async def test_an_answer_given_up_after_a_person_took_over_is_none(self, world: World):
        message = await world.say(await world.start())
        async with world.database.write() as tx:
            payload = {"message_id": str(message.id), "version": 0}
            await jobs.enqueue(tx, ANSWER_JOB, payload, unique_key="late")
            values = {"state": JobState.DEAD}
            await tx.execute(update(Job).where(Job.unique_key == "late").values(values))
        before = await found(world)
        await world.hold(message.conversation_id)

        assert [finding.kind for finding in before] == [FindingKind.JOB_DEAD]
        assert await found(world) == []

    async def test_a_press_of_the_button_back_to_the_bot_asks_for_no_answer(self, world: World):
        conversation_id = await world.talk()
        async with world.database.write() as tx:
            conversation = await tx.get_one(Conversation, conversation_id)
            pressed = Message(
                id=new_id(),
                author=Author.USER,
                text="もどる",
                payload=BACK_TO_BOT + '{"version":1}',
            )
            pressed.created_at = now() - timedelta(days=3)
            await repository.append(tx, conversation, pressed)

        assert await found(world) == []

    async def test_a_case_that_was_announced_late_is_none(self, world: World):
        await world.open_case(await world.talk(), "matsumoto")
        unannounced = await found(world)

        await world.work()

        assert [finding.kind for finding in unannounced] == [FindingKind.CASE_NOT_ANNOUNCED]
        assert await found(world) == []

    async def test_erasing_leaves_nothing_to_find(self, world: World):
        await world.erase()

        assert await found(world) == []


class TestUnanswered:
    async def test_a_person_has_a_whole_business_day(self, world: World):
        conversation_id = await world.talk()
        await world.hold(conversation_id)
        message = await world.say(conversation_id)
        # Friday the 20th; Monday the 23rd is a holiday.
        friday = datetime(2026, 11, 20, 18, tzinfo=JST)
        async with world.database.write() as tx:
            await tx.execute(
                update(Message).where(Message.id == message.id).values(created_at=friday)
            )

        def at(day: int) -> Limits:
            moment = datetime(2026, 11, day, 2, 30, tzinfo=JST)
            return limits_at(moment, unanswered_minutes=30)

        assert [f.kind for f in await found(world, at(24))] == []
        assert [f.kind for f in await found(world, at(25))] == [FindingKind.MESSAGE_UNANSWERED]

    async def test_a_conversation_that_has_ended_is_left_alone(self, world: World):
        conversation_id = await world.talk()
        await world.hold(conversation_id)
        await world.say(conversation_id)

        limits = limits_at(now() + timedelta(days=31), unanswered_minutes=30)

        assert await found(world, limits) == []

    def test_the_limit_of_staff_is_the_start_of_the_last_whole_business_day(self):
        moment = datetime(2026, 11, 24, 2, 30, tzinfo=JST)

        limit = limits_at(moment, unanswered_minutes=30).by_staff

        assert limit == datetime(2026, 11, 20, tzinfo=JST)
        assert limit.astimezone(UTC).date() == date(2026, 11, 19)
