"""The training sentences, or a share of them, as both pipelines are trained on."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent


def load_sentences(limit: int, seed: int) -> dict[str, list[str]]:
    """The training sentences by intent; a share of each if there is a limit."""
    by_intent: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "bot" / "data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            examples = block["examples"]
            if isinstance(examples, str):
                lines = [line[2:] for line in examples.splitlines() if line.startswith("- ")]
            else:
                lines = [example["text"].strip() for example in examples]
            by_intent[block["intent"]] += [line.strip() for line in lines if line.strip()]
    total = sum(map(len, by_intent.values()))
    if not limit or limit >= total:
        return dict(by_intent)
    rng = random.Random(seed)
    share = limit / total
    return {
        intent: rng.sample(lines, max(2, round(share * len(lines))))
        for intent, lines in by_intent.items()
    }
