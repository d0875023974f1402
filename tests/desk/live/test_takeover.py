"""One holder at a time: taking, handing back, and a bot that is silent in between."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from desk.cases.models import Case, EventKind
from desk.chat.models import Conversation
from desk.chat.ports import DialogueEngineError, EngineTurn, ScriptedDialogueEngine
from desk.chat.turns import ANSWER_JOB
from desk.db import now
from desk.live.models import ChangeKind, HolderChange
from tests.desk.chat.conftest import Owner
from tests.desk.live.conftest import (
    StaffClient,
    conversation_of,
    events_of,
    jobs_of,
    run_jobs,
)


async def authors(owner: Owner) -> list[str]:
    return [message["author"] for message in await owner.messages(after=2)]


async def texts(owner: Owner, author: str) -> list[str]:
    return [m["text"] for m in await owner.messages(after=2) if m["author"] == author]


class Blocked(ScriptedDialogueEngine):
    """An engine whose answer waits until the test lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.go = asyncio.Event(), asyncio.Event()

    async def turn(self, **asked: object) -> EngineTurn:  # type: ignore[override]
        self.entered.set()
        await self.go.wait()
        return await super().turn(**asked)  # type: ignore[arg-type]


class TestTake:
    async def test_owner_reads_who_answers_now(self, hanako: StaffClient, owner: Owner):
        response = await hanako.take()

        assert response.status_code == 200
        assert response.json()["is_mine"] is True
        assert response.json()["version"] == 1
        said = (await owner.messages(after=2))[-1]
        assert said["author"] == "system"
        assert "名前 hanako" in said["text"]

    async def test_owner_s_page_is_told_the_holder_s_name(self, hanako: StaffClient, owner: Owner):
        await hanako.take()

        listed = await owner.client.get(f"{owner.url}/messages", headers=owner.headers)

        assert listed.json()["holder"] == {"holder": "staff", "name": "名前 hanako"}

    async def test_one_of_two_at_once_wins(self, hanako: StaffClient, taro: StaffClient):
        answers = await asyncio.gather(hanako.take(version=0), taro.take(version=0))

        assert sorted(answer.status_code for answer in answers) == [200, 409]
        lost = next(answer for answer in answers if answer.status_code == 409)
        assert lost.json()["code"] == "holder_changed"
        assert (await hanako.look())["version"] == 1

    async def test_old_version_takes_nothing(self, hanako: StaffClient, taro: StaffClient):
        await hanako.take()
        await hanako.hand_back()

        assert (await taro.take(version=0)).status_code == 409
        assert (await taro.take(version=2)).status_code == 200

    async def test_repeated_call_gets_the_same_answer_and_changes_nothing(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        first = await hanako.take(version=0)
        second = await hanako.take(version=0)

        assert (first.status_code, second.status_code) == (200, 200)
        assert (await conversation_of(app, owner)).version == 1
        assert await authors(owner) == ["system"]

    async def test_case_says_who_took_the_talk(
        self, app: FastAPI, hanako: StaffClient, case_id: UUID
    ):
        await hanako.take()

        event = (await events_of(app, case_id))[-1]
        assert (event.kind, event.actor_id) == (EventKind.TALK_TAKEN, hanako.user.id)

    async def test_talk_whose_owner_can_no_longer_read_it_is_not_taken(
        self, app: FastAPI, hanako: StaffClient
    ):
        async with app.state.database.write() as tx:
            await tx.execute(update(Conversation).values(expires_at=now() - timedelta(days=1)))

        response = await hanako.take()

        assert response.status_code == 409
        assert response.json()["code"] == "conversation_over"

    async def test_every_change_is_in_the_log_of_holders(
        self, app: FastAPI, hanako: StaffClient, lead: StaffClient
    ):
        await hanako.take()
        await lead.post("steal")
        await lead.hand_back()

        async with app.state.database.read() as tx:
            changes = list(await tx.scalars(select(HolderChange).order_by(HolderChange.version)))
        assert [change.version for change in changes] == [1, 2, 3]
        assert [change.kind for change in changes] == [
            ChangeKind.TAKEN,
            ChangeKind.STOLEN,
            ChangeKind.RETURNED,
        ]
        assert [change.holder_id for change in changes] == [hanako.user.id, lead.user.id, None]


class TestLead:
    async def test_lead_takes_a_colleague_s_talk(
        self, hanako: StaffClient, lead: StaffClient, owner: Owner
    ):
        await hanako.take()

        assert (await lead.post("steal")).status_code == 200
        assert (await hanako.reply(version=1)).status_code == 409
        assert (await lead.reply("責任者です")).status_code == 201
        assert await texts(owner, "staff") == ["責任者です"]

    async def test_staff_take_nothing_from_each_other(self, hanako: StaffClient, taro: StaffClient):
        await hanako.take()

        assert (await taro.post("steal")).status_code == 403
        assert (await taro.post("release", reason="a")).status_code == 403
        assert (await taro.hand_back()).status_code == 409

    async def test_lead_gives_a_colleague_s_talk_back_to_the_bot_with_a_reason(
        self, app: FastAPI, hanako: StaffClient, lead: StaffClient, owner: Owner, case_id: UUID
    ):
        await hanako.take()

        response = await lead.post("release", reason="今日は休みです")

        assert response.json()["holder"] == "bot"
        event = (await events_of(app, case_id))[-1]
        assert event.kind == EventKind.TALK_RETURNED
        assert event.body == {"kind": "released", "reason": "今日は休みです"}
        assert (await owner.say("a")).status_code == 200

    async def test_nothing_is_stolen_from_the_bot(self, lead: StaffClient):
        assert (await lead.post("steal")).status_code == 409


class TestHandBack:
    async def test_bot_answers_again_and_the_summary_stays_inside(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, case_id: UUID
    ):
        await hanako.take()
        await owner.say("相談です")
        await hanako.reply("電話しますね")

        response = await hanako.hand_back("火曜に電話する約束")

        assert response.json()["holder"] == "bot"
        notes = [e.body for e in await events_of(app, case_id) if e.kind == EventKind.NOTED]
        assert notes == [{"text": "火曜に電話する約束", "mentions": []}]
        assert "火曜" not in "".join(m["text"] for m in await owner.messages())
        assert (await owner.messages())[-1]["author"] == "system"
        assert (await owner.say("ありがとう")).json()["messages"][0]["text"] == "echo: ありがとう"

    async def test_summary_is_needed(self, hanako: StaffClient):
        await hanako.take()

        assert (await hanako.hand_back("  ")).status_code == 422
        assert (await hanako.hand_back("あ" * 4001)).status_code == 413
        assert (await hanako.look())["holder"] == "staff"

    async def test_what_nobody_answered_is_the_bot_s_next_turn(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, engine: ScriptedDialogueEngine
    ):
        await hanako.take()
        await owner.say("一つめ")
        await hanako.reply("一つめへの返事")
        await owner.say("二つめ")
        await owner.say("三つめ")

        await hanako.hand_back()
        await run_jobs(app)

        assert [asked["text"] for asked in engine.asked] == ["二つめ", "三つめ"]
        assert await texts(owner, "bot") == ["echo: 二つめ", "echo: 三つめ"]

    async def test_words_that_came_while_staff_wrote_are_not_lost(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, engine: ScriptedDialogueEngine
    ):
        """The author had not read the second message when the reply was sent."""
        await hanako.take()
        await owner.say("一つめ")
        seen = (await owner.messages())[-1]["seq"]
        await owner.say("二つめ")
        await hanako.reply("一つめへの返事", seen_seq=seen)

        await hanako.hand_back()
        await run_jobs(app)

        assert [asked["text"] for asked in engine.asked] == ["二つめ"]

    async def test_repeated_call_gets_the_same_answer_and_one_note(
        self, app: FastAPI, hanako: StaffClient, case_id: UUID
    ):
        await hanako.take()

        answers = [await hanako.hand_back("要約", version=1) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [200, 200]
        kinds = [event.kind for event in await events_of(app, case_id)]
        assert kinds.count(EventKind.NOTED) == kinds.count(EventKind.TALK_RETURNED) == 1


class TestSilentBot:
    async def test_answer_that_was_being_made_at_the_takeover_is_never_shown(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        app.state.chat._engine = blocked = Blocked()
        request = asyncio.create_task(owner.say("a"))
        await blocked.entered.wait()

        await hanako.take()
        blocked.go.set()

        assert (await request).status_code == 202
        assert await authors(owner) == ["user", "system"]

    async def test_answer_that_was_being_made_is_not_shown_even_when_the_bot_is_back(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        app.state.chat._engine = blocked = Blocked()
        request = asyncio.create_task(owner.say("a"))
        await blocked.entered.wait()

        await hanako.take()
        await hanako.reply("人の返事")
        await hanako.hand_back()
        blocked.go.set()
        await request
        await run_jobs(app)

        assert await texts(owner, "bot") == []
        assert await texts(owner, "staff") == ["人の返事"]

    async def test_answer_queued_before_the_takeover_is_not_made_while_staff_hold(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, engine: ScriptedDialogueEngine
    ):
        engine.answers = [DialogueEngineError("away")]
        await owner.say("a")

        await hanako.take()
        await run_jobs(app, kind=ANSWER_JOB)

        assert len(engine.asked) == 1
        assert await texts(owner, "bot") == []
        assert {job.state for job in await jobs_of(app, ANSWER_JOB)} == {"done"}

    async def test_answer_queued_before_the_takeover_is_not_made_after_staff_answered(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, engine: ScriptedDialogueEngine
    ):
        engine.answers = [DialogueEngineError("away")]
        await owner.say("a")

        await hanako.take()
        await hanako.reply("人の返事")
        await hanako.hand_back()
        await run_jobs(app)

        assert len(engine.asked) == 1
        assert await texts(owner, "bot") == []

    async def test_answer_queued_before_the_takeover_is_made_once_if_nobody_answered(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, engine: ScriptedDialogueEngine
    ):
        engine.answers = [DialogueEngineError("away")]
        await owner.say("a")

        await hanako.take()
        await hanako.hand_back()
        await run_jobs(app)
        await run_jobs(app)

        assert await texts(owner, "bot") == ["echo: a"]
        assert len(engine.asked) == 2

    async def test_owner_is_not_told_to_wait_for_the_bot_when_a_person_has_come(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        app.state.chat._engine = blocked = Blocked()
        blocked.answers = [DialogueEngineError("away")]
        request = asyncio.create_task(owner.say("a"))
        await blocked.entered.wait()

        await hanako.take()
        blocked.go.set()

        assert (await request).json()["messages"] == []
        assert await authors(owner) == ["user", "system"]

    async def test_message_given_up_after_the_takeover_opens_no_second_case(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, engine: ScriptedDialogueEngine
    ):
        """The last try fails in the moment in which a person takes over."""
        engine.answers = [DialogueEngineError("away")] * 2
        await owner.say("a")
        await run_jobs(app, kind=ANSWER_JOB)
        app.state.chat._engine = blocked = Blocked()
        blocked.answers = [DialogueEngineError("away")]
        last = asyncio.create_task(run_jobs(app, kind=ANSWER_JOB))
        await blocked.entered.wait()

        await hanako.take()
        blocked.go.set()
        await last

        async with app.state.database.read() as tx:
            assert len(list(await tx.scalars(select(Case.id)))) == 1
        assert await authors(owner) == ["user", "system", "system"]

    @pytest.mark.parametrize("count", [1, 3])
    async def test_message_to_a_person_is_accepted_and_before_staff_at_once(
        self,
        hanako: StaffClient,
        owner: Owner,
        engine: ScriptedDialogueEngine,
        count: int,
    ):
        await hanako.take()

        answers = [await owner.say(f"{i}") for i in range(count)]

        assert {answer.status_code for answer in answers} == {202}
        assert engine.asked == []
        seen = (await hanako.get("/messages?after=3")).json()
        assert [m["text"] for m in seen["messages"]] == [f"{i}" for i in range(count)]
        assert seen["talk"]["open_count"] == count
