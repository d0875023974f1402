"""A message that was taken back is nowhere any more, and is never answered."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import select

from desk.cases.models import Case, CaseKind
from desk.chat.models import Message
from desk.chat.ports import DialogueEngineError, EngineTurn, ScriptedDialogueEngine
from desk.db import Base, new_id, now
from desk.line.models import EventState
from desk.line.unsend import take_back
from tests.line.conftest import LineDesk
from tests.line.steps import staff_says

SECRET = "社長の山田が倒れました"


async def everything(desk: LineDesk) -> str:
    """Every sealed and plain text that the database holds, opened."""
    found = []
    async with desk.app.state.database.read() as tx:
        for mapper in Base.registry.mappers:
            if mapper.class_.__tablename__.startswith(("line_", "message", "case", "reply", "job")):
                for row in await tx.scalars(select(mapper.class_)):
                    found += [str(getattr(row, a.key)) for a in mapper.column_attrs]
    return "\n".join(found)


class Repeating:
    """Has the engine answer each message the same until it forgets, as Rasa's channel does."""

    def __init__(self, engine: ScriptedDialogueEngine, *, lost: int) -> None:
        self.known: dict[str, EngineTurn] = {}
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        """What happens, once, while it answers."""
        self._lost = lost
        """So many answers are lost on their way."""
        self._turn, self._forget = engine.turn, engine.forget
        engine.turn = self.turn  # type: ignore[method-assign]
        engine.forget = self.forget  # type: ignore[method-assign]

    async def turn(self, **asked: Any) -> EngineTurn:
        name = asked["message_id"]
        if name not in self.known:
            self.known[name] = await self._turn(**asked)
        found, meanwhile, self.meanwhile = self.known[name], self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        if self._lost:
            self._lost -= 1
            raise DialogueEngineError("the answer is lost")
        return found

    async def forget(self, conversation_id: str) -> None:
        self.known.clear()
        await self._forget(conversation_id)


async def two_bubbles(desk: LineDesk) -> None:
    """The user writes two bubbles, which become one message; its answer has not come."""
    await desk.user.says("人が足りません")
    desk.clock.advance(0.2)
    await desk.user.says(SECRET)
    desk.clock.advance(1.6)
    await desk.settle(without=["chat.answer"])
    assert await answers(desk) == []


async def answers(desk: LineDesk) -> list[str]:
    """What the bot has answered."""
    return [m.text for m in await desk.messages() if m.author == "bot" and m.answers_id]


class TestBefore:
    async def test_it_is_never_answered_when_both_come_in_one_batch(self, desk: LineDesk):
        text = desk.user.text(SECRET)
        desk.clock.advance(0.2)
        await desk.account.webhook.deliver([text, desk.user.unsend(text)])
        await desk.pass_time(1.6)

        assert desk.engine.asked == []
        assert desk.account.replies == []
        assert SECRET not in await everything(desk)

    async def test_it_is_never_answered_when_the_unsend_comes_first(self, desk: LineDesk):
        text = desk.user.text(SECRET)
        desk.clock.advance(0.2)
        await desk.account.webhook.deliver([desk.user.unsend(text)])
        await desk.settle()

        await desk.account.webhook.deliver([text])
        await desk.pass_time(1.6)

        assert desk.engine.asked == []
        assert SECRET not in await everything(desk)

    async def test_the_bubbles_beside_it_are_answered(self, desk: LineDesk):
        first, secret = desk.user.text("人が足りません"), desk.user.text(SECRET)
        desk.clock.advance(0.2)
        await desk.account.webhook.deliver([first, secret, desk.user.unsend(secret)])
        await desk.pass_time(1.6)

        assert [asked["text"] for asked in desk.engine.asked] == ["人が足りません"]

    async def test_owner_message_that_was_decided_and_not_yet_given_on_is_decided_anew(
        self, desk: LineDesk
    ):
        first, secret = desk.user.text("人が足りません"), desk.user.text(SECRET)
        await desk.account.webhook.deliver([first, secret])
        await desk.change_events(client_message_id=new_id())
        await desk.user.unsends(secret)

        await desk.pass_time(1.6)

        assert [asked["text"] for asked in desk.engine.asked] == ["人が足りません"]
        assert SECRET not in await everything(desk)


