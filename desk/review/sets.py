"""Whether a line goes to the training or to the test sentences: pure, and always the same."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from advisor.loading import load_yaml
from desk.review.errors import OtherSetError
from desk.review.models import SetName
from desk.review.nearness import NEAR_IN_TRAINING, NEAR_TO_HELD_OUT, Sentences, folded

TRAINING = Path("bot/data/nlu")
REVIEWED_TRAINING = Path("bot/data/reviewed")
HELD_OUT = Path("tests/nlu")
REVIEWED_TEST = HELD_OUT / "reviewed"


def examples(content: str | list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Text and metadata of the examples of one block of Rasa's training data."""
    if isinstance(content, str):
        for line in content.splitlines():
            yield line.removeprefix("- ").strip(), {}
        return
    for item in content:
        yield item["text"].strip(), item.get("metadata") or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The sentences that were there before the review: trained on, and held out."""

    trained: Sentences
    held_out: Sentences

    @classmethod
    def load(cls, root: Path) -> Self:
        """Read the sentences of a repository (some seconds); reviewed ones are not among them."""
        trained = (
            text
            for path in sorted((root / TRAINING).glob("*.yml"))
            for block in load_yaml(path)["nlu"]
            for text, _ in examples(block["examples"])
        )
        held_out = (
            row["text"]
            for path in sorted((root / HELD_OUT).rglob("*.yml"))
            if path.name[0] != "_" and path.parent != root / REVIEWED_TEST
            for row in load_yaml(path) or ()
        )
        return cls(trained=Sentences(trained), held_out=Sentences(held_out))


@cache
def corpus_of(root: Path) -> Corpus:
    """The corpus of a repository as it stood when it was first asked for."""
    return Corpus.load(root)


def lot(seed: bytes, purpose: str) -> float:
    """A number in [0, 1) that is the same for the same seed and purpose."""
    digest = hashlib.sha256(purpose.encode() + b"\0" + seed).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def assign(
    text: str,
    *,
    now_in: str | None,
    reviewed: Mapping[SetName, Sentences],
    corpus: Corpus,
    test_share: float,
) -> SetName:
    """The set of a line, by its text alone; near-duplicates go to the same one.

    Args:
        text: The masked text.
        now_in: The set that the line has already; None if it has none.
        reviewed: The other reviewed lines, by set.
        corpus: The sentences from before.
        test_share: Share of the texts that become test sentences.

    Raises:
        OtherSetError: Nearly the same sentences stand in both sets, or in the other one.
    """
    sides = {side for side, its in reviewed.items() if its.alike(text, NEAR_IN_TRAINING)}
    if corpus.trained.alike(text, NEAR_TO_HELD_OUT):
        sides.add(SetName.TRAIN)
    if corpus.held_out.alike(text, NEAR_TO_HELD_OUT):
        sides.add(SetName.TEST)
    if len(sides) > 1 or (now_in is not None and sides - {now_in}):
        raise OtherSetError(
            "Nearly the same sentence stands in the other set. Leave this line out, or keep "
            "to what the owner said."
        )
    if sides:
        return sides.pop()
    if now_in is not None:
        return SetName(now_in)
    return SetName.TEST if lot(folded(text).encode(), "set") < test_share else SetName.TRAIN
