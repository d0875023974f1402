"""What staff settle by hand: calls whose outcome is unknown, and what did not arrive."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from desk.audit.models import AuditEntry
from desk.db import new_id
from desk.line.accounts import Confidential
from desk.line.errors import LossUnknownError, SendNotFoundError, SendRefusedError, SendSettledError
from desk.line.models import LineSend, SendKind, SendState
from desk.line.staff import LineStaff, LineTalk
from tests.line.conftest import ACCOUNT, LineDesk
from tests.line.fake.faults import Fault
from tests.line.steps import staff_says

BY = UUID(int=7)


@pytest.fixture
async def desk(desk: LineDesk) -> LineDesk:
    """With the greeting over."""
    await desk.say("こんにちは")
    return desk


@pytest.fixture
def staff(desk: LineDesk) -> LineStaff:
    found: LineStaff = desk.app.state.line.staff
    return found


async def uncertain(desk: LineDesk) -> LineSend:
    """A reply that arrived without our knowing."""
    desk.account.fail(Fault.ERROR_AFTER, on="reply")
    await desk.say("はい")
    (found,) = await desk.sends(SendState.UNCERTAIN)
    return found


async def over_quota(desk: LineDesk, words: str = "明日うかがいます") -> LineSend:
    """Words of staff that the month's quota keeps back."""
    desk.account.quota = desk.account.used
    await desk.pass_time(120)
    await staff_says(desk, words)
    await desk.settle()
    desk.account.quota = 200
    (found,) = await desk.sends(SendState.QUOTA)
    return found


