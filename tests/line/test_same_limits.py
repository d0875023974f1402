"""Desk's own limits and the fake's, written apart, agree on what LINE takes.

In bytes desk is the stricter one: nobody says whether LINE counts a kanji as three bytes or as
the six of its escape, so desk counts six and the fake three.
"""

import copy
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from desk.line.messages.limits import problems as of_desk
from tests.line.fake import samples
from tests.line.fake.messages import problems as of_fake

MESSAGES = [
    samples.quick_replies("x", "はい", "いいえ"),
    samples.diagnosis(),
    samples.recommendations(2),
    *samples.templates(),
]
PARTS = ["あ", "𠮷", "葛\U000e0100", "👨‍👩‍👧‍👦", "か\u3099"]
LENGTHS = [
    0,
    1,
    12,
    13,
    20,
    21,
    40,
    41,
    60,
    61,
    120,
    121,
    160,
    161,
    240,
    300,
    301,
    1500,
    1501,
    5000,
    5001,
]


def texts(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a text that people read."""
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in keys:
        if key in {"text", "label", "title", "altText", "displayText"} and isinstance(
            value[key], str
        ):
            yield value, key
        elif isinstance(value[key], dict | list):
            yield from texts(value[key])


@pytest.mark.parametrize("number", range(len(MESSAGES)))
def test_a_text_of_any_length_at_any_place_is_judged_alike(number: int) -> None:
    count = len(list(texts(MESSAGES[number])))
    assert of_desk([MESSAGES[number]]) == of_fake([MESSAGES[number]]) == []
    different = []
    for place in range(count):
        for part, length in itertools.product(PARTS, LENGTHS):
            changed = copy.deepcopy(MESSAGES[number])
            container, key = list(texts(changed))[place]
            container[key] = (part * length)[:length]
            desk, fake = of_desk([changed]), of_fake([changed])
            is_about_bytes = all("bytes of JSON" in problem for problem in desk)
            if bool(desk) != bool(fake) and (fake or not is_about_bytes):
                different.append((key, part, length, desk, fake))

    assert different == []
