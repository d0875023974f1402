"""Pushes: with a key, only where they are worth it, within the quota, not to who has blocked us."""

from typing import Any

import pytest

from desk.line.models import SendReason, SendState
from tests.line.conftest import LineDesk
from tests.line.fake.faults import Fault
from tests.line.steps import ECHO, greeted, holder_is_told, last, notices, staff_says
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

    async def test_who_answers_from_now_on_is_told_with_the_next_words_and_not_paid_for_alone(
        self, desk: LineDesk
    ):
        await desk.pass_time(120)
        before = len(desk.user.texts)
        await holder_is_told(desk, "ここからは、担当者の佐藤がお答えします。")
        await desk.settle()
        assert desk.account.pushes == []

        await staff_says(desk, "お電話します")
        await desk.settle()

        assert len(desk.account.pushes) == 1
        words = "\n".join(desk.user.texts[before:])
        assert words.index("担当者の佐藤") < words.index("お電話します")

    async def test_that_the_bot_is_back_is_told_with_its_answer(self, desk: LineDesk):
        await desk.pass_time(120)
        before = len(desk.user.texts)
        await holder_is_told(desk, "ここからは相談ナビ（AI）がお答えします。")
        await desk.settle()

        await desk.say("はい")

        assert desk.account.pushes == []
        assert len(desk.account.replies) == 1
        words = "\n".join(desk.user.texts[before:])
        assert words.index("相談ナビ（AI）") < words.index(ECHO)

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
