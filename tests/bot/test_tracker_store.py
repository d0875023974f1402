"""Trackers as one row each: kept, folded, forgotten."""

from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered

from bot.channels.tracker_memory import TrackerMemory
from bot.channels.tracker_store import KEPT, LONGEST, ConversationStore

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [greet]
slots:
  consultation: {type: any, influence_conversation: false, mappings: [{type: custom}]}
actions: [action_consult]
"""
)


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    return ConversationStore(DOMAIN, database=f"sqlite:///{tmp_path / 'trackers.db'}")


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

    async def test_row_that_another_server_wrote_is_read(self, store, tmp_path):
        other = ConversationStore(DOMAIN, database=f"sqlite:///{tmp_path / 'trackers.db'}")
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

    async def test_what_was_remembered_is_what_is_in_the_row(self, store, tmp_path):
        remembered = await talk(store, 12)
        fresh = ConversationStore(DOMAIN, database=f"sqlite:///{tmp_path / 'trackers.db'}")

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
