"""Trackers as one row each: kept, folded, sealed, forgotten."""

import json
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered

from bot.channels.tracker_memory import TrackerMemory
from bot.channels.tracker_seal import KEYS, TrackerKeysError, TrackerSealError
from bot.channels.tracker_store import BATCH, KEPT, LONGEST, ConversationStore
from tests.bot.test_tracker_seal import NEW, OLD, as_text

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [greet]
slots:
  consultation: {type: any, influence_conversation: false, mappings: [{type: custom}]}
actions: [action_consult]
"""
)


SAID = "山田太郎です。taro@example.jp"


def open_store(path: Path, **keys: bytes) -> ConversationStore:
    text = as_text(**(keys or {"old": OLD}))
    return ConversationStore(DOMAIN, database=f"sqlite:///{path}", keys=text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trackers.db"


@pytest.fixture
def store(path: Path) -> ConversationStore:
    return open_store(path)


def stored(path: Path) -> bytes:
    """Everything that lies on the disk, also the log that is not merged yet."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


def run(path: Path, statement: str, *values: object) -> "list[tuple]":
    with closing(sqlite3.connect(path)) as database, database:
        return database.execute(statement, values).fetchall()


def plain_database(path: Path, count: int = 1) -> None:
    """Trackers as the version before has written them."""
    run(
        path,
        "CREATE TABLE tracker (conversation_id VARCHAR(64) NOT NULL PRIMARY KEY, "
        "events TEXT NOT NULL, updated_at FLOAT NOT NULL)",
    )
    event = UserUttered(SAID, {"name": "greet"}, message_id="1")
    events = [ActionExecuted("action_listen"), event, SlotSet("consultation", {"turn": 7})]
    text = json.dumps([each.as_dict() for each in events], ensure_ascii=False)
    with closing(sqlite3.connect(path)) as database, database:
        rows = [(f"c{number:04d}", text, 1.0) for number in range(count)]
        database.executemany("INSERT INTO tracker VALUES (?, ?, ?)", rows)


def turn(number):
    return [
        UserUttered(str(number), {"name": "greet"}, message_id=str(number)),
        ActionExecuted("action_consult"),
        SlotSet("consultation", {"turn": number}),
        BotUttered(f"answer {number}"),
        ActionExecuted("action_listen"),
    ]


async def talk(store, turns):
    for number in range(turns):
        tracker = await store.retrieve("c") or store.init_tracker("c")
        if not tracker.events:
            tracker.update(ActionExecuted("action_listen"))
        tracker.update_with_events(turn(number), DOMAIN)
        await store.save(tracker)
    return await store.retrieve("c")


class TestConversationStore:
    async def test_unknown_conversation_is_none(self, store):
        assert await store.retrieve("nobody") is None

    async def test_saved_tracker_comes_back_with_slots_and_events(self, store):
        tracker = await talk(store, 2)

        assert tracker.get_slot("consultation") == {"turn": 1}
        assert [e.text for e in tracker.events if isinstance(e, BotUttered)] == [
            "answer 0",
            "answer 1",
        ]

    async def test_long_conversation_stays_bounded_and_keeps_its_memory(self, store):
        tracker = await talk(store, 100)

        assert KEPT <= len(tracker.events) <= LONGEST + len(turn(0))
        assert tracker.get_slot("consultation") == {"turn": 99}
        said = [e.message_id for e in tracker.events if isinstance(e, UserUttered)]
        assert said[-10:] == [str(n) for n in range(90, 100)]

    async def test_forgotten_conversation_is_gone_and_others_stay(self, store):
        await talk(store, 1)
        other = store.init_tracker("d")
        other.update(ActionExecuted("action_listen"))
        await store.save(other)

        await store.delete("c")

        assert await store.retrieve("c") is None
        assert list(await store.keys()) == ["d"]


class TestMemory:
    """What is remembered in the process never stands before the row."""

    async def test_row_that_another_server_wrote_is_read(self, store, path):
        other = open_store(path)
        await talk(store, 1)
        theirs = await other.retrieve("c")
        theirs.update_with_events(turn(7), DOMAIN)
        await other.save(theirs)

        tracker = await store.retrieve("c")

        assert tracker.get_slot("consultation") == {"turn": 7}

    async def test_turn_that_was_not_saved_leaves_no_trace(self, store):
        failed = await talk(store, 1)
        failed.update_with_events(turn(9), DOMAIN)

        tracker = await store.retrieve("c")

        assert tracker.get_slot("consultation") == {"turn": 0}
        assert len(tracker.events) == 1 + len(turn(0))

    async def test_what_was_remembered_is_what_is_in_the_row(self, store, path):
        remembered = await talk(store, 12)
        fresh = open_store(path)

        read = await fresh.retrieve("c")

        assert [e.as_dict() for e in read.events] == [e.as_dict() for e in remembered.events]

    async def test_forgotten_conversation_begins_anew(self, store):
        await talk(store, 3)
        await store.delete("c")

        tracker = await talk(store, 1)

        assert len(tracker.events) == 1 + len(turn(0))

    async def test_only_the_last_used_are_remembered(self):
        memory = TrackerMemory(most=2)
        for name in ("a", "b"):
            memory.keep(name, 1.0, turn(0))
        memory.find("a")
        memory.keep("c", 1.0, turn(0))

        assert [memory.find(name) is not None for name in "abc"] == [True, False, True]


