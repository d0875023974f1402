"""Two desk processes that share one PostgreSQL behave as one service."""

import asyncio
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from tests.desk.processes.conftest import Pair
from tests.desk.processes.desks import Stream, Talk
from tests.servers import ValkeyServer

NEVER = "3600"
"""Streams do not look by themselves: what they bring was told to them."""


@pytest.fixture(scope="module", params=["postgresql", "valkey"])
def pair(request: pytest.FixtureRequest, start_pair: Callable[..., Pair]) -> Pair:
    """Two desks that tell each other by PostgreSQL, then two that do it by Valkey."""
    if request.param == "postgresql":
        return start_pair(TEST_LOOK_SECONDS=NEVER)
    valkey: ValkeyServer = request.getfixturevalue("valkey")
    return start_pair(TEST_LOOK_SECONDS=NEVER, JINJIBU_REDIS_URL=valkey.url)


class TestStream:
    async def test_stream_of_one_brings_what_the_other_has_written(
        self, pair: Pair, http: httpx.AsyncClient
    ):
        a, b = pair
        talk = await Talk.begin(http, a)

        async with Stream(talk, a).open() as stream:
            for number in range(3):
                answer = await talk.send(b, str(number))
                assert answer.status_code == 200
                await stream.wait_for(answer.json()["messages"][-1]["seq"])

        assert stream.seqs == [3, 4, 5, 6, 7, 8]
        assert stream.connections == 1

    async def test_many_streams_at_both_bring_everything_once(
        self, pair: Pair, http: httpx.AsyncClient
    ):
        a, b = pair
        talks = [await Talk.begin(http, a) for _ in range(10)]

        async def hold(talk: Talk) -> list[list[int]]:
            async with Stream(talk, a).open() as one, Stream(talk, b).open() as two:
                for number in range(5):
                    await talk.send((a, b)[number % 2], str(number))
                for stream in (one, two):
                    await stream.wait_for(12)
                return [one.seqs, two.seqs]

        heard = await asyncio.gather(*(hold(talk) for talk in talks))

        assert heard == [[list(range(3, 13))] * 2] * len(talks)


class TestRaces:
    async def test_same_message_sent_to_both_is_one_message_with_one_answer(
        self, pair: Pair, http: httpx.AsyncClient
    ):
        a, b = pair
        for _ in range(10):
            talk = await Talk.begin(http, a)
            message_id = str(uuid4())

            answers = await asyncio.gather(
                *(talk.send(desk, "a", message_id) for desk in (a, b, a, b))
            )

            assert {answer.status_code for answer in answers} <= {200, 202}
            assert len({answer.json()["message"]["id"] for answer in answers}) == 1
            authors = Counter(m["author"] for m in await talk.messages(a))
            assert authors == {"user": 1, "bot": 1}

    async def test_messages_sent_to_both_at_once_are_answered_each_and_in_order(
        self, pair: Pair, http: httpx.AsyncClient
    ):
        a, b = pair
        talk = await Talk.begin(http, a)

        async with Stream(talk, b).open() as stream:
            await asyncio.gather(*(talk.send((a, b)[n % 2], str(n)) for n in range(8)))
            await stream.wait_for(18)

        listed = await talk.messages(b)
        assert [m["seq"] for m in listed] == list(range(3, 19))
        sent = [m["text"] for m in listed if m["author"] == "user"]
        answered = [m["text"].removeprefix("echo: ") for m in listed if m["author"] == "bot"]
        assert answered == sent


class TestLogs:
    async def test_neither_failed(self, pair: Pair):
        assert not [desk for desk in pair if "Traceback" in desk.log]
