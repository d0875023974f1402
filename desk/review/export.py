"""The files that an export writes: training and test sentences, and trials of the advice.

They are written anew as a whole, so that what an owner took back since is in none of them.
"""

import asyncio
import io
import zipfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from desk.db import Database
from desk.errors import DeskError
from desk.review import repository
from desk.review.agreement import Said
from desk.review.errors import OtherSetError
from desk.review.masking import neutral
from desk.review.models import ReviewLine, SetName
from desk.review.nearness import NEAR_IN_TRAINING, Sentences
from desk.review.service import ReviewService
from desk.review.sets import REVIEWED_TEST, REVIEWED_TRAINING, Corpus, assign
from desk.review.tasks import TaskService

SCENARIOS = Path("tests/conversations")
NEEDS_MORE = frozenset({"ask_program"})
"""Sentences of these intents are trained with more than the review asks for."""
HEADER = "# Written by `jinjibu review export` (docs/review.md); it is written anew each time.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What an export holds."""

    files: Mapping[str, str]
    """Contents by path, relative to the repository."""
    counts: Mapping[str, int]
    """Sentences for training and test, trials, and lines left out by reason."""

    def as_zip(self) -> bytes:
        """The files in an archive that is the same for the same files."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files.items():
                archive.writestr(zipfile.ZipInfo(name), content)
        return packed.getvalue()

    def write(self, root: Path) -> None:
        """Write the files under a repository's root and remove what earlier ones left."""
        for folder in (REVIEWED_TRAINING, REVIEWED_TEST, SCENARIOS):
            for path in sorted((root / folder).glob("*.yml")):
                name = path.relative_to(root).as_posix()
                if name not in self.files and path.read_text(encoding="utf-8").startswith(HEADER):
                    path.unlink()
        for name, content in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")


async def make_export(database: Database, review: ReviewService, tasks: TaskService) -> Export:
    """Everything that may leave, of every hub."""
    async with database.read() as tx:
        lines = await repository.list_agreed(tx, review.whole())
    corpus = await review.corpus()
    files, counts = await asyncio.to_thread(_sentences, lines, corpus)
    scenarios = await tasks.scenarios()
    for name, content in scenarios.items():
        files[(SCENARIOS / name).as_posix()] = _dump(content)
    counts["scenarios"] = len(scenarios)
    return Export(files=dict(sorted(files.items())), counts=counts)


def _sentences(
    lines: Sequence[ReviewLine], corpus: Corpus
) -> tuple[dict[str, str], dict[str, int]]:
    rows: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    counts: Counter[str] = Counter(train=0, test=0)
    taken = {side: Sentences() for side in SetName}
    for line in lines:
        try:
            text = neutral(line.text or "")
            side = assign(text, now_in=line.set_name, reviewed=taken, corpus=corpus, test_share=0.0)
        except OtherSetError:
            counts["left_out_other_set"] += 1
            continue
        except DeskError:
            counts["left_out_personal"] += 1
            continue
        if reason := _left_out(text, line, side, taken[side], corpus):
            counts[reason] += 1
            continue
        taken[side].add(text)
        said = Said.of(line.agreed)
        row: dict[str, Any] = {"text": text, "intent": said.intent}
        if said.concerns:
            row["concerns"] = sorted(said.concerns)
        rows[side, str(said.intent)].append(row)
        counts[side] += 1
    files = {}
    for (place, intent), found in rows.items():
        if place == SetName.TRAIN:
            files[f"{REVIEWED_TRAINING.as_posix()}/{intent}.yml"] = _dump(_rasa(intent, found))
        else:
            files[f"{REVIEWED_TEST.as_posix()}/{intent}.yml"] = _dump(found)
    return files, dict(counts)


def _left_out(
    text: str, line: ReviewLine, side: SetName, taken: Sentences, corpus: Corpus
) -> str | None:
    """Why a sentence adds nothing, or cannot be taught."""
    if not text:
        return "left_out_personal"
    known = corpus.trained if side is SetName.TRAIN else corpus.held_out
    if known.alike(text, NEAR_IN_TRAINING) or taken.alike(text, NEAR_IN_TRAINING):
        return "left_out_known"
    if side is SetName.TRAIN and Said.of(line.agreed).intent in NEEDS_MORE:
        return "left_out_needs_more"
    return None


def _rasa(intent: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Training sentences of one intent, as Rasa reads them."""
    examples = [
        {"text": row["text"], "metadata": {"concerns": row["concerns"]}}
        if "concerns" in row
        else {"text": row["text"]}
        for row in rows
    ]
    return {"version": "3.1", "nlu": [{"intent": intent, "examples": examples}]}


def _dump(content: Any) -> str:
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10**6)
    return HEADER + text
