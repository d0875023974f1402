"""Whole conversations through the public API, the real Rasa and the trained model.

Each file beside this one is one conversation: what the owner does, and what matters of
the answer (question, card, what is or is not asked), never the wording.
"""

from pathlib import Path
from typing import Any

import pytest

from advisor.loading import load_yaml
from tests.product import OwnerClient

pytestmark = pytest.mark.server
FILES = sorted(Path(__file__).parent.glob("*.yml"))


def act(owner: OwnerClient, turn: dict[str, Any]) -> None:
    """Do what the owner does in this turn."""
    if "say" in turn:
        owner.say(turn["say"])
    elif "choose" in turn:
        owner.choose(turn["choose"])
    elif "press" in turn:
        owner.send({"payload": turn["press"], "title": turn.get("title", "")})
    else:
        owner.answer_until(turn["until"], turn.get("answers", {}))


def check(owner: OwnerClient, expected: dict[str, Any]) -> None:
    """Check what matters of the answer."""
    question = owner.question
    for name, value in expected.items():
        if name == "asks":
            assert question is not None, f"nothing is asked: {owner.texts}"
            assert question["key"] == value, owner.texts
        elif name == "asks_nothing":
            assert (question is None) is value, owner.texts
        elif name == "says":
            for words in value:
                assert any(words in text for text in owner.texts), (words, owner.texts)
        elif name == "never_says":
            for words in value:
                assert not any(words in text for text in owner.texts), (words, owner.texts)
        elif name == "card":
            card = owner.card(value["kind"])
            assert card is not None, owner.texts
            for key, wanted in value.items():
                assert card[key] == wanted, (key, card)
        elif name == "recommends":
            card = owner.card("recommendations")
            assert card is not None, owner.texts
            offered = [i["program_id"] for i in card["items"]]
            replaced = [p for i in card["items"] for p in i["replaces"]]
            assert set(value) <= {*offered, *replaced}, offered
        elif name == "never_recommends":
            card = owner.card("recommendations") or {"items": []}
            assert not set(value) & {i["program_id"] for i in card["items"]}
        else:
            raise AssertionError(f"unknown expectation '{name}'")


class TestConversations:
    @pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
    def test_conversation_goes_as_written(self, owner: OwnerClient, path: Path):
        conversation = load_yaml(path)

        for number, turn in enumerate(conversation["turns"], start=1):
            act(owner, turn)
            try:
                check(owner, turn.get("expect", {}))
            except AssertionError as exc:
                said = turn.get("say") or turn
                raise AssertionError(f"turn {number} ({said}): {exc}") from exc
