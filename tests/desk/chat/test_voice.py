"""What desk says to owners about their cases."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from desk.cases.models import Case, CaseEvent
from desk.cases.service import PROMISE_JOB, CaseDraft
from desk.chat.models import Author, Conversation, Message
from desk.chat.repository import append
from desk.chat.voice import ConversationVoice
from desk.db import new_id, now
from desk.jobs.models import Job
from tests.desk.chat.conftest import Owner


@pytest.fixture
async def case(app: FastAPI, owner: Owner) -> Case:
    receipt = await app.state.cases.open_case(
        CaseDraft(
            conversation_id=UUID(owner.id),
            handoff_number=1,
            turn_id="t",
            hub_id="tsubame",
            prefix="TSU",
            headline="若い子が続かない",
            snapshot={},
            consent={"share_info": True, "hubs": ["tsubame"]},
        )
    )
    found: list[Case] = await app.state.cases.list_cases(None)
    return next(case for case in found if case.number == receipt.case_number)


@pytest.fixture
def voice(app: FastAPI) -> ConversationVoice:
    return ConversationVoice(app.state.knowledge, app.state.fanout)


class TestTell:
    async def test_the_owner_reads_it_in_the_conversation(
        self, app: FastAPI, owner: Owner, case: Case, voice: ConversationVoice
    ) -> None:
        arguments = {"case_number": case.number, "promised_on": date(2026, 11, 27)}
        async with app.state.database.write() as tx:
            is_heard = await voice.tell(tx, case, "promise_passed", arguments)

        said = (await owner.messages())[-1]
        assert is_heard
        assert said["author"] == "system"
        assert case.number in said["text"]
        assert "2026年11月27日" in said["text"]

    @pytest.mark.parametrize("what", ["erased_at", "expires_at"])
    async def test_nobody_hears_in_a_conversation_that_has_ended(
        self, app: FastAPI, case: Case, voice: ConversationVoice, what: str
    ) -> None:
        async with app.state.database.write() as tx:
            past = now() - timedelta(days=1)
            await tx.execute(update(Conversation).values({what: past}))
        async with app.state.database.write() as tx:
            arguments = {"case_number": case.number, "hub_id": "bureau"}
            assert not await voice.tell(tx, case, "case_transferred", arguments)

    async def test_last_words_are_those_of_owner_and_staff(
        self, app: FastAPI, owner: Owner, case: Case, voice: ConversationVoice
    ) -> None:
        await owner.say("どうなりましたか")
        async with app.state.database.read() as tx:
            before = await voice.last_words(tx, case)
        async with app.state.database.write() as tx:
            conversation = await tx.get_one(Conversation, case.conversation_id)
            reply = Message(id=new_id(), author=Author.STAFF, text="電話します")
            await append(tx, conversation, reply)
        async with app.state.database.read() as tx:
            after = await voice.last_words(tx, case)

        assert before.owner_at is not None
        assert before.staff_at is None
        assert after.staff_at is not None
        assert after.staff_at > before.owner_at


class TestPassedPromise:
    async def test_the_worker_tells_the_owner_once(
        self, app: FastAPI, owner: Owner, case: Case
    ) -> None:
        async with app.state.database.write() as tx:
            await tx.execute(
                update(Case).values(
                    created_at=now() - timedelta(days=30),
                    promised_on=(now() - timedelta(days=20)).date(),
                )
            )
            await _backdate(tx, case)
        before = len(await owner.messages())

        for _ in range(3):
            async with app.state.database.write() as tx:
                await tx.execute(
                    update(Job)
                    .where(Job.kind == PROMISE_JOB)
                    .values(state="queued", run_at=now() - timedelta(days=1))
                )
            await app.state.worker.run_due()

        said = (await owner.messages())[before:]
        assert len(said) == 1
        assert "お待たせして申し訳ありません" in said[0]["text"]


async def _backdate(tx: Any, case: Case) -> None:
    event = (await tx.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id))).first()
    event.created_at = now() - timedelta(days=30)
