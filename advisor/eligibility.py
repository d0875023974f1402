"""Eligibility: which criteria of a program are met, not met, or unknown."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from math import prod
from typing import Final

from advisor.knowledge import KnowledgeBase
from advisor.labels import MUNICIPALITY, PREFECTURE
from advisor.logic import FactValue, Truth, evaluate, open_facts
from advisor.model import Criterion, Program
from advisor.situation import Situation

_MOST_COMBINATIONS: Final = 512


class Verdict(StrEnum):
    """Result of an assessment; UNKNOWN is not a no."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A program's criteria against what is known."""

    verdict: Verdict
    met: tuple[Criterion, ...]
    unmet: tuple[Criterion, ...]
    unknown: tuple[Criterion, ...]
    unknown_facts: tuple[str, ...]
    """Facts that can still decide, in the order of the criteria."""
    excluded_by: tuple[Criterion, ...] = ()
    """Exclusions that hold; one of them is enough for a no."""
    may_exclude: tuple[Criterion, ...] = ()
    """Exclusions that are not known; the owner is told of them, but they decide nothing."""


def known_facts(situation: Situation, kb: KnowledgeBase) -> dict[str, FactValue]:
    """Give the facts of a situation with what follows from them.

    A clear municipality gets its full name and tells the prefecture; a stated concern tells the
    facts that it says in itself (``implies``). What the owner answered stands above both.
    """
    facts: dict[str, FactValue] = {}
    for statement in situation.concerns:
        concern = kb.concerns.get(statement.concern)
        if concern is not None:
            facts.update(concern.implies)
    facts = {key: value for key, value in facts.items() if key not in situation.unknown}
    facts.update(situation.facts)
    municipality, prefecture = facts.get(MUNICIPALITY), facts.get(PREFECTURE)
    if isinstance(municipality, str):
        stated = prefecture if isinstance(prefecture, str) else None
        found = kb.places.resolve(municipality, stated)
        if len(found) == 1:
            facts[MUNICIPALITY] = found[0].name
            facts[PREFECTURE] = found[0].prefecture
    return facts


def assess(program: Program, situation: Situation) -> Assessment:
    """Assess a program by the facts of a situation as they stand."""
    return assess_facts(program, situation.facts)


def assess_facts(program: Program, facts: Mapping[str, FactValue]) -> Assessment:
    """Assess a program by facts."""
    groups: dict[Truth, list[Criterion]] = {truth: [] for truth in Truth}
    for criterion in program.criteria:
        groups[evaluate(criterion.condition, facts)].append(criterion)
    return Assessment(
        verdict=verdict_of(program, facts),
        met=tuple(groups[Truth.TRUE]),
        unmet=tuple(groups[Truth.FALSE]),
        unknown=tuple(groups[Truth.UNKNOWN]),
        unknown_facts=_open_facts(groups[Truth.UNKNOWN], facts),
        excluded_by=tuple(e for e in program.exclusions if _holds(e, facts) is Truth.TRUE),
        may_exclude=tuple(e for e in program.exclusions if _holds(e, facts) is Truth.UNKNOWN),
    )


def unknown_facts(program: Program, facts: Mapping[str, FactValue]) -> tuple[str, ...]:
    """List the facts that can still decide a program, in the order of the criteria."""
    return _open_facts(_open_criteria(program, facts), facts)


def _open_criteria(program: Program, facts: Mapping[str, FactValue]) -> list[Criterion]:
    return [c for c in program.criteria if evaluate(c.condition, facts) is Truth.UNKNOWN]


def _open_facts(criteria: Iterable[Criterion], facts: Mapping[str, FactValue]) -> tuple[str, ...]:
    names = (name for c in criteria for name in open_facts(c.condition, facts))
    return tuple(dict.fromkeys(names))


def _holds(criterion: Criterion, facts: Mapping[str, FactValue]) -> Truth:
    return evaluate(criterion.condition, facts)


def verdict_of(program: Program, facts: Mapping[str, FactValue]) -> Verdict:
    """Give only the verdict: one unmet criterion decides, else one unknown leaves it open.

    An exclusion that holds decides too; one that is not known does not (a way in must be shown,
    a way out must be proven).
    """
    if any(_holds(exclusion, facts) is Truth.TRUE for exclusion in program.exclusions):
        return Verdict.INELIGIBLE
    return _verdict(program.criteria, facts)


def _verdict(criteria: Iterable[Criterion], facts: Mapping[str, FactValue]) -> Verdict:
    result = Verdict.ELIGIBLE
    for criterion in criteria:
        truth = evaluate(criterion.condition, facts)
        if truth is Truth.FALSE:
            return Verdict.INELIGIBLE
        if truth is Truth.UNKNOWN:
            result = Verdict.UNKNOWN
    return result


def possible_verdicts(
    program: Program, facts: Mapping[str, FactValue], askable: Set[str], kb: KnowledgeBase
) -> frozenset[Verdict]:
    """List the verdicts that answers to the askable facts can lead to.

    The present verdict is among them, since the owner may not know an answer. Beyond 512
    combinations every verdict is taken as possible, which can only lead to one more question.
    """
    now = verdict_of(program, facts)
    if now is not Verdict.UNKNOWN:
        return frozenset({now})
    # What is met stays met, whatever else becomes known: only the open criteria are tried.
    criteria = _open_criteria(program, facts)
    names = [name for name in _open_facts(criteria, facts) if name in askable]
    domains = [kb.domains.get(name, ()) for name in names]
    if prod(len(domain) for domain in domains) > _MOST_COMBINATIONS:
        return frozenset(Verdict)
    found: set[Verdict] = {now}
    for values in product(*domains):
        found.add(_verdict(criteria, {**facts, **dict(zip(names, values, strict=True))}))
    return frozenset(found)


def single_deciding_fact(
    program: Program, facts: Mapping[str, FactValue], kb: KnowledgeBase
) -> str | None:
    """Find the fact that alone would settle an open verdict, whatever else stays unknown.

    A fact that can make the program possible goes before one that can only rule it out.
    """
    if verdict_of(program, facts) is not Verdict.UNKNOWN:
        return None
    excluding = None
    for name in unknown_facts(program, facts):
        outcomes = {verdict_of(program, {**facts, name: v}) for v in kb.domains.get(name, ())}
        if Verdict.ELIGIBLE in outcomes:
            return name
        if Verdict.INELIGIBLE in outcomes and excluding is None:
            excluding = name
    return excluding
