"""By reply where that is possible, by push where it is worth it, and never twice."""

from typing import Any

import pytest
from sqlalchemy import select

from desk.chat import repository
from desk.chat.models import Conversation, Message
from desk.chat.ports import DialogueEngineError
from desk.db import new_id
from desk.line.models import LineSend, SendKind, SendReason, SendState
from desk.notify.models import Delivery, NotificationTarget
from tests.line.conftest import LineDesk
from tests.line.fake.faults import Fault

ECHO = "echo: はい"
UNKNOWN_AFTER = [Fault.ERROR_AFTER, Fault.RESET_AFTER]
UNKNOWN_BEFORE = [Fault.ERROR_BEFORE, Fault.RESET_BEFORE]


@pytest.fixture
async def desk(desk: LineDesk) -> LineDesk:
    """With the greeting over, and somebody whom the bureau's notices reach."""
    await desk.say("こんにちは")
    async with desk.app.state.database.write() as tx:
        tx.add(NotificationTarget(hub_id="bureau", kind="mail", address="a@example.jp"))
    desk.account.calls.clear()
    return desk


async def notices(desk: LineDesk) -> list[str]:
    return [row.facts["trouble"] for row in await desk.rows(Delivery)]


async def last(desk: LineDesk) -> LineSend:
    return (await desk.sends())[-1]


async def staff_says(desk: LineDesk, text: str) -> None:
    """A person says something, as the console stores it."""
    async with desk.app.state.database.write() as tx:
        conversation = (await tx.scalars(select(Conversation))).one()
        said = Message(id=new_id(), author="staff", author_name="佐藤", text=text)
        await repository.append(tx, conversation, said)


class TestReplyOutcomes:
    @pytest.mark.parametrize("fault", UNKNOWN_AFTER)
    async def test_reply_that_arrived_without_our_knowing_is_uncertain_and_never_pushed(
        self, desk: LineDesk, fault: Fault
    ):
        desk.account.fail(fault, on="reply")

        await desk.say("はい")
        await desk.pass_time(3600)

        assert desk.user.texts.count(ECHO) == 1
        assert (await last(desk)).state == SendState.UNCERTAIN
        assert desk.account.pushes == []
        assert await notices(desk) == ["uncertain"]

    @pytest.mark.parametrize("fault", UNKNOWN_BEFORE)
    async def test_reply_that_did_not_arrive_is_repeated_with_its_token(
        self, desk: LineDesk, fault: Fault
    ):
        desk.account.fail(fault, on="reply")

        await desk.say("はい")

        assert desk.user.texts.count(ECHO) == 1
        assert (await last(desk)).state == SendState.SENT
        assert desk.account.pushes == []

    async def test_reply_whose_fate_stays_unknown_is_never_pushed(self, desk: LineDesk):
        desk.account.fail(Fault.ERROR_BEFORE, on="reply", times=None)

        await desk.say("はい")
        desk.account.heal()
        await desk.pass_time(3600)

        assert (await last(desk)).state == SendState.UNCERTAIN
        assert desk.account.pushes == []

    async def test_next_turn_is_answered_after_an_uncertain_one(self, desk: LineDesk):
        desk.account.fail(Fault.RESET_AFTER, on="reply")
        await desk.say("はい")

        await desk.say("つぎ")

        assert desk.user.texts[-1] == "echo: つぎ"

    async def test_refused_form_goes_out_as_plain_text_by_the_same_token(self, desk: LineDesk):
        desk.account.fail(Fault.REFUSED, on="reply")

        await desk.say("はい")

        row = await last(desk)
        assert (row.state, row.is_plain, row.kind) == (SendState.SENT, True, SendKind.REPLY)
        assert desk.user.texts.count(ECHO) == 1

    async def test_content_that_line_refuses_for_good_is_shown_to_the_bureau(self, desk: LineDesk):
        desk.account.fail(Fault.REFUSED, on="reply", times=None)

        await desk.say("はい")

        assert (await last(desk)).state == SendState.FAILED
        assert await notices(desk) == ["refused"]
        assert desk.account.pushes == []

    async def test_too_many_calls_are_tried_again_and_not_taken_for_the_quota(self, desk: LineDesk):
        desk.account.fail(Fault.RATE_LIMITED, on="reply")

        await desk.say("はい")

        assert (await last(desk)).state == SendState.SENT
        assert desk.account.pushes == []

    async def test_rejected_token_is_pushed_once(self, desk: LineDesk):
        desk.account.fail(Fault.TOKEN_REFUSED, on="reply")

        await desk.say("はい")

        states = [(row.kind, row.state) for row in (await desk.sends())[-2:]]
        assert states == [("reply", "rejected"), ("push", "sent")]
        assert desk.user.texts.count(ECHO) == 1

    async def test_rejected_token_is_followed_by_another_one_before_a_push(self, desk: LineDesk):
        await desk.user.says("は")
        desk.clock.advance(0.3)
        await desk.user.says("い")
        desk.account.fail(Fault.TOKEN_REFUSED, on="reply")

        await desk.pass_time(1.6)

        assert desk.account.pushes == []
        assert desk.user.texts[-1] == "echo: は\nい"

    async def test_wrong_access_token_is_shown_to_the_bureau(self, desk: LineDesk):
        desk.account.access_token = "other"

        await desk.say("はい")

        assert (await last(desk)).state == SendState.FAILED
        assert await notices(desk) == ["refused"]


