"""The contract of the signals, over each server that can carry them, also when it restarts."""

import asyncio
import signal

import pytest

from desk.config import Settings
from desk.signals.linked import EVERYTHING, MOST_WAITING
from desk.signals.ports import LocalSignals, Signals
from desk.signals.postgresql import PostgresSignals
from desk.signals.redis import RedisSignals
from desk.signals.wiring import build_signals
from tests.desk.signals.conftest import KILLED, SECONDS, Ear, Link
from tests.product import wait_until

Pair = tuple[Signals, Signals, Ear]


def is_away(signals: Signals) -> bool:
    return not signals.is_connected


class TestSend:
    async def test_topic_reaches_the_other_process(self, pair: Pair):
        first, _, ear = pair

        first.send("a")

        await ear.wait_for("a")
        assert first.is_shared

    async def test_own_topics_do_not_come_back(self, pair: Pair):
        first, second, ear = pair

        second.send("mine")
        first.send("last")

        await ear.wait_for("last")
        assert ear.heard == ["last"]

    async def test_topics_come_in_order_and_each_once(self, pair: Pair):
        first, _, ear = pair
        topics = [f"conversation:{number:036}" for number in range(1000)]

        for topic in topics:
            first.send(topic)
        first.send("last")

        await ear.wait_for("last")
        assert ear.heard == [*topics, "last"]

    async def test_more_than_is_kept_becomes_one_word_to_look_at_everything(self, pair: Pair):
        first, _, ear = pair

        for number in range(MOST_WAITING + 1):
            first.send(str(number))

        await ear.wait_for(str(MOST_WAITING))
        assert ear.heard == [None, str(MOST_WAITING)]


class TestServerAway:
    async def test_sending_neither_waits_nor_fails(self, link: Link):
        link.server.stop()
        signals = link.make()
        await signals.start()

        signals.send("a")
        await asyncio.sleep(0)

        assert not signals.is_connected
        await asyncio.wait_for(signals.stop(), SECONDS)

    @pytest.mark.parametrize("how", KILLED)
    async def test_after_a_restart_all_is_looked_at_and_topics_come_again(
        self, pair: Pair, link: Link, how: signal.Signals
    ):
        first, second, ear = pair

        await asyncio.to_thread(link.server.restart, how)

        await ear.wait_for(None)
        assert second.is_connected
        first.send("again")
        await ear.wait_for("again")

    async def test_what_is_sent_while_it_is_away_comes_when_it_is_back(
        self, pair: Pair, link: Link
    ):
        first, second, ear = pair
        await asyncio.to_thread(link.server.stop)
        await asyncio.to_thread(wait_until, lambda: is_away(first) and is_away(second), SECONDS)

        first.send("meanwhile")
        await asyncio.to_thread(link.server.start)

        # The word itself, or (if the sender was back first) the word to look at everything.
        await ear.wait_for_any()

    async def test_process_that_starts_before_the_server_connects_later(self, link: Link):
        link.server.stop()
        signals, ear = link.make(), Ear()
        signals.subscribe(ear.hear)
        await signals.start()

        await asyncio.to_thread(link.server.start)

        await ear.wait_for(None)
        assert signals.is_connected
        await signals.stop()


class TestStop:
    async def test_what_was_sent_last_still_goes_out(self, pair: Pair):
        first, _, ear = pair

        first.send("farewell")
        await first.stop()

        await ear.wait_for("farewell")


class TestLocal:
    async def test_process_that_is_alone_has_nobody_to_tell(self):
        signals, ear = LocalSignals(), Ear()
        signals.subscribe(ear.hear)
        await signals.start()

        signals.send(EVERYTHING)
        await signals.stop()

        assert ear.heard == []
        assert signals.is_connected
        assert not signals.is_shared


class TestChoice:
    @pytest.mark.parametrize(
        ("redis_url", "database_url", "kind"),
        [
            ("redis://127.0.0.1:1/0", "postgresql://127.0.0.1:1/x", RedisSignals),
            ("redis://127.0.0.1:1/0", "", RedisSignals),
            ("", "postgresql://127.0.0.1:1/x", PostgresSignals),
            ("", "", LocalSignals),
        ],
    )
    def test_follows_the_settings(self, redis_url: str, database_url: str, kind: type):
        settings = Settings(_env_file=None, redis_url=redis_url, database_url=database_url)

        assert type(build_signals(settings)) is kind
