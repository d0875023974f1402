"""The load benchmark's comparison finds what it is there to find."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.load import is_loopback
from bench.load_check import find_faults
from bench.load_owner import Sent, Talk

Change = Callable[[Talk], Any]


def message(seq: int, author: str) -> dict[str, Any]:
    return {"seq": seq, "id": f"m{seq}", "author": author, "text": f"text {seq}"}


def sound_talk() -> Talk:
    """A greeting, then two messages with two answers each."""
    authors = ["bot", "user", "bot", "bot", "user", "bot", "bot"]
    listed = [message(seq, author) for seq, author in enumerate(authors, start=1)]
    sent = [
        Sent(sent_at=0, id="m2", seq=2, status=200, answers=["m3", "m4"]),
        Sent(sent_at=1, id="m5", seq=5, status=200, answers=["m6", "m7"]),
    ]
    streamed = [{"message": dict(entry), "arrived": 0.0} for entry in listed]
    return Talk(id="t", sent=sent, streamed=streamed, listed=listed)


def renumber(talk: Talk) -> None:
    """Number the listing from 1 again, so that only the fault itself can be found."""
    for seq, entry in enumerate(talk.listed, start=1):
        entry["seq"] = seq


def lose(talk: Talk) -> None:
    del talk.listed[1:4]
    renumber(talk)


def double(talk: Talk) -> None:
    talk.listed.insert(4, dict(talk.listed[1]))
    renumber(talk)


def swap(talk: Talk) -> None:
    talk.listed[1:7] = [*talk.listed[4:7], *talk.listed[1:4]]
    renumber(talk)


def answer_nothing(talk: Talk) -> None:
    del talk.listed[5:]
    talk.sent[1].status = 202


def answer_twice(talk: Talk) -> None:
    talk.sent[1].status = 202
    again = [{**entry, "id": f"again {entry['id']}"} for entry in talk.listed[5:7]]
    talk.listed += again
    renumber(talk)


def answer_otherwise(talk: Talk) -> None:
    talk.listed[6]["id"] = "another"


class TestFindFaults:
    def test_sound_conversation_has_none(self):
        assert find_faults(sound_talk()) == []

    def test_late_answer_is_no_fault(self):
        talk = sound_talk()
        talk.sent[1] = Sent(sent_at=1, id="m5", seq=5, status=202)

        assert find_faults(talk) == []

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            (lose, "lost: message m2"),
            (double, "doubled: message m2"),
            (swap, "order:"),
            (answer_nothing, "unanswered: message m5"),
            (answer_twice, "doubled: the answer to message m5"),
            (answer_otherwise, "answers: message m5"),
            (lambda talk: talk.listed.pop(3), "listing:"),
            (lambda talk: talk.sent.pop(0), "doubled: 1 messages"),
            (lambda talk: talk.streamed.pop(3), "stream: lost m4"),
            (lambda talk: talk.streamed.append(talk.streamed[6]), "stream: doubled m7"),
            (lambda talk: talk.streamed.reverse(), "stream: other"),
            (lambda talk: talk.streamed[2]["message"].update(text="x"), "stream: other"),
        ],
    )
    def test_fault_is_named(self, change: Change, fault: str):
        talk = sound_talk()

        change(talk)

        assert [found for found in find_faults(talk) if found.startswith(fault)]

    def test_message_that_got_no_answer_but_was_taken_is_not_called_doubled(self):
        talk = sound_talk()
        talk.sent[0] = Sent(sent_at=0)

        assert [f for f in find_faults(talk) if f.startswith("doubled")] == []


class TestLoopback:
    @pytest.mark.parametrize(
        "base", ["http://127.0.0.1:8000", "http://[::1]:1", "http://localhost"]
    )
    def test_this_machine_may_be_loaded(self, base: str):
        assert is_loopback(base)

    @pytest.mark.parametrize(
        "base",
        ["http://example.jp", "http://10.0.0.1", "http://127.0.0.1.example.jp", "http://0.0.0.0"],
    )
    def test_no_other_machine_may(self, base: str):
        assert not is_loopback(base)
