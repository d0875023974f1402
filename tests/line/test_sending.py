"""What follows from each outcome of a reply: never twice, never a push after an unknown one."""

import pytest

from desk.line.models import LineSend, SendKind, SendState
from tests.line.conftest import LineDesk
from tests.line.fake.faults import Fault
from tests.line.steps import ECHO, greeted, last, notices

UNKNOWN_AFTER = [Fault.ERROR_AFTER, Fault.RESET_AFTER]
UNKNOWN_BEFORE = [Fault.ERROR_BEFORE, Fault.RESET_BEFORE]


@pytest.fixture
async def desk(desk: LineDesk) -> LineDesk:
    return await greeted(desk)


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
