"""A reply in the conversation and the case on whose account it is given."""

from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import select

from desk.auth.models import Role
from desk.cases.models import Case, CaseMention, EventKind
from tests.desk.chat.conftest import Owner
from tests.desk.live.conftest import StaffClient, StaffOf, events_of


async def contacts(app: FastAPI, case_id: UUID) -> list[UUID | None]:
    events = await events_of(app, case_id)
    return [event.actor_id for event in events if event.kind == EventKind.CONTACTED]


async def case_of(app: FastAPI, case_id: UUID) -> Case:
    found: Case = await app.state.cases.get_case(case_id, None)
    return found


class TestReply:
    async def test_first_reply_answers_the_case_and_the_rest_add_nothing(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, case_id: UUID
    ):
        await hanako.take()
        before = await case_of(app, case_id)
        await hanako.reply("お待たせしました")
        await owner.say("はい")
        await hanako.reply("では電話します")

        after = await case_of(app, case_id)
        replies = [m for m in await owner.messages() if m["author"] == "staff"]
        assert before.answered_at is None
        assert after.answered_at is not None
        assert after.answered_at.isoformat()[:19] == replies[0]["created_at"][:19]
        assert await contacts(app, case_id) == [hanako.user.id]

    async def test_each_holder_s_words_are_a_series_of_their_own(
        self, app: FastAPI, hanako: StaffClient, lead: StaffClient, case_id: UUID
    ):
        await hanako.take()
        await hanako.reply()
        await lead.post("steal")
        await lead.reply()
        await lead.reply()
        await lead.hand_back()
        await hanako.take()
        await hanako.reply()

        people = [hanako.user.id, lead.user.id, hanako.user.id]
        assert await contacts(app, case_id) == people

    async def test_taking_the_talk_without_a_word_is_no_answer(
        self, app: FastAPI, hanako: StaffClient, case_id: UUID
    ):
        await hanako.take()
        await hanako.hand_back()

        assert (await case_of(app, case_id)).answered_at is None

    async def test_refused_and_repeated_replies_answer_nothing_anew(
        self, app: FastAPI, hanako: StaffClient, taro: StaffClient, case_id: UUID
    ):
        await taro.reply(version=0)
        await hanako.take()
        same = "6a0e2a4e-5b1c-4f0e-9c0a-0a1b2c3d4e5f"

        answers = [await hanako.reply("a", client_message_id=same, version=1) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [201, 201]
        assert await contacts(app, case_id) == [hanako.user.id]


class TestSummary:
    async def test_colleague_who_is_named_in_it_finds_it_among_their_mentions(
        self, app: FastAPI, hanako: StaffClient, taro: StaffClient, case_id: UUID
    ):
        await hanako.take()

        await hanako.hand_back("@taro 火曜に電話してください")

        async with app.state.database.read() as tx:
            mentions = list(await tx.scalars(select(CaseMention)))
        assert [(m.case_id, m.user_id) for m in mentions] == [(case_id, taro.user.id)]


class TestBureau:
    async def test_bureau_s_reply_answers_for_the_hub_of_the_case(
        self, app: FastAPI, staff_of: StaffOf, case_id: UUID
    ):
        bureau = await staff_of("bureau", Role.BUREAU, None)
        await bureau.take()

        await bureau.reply()

        assert await contacts(app, case_id) == [bureau.user.id]
