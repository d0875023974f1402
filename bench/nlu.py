"""How well and how fast a trained model understands the held-out sentences.

Run in the Rasa environment, from the project root:

    bot/.venv/bin/python bench/nlu.py --model models/x.tar.gz [--errors wrong.txt] [--json out.json]
    bot/.venv/bin/python bench/nlu.py --train            # trains into a temporary folder first
    bot/.venv/bin/python bench/nlu.py --train --share 640   # on the peer's share of the sentences

With `--share` only intents are learnt and told: on the same sentences as
`bench/turn.py --peer --sentences N`, so that the two pipelines can be compared.

The held-out sentences are `tests/nlu/*.yml`; none of them is ever trained on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
REFUSAL = "out_of_scope"
SINGLE_ENTITIES = ("municipality", "prefecture", "employees", "industry_class", "case_number")


@dataclass(frozen=True)
class Parsed:
    """What the model said about one sentence."""

    intent: str
    confidence: float
    entities: Mapping[str, Any]
    concerns: frozenset[str]
    milliseconds: float


@dataclass
class Report:
    """Figures by name, and the sentences that were understood wrongly."""

    figures: dict[str, Any] = field(default_factory=dict)
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def load_sentences(folder: Path, only: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The held-out sentences; files whose name begins with `_` are lists about them."""
    sentences: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.yml")):
        if path.name.startswith("_") or (only and path.stem not in only):
            continue
        sentences += yaml.safe_load(path.read_text(encoding="utf-8")) or []
    return sentences


def write_share(folder: Path, limit: int) -> Path:
    """The share of the training sentences that the stock peer is trained on, without labels."""
    from bench.peer.sentences import load_sentences as load_share

    blocks = [
        {"intent": intent, "examples": [{"text": line} for line in lines]}
        for intent, lines in load_share(limit, seed=1).items()
    ]
    path = folder / "share.yml"
    path.write_text(yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True))
    return path


def train(folder: Path, share: int = 0) -> tuple[Path, float]:
    """Train language understanding alone; returns the archive and the seconds it took."""
    from rasa.model_training import train_nlu

    start = time.perf_counter()
    archive = train_nlu(
        config=str(ROOT / "config.yml"),
        nlu_data=str(write_share(folder, share) if share else ROOT / "bot/data/nlu"),
        output=str(folder),
        domain=str(ROOT / "domain.yml") if (ROOT / "domain.yml").is_file() else None,
    )
    if archive is None:
        raise SystemExit("training gave no model; see the messages above")
    return Path(archive), time.perf_counter() - start


