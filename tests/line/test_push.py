"""Pushes: with a key, only where they are worth it, within the quota, not to who has blocked us."""

from typing import Any

import pytest

from desk.line.models import SendReason, SendState
from tests.line.conftest import LineDesk
from tests.line.fake.faults import Fault
from tests.line.steps import ECHO, greeted, last, notices, staff_says
from tests.line.test_sending import UNKNOWN_AFTER, UNKNOWN_BEFORE


@pytest.fixture
async def desk(desk: LineDesk) -> LineDesk:
    return await greeted(desk)


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

    async def test_quota_is_read_for_the_console(self, desk: LineDesk):
        account = next(iter(desk.app.state.line.service.accounts))
        desk.account.quota, desk.account.used = 200, 3

        quota = await desk.app.state.line.service.quota(account)

        assert (quota.limit, quota.used, quota.left) == (200, 3, 197)

    async def test_plan_without_a_limit_has_none(self, desk: LineDesk):
        account = next(iter(desk.app.state.line.service.accounts))
        desk.account.quota = None

        assert (await desk.app.state.line.service.quota(account)).left is None


class TestAgain:
    @pytest.fixture
    def line_entry(self) -> dict[str, Any]:
        return {"confidential": "allow"}

    async def test_staff_have_sent_again_what_line_refused(self, desk: LineDesk):
        await desk.pass_time(120)
        desk.account.fail(Fault.REFUSED, on="push", times=2)
        await staff_says(desk, "お電話します")
        await desk.settle()
        failed = await last(desk)
        assert failed.state == SendState.FAILED
        service = desk.app.state.line.service

        assert await service.send_again(failed.id)
        assert not await service.send_again(failed.id)
        await desk.settle()

        assert sum("お電話します" in text for text in desk.user.texts) == 1

    async def test_what_may_have_arrived_is_not_sent_again(self, desk: LineDesk):
        desk.account.fail(Fault.ERROR_AFTER, on="reply")
        await desk.say("はい")
        uncertain = await last(desk)
        assert uncertain.state == SendState.UNCERTAIN

        assert not await desk.app.state.line.service.send_again(uncertain.id)
