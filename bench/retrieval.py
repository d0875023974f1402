"""How well and how fast passages are found by owners' questions.

Run from the project root:

    .venv/bin/python bench/retrieval.py [--split test] [--wrong]

The questions are `tests/knowledge_retrieval/questions.yml`; the constants of advisor/retrieval are
chosen on the split `tune`, so that `test` is what counts.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from advisor.knowledge import KnowledgeBase, load_knowledge  # noqa: E402
from advisor.retrieval.index import PassageIndex, Scores  # noqa: E402
from advisor.retrieval.language import SentenceEncoder, SudachiTokenizer  # noqa: E402

METHODS: dict[str, Callable[[Scores], np.ndarray]] = {
    "BM25 alone": lambda scores: scores.lexical,
    "vectors alone": lambda scores: scores.semantic,
    "hybrid": lambda scores: scores.fused,
}
ROUNDS = 5


@dataclass(frozen=True)
class Asked:
    """A question, what it should find, and what each row scored."""

    text: str
    expected: frozenset[str]
    scores: Scores


def load_questions(split: str) -> list[dict[str, Any]]:
    """The questions of one split."""
    path = ROOT / "tests/knowledge_retrieval/questions.yml"
    questions = yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]
    return [item for item in questions if item["split"] == split]


def first_right(asked: Asked, keys: Sequence[str], score: Callable[[Scores], np.ndarray]) -> int:
    """Place of the first acceptable passage, from 1."""
    order = np.argsort(-score(asked.scores)[: len(keys)], kind="stable")
    return next(place for place, row in enumerate(order, 1) if keys[row] in asked.expected)


def print_ranking(asked: Sequence[Asked], keys: Sequence[str]) -> None:
    """Recall and mean reciprocal rank of each method, over the answerable questions."""
    for name, score in METHODS.items():
        places = [first_right(item, keys, score) for item in asked if item.expected]
        print(
            f"{name:14} recall@1 {_share(sum(p == 1 for p in places), len(places))}"
            f"  recall@3 {_share(sum(p <= 3 for p in places), len(places))}"
            f"  MRR {statistics.mean(1 / p for p in places):.3f}"
        )


def print_sureness(asked: Sequence[Asked], index: PassageIndex, *, show_wrong: bool) -> None:
    """How often a passage would be told, rightly and wrongly."""
    right = wrong = falsely = 0
    for item in asked:
        first = index.find(item.text)[0]
        is_right = first.passage.key in item.expected
        right += first.is_sure and is_right
        wrong += first.is_sure and bool(item.expected) and not is_right
        falsely += first.is_sure and not item.expected
        if show_wrong and not is_right and (item.expected or first.is_sure):
            print(f"  {'SURE' if first.is_sure else '    '} {item.text} -> {first.passage.key}")
    answerable = sum(bool(item.expected) for item in asked)
    print(f"sure and right              {_share(right, answerable)}")
    print(f"sure and wrong              {_share(wrong, answerable)}")
    print(f"unanswerable, wrongly sure  {_share(falsely, len(asked) - answerable)}")


def print_speed(
    kb: KnowledgeBase, tokenizer: SudachiTokenizer, encoder: SentenceEncoder, texts: Sequence[str]
) -> None:
    """Seconds to build the index, milliseconds a question."""
    start = time.perf_counter()
    index = PassageIndex.of(kb, tokenizer, encoder)
    print(f"index build                 {time.perf_counter() - start:.2f} s")
    times = []
    for text in [*texts] * ROUNDS:
        start = time.perf_counter()
        index.find(text)
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    print(f"question p50 / p95          {times[len(times) // 2]:.2f} / ", end="")
    print(f"{times[int(len(times) * 0.95)]:.2f} ms")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", choices=("tune", "test"), default="test")
    parser.add_argument("--wrong", action="store_true", help="print what was found wrongly")
    arguments = parser.parse_args()
    kb = load_knowledge(ROOT / "knowledge")
    tokenizer, encoder = SudachiTokenizer.of(kb), SentenceEncoder.shared()
    index = PassageIndex.of(kb, tokenizer, encoder)
    asked = [
        Asked(item["text"], frozenset(item["expect"]), index.scores(item["text"]))
        for item in load_questions(arguments.split)
    ]
    answerable = sum(bool(item.expected) for item in asked)
    print(
        f"{len(index.passages)} passages; split {arguments.split}: "
        f"{answerable} answerable, {len(asked) - answerable} unanswerable"
    )
    print_ranking(asked, [passage.key for passage in index.passages])
    print_sureness(asked, index, show_wrong=arguments.wrong)
    print_speed(kb, tokenizer, encoder, [item.text for item in asked])
    return 0


if __name__ == "__main__":
    sys.exit(main())
