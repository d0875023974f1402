"""Facts in whole owner sentences: what they state, and what only looks like a statement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.nlu.fact_extractor import facts_as_entities
from bot.nlu.facts import FactFinder
from bot.nlu.lookup import read_lookup
from bot.nlu.text import normalise

ROOT = Path(__file__).resolve().parent.parent.parent
SENTENCES = read_lookup(Path(__file__).parent / "fixtures" / "owner_sentences.yml")
FACTS = ("municipality", "prefecture", "employees", "industry_class")


@pytest.fixture(scope="module")
def finder() -> FactFinder:
    return FactFinder.from_folders(
        lookup=ROOT / "bot/data/lookup", places=ROOT / "knowledge/places"
    )


def found_facts(finder: FactFinder, text: str) -> dict[str, Any]:
    """The facts of a message, with the division of the industry instead of its words."""
    normalised = normalise(text)
    found = facts_as_entities(finder.find(normalised.text), normalised)
    facts = {item["entity"]: item["value"] for item in found}
    if "industry" in facts:
        facts["industry_class"] = next(item["class"] for item in found if "class" in item)
    return {name: facts[name] for name in FACTS if name in facts}


def stated_facts(sentence: dict[str, Any]) -> dict[str, Any]:
    """The facts that the fixture lists under a sentence."""
    return {name: sentence[name] for name in FACTS if name in sentence}


class TestOwnerSentences:
    @pytest.mark.parametrize("sentence", SENTENCES["stated"], ids=lambda one: one["text"])
    def test_every_stated_fact_is_found_and_no_other(
        self, finder: FactFinder, sentence: dict[str, Any]
    ) -> None:
        assert found_facts(finder, sentence["text"]) == stated_facts(sentence)

    @pytest.mark.parametrize("sentence", SENTENCES["tempting"], ids=lambda one: one["text"])
    def test_people_and_names_of_others_are_no_facts(
        self, finder: FactFinder, sentence: dict[str, Any]
    ) -> None:
        assert found_facts(finder, sentence["text"]) == {}
