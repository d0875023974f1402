"""desk is killed at every commit and every call to LINE: nothing is lost, nothing comes twice."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from desk.chat.models import Author
from desk.db import Transaction
from desk.line.client import LineAnswer
from desk.line.models import LineSend, SendState
from tests.line.conftest import LineDesk
from tests.line.steps import staff_says

LEASE_SECONDS = 31
POINTS = 260
"""Commits (before and after) and calls (before and after) that the scenario has, about."""
STEP, THOROUGH_STEP = 29, 7
SAID = ["人が\n足りません", "続かないのです", "取り消す話", "最後の話"]


class Killed(BaseException):
    """The process is gone at this moment."""


class Reaper:
    """Ends the process once, at one of the points that it passes."""

    def __init__(self, desk: LineDesk, at: int) -> None:
        self.at = at
        self.passed = 0
        self.has_struck = False
        database, client = desk.app.state.database, desk.app.state.line.client
        self._write: Callable[[], Any] = database.write
        self._call: Callable[..., Awaitable[LineAnswer]] = client.call
        database.write = self.write
        client.call = self.call

    def point(self) -> None:
        self.passed += 1
        if self.passed == self.at:
            self.has_struck = True
            raise Killed

    @asynccontextmanager
    async def write(self, **how: bool) -> AsyncIterator[Transaction]:
        async with self._write(**how) as tx:
            yield tx
            self.point()  # Before the commit: everything is rolled back.
        self.point()

    async def call(self, *args: Any, **kwargs: Any) -> LineAnswer:
        self.point()
        answer = await self._call(*args, **kwargs)
        self.point()  # LINE has taken it, and nobody knows.
        return answer


async def survive(desk: LineDesk, step: Callable[[], Awaitable[object]]) -> None:
    """Do a step; if the process dies in it, another one begins when the leases are over."""
    try:
        await step()
    except Killed:
        desk.clock.advance(LEASE_SECONDS)
        await desk.take_over()
        await desk.account.webhook.redeliver()
        await step()


async def deliver(desk: LineDesk, *events: dict[str, Any]) -> None:
    """Send events; LINE sends again what was not answered."""
    try:
        await desk.account.webhook.deliver(list(events))
    except Killed:
        await desk.account.webhook.redeliver(list(events))


async def scenario(desk: LineDesk) -> None:
    """Two bubbles in a row, a turn, a word of staff, an unsend, a last turn."""
    await deliver(desk, desk.user.text("人が"))
    desk.clock.advance(0.5)
    await deliver(desk, desk.user.text("足りません"))
    desk.clock.advance(1.6)
    await survive(desk, desk.settle)
    await deliver(desk, desk.user.text("続かないのです"))
    desk.clock.advance(1.6)
    await survive(desk, desk.settle)
    secret = desk.user.text("取り消す話")
    await deliver(desk, secret)
    desk.clock.advance(1.6)
    await survive(desk, desk.settle)
    desk.clock.advance(70)
    await survive(desk, desk.settle)
    await deliver(desk, desk.user.unsend(secret))
    await survive(desk, desk.settle)
    await survive(desk, lambda: staff_says_once(desk))
    await survive(desk, desk.settle)
    await deliver(desk, desk.user.text("最後の話"))
    desk.clock.advance(1.6)
    await survive(desk, desk.settle)


async def staff_says_once(desk: LineDesk) -> None:
    if all(message.author != Author.STAFF for message in await desk.messages()):
        await staff_says(desk, "お電話します")


async def check(desk: LineDesk) -> None:
    messages = await desk.messages()
    users = [m for m in messages if m.author == Author.USER]
    assert [m.text for m in users] == [SAID[0], SAID[1], "", SAID[3]]
    for message in users:
        answers = [m for m in messages if m.answers_id == message.id and m.author == Author.BOT]
        assert len(answers) == 1
    uncertain = [row for row in await desk.rows(LineSend) if row.state == SendState.UNCERTAIN]
    for words in (SAID[0], SAID[1], SAID[3]):
        shown = desk.user.texts.count(f"echo: {words}")
        is_uncertain = any(words in str(row.messages).replace("\\n", "\n") for row in uncertain)
        assert shown == 1 or (shown == 0 and is_uncertain), words
    assert desk.user.texts.count("echo: 取り消す話") <= 1
    assert sum("回答があります" in text for text in desk.user.texts) == 1
    assert len({call.retry_key for call in desk.account.pushes}) <= 1
    assert SendState.PENDING not in {row.state for row in await desk.rows(LineSend)}
    assert len(desk.engine.forgotten) >= 1


POINT = [
    pytest.param(at, marks=() if at % STEP == 1 else pytest.mark.thorough)
    for at in range(1, POINTS)
    if 1 in (at % STEP, at % THOROUGH_STEP)
]


@pytest.mark.parametrize("at", POINT)
async def test_killed_at_one_point(desk: LineDesk, at: int):
    reaper = Reaper(desk, at)

    await scenario(desk)

    await check(desk)
    if not reaper.has_struck:
        pytest.skip(f"the scenario has only {reaper.passed} points")