class TestAfter:
    async def test_it_goes_from_conversation_answers_cards_cases_and_sends(self, desk: LineDesk):
        card = {"kind": "diagnosis", "dimensions": {"P1": {"level": 1, "evidence": [SECRET]}}}
        desk.engine.answers = [
            EngineTurn(
                messages=[{"text": f"「{SECRET}」というお話でした。", "custom": {"card": card}}],
                understanding={"intent": "state_concern", "text": SECRET},
            )
        ]
        await desk.user.says(SECRET)
        await desk.pass_time(1.6)
        message = next(m for m in await desk.messages() if m.author == "user")
        await _open_case(desk, message)

        await desk.user.unsends(desk.account.webhook.sent[0])
        await desk.settle()

        left = await everything(desk)
        assert "山田" not in left
        assert "倒れました" not in left
        assert "というお話でした" in left

    async def test_engine_forgets_and_hears_the_rest_again_without_answering(self, desk: LineDesk):
        await desk.say("一")
        await desk.say(SECRET)
        await desk.say("三")
        conversation_id = str((await desk.messages())[0].conversation_id)
        desk.engine.asked.clear()
        shown = list(desk.user.texts)

        await desk.user.unsends(desk.account.webhook.sent[1])
        await desk.settle()

        assert desk.engine.forgotten == [conversation_id]
        assert [asked["text"] for asked in desk.engine.asked] == ["一", "三"]
        assert desk.user.texts == shown
        users = [m for m in await desk.messages() if m.author == "user"]
        assert [m.text for m in users] == ["一", "", "三"]
        assert [asked["metadata"]["turn_id"] for asked in desk.engine.asked] == [
            str(users[0].id), str(users[2].id),
        ]  # fmt: skip

    async def test_replay_is_tried_again_while_the_engine_is_away(self, desk: LineDesk):
        await desk.say("一")
        await desk.say(SECRET)
        desk.engine.asked.clear()
        desk.engine.answers = [DialogueEngineError("away")]

        await desk.user.unsends(desk.account.webhook.sent[1])
        await desk.settle()

        assert len(desk.engine.forgotten) == 2
        assert [asked["text"] for asked in desk.engine.asked] == ["一", "一"]

    async def test_one_of_several_bubbles_leaves_the_others(self, desk: LineDesk):
        await desk.user.says("人が足りません")
        desk.clock.advance(0.2)
        await desk.user.says(SECRET)
        await desk.pass_time(1.6)

        await desk.user.unsends(desk.account.webhook.sent[1])
        await desk.settle()

        message = next(m for m in await desk.messages() if m.author == "user")
        assert message.text == "人が足りません"
        assert SECRET not in await everything(desk)

    async def test_what_waits_for_its_answer_gets_none(self, desk: LineDesk):
        desk.engine.answers = [DialogueEngineError("away")]
        await desk.user.says(SECRET)
        desk.clock.advance(1.6)
        await desk.settle(without=["chat.answer"])
        desk.engine.asked.clear()

        await desk.user.unsends(desk.account.webhook.sent[0])
        await desk.settle(without=["chat.answer"])
        await desk.change_due("chat.answer")
        await desk.settle()

        assert desk.engine.asked == []
        assert SECRET not in await everything(desk)

    async def test_answer_that_got_lost_does_not_come_back_with_what_was_taken_back(
        self, desk: LineDesk
    ):
        forgetful = Repeating(desk.engine, lost=1)
        await two_bubbles(desk)
        assert forgetful.known

        await desk.user.unsends(desk.account.webhook.sent[1])
        await desk.settle(without=["chat.answer"])
        await desk.change_due("chat.answer")
        await desk.settle()

        assert await answers(desk) == ["echo: 人が足りません"]
        assert SECRET not in await everything(desk)
        assert SECRET not in str(forgetful.known)

    async def test_rest_is_answered_when_words_go_while_the_engine_answers(self, desk: LineDesk):
        repeating = Repeating(desk.engine, lost=1)
        await two_bubbles(desk)
        user = await desk.line_user()

        async def take_back_now() -> None:
            await desk.user.unsends(desk.account.webhook.sent[1])
            await take_back(desk.app.state.database, user.id)

        repeating.meanwhile = take_back_now
        for _ in range(2):  # The first answer is discarded, the second one is to what is left.
            await desk.change_due("chat.answer")
            await desk.settle()

        assert await answers(desk) == ["echo: 人が足りません"]
        assert SECRET not in await everything(desk)
        assert SECRET not in str(repeating.known)

    async def test_second_unsend_of_the_same_message_changes_nothing(self, desk: LineDesk):
        await desk.say(SECRET)
        for _ in range(2):
            await desk.user.unsends(desk.account.webhook.sent[0])
            await desk.settle()

        assert len(desk.engine.forgotten) == 1

    async def test_unsend_of_a_message_that_nobody_knows_is_handled(self, desk: LineDesk):
        await desk.user.unsends("999")
        await desk.settle()

        assert [row.state for row in await desk.events()] == [EventState.HANDLED]

    async def test_its_reply_token_still_spares_a_push(self, desk: LineDesk):
        await desk.say("一")
        await desk.user.says(SECRET)
        desk.clock.advance(0.2)
        await desk.user.unsends(desk.account.webhook.sent[1])
        await desk.pass_time(1.6)

        await staff_says(desk, "お電話します")
        await desk.settle()

        assert desk.account.pushes == []
        assert len(desk.account.replies) == 2


async def _open_case(desk: LineDesk, message: Message) -> None:
    async with desk.app.state.database.write() as tx:
        tx.add(
            Case(
                number="TSUBAM-2611-0001",
                kind=CaseKind.CONSULTATION,
                hub_id="tsubame",
                conversation_id=message.conversation_id,
                handoff_number=1,
                turn_id=str(message.id),
                headline=SECRET,
                snapshot={"situation": {"concerns": [{"quote": SECRET, "concern": "hiring"}]}},
                consent={},
                contact={},
                promised_on=now().date(),
                priority_reasons=[],
            )
        )
