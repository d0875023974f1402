"""PostgreSQL is restarted and a desk is killed while owners talk: nothing lost or doubled."""

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import httpx
import pytest

from tests.desk.processes.conftest import Pair
from tests.desk.processes.desks import PAUSE_SECONDS, SECONDS, Desk, Stream, Talk
from tests.servers import PostgresServer

OWNERS = 8
ANSWERED = {200, 202}
MOST_TRIES = 1_000


@dataclass
class Tally:
    """What the desks answered to all requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def take(self, answer: httpx.Response) -> None:
        self.statuses[answer.status_code] += 1
        if answer.status_code in ANSWERED:
            return
        kind = answer.headers.get("content-type")
        if answer.status_code != 503 or kind != "application/problem+json":
            self.faults.append(f"{answer.status_code} {kind}: {answer.text[:200]}")
        elif int(answer.headers.get("retry-after", 0)) < 1:
            self.faults.append("503 without the time to try again")


@dataclass
class Owner:
    """Sends messages one after the other, each until it is taken, as the page does."""

    talk: Talk
    tally: Tally
    sent: list[str] = field(default_factory=list)

    async def talk_on(self, desks: Pair, ending: asyncio.Event) -> None:
        while not ending.is_set():
            message_id, text = str(uuid4()), f"message {len(self.sent)}"
            await self.send(desks, text, message_id)
            self.sent.append(text)

    async def send(self, desks: Pair, text: str, message_id: str) -> None:
        async with asyncio.timeout(SECONDS):
            for number in range(MOST_TRIES):
                try:
                    answer = await self.talk.send(desks[number % 2], text, message_id)
                except httpx.HTTPError:
                    # A desk that was killed; the page tries again, here at the other one.
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                self.tally.take(answer)
                if answer.status_code in ANSWERED:
                    return
                await asyncio.sleep(PAUSE_SECONDS)
            raise AssertionError("never taken")

    async def faults(self, desk: Desk, heard: list[int]) -> list[str]:
        """What was lost, doubled, out of order or not heard."""
        listed = await self.talk.messages(desk)
        said = [m["text"] for m in listed if m["author"] == "user"]
        answers = [m["text"].removeprefix("echo: ") for m in listed if m["author"] == "bot"]
        seqs = [m["seq"] for m in listed]
        faults = []
        if said != self.sent:
            faults.append(f"sent {len(self.sent)}, stored {len(said)}")
        if answers != self.sent:
            faults.append(f"sent {len(self.sent)}, answered {answers}")
        if seqs != list(range(3, 3 + len(seqs))):
            faults.append(f"numbers {seqs}")
        if heard != seqs:
            faults.append(f"the stream brought {heard}, not {seqs}")
        return faults

    async def wait_for_answers(self, desk: Desk) -> None:
        async with asyncio.timeout(SECONDS):
            while True:
                listed = await self.talk.messages(desk)
                if sum(m["author"] == "bot" for m in listed) >= len(self.sent):
                    return
                await asyncio.sleep(PAUSE_SECONDS)


async def talk_while(
    desks: Pair, http: httpx.AsyncClient, trouble: Callable[[], None]
) -> tuple[Tally, list[str]]:
    """Let owners talk at both desks, with streams open, while `trouble` happens."""
    tally, ending = Tally(), asyncio.Event()
    owners = [Owner(await Talk.begin(http, desks[0]), tally) for _ in range(OWNERS)]

    async def hold(owner: Owner, desk: Desk) -> list[str]:
        async with Stream(owner.talk, desk).open() as stream:
            await owner.talk_on(desks, ending)
            await owner.wait_for_answers(desks[0])
            await stream.wait_for((await owner.talk.messages(desks[0]))[-1]["seq"])
        return await owner.faults(desks[0], stream.seqs)

    held = [
        asyncio.create_task(hold(owner, desks[number % 2])) for number, owner in enumerate(owners)
    ]
    await asyncio.to_thread(trouble)
    ending.set()
    faults = [fault for found in await asyncio.gather(*held) for fault in found]
    return tally, [*tally.faults, *faults]


@pytest.fixture(scope="module")
def pair(start_pair: Callable[..., Pair]) -> Pair:
    return start_pair(TEST_ENGINE_SECONDS="0.05")


class TestRestart:
    async def test_owners_lose_nothing_when_postgresql_is_restarted(
        self, pair: Pair, http: httpx.AsyncClient, own_postgres: PostgresServer
    ):
        def restart() -> None:
            for how in (signal.SIGINT, signal.SIGKILL, signal.SIGINT):
                pause()
                own_postgres.stop(how)
                pause()
                own_postgres.start()
                for desk in pair:
                    desk.wait_ready()

        tally, faults = await talk_while(pair, http, restart)

        assert faults == []
        assert tally.statuses[503] > 0
        assert not [desk for desk in pair if "Traceback" in desk.log]

    async def test_not_ready_while_it_is_away_and_ready_again_by_itself(
        self, pair: Pair, http: httpx.AsyncClient, own_postgres: PostgresServer
    ):
        await asyncio.to_thread(own_postgres.stop)
        try:
            answers = [await http.get(f"{desk.base}/readyz") for desk in pair]
            alive = [await http.get(f"{desk.base}/healthz") for desk in pair]
        finally:
            await asyncio.to_thread(own_postgres.start)

        assert [(a.status_code, a.json()["missing"]) for a in answers] == [(503, ["database"])] * 2
        assert [a.status_code for a in alive] == [200, 200]
        for desk in pair:
            await asyncio.to_thread(desk.wait_ready)

    async def test_owners_of_a_killed_desk_go_on_at_the_other(
        self, pair: Pair, http: httpx.AsyncClient
    ):
        a, b = pair

        def kill() -> None:
            pause()
            b.kill()
            pause()
            b.start()
            b.wait_ready()

        _, faults = await talk_while((a, b), http, kill)

        assert faults == []
        assert not [desk for desk in pair if "Traceback" in desk.log]


def pause() -> None:
    """Let the owners talk for a moment."""
    threading.Event().wait(1.0)
