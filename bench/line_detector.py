"""How well desk finds personal and confidential content in what owners write in LINE.

Run from the project root:

    .venv/bin/python bench/line_detector.py [--wrong]

The sentences are `tests/line/confidential*.yml` and, as ordinary messages, what owners say in
`tests/conversations` and the held-out sentences of `tests/nlu`. `--wrong` lists the errors.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from advisor.loading import load_yaml  # noqa: E402
from desk.line.confidential import Detector  # noqa: E402

SENTENCES = ROOT / "tests" / "line"
SETS = {
    "confidential": "typical",
    "confidential_hard": "hard, 1",
    "confidential_hard_2": "hard, 2",
    "confidential_hard_3": "hard, 3",
    "confidential_last": "hard, last",
}
ACCOUNT_WORDS = tuple(load_yaml(ROOT / "knowledge/wording/privacy.yml")["lists"]["account_words"])
JAPANESE = re.compile("[\u3041-\u30fa\u4e00-\u9fff]")


@dataclass(frozen=True)
class Measured:
    """One set: what was found of what must be, and false alarms."""

    found: Mapping[str, tuple[int, int]]
    """By kind: found, of how many."""
    false_alarms: int
    usual: int
    wrong: Sequence[str]

    @property
    def hits(self) -> int:
        """Messages that were found."""
        return sum(hits for hits, _ in self.found.values())

    @property
    def total(self) -> int:
        """Messages that must be found."""
        return sum(total for _, total in self.found.values())

    @property
    def recall(self) -> float:
        """Share of those that must be found."""
        return self.hits / self.total

    @property
    def precision(self) -> float:
        """Share of alarms that are right."""
        return self.hits / (self.hits + self.false_alarms)


def measure(name: str, detector: Detector) -> Measured:
    """Precision and recall on one file; a message counts as found if anything in it is found."""
    data = load_yaml(SENTENCES / f"{name}.yml")
    found, wrong = {}, []
    for kind, texts in data["found"].items():
        missed = [text for text in texts if not detector.find(text, ACCOUNT_WORDS)]
        found[kind] = (len(texts) - len(missed), len(texts))
        wrong += [f"missed ({kind}): {text}" for text in missed]
    usual = [text for texts in data["usual"].values() for text in texts]
    alarms = [text for text in usual if detector.find(text, ACCOUNT_WORDS)]
    wrong += [f"false alarm: {text}" for text in alarms]
    return Measured(found, len(alarms), len(usual), wrong)


def told_by_owners() -> list[str]:
    """What owners say in the tests of conversations and of the understanding, each once."""
    texts: set[str] = set()
    for path in (ROOT / "tests" / "nlu").rglob("*.yml"):
        texts.update(_strings(load_yaml(path)))
    for path in (ROOT / "tests" / "conversations").glob("*.yml"):
        texts.update(str(turn["say"]) for turn in load_yaml(path)["turns"] if "say" in turn)
    return sorted(text for text in texts if JAPANESE.search(text))


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)


def table(detector: Detector) -> str:
    """The figures as a table of Markdown."""
    lines = ["| Set | Must be found | Recall | Ordinary | False alarms | Precision |"]
    lines.append("|---|---|---|---|---|---|")
    for name, title in SETS.items():
        m = measure(name, detector)
        lines.append(
            f"| {title} (`{name}.yml`) | {m.total} | {m.recall:.3f} ({m.hits}) | {m.usual}"
            f" | {m.false_alarms} | {m.precision:.3f} |"
        )
    texts = told_by_owners()
    alarms = sum(1 for text in texts if detector.find(text, ACCOUNT_WORDS))
    lines.append(
        f"| `tests/nlu`, `tests/conversations` | not labelled | | {len(texts)} | {alarms} | |"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="list the errors")
    options = parser.parse_args()
    detector = Detector()
    print(table(detector))
    texts = told_by_owners()
    start = time.perf_counter()
    alarms = [text for text in texts if detector.find(text, ACCOUNT_WORDS)]
    print(f"\n{(time.perf_counter() - start) / len(texts) * 1000:.2f} ms a message")
    if options.wrong:
        for name in SETS:
            print(f"\n{name}", *measure(name, detector).wrong, sep="\n")
        print("\nsaid something in tests/nlu, tests/conversations", *alarms, sep="\n")


if __name__ == "__main__":
    main()
