"""What is known about each dimension, as exact whole numbers.

A dimension's level is the weighted mean of its answered questions (weight 2 each) and of the
gravest statement about it (weight 1): a statement counts before anything is asked, and answers
outweigh it. Needs are the distance from level 4, scaled so that every possible mean is a whole
number; bounds and ranks can then be compared exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from advisor.knowledge import KnowledgeBase
from advisor.situation import Situation

STATEMENT_WEIGHT: Final = 1
ANSWER_WEIGHT: Final = 2
TOP_LEVEL: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Sum of what was said about one dimension."""

    dimension: str
    weight: int
    """0 when nothing is known."""
    total: int
    """Sum of level times weight."""
    answered: tuple[str, ...]
    open: tuple[str, ...]
    """Questions that can still be asked."""

    def mean(self) -> Fraction | None:
        """Give the mean level, or None when nothing is known."""
        return Fraction(self.total, self.weight) if self.weight else None

    def need(self, scale: int) -> int:
        """Give the need now, from 0 to ``4 * scale``; nothing known is no shown need."""
        return _need(self.total, self.weight, scale)

    def need_with(self, level: int, scale: int) -> int:
        """Give the need after one more answer."""
        return _need(self.total + ANSWER_WEIGHT * level, self.weight + ANSWER_WEIGHT, scale)

    def least_need(self, scale: int) -> int:
        """Give the need if every open question is answered with the best level."""
        more = ANSWER_WEIGHT * len(self.open)
        return _need(self.total + TOP_LEVEL * more, self.weight + more, scale)

    def most_need(self, scale: int) -> int:
        """Give the need if every open question is answered with the worst level."""
        return _need(self.total, self.weight + ANSWER_WEIGHT * len(self.open), scale)


def _need(total: int, weight: int, scale: int) -> int:
    if weight == 0:
        return 0
    return (TOP_LEVEL * weight - total) * (scale // weight)


def gather_evidence(situation: Situation, kb: KnowledgeBase) -> Mapping[str, Evidence]:
    """Gather the evidence for every dimension of the knowledge base."""
    stated: dict[str, int] = {}
    for statement in situation.concerns:
        concern = kb.concerns.get(statement.concern)
        for dimension, level in concern.dimensions.items() if concern is not None else ():
            stated[dimension] = min(level, stated.get(dimension, level))
    found = {}
    for dimension, questions in kb.maturity.items():
        answered = tuple(q.id for q in questions if q.id in situation.levels)
        is_stated = dimension in stated
        found[dimension] = Evidence(
            dimension=dimension,
            weight=ANSWER_WEIGHT * len(answered) + STATEMENT_WEIGHT * is_stated,
            total=ANSWER_WEIGHT * sum(situation.levels[name] for name in answered)
            + STATEMENT_WEIGHT * stated.get(dimension, 0),
            answered=answered,
            open=tuple(q.id for q in questions if not situation.knows(q.id)),
        )
    return found
