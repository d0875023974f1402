"""The training sentences are many, varied and apart from the held-out ones."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from advisor.labels import ASPECTS, CONCERNS, PROGRAMS
from advisor.loading import load_yaml
from desk.config import ROOT
from desk.review.nearness import (
    NEAR_IN_TRAINING,
    NEAR_TO_HELD_OUT,
    folded,
    is_long,
    near_pairs,
)
from desk.review.sets import REVIEWED_TRAINING, TRAINING, examples


@cache
def training(*folders: Path) -> tuple[tuple[str, str, dict[str, Any]], ...]:
    """Every training sentence, or those of some folders: intent, text, metadata."""
    return tuple(
        (path.stem, text, metadata)
        for folder in folders or (TRAINING, REVIEWED_TRAINING)
        for path in sorted((ROOT / folder).glob("*.yml"))
        for block in load_yaml(path)["nlu"]
        for text, metadata in examples(block["examples"])
    )


@cache
def held_out() -> tuple[tuple[str, str], ...]:
    """Every held-out sentence: file and text."""
    folder = ROOT / "tests" / "nlu"
    return tuple(
        (path.relative_to(folder).as_posix(), row["text"])
        for path in sorted(folder.rglob("*.yml"))
        if not path.name.startswith("_")
        for row in load_yaml(path)
    )


def long_ones(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if is_long(text)]


class TestCounts:
    def test_every_intent_has_enough_sentences(self):
        counts = Counter(intent for intent, _, _ in training(TRAINING))

        assert {intent: n for intent, n in counts.items() if n < 60} == {}
        assert counts["out_of_scope"] >= 300

    @pytest.mark.parametrize("concern", CONCERNS)
    def test_every_concern_has_enough_sentences_a_third_of_them_with_others(self, concern: str):
        stated = [
            metadata["concerns"]
            for intent, _, metadata in training(TRAINING)
            if intent == "state_concern" and concern in metadata.get("concerns", ())
        ]

        assert len(stated) >= 150
        assert sum(len(concerns) > 1 for concerns in stated) >= len(stated) / 3.5

    @pytest.mark.parametrize("program", [*PROGRAMS, "skill_up_secondment"])
    def test_every_program_is_asked_about_in_every_aspect(self, program: str):
        aspects = Counter(
            metadata.get("aspect")
            for intent, _, metadata in training(TRAINING)
            if intent == "ask_program" and metadata.get("program") == program
        )

        assert aspects.total() >= (120 if program in PROGRAMS else 30)
        assert set(ASPECTS) <= set(aspects)


class TestVariety:
    def test_no_sentence_stands_twice(self):
        texts = Counter(folded(text) for _, text, _ in training() if folded(text))

        assert [text for text, count in texts.items() if count > 1] == []

    def test_no_two_sentences_are_nearly_the_same(self):
        texts = long_ones(text for _, text, _ in training())

        assert list(near_pairs(texts, texts, NEAR_IN_TRAINING)) == []


class TestHeldOut:
    def test_no_held_out_sentence_is_trained_on(self):
        trained = {folded(text) for _, text, _ in training()}

        assert [pair for pair in held_out() if folded(pair[1]) and folded(pair[1]) in trained] == []

    def test_no_held_out_sentence_is_nearly_one_of_them(self):
        trained = long_ones(text for _, text, _ in training())
        kept = long_ones(text for _, text in held_out())

        assert list(near_pairs(kept, trained, NEAR_TO_HELD_OUT)) == []