def parse_all(model: Path, texts: Sequence[str]) -> list[Parsed]:
    """Parse texts one after the other, as `/model/parse` would."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    # Rasa prints each message at debug level unless told otherwise, which takes longer than parsing.
    configure_structlog(logging.ERROR)
    agent = Agent.load(str(model))

    async def run() -> list[Parsed]:
        for text in texts[:5]:  # the first calls fill caches and are not typical
            await agent.parse_message(text)
        parsed = []
        for text in texts:
            start = time.perf_counter()
            result = await agent.parse_message(text)
            parsed.append(_parsed(result, (time.perf_counter() - start) * 1000))
        return parsed

    return asyncio.run(run())


def _parsed(result: Mapping[str, Any], milliseconds: float) -> Parsed:
    entities = {item["entity"]: item["value"] for item in result["entities"]}
    for item in result["entities"]:
        if item["entity"] == "industry":
            entities["industry_class"] = item["class"]
    return Parsed(
        intent=result["intent"]["name"],
        confidence=result["intent"]["confidence"],
        entities=entities,
        concerns=frozenset(
            item["value"] for item in result["entities"] if item["entity"] == "concern"
        ),
        milliseconds=milliseconds,
    )


def evaluate(sentences: Sequence[Mapping[str, Any]], parsed: Sequence[Parsed]) -> Report:
    """Compare what the model said with what the sentences are labelled with."""
    report = Report()
    _intents(report, sentences, parsed)
    _concerns(report, sentences, parsed)
    for name in ("program", "aspect"):
        _choices(report, name, sentences, parsed)
    for name in SINGLE_ENTITIES:
        _singles(report, name, sentences, parsed)
    times = sorted(item.milliseconds for item in parsed)
    report.figures["parse_ms_p50"] = round(statistics.median(times), 2)
    report.figures["parse_ms_p95"] = round(times[int(len(times) * 0.95)], 2)
    return report


def _intents(
    report: Report, sentences: Sequence[Mapping[str, Any]], parsed: Sequence[Parsed]
) -> None:
    labels = sorted({item["intent"] for item in sentences})
    right = 0
    for sentence, found in zip(sentences, parsed):
        if sentence["intent"] == found.intent:
            right += 1
            continue
        report.confusions[sentence["intent"], found.intent] += 1
        report.wrong.append(
            f"intent\t{sentence['intent']} -> {found.intent} {found.confidence:.2f}"
            f"\t{sentence['text']}"
        )
    scores = {}
    for label in labels:
        gold = [sentence["intent"] == label for sentence in sentences]
        said = [found.intent == label for found in parsed]
        scores[label] = _f1(zip(gold, said))
    refused = [found.intent == REFUSAL for found in parsed]
    to_refuse = [sentence["intent"] == REFUSAL for sentence in sentences]
    caught = sum(gold and said for gold, said in zip(to_refuse, refused))
    falsely = sum(said and not gold for gold, said in zip(to_refuse, refused))
    report.figures |= {
        "sentences": len(sentences),
        "intent_accuracy": _share(right, len(sentences)),
        "intent_macro_f1": round(statistics.mean(item["f1"] for item in scores.values()), 4),
        "intents": scores,
        "out_of_scope_recall": _share(caught, sum(to_refuse)),
        "false_refusals": _share(falsely, len(sentences) - sum(to_refuse)),
    }


def _concerns(
    report: Report, sentences: Sequence[Mapping[str, Any]], parsed: Sequence[Parsed]
) -> None:
    pairs = [
        (set(sentence.get("concerns") or ()), found.concerns)
        for sentence, found in zip(sentences, parsed)
    ]
    labels = sorted(set().union(*(gold | said for gold, said in pairs)))
    report.figures["concern_micro"] = _f1(
        (label in gold, label in said) for gold, said in pairs for label in labels
    )
    report.figures["concerns"] = {
        label: _f1((label in gold, label in said) for gold, said in pairs) for label in labels
    }
    for sentence, (gold, said) in zip(sentences, pairs):
        if gold != said:
            missing, extra = ",".join(sorted(gold - said)), ",".join(sorted(said - gold))
            report.wrong.append(f"concern\tmissing [{missing}] extra [{extra}]\t{sentence['text']}")


def _choices(
    report: Report,
    name: str,
    sentences: Sequence[Mapping[str, Any]],
    parsed: Sequence[Parsed],
) -> None:
    """Accuracy over the sentences that carry the label; a missing answer is a wrong one."""
    right = total = 0
    for sentence, found in zip(sentences, parsed):
        if not sentence.get(name):
            continue
        total += 1
        said = found.entities.get(name)
        if said == sentence[name]:
            right += 1
        else:
            report.wrong.append(f"{name}\t{sentence[name]} -> {said}\t{sentence['text']}")
    report.figures[f"{name}_accuracy"] = _share(right, total)


def _singles(
    report: Report,
    name: str,
    sentences: Sequence[Mapping[str, Any]],
    parsed: Sequence[Parsed],
) -> None:
    hits = misses = extras = 0
    for sentence, found in zip(sentences, parsed):
        gold, said = sentence.get(name), found.entities.get(name)
        if gold == said:
            hits += gold is not None
            continue
        misses += gold is not None
        extras += said is not None
        report.wrong.append(f"{name}\t{gold} -> {said}\t{sentence['text']}")
    found_share = hits / max(1, hits + extras)
    recall = hits / max(1, hits + misses)
    report.figures[name] = {
        "precision": round(found_share, 4),
        "recall": round(recall, 4),
        "f1": round(2 * hits / max(1, 2 * hits + misses + extras), 4),
        "n": hits + misses,
    }


def _f1(pairs: Iterable[tuple[bool, bool]]) -> dict[str, float]:
    """Precision, recall and F1 of pairs (is so, is said)."""
    counts = Counter(pairs)
    hits, extras, misses = counts[True, True], counts[False, True], counts[True, False]
    return {
        "precision": _share(hits, hits + extras),
        "recall": _share(hits, hits + misses),
        "f1": _share(2 * hits, 2 * hits + extras + misses),
        "n": hits + misses,
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def print_report(report: Report) -> None:
    """The figures for people."""
    for name, value in report.figures.items():
        if name in ("intents", "concerns"):
            print(f"{name}:")
            for label, scores in value.items():
                print(
                    "  {:20} P {precision:.3f} R {recall:.3f} F1 {f1:.3f} n {n}".format(
                        label, **scores
                    )
                )
        else:
            print(f"{name}: {value}")
    print("confusions (is -> said):")
    for (gold, said), count in report.confusions.most_common(25):
        print(f"  {count:3} {gold} -> {said}")


def main() -> int:
    """Evaluate, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", type=Path, help="archive of a trained model")
    source.add_argument("--train", action="store_true", help="train into a temporary folder")
    parser.add_argument("--share", type=int, default=0, help="train on so many sentences only")
    parser.add_argument("--sentences", type=Path, default=ROOT / "tests/nlu")
    parser.add_argument("--only", nargs="*", default=(), help="held-out files by name")
    parser.add_argument("--errors", type=Path, help="file for every wrong line")
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    sentences = load_sentences(arguments.sentences, arguments.only)
    with tempfile.TemporaryDirectory() as folder:
        model, seconds = (
            train(Path(folder), arguments.share) if arguments.train else (arguments.model, None)
        )
        parsed = parse_all(model, [item["text"] for item in sentences])
    report = evaluate(sentences, parsed)
    if seconds is not None:
        report.figures["training_seconds"] = round(seconds, 1)
    print_report(report)
    if arguments.errors:
        arguments.errors.write_text("\n".join(report.wrong) + "\n", encoding="utf-8")
    if arguments.json:
        text = json.dumps(report.figures, ensure_ascii=False, indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