class TestReplyCrash:
    async def test_reply_that_was_begun_before_a_crash_and_arrived_is_uncertain(
        self, desk: LineDesk
    ):
        await desk.say("はい")
        await desk.change(LineSend, state=SendState.SENT)
        await _unfinish(desk)

        await desk.again("line.send")
        await desk.settle()

        assert desk.user.texts.count(ECHO) == 1
        assert (await last(desk)).state == SendState.UNCERTAIN
        assert desk.account.pushes == []

    async def test_reply_that_was_begun_and_not_sent_goes_out_after_a_crash(self, desk: LineDesk):
        await desk.user.says("はい")
        desk.clock.advance(1.6)
        await desk.settle(without=["line.send"])
        row = await last(desk)
        async with desk.app.state.database.write() as tx:
            found = await tx.get_one(LineSend, row.id)
            found.attempts, found.is_unknown = 1, True

        await desk.change_due("line.send")
        await desk.settle()

        assert desk.user.texts.count(ECHO) == 1
        assert (await last(desk)).state == SendState.SENT

    async def test_nothing_is_written_twice_when_the_carrying_is_done_twice(self, desk: LineDesk):
        await desk.say("はい")

        await desk.again("chat.carry")
        await desk.settle()

        assert desk.user.texts.count(ECHO) == 1
        assert len(desk.account.replies) == 1


async def _unfinish(desk: LineDesk) -> None:
    """The worker died after LINE had taken the last call, before that was written."""
    row = await last(desk)
    token = desk.account.replies[-1].body["replyToken"]
    async with desk.app.state.database.write() as tx:
        found = await tx.get_one(LineSend, row.id)
        found.state, found.is_unknown, found.token = SendState.PENDING, True, token


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


class TestPush:
    @pytest.fixture
    def line_entry(self) -> dict[str, Any]:
        return {"confidential": "allow"}

    async def test_what_staff_say_is_pushed_with_a_key(self, desk: LineDesk):
        await desk.pass_time(120)
        await staff_says(desk, "お電話します")
        await desk.settle()

        assert len(desk.account.pushes) == 1
        assert desk.account.pushes[0].retry_key == str((await last(desk)).retry_key)
        assert "お電話します" in desk.user.texts[-1]
        assert (await last(desk)).reason == SendReason.STAFF

    async def test_what_staff_say_right_after_the_owner_costs_no_push(self, desk: LineDesk):
        await desk.user.says("は")
        desk.clock.advance(0.2)
        await desk.user.says("い")
        await desk.pass_time(1.6)

        await staff_says(desk, "お電話します")
        await desk.settle()

        assert desk.account.pushes == []
        assert "お電話します" in desk.user.texts[-1]

    @pytest.mark.parametrize("fault", [*UNKNOWN_AFTER, *UNKNOWN_BEFORE, Fault.RATE_LIMITED])
    async def test_push_is_repeated_with_the_same_key_until_it_is_taken(
        self, desk: LineDesk, fault: Fault
    ):
        await desk.pass_time(120)
        desk.account.fail(fault, on="push", times=2)

        await staff_says(desk, "お電話します")
        await desk.settle()

        assert len({call.retry_key for call in desk.account.pushes}) == 1
        assert sum("お電話します" in text for text in desk.user.texts) == 1
        assert (await last(desk)).state == SendState.SENT
        after = {409} if fault in UNKNOWN_AFTER else {200}
        assert desk.account.pushes[-1].status in after

    async def test_waiting_push_does_not_hold_a_reply_up(self, desk: LineDesk):
        await desk.pass_time(120)
        desk.account.fail(Fault.ERROR_BEFORE, on="push", times=None)
        await staff_says(desk, "お電話します")
        await desk.settle()

        await desk.say("はい")

        assert desk.user.texts[-1] == ECHO

    async def test_push_is_given_up_after_a_day(self, desk: LineDesk):
        await desk.pass_time(120)
        desk.account.fail(Fault.ERROR_BEFORE, on="push", times=None)
        await staff_says(desk, "お電話します")
        await desk.settle()

        await desk.pass_time(24 * 3600)

        assert (await last(desk)).state == SendState.FAILED
        assert await notices(desk) == ["refused"]

    async def test_blocked_user_is_not_called(self, desk: LineDesk):
        await desk.user.unfollows()
        await desk.settle()

        await staff_says(desk, "お電話します")
        await desk.settle()

        assert desk.account.calls == []
        assert (await last(desk)).state == SendState.DROPPED

    async def test_who_follows_again_reads_what_came_meanwhile(self, desk: LineDesk):
        await desk.user.unfollows()
        await desk.settle()
        await staff_says(desk, "お電話します")
        await desk.settle()

        await desk.user.follows()
        await desk.settle()

        assert sum("お電話します" in text for text in desk.user.texts) == 1
        assert desk.account.pushes == []


class TestQuota:
    @pytest.fixture
    def line_entry(self) -> dict[str, Any]:
        return {"confidential": "allow"}

    async def test_used_up_quota_is_told_once_and_the_words_go_by_the_next_reply(
        self, desk: LineDesk
    ):
        desk.account.quota = desk.account.used
        await desk.pass_time(120)
        for words in ("一つ目", "二つ目"):
            await staff_says(desk, words)
            await desk.settle()
        assert [row.state for row in (await desk.sends())[-2:]] == [SendState.QUOTA] * 2
        assert await notices(desk) == ["quota"]

        await desk.say("はい")
        await desk.settle()

        shown = "\n".join(desk.user.texts)
        assert all(shown.count(words) == 1 for words in ("一つ目", "二つ目", ECHO))
        assert shown.index("一つ目") < shown.index("二つ目") < shown.index(ECHO)
        assert SendState.QUOTA not in {row.state for row in await desk.sends()}