class TestSealed:
    async def test_nothing_of_a_talk_is_readable_on_the_disk(self, store, path):
        tracker = store.init_tracker("c")
        tracker.update(UserUttered(SAID, {"name": "greet"}))
        tracker.update(SlotSet("consultation", {"contact": SAID}))
        await store.save(tracker)

        found = stored(path)

        assert b"v1:old:" in found
        for form in (SAID, "taro@example.jp", "山田", "consultation", "\\u5c71"):
            assert form.encode() not in found
        assert (await store.retrieve("c")).get_slot("consultation") == {"contact": SAID}

    async def test_forgotten_tracker_leaves_nothing(self, store, path):
        await talk(store, 1)
        ((sealed,),) = run(path, "SELECT events FROM tracker")

        await store.delete("c")

        run(path, "PRAGMA wal_checkpoint(TRUNCATE)")
        assert sealed.encode() not in stored(path)

    async def test_tracker_put_under_another_conversation_fails_the_turn(self, store, path):
        await talk(store, 1)
        run(path, "UPDATE tracker SET conversation_id = 'd'")

        with pytest.raises(TrackerSealError, match="tracker of d"):
            await store.retrieve("d")

    @pytest.mark.parametrize("text", ["[]", "v1:old:AAAA", ""])
    async def test_what_cannot_be_opened_is_never_taken_for_a_new_talk(self, store, path, text):
        await talk(store, 1)
        run(path, "UPDATE tracker SET events = ?", text)

        with pytest.raises(TrackerSealError):
            await open_store(path).retrieve("c")

    def test_without_keys_there_is_no_store(self, path, monkeypatch):
        monkeypatch.delenv(KEYS, raising=False)

        with pytest.raises(TrackerKeysError):
            ConversationStore(DOMAIN, database=f"sqlite:///{path}")

        assert not path.exists()


class TestOlderRows:
    async def test_plain_trackers_are_sealed_and_go_on(self, path):
        count = 2 * BATCH + 1
        plain_database(path, count)
        assert SAID.encode() in stored(path)

        store = open_store(path)

        assert SAID.encode() not in stored(path)
        assert run(path, "SELECT count(*) FROM tracker WHERE events LIKE 'v1:old:%'") == [(count,)]
        tracker = await store.retrieve("c0042")
        assert tracker.get_slot("consultation") == {"turn": 7}
        assert tracker.latest_message.text == SAID

    async def test_newer_key_takes_over_and_the_older_one_is_no_longer_needed(self, path):
        await talk(open_store(path, old=OLD), 2)

        await talk(open_store(path, new=NEW, old=OLD), 1)

        tracker = await open_store(path, new=NEW).retrieve("c")
        assert [e.text for e in tracker.events if isinstance(e, UserUttered)] == ["0", "1", "0"]
        assert run(path, "SELECT key_id, substr(events, 1, 7) FROM tracker") == [("new", "v1:new:")]
        assert run(path, "SELECT key_id FROM tracker_key") == [("new",)]

    async def test_row_that_cannot_be_opened_is_named_and_the_others_are_renewed(
        self, path, caplog
    ):
        plain_database(path, 3)
        run(path, "UPDATE tracker SET events = 'v1:lost:AAAA' WHERE conversation_id = 'c0001'")

        with caplog.at_level(logging.ERROR):
            store = open_store(path)

        assert "c0001" in caplog.text
        assert (await store.retrieve("c0002")).latest_message.text == SAID
        with pytest.raises(TrackerSealError):
            await store.retrieve("c0001")

    async def test_opening_again_changes_nothing(self, path):
        plain_database(path, 3)
        open_store(path)
        before = run(path, "SELECT * FROM tracker ORDER BY conversation_id")

        open_store(path)

        assert run(path, "SELECT * FROM tracker ORDER BY conversation_id") == before