async def audit(desk: LineDesk) -> list[tuple[str, str, Any]]:
    async with desk.app.state.database.read() as tx:
        entries = (await tx.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all()
    return [(e.action, e.subject, e.details["before"]) for e in entries if "line_" in e.action]


class TestSettle:
    async def test_what_arrived_counts_as_sent(self, desk: LineDesk, staff: LineStaff):
        send = await uncertain(desk)
        assert [each.send.id for each in await staff.list_open(None)] == [send.id]

        await staff.settle(send.id, None, by=BY)

        assert (await desk.sends())[-1].state == SendState.SENT
        assert await staff.list_open(None) == []
        assert await audit(desk) == [("line_send_settled", f"line_send:{send.id}", "uncertain")]

    async def test_what_was_told_another_way_is_not_taken_along_later(
        self, desk: LineDesk, staff: LineStaff
    ):
        send = await over_quota(desk)

        await staff.settle(send.id, None, by=BY)
        await desk.say("はい")

        assert await staff.list_open(None) == []
        assert "回答があります" not in "\n".join(desk.user.texts)

    async def test_twice_is_refused(self, desk: LineDesk, staff: LineStaff):
        send = await uncertain(desk)
        await staff.settle(send.id, None, by=BY)

        with pytest.raises(SendSettledError):
            await staff.settle(send.id, None, by=BY)
        with pytest.raises(SendSettledError):
            await staff.send_again(send.id, None, by=BY)

    async def test_other_hubs_and_unknown_calls_are_not_found(
        self, desk: LineDesk, staff: LineStaff
    ):
        send = await uncertain(desk)

        for send_id, hub in ((send.id, "matsumoto"), (new_id(), None)):
            with pytest.raises(SendNotFoundError):
                await staff.settle(send_id, hub, by=BY)
            with pytest.raises(SendNotFoundError):
                await staff.send_again(send_id, hub, by=BY)
        assert await staff.list_open("matsumoto") == []


class TestSendAgain:
    async def test_is_pushed_once_and_written_down(self, desk: LineDesk, staff: LineStaff):
        send = await uncertain(desk)
        await desk.pass_time(120)

        fresh = await staff.send_again(send.id, None, by=BY, is_known_lost=True)
        await desk.settle()
        with pytest.raises(SendSettledError):
            await staff.send_again(send.id, None, by=BY, is_known_lost=True)
        await desk.settle()

        rows = {row.id: row for row in await desk.sends()}
        assert rows[send.id].state == SendState.REJECTED
        assert (rows[fresh].state, rows[fresh].kind) == (SendState.SENT, SendKind.PUSH)
        assert len(desk.account.pushes) == 1
        assert desk.user.texts.count("echo: はい") == 2
        assert await audit(desk) == [("line_send_repeated", f"line_send:{send.id}", "uncertain")]

    async def test_what_may_have_arrived_is_not_sent_before_the_owner_was_asked(
        self, desk: LineDesk, staff: LineStaff
    ):
        send = await uncertain(desk)

        (shown,) = await staff.list_open(None)
        assert shown.may_have_arrived
        with pytest.raises(LossUnknownError):
            await staff.send_again(send.id, None, by=BY)
        assert desk.user.texts.count("echo: はい") == 1

    async def test_a_push_whose_outcome_stayed_unknown_may_have_arrived_too(
        self, desk: LineDesk, staff: LineStaff
    ):
        send = await over_quota(desk)
        await desk.change(LineSend, state=SendState.FAILED, is_unknown=True)

        assert all(each.may_have_arrived for each in await staff.list_open(None))
        with pytest.raises(LossUnknownError):
            await staff.send_again(send.id, None, by=BY)

    async def test_what_line_refused_goes_out_when_it_takes_it(
        self, desk: LineDesk, staff: LineStaff
    ):
        await desk.pass_time(120)
        desk.account.fail(Fault.REFUSED, on="push", times=2)
        await staff_says(desk, "明日うかがいます")
        await desk.settle()
        (failed,) = await desk.sends(SendState.FAILED)

        await staff.send_again(failed.id, None, by=BY)
        await desk.settle()

        assert "\n".join(desk.user.texts).count("回答があります") == 1

    async def test_words_of_staff_get_a_fresh_link(self, desk: LineDesk, staff: LineStaff):
        send = await over_quota(desk)
        await desk.pass_time(3600)

        await staff.send_again(send.id, None, by=BY)
        await desk.settle()

        assert "回答があります" in "\n".join(desk.user.texts)
        assert "明日うかがいます" not in "\n".join(desk.user.texts)
        links = await desk.links()
        assert links[-1].expires_at > desk.clock()
        assert len(links) == 2

    async def test_what_goes_on_is_not_taken_along_once_more(
        self, desk: LineDesk, staff: LineStaff
    ):
        send = await over_quota(desk)
        await staff.send_again(send.id, None, by=BY)
        await desk.settle()

        await desk.say("はい")

        assert "\n".join(desk.user.texts).count("回答があります") == 1

    async def test_a_block_refuses_it(self, desk: LineDesk, staff: LineStaff):
        send = await over_quota(desk)
        await desk.user.unfollows()
        await desk.settle()

        (shown,) = await staff.list_open(None)
        assert (shown.is_blocked, shown.may_send_again) == (True, False)
        with pytest.raises(SendRefusedError):
            await staff.send_again(send.id, None, by=BY)

    async def test_a_new_conversation_refuses_it(self, desk: LineDesk, staff: LineStaff):
        send = await uncertain(desk)
        await desk.change(LineSend, conversation_id=new_id())

        assert not (await staff.list_open(None))[0].may_send_again
        with pytest.raises(SendRefusedError):
            await staff.send_again(send.id, None, by=BY, is_known_lost=True)


class TestTalk:
    async def test_says_what_a_reply_does(self, desk: LineDesk, staff: LineStaff):
        conversation_id = (await desk.messages())[0].conversation_id
        desk.account.used = 188

        talk = await staff.talk_of(conversation_id)

        assert talk is not None
        assert (talk.way, talk.left, talk.open_sends) == ("link", 12, 0)
        assert talk.account is not None
        assert talk.account.confidential is Confidential.LINK_ONLY

    async def test_says_that_the_owner_has_blocked_us(self, desk: LineDesk, staff: LineStaff):
        conversation_id = (await desk.messages())[0].conversation_id
        await desk.user.unfollows()
        await desk.settle()

        talk = await staff.talk_of(conversation_id)

        assert talk is not None
        assert talk.way == "blocked"

    async def test_says_that_nothing_reaches_the_owner_any_more(
        self, desk: LineDesk, staff: LineStaff
    ):
        line_user = await desk.line_user()
        conversation_id = (await desk.messages())[0].conversation_id
        await desk.change(type(line_user), conversation_id=None)

        assert await staff.talk_of(conversation_id) == LineTalk(account=None)
        assert LineTalk(account=None).way == "gone"

    async def test_is_none_for_a_talk_on_our_page(self, desk: LineDesk, staff: LineStaff):
        assert await staff.talk_of(new_id()) is None


class TestView:
    async def test_counts_calls_and_strange_events(self, desk: LineDesk, staff: LineStaff):
        await desk.account.webhook.deliver([{"type": "hologram"}, {"no": "event"}], checked=False)

        (view,) = await staff.view(None)

        assert view.account.id == ACCOUNT
        assert view.webhook == f"https://desk.example/line/webhook/{ACCOUNT}"
        assert view.today == {"sent": 1}
        assert sum(view.strange.values()) == 2
        assert await staff.view("matsumoto") == []

    async def test_line_may_be_away(self, desk: LineDesk, staff: LineStaff):
        desk.account.fail(Fault.RESET_BEFORE, times=None)

        (view,) = await staff.view(None)

        assert view.problems == ["away"]
        assert view.week == {"sent": 1}
