"""Fit of programs to needs, as exact linear forms over the dimensions.

Three parts, each from 0 to 1, in the proportions below:

- stated: the strongest and the mean weight of the program for the stated concerns, halved;
- confirmed: the mean weight for the stated concerns, each times the need that answers leave in
  the concern's dimensions (what turns out not to be the cause counts less);
- served: the mean weight for the dimensions in scope, each times its need.

In scope are the dimensions of the stated concerns; all eight when nothing was stated or the
owner agreed to the full profile. While the scope is narrow, only programs that serve a stated
concern are candidates, so that nothing is asked on behalf of the others. The form is linear and
never falls when a need rises, so differences of two programs can be bounded exactly, one
dimension at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import lcm
from typing import Final

from advisor.evidence import TOP_LEVEL
from advisor.knowledge import KnowledgeBase
from advisor.labels import FULL_PROFILE
from advisor.model import Program
from advisor.situation import Situation

_STATED_PART: Final = 1
_CONFIRMED_PART: Final = 1
_SERVED_PART: Final = 1
_HUNDRED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Linear form of one program's fit over the needs of the dimensions."""

    constant: int
    coefficients: Mapping[str, int]

    def at(self, needs: Mapping[str, int]) -> int:
        """Give the fit at these needs."""
        return self.constant + sum(c * needs[d] for d, c in self.coefficients.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the fit looks at."""

    concerns: tuple[str, ...]
    dimensions: tuple[str, ...]
    is_narrow: bool
    """Only programs that serve a stated concern are candidates."""
    spread: int
    """Common multiple of the numbers of dimensions that the concerns name."""
    scale: int
    """Value of a perfect fit."""


def find_scope(situation: Situation, kb: KnowledgeBase) -> Scope:
    """Find the concerns and dimensions that count for a situation."""
    names = dict.fromkeys(s.concern for s in situation.concerns if s.concern in kb.concerns)
    concerns = tuple(names)
    is_narrow = bool(concerns) and situation.facts.get(FULL_PROFILE) is not True
    linked = {d for name in concerns for d in kb.concerns[name].dimensions}
    dimensions = tuple(d for d in kb.dimensions if not is_narrow or d in linked)
    spread = lcm(*(len(kb.concerns[name].dimensions) for name in concerns))
    parts = _STATED_PART + _CONFIRMED_PART + _SERVED_PART
    count = max(len(concerns), 1)
    scale = parts * 2 * count * len(dimensions) * TOP_LEVEL * kb.level_scale * _HUNDRED * spread
    return Scope(
        concerns=concerns, dimensions=dimensions, is_narrow=is_narrow, spread=spread, scale=scale
    )


def fit_form(program: Program, scope: Scope, kb: KnowledgeBase) -> Form:
    """Give the fit of a program as a linear form over the needs in scope.

    All numbers are multiplied by ``scope.scale``, which makes them whole.
    """
    weights = {name: program.needs.concerns.get(name, 0) for name in scope.concerns}
    count = max(len(weights), 1)
    size = len(scope.dimensions)
    stated = max(weights.values(), default=0) * count + sum(weights.values())
    coefficients = {
        dimension: _SERVED_PART * 2 * count * scope.spread * weight
        for dimension, weight in program.needs.dimensions.items()
        if dimension in scope.dimensions
    }
    for name, weight in weights.items():
        linked = kb.concerns[name].dimensions
        share = _CONFIRMED_PART * 2 * size * (scope.spread // len(linked)) * weight
        for dimension in linked if share else ():
            coefficients[dimension] = coefficients.get(dimension, 0) + share
    return Form(
        constant=_STATED_PART * stated * size * TOP_LEVEL * kb.level_scale * scope.spread,
        coefficients=coefficients,
    )


def can_be_candidate(form: Form, scope: Scope) -> bool:
    """Tell whether any needs could make a program a candidate."""
    return form.constant > 0 or (not scope.is_narrow and bool(form.coefficients))


def least_difference(
    upper: Form, lower: Form, least: Mapping[str, int], most: Mapping[str, int]
) -> int:
    """Give the smallest value of ``upper - lower`` over a box of needs, exactly."""
    result = upper.constant - lower.constant
    for dimension in upper.coefficients.keys() | lower.coefficients.keys():
        slope = upper.coefficients.get(dimension, 0) - lower.coefficients.get(dimension, 0)
        result += slope * (least[dimension] if slope > 0 else most[dimension])
    return result
