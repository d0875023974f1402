"""An owner who writes to a person is noticed by that person's hub."""

from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from desk.auth.models import Role, StaffUser
from desk.cases.models import CaseKind
from desk.cases.service import CaseDraft
from desk.chat import repository
from desk.chat.models import Author, Conversation, Holder, Message
from desk.db import Database, new_id
from desk.notify.models import Delivery, NoticeKind, NotificationTarget, TargetKind


@pytest.fixture
def database(app: FastAPI) -> Database:
    database: Database = app.state.database
    return database


@pytest.fixture
async def staff(database: Database) -> UUID:
    async with database.write() as tx:
        for hub in ("matsumoto", "nagaoka", "bureau"):
            address = f"staff@{hub}.example.jp"
            tx.add(NotificationTarget(hub_id=hub, kind=TargetKind.MAIL, address=address))
        user = StaffUser(
            login="a", display_name="a", password_hash="x", role=Role.STAFF, hub_id="matsumoto"
        )
        tx.add(user)
    return user.id


async def hold(database: Database, conversation_id: str, staff_id: UUID | None) -> None:
    async with database.write() as tx:
        await tx.execute(
            update(Conversation)
            .where(Conversation.id == UUID(conversation_id))
            .values(holder=Holder.STAFF, holder_id=staff_id, version=Conversation.version + 1)
        )


async def deliveries(database: Database) -> list[Delivery]:
    async with database.read() as tx:
        return list(await tx.scalars(select(Delivery).order_by(Delivery.id)))


async def staff_says(database: Database, conversation_id: str) -> None:
    async with database.write() as tx:
        conversation = await tx.get_one(Conversation, UUID(conversation_id))
        message = Message(id=new_id(), author=Author.STAFF, text="承知しました")
        await repository.append(tx, conversation, message)


class TestOwnerWrites:
    async def test_to_a_person_and_their_hub_is_told(
        self, owner: Any, database: Database, staff: UUID
    ):
        await hold(database, owner.id, staff)

        assert (await owner.say("山田です。その後いかがですか")).status_code == 202

        (delivery,) = await deliveries(database)
        assert (delivery.notice, delivery.hub_id) == (NoticeKind.OWNER_WROTE, "matsumoto")
        assert delivery.facts == {}

    async def test_to_the_bot_and_nobody_is_told(self, owner: Any, database: Database, staff: UUID):
        await owner.say("若い子が続かない")

        assert await deliveries(database) == []

    async def test_of_a_case_and_the_cases_hub_is_told_its_number(
        self, app: FastAPI, owner: Any, database: Database, staff: UUID
    ):
        draft = CaseDraft(
            conversation_id=UUID(owner.id),
            handoff_number=1,
            turn_id="t",
            hub_id="nagaoka",
            prefix="NGO",
            headline="",
            snapshot={},
            consent={},
            kind=CaseKind.CONSULTATION,
        )
        receipt = await app.state.cases.open_case(draft)
        await hold(database, owner.id, staff)

        await owner.say("その後いかがですか")

        (delivery,) = await deliveries(database)
        assert (delivery.hub_id, delivery.case_number) == ("nagaoka", receipt.case_number)

    async def test_several_in_a_row_and_it_is_told_once(
        self, owner: Any, database: Database, staff: UUID
    ):
        await hold(database, owner.id, staff)

        # Two messages within one hour of the clock, whatever the clock says now.
        keys = set()
        for words in ("もしもし", "いますか", "急ぎません"):
            await owner.say(words)
            keys = {delivery.event_key for delivery in await deliveries(database)}

        hours = {key.rpartition(":")[2] for key in keys}
        assert len(keys) == len(hours) <= 2

    async def test_after_an_answer_and_it_is_told_again(
        self, owner: Any, database: Database, staff: UUID
    ):
        await hold(database, owner.id, staff)
        await owner.say("もしもし")
        await staff_says(database, owner.id)

        await owner.say("ありがとうございます")

        waits = {d.event_key.split(":")[2] for d in await deliveries(database)}
        assert len(waits) == 2

    async def test_where_nobody_is_known_the_bureau_is_told(
        self, owner: Any, database: Database, staff: UUID
    ):
        await hold(database, owner.id, None)

        await owner.say("もしもし")

        assert [d.hub_id for d in await deliveries(database)] == ["bureau"]

    async def test_again_with_the_same_id_and_it_is_told_once(
        self, owner: Any, database: Database, staff: UUID
    ):
        await hold(database, owner.id, staff)
        message_id = str(new_id())

        for _ in range(2):
            assert (await owner.say("もしもし", message_id=message_id)).status_code == 202

        assert len(await deliveries(database)) == 1


class TestReadiness:
    async def test_dead_deliveries_do_not_make_desk_unready(
        self, client: Any, owner: Any, app: FastAPI, database: Database, staff: UUID
    ):
        await hold(database, owner.id, staff)
        await owner.say("もしもし")
        # No mail server is set, so the notice to the hub and the alarm to the bureau die.
        await app.state.worker.run_due()

        states = {d.state for d in await deliveries(database)}
        assert states == {"dead"}
        assert (await client.get("/readyz")).status_code == 200
        metrics = (await client.get("/metrics")).text
        assert 'jinjibu_deliveries_total{kind="mail",outcome="dead"} 2.0' in metrics
