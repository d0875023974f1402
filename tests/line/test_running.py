"""The channel at work: workers that run by themselves, and the machine's own clock."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from desk.line.models import SendState
from tests.line.conftest import LineDesk
from tests.line.fake.clock import real_time
from tests.line.fake.line import FakeLine
from tests.line.fake.serving import running_fake_line

PATIENCE_SECONDS = 30


@pytest.fixture
def fake() -> Iterator[FakeLine]:
    with running_fake_line(real_time) as line:
        yield line


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 (the fake is another thread)
            await asyncio.sleep(0.05)


async def test_several_users_are_answered_once_each_and_in_their_order(desk: LineDesk):
    users = [desk.fake.user(f"{number}") for number in range(4)]
    worker = desk.app.state.worker
    worker.start()
    try:
        for round_ in range(2):
            for user in users:
                await desk.account.webhook.deliver_at_once([user.text(f"{round_}つ目")], times=3)
            await until(lambda: all(f"echo: {round_}つ目" in u.texts for u in users))  # noqa: B023
    finally:
        await worker.stop()

    for user in users:
        assert [text for text in user.texts if "echo" in text] == ["echo: 0つ目", "echo: 1つ目"]
    assert len(desk.account.replies) == 2 * len(users)
    assert desk.account.pushes == []
    assert {row.state for row in await desk.sends()} == {SendState.SENT}
