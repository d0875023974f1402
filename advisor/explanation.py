"""Explanation: for every program, where it stands on a date and what that rests on."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from advisor.amounts import Amount
from advisor.contest import Contest, Offer, open_contest
from advisor.eligibility import Verdict, known_facts, verdict_of
from advisor.evidence import TOP_LEVEL
from advisor.fit import fit_form
from advisor.interview import TOP
from advisor.knowledge import KnowledgeBase
from advisor.labels import MUNICIPALITY, PREFECTURE
from advisor.logic import FactValue, Truth, comparisons, evaluate
from advisor.model import Criterion, Program, SourceRef, Status
from advisor.recommendation import PLANNED_COSTS, find_amount
from advisor.situation import Situation
from advisor.status import StatusOn


class Standing(StrEnum):
    """Why a program is, or is not, among the first ones."""

    RECOMMENDED = "recommended"
    FALLBACK = "fallback"
    """Recommended because it costs no application, not for its place in the ranking."""
    LOWER = "lower"
    """Others fit better."""
    DISPLACED = "displaced"
    """It gave its place to one that costs no application."""
    INELIGIBLE = "ineligible"
    ENDED = "ended"
    NOT_THERE = "not_there"
    """Nothing is published for the date."""
    NO_NEED = "no_need"
    """It serves nothing that was stated or shown."""


class AmountState(StrEnum):
    """Whether an amount is computed, and if not, why."""

    COMPUTED = "computed"
    NONE_PUBLISHED = "none_published"
    NOT_OPEN = "not_open"
    COSTS_UNKNOWN = "costs_unknown"
    NOT_COMPUTABLE = "not_computable"
    """The sources are too weak or too old, or nothing is published for the date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFact:
    """A fact that a criterion looks at."""

    key: str
    value: FactValue | None
    """None when it is not known."""
    quote: str
    """The owner's words behind it, if any."""
    is_told_unknown: bool
    """The owner was asked and does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionView:
    """One criterion against what is known."""

    criterion: Criterion
    truth: Truth
    facts: tuple[KnownFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedConcern:
    """A stated concern that a program serves."""

    concern: str
    weight: int
    """In hundredths."""
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedDimension:
    """A dimension in scope that a program serves."""

    dimension: str
    weight: int
    """In hundredths."""
    need: float
    """0 (no need shown) to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitView:
    """What a fit consists of; ``stated + confirmed + served`` is its own fit, 0 to 1."""

    stated: float
    confirmed: float
    served: float
    ranked: float
    """Fit that decides its place: higher than its own when it stands in for an ended program."""
    lifted_by: str | None
    """The ended program whose fit it carries."""
    concerns: tuple[ServedConcern, ...]
    dimensions: tuple[ServedDimension, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurningFact:
    """A fact that alone, with another answer, would change the verdict."""

    fact: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Where one program stands, and what that rests on."""

    program_id: str
    standing: Standing
    rank: int | None
    """Rank among the recommended ones."""
    place: int | None
    """Place in the whole ranking by fit; None when it is not ranked."""
    verdict: Verdict
    status: StatusOn
    status_source: SourceRef | None
    criteria: tuple[CriterionView, ...]
    fit: FitView
    turning_facts: tuple[TurningFact, ...]
    replaces: tuple[str, ...]
    """Ended programs in whose place it can stand."""
    replaced_by: str | None
    """What stands in its place."""
    amount: Amount | None
    amount_state: AmountState


def explain(
    situation: Situation, kb: KnowledgeBase, *, on: dt.date, limit: int = TOP
) -> tuple[Explanation, ...]:
    """Explain every program for companies: recommended ones first, then by place in the ranking.

    Args:
        situation: What is known about the company.
        kb: The knowledge base.
        on: Date whose published rules apply.
        limit: Number of recommended programs.
    """
    survey = _Survey(open_contest(situation, kb, on=on), on, limit)
    found = [survey.explain(kb.programs[name]) for name in survey.contest.statuses]
    last = len(found)
    return tuple(sorted(found, key=lambda e: (e.rank or last + 1, e.place or last + 1)))


class _Survey:
    """The result of one contest, as every explanation looks at it."""

    def __init__(self, contest: Contest, on: dt.date, limit: int) -> None:
        self.contest = contest
        self.kb = contest.kb
        self.on = on
        self.limit = limit
        offers = contest.rank()
        selected = contest.select(offers, limit, contest.verdicts)
        self.offers = {offer.program_id: offer for offer in offers}
        self.places = {offer.program_id: n for n, offer in enumerate(offers, start=1)}
        self.selected: Mapping[str, tuple[int, Offer]] = {
            offer.program_id: (rank, offer) for rank, offer in enumerate(selected, start=1)
        }
        self.stand_ins = {
            ended: contest.pick_successor(ended, contest.verdicts) for ended in contest.successors
        }

    def explain(self, program: Program) -> Explanation:
        state = self.contest.statuses[program.id]
        amount = find_amount(program, self.contest, self.on)
        rank, _ = self.selected.get(program.id, (None, None))
        return Explanation(
            program_id=program.id,
            standing=self._standing(program.id),
            rank=rank,
            place=self.places.get(program.id),
            verdict=verdict_of(program, self.contest.facts),
            status=state,
            status_source=None if state.source is None else self.kb.source_ref(state.source),
            criteria=tuple(self._view(criterion) for criterion in program.criteria),
            fit=self._fit(program),
            turning_facts=tuple(self._turning_facts(program)),
            replaces=tuple(n for n, target in self.stand_ins.items() if target == program.id),
            replaced_by=self.stand_ins.get(program.id),
            amount=amount,
            amount_state=self._amount_state(program, amount),
        )

    def _standing(self, name: str) -> Standing:
        if name in self.selected:
            _, offer = self.selected[name]
            return Standing.FALLBACK if offer.is_fallback else Standing.RECOMMENDED
        if self.contest.statuses[name].status is Status.ENDED:
            return Standing.ENDED
        if name not in self.contest.available:
            return Standing.NOT_THERE
        if self.contest.verdicts[name] is Verdict.INELIGIBLE:
            return Standing.INELIGIBLE
        if name not in self.places:
            return Standing.NO_NEED
        return Standing.DISPLACED if self.places[name] <= self.limit else Standing.LOWER

    def _view(self, criterion: Criterion) -> CriterionView:
        names = dict.fromkeys(item.fact for item in comparisons(criterion.condition))
        return CriterionView(
            criterion=criterion,
            truth=evaluate(criterion.condition, self.contest.facts),
            facts=tuple(self._known(name) for name in names),
        )

    def _known(self, key: str) -> KnownFact:
        situation = self.contest.situation
        return KnownFact(
            key=key,
            value=self.contest.facts.get(key),
            quote=self._words(key),
            is_told_unknown=key in situation.unknown and key not in self.contest.facts,
        )

    def _words(self, key: str) -> str:
        """Give the words that told a fact: its own, the concern's, or the place's."""
        situation = self.contest.situation
        if key in situation.facts:
            return situation.quotes.get(key, "")
        for statement in situation.concerns:
            concern = self.kb.concerns.get(statement.concern)
            if concern is not None and key in concern.implies:
                return statement.quote
        return situation.quotes.get(MUNICIPALITY, "") if key == PREFECTURE else ""

    def _fit(self, program: Program) -> FitView:
        contest = self.contest
        scope, needs = contest.scope, contest.needs
        form = fit_form(program, scope, self.kb)
        bare = replace(program, needs=replace(program.needs, concerns={}))
        served = fit_form(bare, scope, self.kb).at(needs)
        total = form.at(needs)
        offer = self.offers.get(program.id)
        ranked = total if offer is None else offer.fit
        lifting = () if offer is None or ranked == total else offer.replaces
        top = TOP_LEVEL * self.kb.level_scale
        return FitView(
            stated=form.constant / scope.scale,
            confirmed=(total - form.constant - served) / scope.scale,
            served=served / scope.scale,
            ranked=ranked / scope.scale,
            lifted_by=max(lifting, key=lambda name: contest.forms[name].at(needs), default=None),
            concerns=tuple(self._served_concerns(program)),
            dimensions=tuple(
                ServedDimension(dimension=name, weight=weight, need=needs[name] / top)
                for name in scope.dimensions
                if (weight := program.needs.dimensions.get(name, 0))
            ),
        )

    def _served_concerns(self, program: Program) -> Iterator[ServedConcern]:
        quotes = {s.concern: s.quote for s in reversed(self.contest.situation.concerns)}
        for name in self.contest.scope.concerns:
            weight = program.needs.concerns.get(name, 0)
            if weight:
                yield ServedConcern(concern=name, weight=weight, quote=quotes[name])

    def _turning_facts(self, program: Program) -> Iterator[TurningFact]:
        """Find the facts that alone would change the verdict, the best outcome of each."""
        now = verdict_of(program, self.contest.facts)
        criteria = (comparisons(criterion.condition) for criterion in program.criteria)
        for name in dict.fromkeys(item.fact for items in criteria for item in items):
            if name == PREFECTURE and MUNICIPALITY in self.contest.facts:
                continue
            found = {verdict_of(program, facts) for facts in self._answers(name)} - {now}
            if found:
                yield TurningFact(fact=name, verdict=min(found, key=_PREFERRED.index))

    def _answers(self, key: str) -> Iterator[Mapping[str, FactValue]]:
        """Give what would be known after each possible answer about one fact."""
        situation = self.contest.situation
        if key == MUNICIPALITY:
            situation = situation.without(PREFECTURE)
        for value in self.kb.domains.get(key, ()):
            yield known_facts(situation.with_fact(key, value), self.kb)

    def _amount_state(self, program: Program, amount: Amount | None) -> AmountState:
        if amount is not None:
            return AmountState.COMPUTED
        if program.amount is None:
            return AmountState.NONE_PUBLISHED
        if self.contest.statuses[program.id].status is not Status.OPEN:
            return AmountState.NOT_OPEN
        if PLANNED_COSTS not in self.contest.facts:
            return AmountState.COSTS_UNKNOWN
        return AmountState.NOT_COMPUTABLE


_PREFERRED = (Verdict.ELIGIBLE, Verdict.UNKNOWN, Verdict.INELIGIBLE)
