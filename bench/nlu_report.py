"""Writes docs/nlu.md: how well the trained model understands each held-out set.

Run in the Rasa environment, from the project root:

    bot/.venv/bin/python bench/nlu_report.py --model models/x.tar.gz

Beside the tables it draws the confusion matrix and the reliability of the confidences.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

import nlu  # noqa: E402

SETS = {
    "first": ("tests/nlu", "the first set; cues and thresholds were chosen while looking at it"),
    "fresh": (
        "tests/nlu/fresh",
        (
            "written independently of the training sentences; the extractors of places and "
            "people were mended while looking at it, the classifiers only got one common weight"
        ),
    ),
    "blind": (
        "tests/nlu/blind",
        (
            "written without a look at anything in the repository; read for its errors when the "
            "last two thousand sentences were planned and the rules of places were mended"
        ),
    ),
    "final": (
        "tests/nlu/final",
        (
            "written like the set before; measured before anybody looked at it (intents 0.969, "
            "concerns 0.920, municipality 0.966, employees 0.995), then read for places, and used "
            "with the other three to choose when the clauses of a long message are read"
        ),
    ),
    "reviewed": (
        "tests/nlu/reviewed",
        "what owners said, masked and labelled by reviewers (docs/review.md); intents and concerns",
    ),
}
BINS = 10
SINGLE = ("municipality", "prefecture", "employees", "industry_class", "case_number")


def table(rows: Mapping[str, Mapping[str, float]]) -> list[str]:
    lines = ["| | precision | recall | F1 | n |", "|---|---|---|---|---|"]
    for name, scores in rows.items():
        shown = " | ".join(f"{scores[key]:.3f}" for key in ("precision", "recall", "f1"))
        lines.append(f"| {name} | {shown} | {scores['n']} |")
    return lines


def section(name: str, about: str, report: nlu.Report) -> list[str]:
    figures = report.figures
    lines = [f"## Set `{name}`: {about}", ""]
    lines += ["| Figure | Value |", "|---|---|"]
    for key in (
        "sentences", "intent_accuracy", "intent_macro_f1", "out_of_scope_recall",
        "false_refusals", "program_accuracy", "aspect_accuracy", "parse_ms_p50", "parse_ms_p95",
    ):  # fmt: skip
        lines.append(f"| {key} | {figures[key]} |")
    lines += ["", "Concerns, all together and each:", ""]
    concerns = {"all": figures["concern_micro"], **figures["concerns"]}
    lines += table(concerns)
    singles = {key: figures[key] for key in SINGLE if figures[key]["n"]}
    lines += ["", "Facts:", "", *table(singles)]
    lines += ["", "Intents:", ""]
    lines += table(figures["intents"])
    lines += ["", "Most frequent confusions:", ""]
    lines += [
        f"- {count} × {gold} understood as {said}"
        for (gold, said), count in report.confusions.most_common(12)
    ]
    return [*lines, ""]


def draw_confusion(
    path: Path, sentences: Sequence[Mapping[str, Any]], parsed: Sequence[nlu.Parsed]
) -> None:
    labels = sorted({row["intent"] for row in sentences} | {item.intent for item in parsed})
    matrix = np.zeros((len(labels), len(labels)))
    for row, item in zip(sentences, parsed):
        matrix[labels.index(row["intent"]), labels.index(item.intent)] += 1
    shares = matrix / np.maximum(1, matrix.sum(axis=1, keepdims=True))
    figure, axes = plt.subplots(figsize=(8, 7))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=7)
    axes.set_yticks(range(len(labels)), labels, fontsize=7)
    axes.set_xlabel("understood as")
    axes.set_ylabel("is")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def draw_reliability(
    path: Path, sentences: Sequence[Mapping[str, Any]], parsed: Sequence[nlu.Parsed]
) -> None:
    confidence = np.array([item.confidence for item in parsed])
    right = np.array([row["intent"] == item.intent for row, item in zip(sentences, parsed)])
    bins = np.minimum(BINS - 1, (confidence * BINS).astype(int))
    points = [
        (confidence[bins == b].mean(), right[bins == b].mean(), (bins == b).sum())
        for b in range(BINS)
        if (bins == b).any()
    ]
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    axes.plot([p[0] for p in points], [p[1] for p in points], marker="o")
    for x, y, count in points:
        axes.annotate(str(count), (x, y), textcoords="offset points", xytext=(4, -10), fontsize=7)
    axes.set_xlabel("confidence that was told")
    axes.set_ylabel("share that was right")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="archive of a trained model")
    parser.add_argument("--note", default="", help="a sentence about how it was measured")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "nlu.md")
    arguments = parser.parse_args()
    images = arguments.out.parent / "img"
    images.mkdir(parents=True, exist_ok=True)
    lines = [
        "# How well the bot understands",
        "",
        (
            "Written by `bot/.venv/bin/python bench/nlu_report.py --model models/….tar.gz`. None "
            "of these sentences is trained on; `tests/test_training_data.py` holds that. "
            "What is heard wrongly and why: [nlu-errors.md](nlu-errors.md)."
        ),
        "",
    ]
    lines += [arguments.note, ""] if arguments.note else []
    for name, (folder, about) in SETS.items():
        sentences = nlu.load_sentences(ROOT / folder)
        if not sentences:
            continue  # Nothing was reviewed yet.
        parsed = nlu.parse_all(arguments.model, [row["text"] for row in sentences])
        lines += section(name, about, nlu.evaluate(sentences, parsed))
        draw_confusion(images / f"nlu-confusion-{name}.svg", sentences, parsed)
        draw_reliability(images / f"nlu-reliability-{name}.svg", sentences, parsed)
        lines += [
            f"![Confusion matrix of the set {name}](img/nlu-confusion-{name}.svg)",
            "",
            f"![Reliability of the confidences on the set {name}](img/nlu-reliability-{name}.svg)",
            "",
        ]
    arguments.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
