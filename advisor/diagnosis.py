"""Diagnosis: a level for each dimension, with how sure it is and what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

from advisor.evidence import Evidence, gather_evidence
from advisor.knowledge import KnowledgeBase
from advisor.situation import Situation

WEAK_LEVEL: Final = 2
WEAKEST_COUNT: Final = 3
_DOUBT_WEIGHT: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionProfile:
    """State of one dimension."""

    level: int | None
    """0 to 4; None when neither asked nor stated."""
    confidence: float
    """0 to 1: nothing known is 0, a statement alone 1/3, three answers 3/4."""
    answered: tuple[str, ...]
    """Questions that were answered with a level."""
    coverage: float
    """Share of the dimension's questions that were answered with a level."""
    evidence: tuple[str, ...]
    """The owner's own words: statements first, then answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """State of all dimensions; there is no total score."""

    dimensions: Mapping[str, DimensionProfile]
    weakest: tuple[str, ...]
    """At most three dimensions at level 2 or below, weakest first."""
    concerns: tuple[str, ...]


def diagnose(situation: Situation, kb: KnowledgeBase) -> Diagnosis:
    """Diagnose a company from its answers and statements."""
    evidence = gather_evidence(situation, kb)
    profiles = {dimension: _profile(item, situation, kb) for dimension, item in evidence.items()}
    means = [(item.mean(), dimension) for dimension, item in evidence.items()]
    weak = [(mean, dimension) for mean, dimension in means if _is_weak(mean)]
    weak.sort(key=lambda pair: (pair[0], -profiles[pair[1]].confidence))
    return Diagnosis(
        dimensions=profiles,
        weakest=tuple(dimension for _, dimension in weak[:WEAKEST_COUNT]),
        concerns=tuple(dict.fromkeys(s.concern for s in situation.concerns)),
    )


def _is_weak(mean: Fraction | None) -> bool:
    return mean is not None and mean <= WEAK_LEVEL


def _profile(item: Evidence, situation: Situation, kb: KnowledgeBase) -> DimensionProfile:
    mean = item.mean()
    questions = kb.maturity[item.dimension]
    return DimensionProfile(
        level=None if mean is None else ceil(mean - Fraction(1, 2)),
        confidence=round(item.weight / (item.weight + _DOUBT_WEIGHT), 2),
        answered=item.answered,
        coverage=round(len(item.answered) / len(questions), 2) if questions else 0.0,
        evidence=owner_words(item, situation, kb),
    )


def finding_of(dimension: str, diagnosis: Diagnosis, kb: KnowledgeBase) -> str:
    """Say what is weak about a dimension: what was stated about it, else its general words."""
    stated = (kb.concerns[c] for c in diagnosis.concerns if c in kb.concerns)
    found = next((c.finding for c in stated if dimension in c.dimensions), None)
    return found or kb.dimensions[dimension].weak_text


def owner_words(item: Evidence, situation: Situation, kb: KnowledgeBase) -> tuple[str, ...]:
    """List what the owner said about a dimension, each wording once."""
    stated = [
        statement.quote
        for statement in situation.concerns
        if statement.concern in kb.concerns
        and item.dimension in kb.concerns[statement.concern].dimensions
    ]
    answered = [situation.quotes.get(name, "") for name in item.answered]
    return tuple(dict.fromkeys(words for words in (*stated, *answered) if words))
