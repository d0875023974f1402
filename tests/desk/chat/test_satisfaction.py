"""Whether it helped: asked once where nothing else is asked, kept without words."""

from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from desk.chat.models import Satisfaction
from desk.chat.ports import EngineTurn, ScriptedDialogueEngine
from tests.desk.chat.conftest import Owner

MEASURES = {"text": "3つあります。", "custom": {"card": {"kind": "recommendations", "items": []}}}
RECEIPT = {
    "text": "受け付けました。",
    "custom": {"card": {"kind": "receipt", "case_number": "T-1"}},
}
STOP = '/choose{"question": "full_profile", "value": "unknown"}'
OFFER = {
    "text": "もう少し伺いますか。",
    "custom": {
        "question": {
            "id": "full_profile",
            "kind": "menu",
            "key": "full_profile",
            "choices": [{"title": "今日はここまで", "payload": STOP, "value": "unknown"}],
        }
    },
}
BYE = {"text": "ありがとうございました。"}


def turn(*messages: dict[str, Any], intent: str = "inform") -> EngineTurn:
    return EngineTurn(messages=list(messages), understanding={"intent": intent})


async def rows(app: FastAPI) -> Sequence[Satisfaction]:
    async with app.state.database.read() as tx:
        return (await tx.scalars(select(Satisfaction).order_by(Satisfaction.asked_at))).all()


def asked(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages that ask whether it helped."""
    return [
        m
        for m in messages
        if any(b["payload"].startswith("/satisfaction") for b in m["quick_replies"])
    ]


async def press_answer(owner: Owner, title: str) -> str:
    """Answer the question that was asked last; gives what is said to it."""
    buttons = asked(await owner.messages())[-1]["quick_replies"]
    payload = next(b["payload"] for b in buttons if b["title"] == title)
    response = await owner.press(payload, title)
    assert response.status_code == 202
    said: str = response.json()["messages"][-1]["text"]
    return said


class TestAsking:
    async def test_receipt_brings_the_question_in_the_same_answer(
        self, owner: Owner, engine: ScriptedDialogueEngine, app: FastAPI
    ):
        engine.answers = [turn(RECEIPT)]

        answered = (await owner.say("送る")).json()["messages"]

        assert answered[0]["card"]["kind"] == "receipt"
        assert answered[1]["author"] == "system"
        assert [b["title"] for b in answered[1]["quick_replies"]] == ["はい", "少し", "まだ"]
        assert [(r.after, r.answer) for r in await rows(app)] == [("handoff", None)]

    @pytest.mark.parametrize("intent", ["thank", "goodbye"])
    async def test_farewell_after_recommendations_brings_it_once(
        self, owner: Owner, engine: ScriptedDialogueEngine, app: FastAPI, intent: str
    ):
        engine.answers = [turn(MEASURES), turn(BYE, intent=intent), turn(BYE, intent=intent)]
        for text in ("続かない", "ありがとう", "ありがとう"):
            await owner.say(text)

        assert len(asked(await owner.messages())) == 1
        assert [r.after for r in await rows(app)] == ["advice"]

    async def test_ending_for_today_brings_it(self, owner: Owner, engine: ScriptedDialogueEngine):
        engine.answers = [turn(MEASURES, OFFER), turn(BYE)]
        await owner.say("続かない")

        await owner.press(STOP, "今日はここまで")

        assert len(asked(await owner.messages())) == 1

    async def test_it_is_not_asked_beside_a_question_nor_without_advice(
        self, owner: Owner, engine: ScriptedDialogueEngine, app: FastAPI
    ):
        engine.answers = [
            turn(BYE, intent="thank"),
            turn(MEASURES, OFFER),
            turn(OFFER, intent="thank"),
            turn(BYE, intent="ask_program"),
        ]
        for text in ("ありがとう", "続かない", "ありがとう", "2番は？"):
            await owner.say(text)

        assert asked(await owner.messages()) == []
        assert await rows(app) == []


class TestAnswer:
    async def test_yes_is_kept_and_thanked_for(
        self, owner: Owner, engine: ScriptedDialogueEngine, app: FastAPI
    ):
        engine.answers = [turn(RECEIPT)]
        await owner.say("送る")

        said = await press_answer(owner, "はい")

        assert said.startswith("ありがとうございます")
        (row,) = await rows(app)
        assert row.answer == "yes"
        assert row.answered_at is not None
        assert len(engine.asked) == 1

    async def test_no_after_the_advice_offers_a_person(
        self, owner: Owner, engine: ScriptedDialogueEngine
    ):
        engine.answers = [turn(MEASURES), turn(BYE, intent="thank")]
        await owner.say("続かない")
        await owner.say("ありがとう")

        await press_answer(owner, "まだ")

        last = (await owner.messages())[-1]
        assert [b["payload"] for b in last["quick_replies"]] == ["/talk_to_human"]

    async def test_no_after_the_hand_off_says_that_staff_read_on(
        self, owner: Owner, engine: ScriptedDialogueEngine
    ):
        engine.answers = [turn(RECEIPT)]
        await owner.say("送る")

        assert "担当者がやりとりを読んで" in await press_answer(owner, "少し")
        assert (await owner.messages())[-1]["quick_replies"] == []

    async def test_last_answer_counts(
        self, owner: Owner, engine: ScriptedDialogueEngine, app: FastAPI
    ):
        engine.answers = [turn(RECEIPT)]
        await owner.say("送る")
        await press_answer(owner, "まだ")
        await press_answer(owner, "はい")

        assert [r.answer for r in await rows(app)] == ["yes"]

    async def test_answer_that_was_not_offered_is_refused(
        self, owner: Owner, engine: ScriptedDialogueEngine, app: FastAPI
    ):
        engine.answers = [turn(RECEIPT)]
        await owner.say("送る")
        (row,) = await rows(app)

        response = await owner.press(f'/satisfaction{{"asked": "{row.id}", "answer": "perhaps"}}')

        assert response.status_code == 422
        assert (await rows(app))[0].answer is None

    async def test_erasing_keeps_the_mark_and_no_words(
        self, owner: Owner, engine: ScriptedDialogueEngine, app: FastAPI
    ):
        engine.answers = [turn(RECEIPT)]
        await owner.say("送る")
        await press_answer(owner, "はい")

        await owner.client.delete(owner.url, headers=owner.headers)

        assert [(r.after, r.answer) for r in await rows(app)] == [("handoff", "yes")]
