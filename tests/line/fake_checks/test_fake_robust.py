"""The fake refuses any nonsense with LINE's words; it never breaks on it."""

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.line.fake import richmenus, samples
from tests.line.fake.messages import problems

NONSENSE: list[Any] = [None, 0, 1.5, True, "", "x" * 6000, [], {}, [None], [[]], {"type": []}]
MESSAGES = [
    samples.quick_replies("x", "はい", "いいえ"),
    samples.diagnosis(),
    samples.recommendations(2),
    *samples.templates(),
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with a key of it, depth first."""
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


class TestNonsense:
    @pytest.mark.parametrize("number", range(len(MESSAGES)))
    def test_whatever_stands_at_any_place_the_answer_is_a_list_of_problems(
        self, number: int
    ) -> None:
        count = len(list(places(MESSAGES[number])))
        for place in range(count):
            for nonsense in NONSENSE:
                broken = copy.deepcopy(MESSAGES[number])
                container, key = list(places(broken))[place]
                container[key] = nonsense

                assert isinstance(problems([broken]), list)

    @pytest.mark.parametrize("messages", NONSENSE)
    def test_messages_that_are_none_are_refused(self, messages: Any) -> None:
        assert problems(messages)

    def test_a_broken_type_is_always_refused(self) -> None:
        chance = random.Random(1)
        for message in MESSAGES:
            broken = copy.deepcopy(message)
            found = [(c, k) for c, k in places(broken) if k == "type"]
            container, key = chance.choice(found)
            container[key] = "bogus"

            assert problems([broken])

    def test_rich_menus_too(self) -> None:
        for place in range(len(list(places(samples.MENU)))):
            for nonsense in NONSENSE:
                broken = copy.deepcopy(samples.MENU)
                container, key = list(places(broken))[place]
                container[key] = nonsense

                assert isinstance(richmenus.problems(broken), list)
