"""Whole conversations through the public API, the real Rasa and the trained model.

Each file beside this one is one conversation: what the owner does, and what matters of
the answer (question, card, what is or is not asked), never the wording.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from advisor.loading import load_yaml
from desk.cases.repository import list_of_conversation
from desk.config import Settings
from desk.vault.service import open_database
from tests.apart import run_apart
from tests.product import OwnerClient, Product
from tests.talker import Talker

pytestmark = pytest.mark.server
FILES = sorted(Path(__file__).parent.glob("*.yml"))


def act(owner: Talker, turn: dict[str, Any]) -> None:
    """Do what the owner does in this turn."""
    if "say" in turn:
        owner.say(turn["say"])
    elif "choose" in turn:
        owner.choose(turn["choose"])
    elif "press" in turn:
        owner.send({"payload": turn["press"], "title": turn.get("title", "")})
    else:
        owner.answer_until(turn["until"], turn.get("answers", {}))


def check(owner: Talker, expected: dict[str, Any]) -> None:
    """Check what matters of the answer."""
    for name, value in expected.items():
        assert name in CHECKS, f"unknown expectation '{name}'; known: {sorted(CHECKS)}"
        CHECKS[name](owner, value)


def asks(owner: Talker, key: str) -> None:
    assert owner.question is not None, f"nothing is asked: {owner.texts}"
    assert owner.question["key"] == key, owner.texts


def asks_nothing(owner: Talker, value: bool) -> None:
    assert (owner.question is None) is value, owner.texts


def says(owner: Talker, wanted: list[str]) -> None:
    for words in wanted:
        assert any(words in text for text in owner.texts), (words, owner.texts)


def never_says(owner: Talker, unwanted: list[str]) -> None:
    for words in unwanted:
        assert not any(words in text for text in owner.texts), (words, owner.texts)


def has_card(owner: Talker, wanted: dict[str, Any]) -> None:
    card = owner.card(wanted["kind"])
    assert card is not None, owner.texts
    for key, value in wanted.items():
        assert card[key] == value, (key, card)


def kinds_shown(owner: Talker) -> set[str]:
    return {m["card"]["kind"] for m in owner.last if m["card"]}


def shows(owner: Talker, kinds: list[str]) -> None:
    assert set(kinds) <= kinds_shown(owner), owner.texts


def shows_none_of(owner: Talker, kinds: list[str]) -> None:
    assert not set(kinds) & kinds_shown(owner), owner.texts


def yen(owner: Talker, amounts: list[int]) -> None:
    cards = [m["card"] for m in owner.last if m["card"] and m["card"]["kind"] == "amount"]
    assert [card["yen"] for card in cards] == amounts, owner.texts


def recommends(owner: Talker, programs: list[str]) -> None:
    card = owner.card("recommendations")
    assert card is not None, owner.texts
    offered = [item["program_id"] for item in card["items"]]
    replaced = [name for item in card["items"] for name in item["replaces"]]
    assert set(programs) <= {*offered, *replaced}, offered


def never_recommends(owner: Talker, programs: list[str]) -> None:
    card = owner.card("recommendations") or {"items": []}
    assert not set(programs) & {item["program_id"] for item in card["items"]}


CHECKS: dict[str, Callable[[Talker, Any], None]] = {
    "asks": asks,
    "asks_nothing": asks_nothing,
    "says": says,
    "never_says": never_says,
    "card": has_card,
    "shows": shows,
    "shows_none_of": shows_none_of,
    "yen": yen,
    "recommends": recommends,
    "never_recommends": never_recommends,
}


def cases_of(product: Product, conversation_id: str) -> list[dict[str, Any]]:
    """The cases of a conversation, as they stand in the product's database."""

    async def read() -> list[dict[str, Any]]:
        database = open_database(Settings(_env_file=None, data=product.data))
        try:
            async with database.read() as tx:
                cases = await list_of_conversation(tx, UUID(conversation_id))
                return [
                    {"hub": case.hub_id, "situation": case.snapshot["situation"]} for case in cases
                ]
        finally:
            await database.close()

    return run_apart(read())


def check_cases(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    """Check hub, facts and concerns of the cases that exist in the end."""
    assert [case["hub"] for case in found] == [case["hub"] for case in wanted]
    for case, expected in zip(found, wanted, strict=True):
        facts = case["situation"]["facts"]
        concerns = {item["concern"] for item in case["situation"]["concerns"]}
        assert {k: facts.get(k) for k in expected.get("facts", {})} == expected.get("facts", {})
        assert set(expected.get("concerns", [])) <= concerns


@pytest.fixture(scope="module")
def product_of(
    product: Product, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str | None], Product]]:
    """The product on the day that a conversation names; the common one for none."""
    started: dict[str, Product] = {}

    def find(today: str | None) -> Product:
        if today is None:
            return product
        if today not in started:
            data = tmp_path_factory.mktemp("product")
            started[today] = Product(data, today=today).start("--no-train")
        return started[today]

    yield find
    for other in started.values():
        other.stop()


class TestConversations:
    @pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
    def test_conversation_goes_as_written(
        self, product_of: Callable[[str | None], Product], path: Path
    ):
        conversation = load_yaml(path)
        assert set(conversation) <= {"why", "today", "turns", "cases"}
        product = product_of(conversation.get("today"))
        with OwnerClient(product.base) as owner:
            self.play(owner, conversation)
            if "cases" in conversation:
                check_cases(cases_of(product, owner.id), conversation["cases"])

    def play(self, owner: OwnerClient, conversation: dict[str, Any]) -> None:
        for number, turn in enumerate(conversation["turns"], start=1):
            act(owner, turn)
            try:
                check(owner, turn.get("expect", {}))
            except AssertionError as exc:
                said = turn.get("say") or turn
                raise AssertionError(f"turn {number} ({said}): {exc}") from exc
