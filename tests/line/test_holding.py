"""Late answers: the age of tokens, the word that it takes longer, and the press for it."""

import pytest

from desk.chat.ports import DialogueEngineError
from desk.line.models import SendState
from tests.line.conftest import LineDesk
from tests.line.steps import ECHO, greeted, last


@pytest.fixture
async def desk(desk: LineDesk) -> LineDesk:
    return await greeted(desk)


class TestTokenAge:
    @pytest.mark.parametrize(("seconds", "kind"), [(59, "reply"), (61, "push")])
    async def test_late_answer_without_a_holding_message(
        self, desk: LineDesk, seconds: float, kind: str
    ):
        """As after a restart: nothing was done meanwhile."""
        await desk.user.says("はい")
        desk.clock.advance(seconds)

        await desk.settle(without=["line.hold"])

        assert (await last(desk)).kind == kind
        assert desk.user.texts.count(ECHO) == 1
        tried = [*desk.account.replies, *desk.account.pushes]
        assert [call.status for call in tried] == [200]

    @pytest.mark.parametrize(("minutes", "kind"), [(19, "reply"), (20, "push")])
    async def test_event_that_line_delivers_late_is_answered_by_its_age(
        self, desk: LineDesk, minutes: int, kind: str
    ):
        event = desk.user.text("はい")
        desk.clock.advance(minutes * 60)
        await desk.account.webhook.deliver([event], redelivered=True)

        await desk.pass_time(1.6)

        assert (await last(desk)).kind == kind
        assert desk.user.texts.count(ECHO) == 1

    async def test_polite_words_are_worth_no_push(self, desk: LineDesk):
        await desk.user.sends("sticker")

        await desk.pass_time(70)

        assert desk.account.calls == []
        assert (await last(desk)).state == SendState.REJECTED


class TestHolding:
    @pytest.fixture
    async def slow(self, desk: LineDesk) -> LineDesk:
        """An owner has written, and the engine is away."""
        desk.engine.answers = [DialogueEngineError("away")]
        await desk.user.says("はい")
        desk.clock.advance(1.6)
        await desk.settle(without=["chat.answer"])
        return desk

    async def answer(self, desk: LineDesk) -> None:
        await desk.change_due("chat.answer")
        await desk.settle()

    async def test_after_forty_seconds_the_owner_hears_that_it_takes_longer(self, slow: LineDesk):
        slow.clock.advance(37)
        await slow.settle(without=["chat.answer"])
        assert slow.account.replies == []

        slow.clock.advance(3)
        await slow.settle(without=["chat.answer"])

        assert "お答えを用意しています" in slow.user.texts[-1]
        assert [action["label"] for action in slow.user.quick_replies] == ["続きを見る"]

    async def test_late_answer_comes_by_reply_when_the_owner_presses(self, slow: LineDesk):
        slow.clock.advance(40)
        await slow.settle(without=["chat.answer"])
        slow.clock.advance(60)
        await self.answer(slow)
        assert ECHO not in slow.user.texts

        await slow.user.taps("続きを見る")
        await slow.settle()

        assert slow.user.texts.count(ECHO) == 1
        assert slow.account.pushes == []

    async def test_press_before_the_answer_keeps_the_token_for_it(self, slow: LineDesk):
        slow.clock.advance(40)
        await slow.settle(without=["chat.answer"])
        await slow.user.taps("続きを見る")
        slow.clock.advance(20)
        await slow.settle(without=["chat.answer"])

        await self.answer(slow)

        assert slow.user.texts.count(ECHO) == 1
        assert slow.account.pushes == []

    async def test_press_is_held_again_when_the_answer_still_takes_long(self, slow: LineDesk):
        slow.clock.advance(40)
        await slow.settle(without=["chat.answer"])
        await slow.user.taps("続きを見る")
        slow.clock.advance(41)
        await slow.settle(without=["chat.answer"])

        assert sum("お答えを用意しています" in text for text in slow.user.texts) == 2
        await slow.user.taps("続きを見る")
        await self.answer(slow)
        assert slow.user.texts.count(ECHO) == 1
        assert slow.account.pushes == []

    async def test_answer_that_nobody_fetches_is_pushed_once_after_five_minutes(
        self, slow: LineDesk
    ):
        slow.clock.advance(40)
        await slow.settle(without=["chat.answer"])
        await self.answer(slow)
        await slow.pass_time(298)
        assert slow.account.pushes == []

        await slow.pass_time(3)

        assert len(slow.account.pushes) == 1
        assert slow.user.texts.count(ECHO) == 1

    async def test_answer_in_time_is_followed_by_no_holding_message(self, desk: LineDesk):
        await desk.say("はい")
        await desk.pass_time(60)

        assert len(desk.account.replies) == 1

    async def test_next_words_of_the_owner_fetch_the_late_answer_too(self, slow: LineDesk):
        slow.clock.advance(40)
        await slow.settle(without=["chat.answer"])
        await self.answer(slow)

        await slow.say("まだですか")

        assert slow.user.texts.count(ECHO) == 1
        assert slow.user.texts[-1] == "echo: まだですか"
        assert slow.account.pushes == []
