"""The training sentences are many, varied and apart from the held-out ones."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import pytest

from advisor.labels import ASPECTS, CONCERNS, PROGRAMS
from advisor.loading import load_yaml
from desk.config import ROOT

NEAR_IN_TRAINING = 0.75
NEAR_TO_HELD_OUT = 0.85
SHORTEST = 6
"""Shorter sentences share their characters by nature."""


@cache
def training() -> tuple[tuple[str, str, dict[str, Any]], ...]:
    """Every training sentence: intent, text, metadata."""
    return tuple(
        (path.stem, text, metadata)
        for path in sorted((ROOT / "bot" / "data" / "nlu").glob("*.yml"))
        for block in load_yaml(path)["nlu"]
        for text, metadata in examples(block["examples"])
    )


def examples(content: str | list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(content, str):
        for line in content.splitlines():
            yield line.removeprefix("- ").strip(), {}
        return
    for item in content:
        yield item["text"].strip(), item.get("metadata") or {}


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


def folded(text: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).lower()


def words_of(text: str) -> str:
    """The text without its digits: receipt numbers are alike by nature."""
    return re.sub(r"[0-9]", "", folded(text))


def grams(text: str) -> frozenset[str]:
    text = words_of(text)
    return frozenset(text[i : i + 3] for i in range(len(text) - 2))


def near_pairs(
    texts: Iterable[str], others: Iterable[str], limit: float
) -> Iterator[tuple[str, str]]:
    """Pairs whose character trigrams overlap more than `limit` (Jaccard)."""
    known = [(text, grams(text)) for text in others]
    index: dict[str, list[int]] = defaultdict(list)
    for number, (_, own) in enumerate(known):
        for gram in own:
            index[gram].append(number)
    for text in texts:
        own = grams(text)
        shared = Counter(number for gram in own for number in index.get(gram, ()))
        for number, count in shared.items():
            other, of_other = known[number]
            if other != text and count / (len(own) + len(of_other) - count) > limit:
                yield text, other


def long_ones(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if len(words_of(text)) >= SHORTEST]


class TestCounts:
    def test_every_intent_has_enough_sentences(self):
        counts = Counter(intent for intent, _, _ in training())

        assert {intent: n for intent, n in counts.items() if n < 60} == {}
        assert counts["out_of_scope"] >= 300

    @pytest.mark.parametrize("concern", CONCERNS)
    def test_every_concern_has_enough_sentences_a_third_of_them_with_others(self, concern: str):
        stated = [
            metadata["concerns"]
            for intent, _, metadata in training()
            if intent == "state_concern" and concern in metadata.get("concerns", ())
        ]

        assert len(stated) >= 150
        assert sum(len(concerns) > 1 for concerns in stated) >= len(stated) / 3.5

    @pytest.mark.parametrize("program", [*PROGRAMS, "skill_up_secondment"])
    def test_every_program_is_asked_about_in_every_aspect(self, program: str):
        aspects = Counter(
            metadata.get("aspect")
            for intent, _, metadata in training()
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
