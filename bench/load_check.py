"""Compares what owners sent, what desk lists and what the streams brought, for bench/load.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from bench.load_owner import Talk


def find_faults(talk: Talk) -> list[str]:
    """Everything about a conversation that must not be; empty if it is sound."""
    return [*_listing(talk), *_turns(talk), *_stream(talk)]


def _listing(talk: Talk) -> list[str]:
    """The listing has every number once, and every message of the owner once, in order."""
    faults = []
    numbers = [message["seq"] for message in talk.listed]
    if numbers != list(range(1, len(numbers) + 1)):
        faults.append("listing: numbers are missing, doubled or out of order")
    taken = [sent.id for sent in talk.sent if sent.id is not None]
    listed = [m["id"] for m in talk.listed if m["author"] == "user"]
    faults += [f"lost: message {each}" for each in taken if each not in listed]
    faults += [f"doubled: message {each}" for each, n in Counter(listed).items() if n > 1]
    unknown = [each for each in listed if each not in taken]
    # A message whose sending ended with an error may have been taken all the same.
    unsure = sum(sent.id is None for sent in talk.sent)
    if len(unknown) > unsure:
        faults.append(f"doubled: {len(unknown)} messages that the owner did not send")
    if [each for each in listed if each in taken] != taken:
        faults.append("order: the owner's messages stand in another order")
    return faults


def _turns(talk: Talk) -> list[str]:
    """Between one message of the owner and the next stands its answer, once."""
    faults = []
    starts = [n for n, message in enumerate(talk.listed) if message["author"] == "user"]
    by_id = {sent.id: sent for sent in talk.sent}
    for begin, end in pairwise([*starts, len(talk.listed)]):
        message, answers = talk.listed[begin], talk.listed[begin + 1 : end]
        bot = [answer for answer in answers if answer["author"] == "bot"]
        if not bot:
            faults.append(f"unanswered: message {message['id']}")
        sent = by_id.get(message["id"])
        if sent is not None and sent.status == 200 and sent.answers != _ids(answers):
            faults.append(f"answers: message {message['id']} has others than its sender got")
        half = len(bot) // 2
        if half and _texts(bot[:half]) == _texts(bot[half:]):
            faults.append(f"doubled: the answer to message {message['id']}")
    return faults


def _stream(talk: Talk) -> list[str]:
    """The stream brought every message of the listing, once, in order and unchanged."""
    streamed = [entry["message"] for entry in talk.streamed]
    if streamed == talk.listed:
        return []
    faults = []
    counts = Counter(_ids(streamed))
    faults += [f"stream: lost {each}" for each in _ids(talk.listed) if each not in counts]
    faults += [f"stream: doubled {each}" for each, n in counts.items() if n > 1]
    return faults or ["stream: other messages, or another order, than the listing"]


def _ids(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    return [message["id"] for message in messages]


def _texts(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    return [message["text"] for message in messages]
