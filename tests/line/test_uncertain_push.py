"""A push that may have arrived is not said again another way: neither anew nor by reply."""

from typing import Any

import pytest

from desk.line.models import LineSend, SendState
from tests.line.conftest import LineDesk
from tests.line.fake.faults import Fault
from tests.line.steps import greeted, notices, staff_says

WORDS = "お電話します"


class TestUncertainPush:
    @pytest.fixture
    def line_entry(self) -> dict[str, Any]:
        return {"confidential": "allow"}

    @pytest.fixture
    async def desk(self, desk: LineDesk) -> LineDesk:
        return await greeted(desk)

    async def test_owner_who_blocks_and_comes_back_does_not_read_it_twice(self, desk: LineDesk):
        await self.push(desk)
        await desk.user.unfollows()
        await desk.settle(without=["line.send"])
        await desk.change_due("line.send")
        await desk.settle()

        await desk.user.follows()
        await desk.pass_time(600)

        await self.check(desk)

    async def test_used_up_quota_after_it_does_not_let_it_go_again_by_reply(self, desk: LineDesk):
        await self.push(desk)
        desk.account.retry_keys.clear()  # As if LINE counted before it looks at keys.
        desk.account.quota = desk.account.used
        await desk.pass_time(600)

        await desk.say("はい")

        await self.check(desk)

    async def test_content_that_is_refused_after_it_gets_no_new_key(self, desk: LineDesk):
        await self.push(desk)
        desk.account.fail(Fault.REFUSED, on="push")

        await desk.pass_time(600)

        await self.check(desk)

    async def push(self, desk: LineDesk) -> None:
        """Staff say something; it arrives, and nobody knows."""
        await desk.pass_time(120)
        desk.account.fail(Fault.RESET_AFTER, on="push")
        await staff_says(desk, WORDS)
        await desk.app.state.worker.run_due()

    async def check(self, desk: LineDesk) -> None:
        assert sum(WORDS in text for text in desk.user.texts) == 1
        rows: list[LineSend] = [row for row in await desk.sends() if WORDS in str(row.messages)]
        assert [row.state for row in rows] == [SendState.UNCERTAIN]
        assert await notices(desk) == ["uncertain"]
