"""The contest between programs: who is a candidate, in which order, and in whose place."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisor.eligibility import Verdict, known_facts, verdict_of
from advisor.evidence import Evidence, gather_evidence
from advisor.fit import Form, Scope, can_be_candidate, find_scope, fit_form
from advisor.knowledge import KnowledgeBase
from advisor.labels import FALLBACK_PROGRAM, HUB_PROGRAM, MUNICIPALITY, PREFECTURE, PROGRAMS
from advisor.logic import FactValue
from advisor.model import Program, Side, Status
from advisor.routing import Route, RouteKind, route
from advisor.situation import Situation
from advisor.status import StatusOn, status_on

_OFFERED = (Status.OPEN, Status.UNVERIFIED, Status.NOT_YET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A program at its place in the ranking."""

    program_id: str
    fit: int
    verdict: Verdict
    replaces: tuple[str, ...] = ()
    """Ended programs in whose place it stands."""
    is_fallback: bool = False
    """It is there because it costs no application, not for its rank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """Everything the ranking of one situation on one date rests on."""

    kb: KnowledgeBase
    situation: Situation
    scope: Scope
    evidence: Mapping[str, Evidence]
    facts: Mapping[str, FactValue]
    needs: Mapping[str, int]
    statuses: Mapping[str, StatusOn]
    available: tuple[str, ...]
    """Programs that can be offered, in the fixed order that breaks ties."""
    successors: Mapping[str, tuple[str, ...]]
    """For each ended program, what can be offered in its place, best first."""
    forms: Mapping[str, Form]
    """Forms of the programs that can be candidates."""
    fits: Mapping[str, int]
    """Values of the forms at the present needs."""
    verdicts: Mapping[str, Verdict]
    tie_order: Mapping[str, int]
    """Places of the available programs, by availability and then in the fixed order."""
    route: Route
    """Desk of the known place."""

    def tie_key(self, program_id: str, verdict: Verdict) -> tuple[int, int]:
        """Give what decides between equal fits: certainty, then availability, then a fixed order."""
        return (0 if verdict is Verdict.ELIGIBLE else 1, self.tie_order[program_id])

    def rank(self) -> list[Offer]:
        """Rank every offer, best first."""
        verdicts = self.verdicts
        fits = self._lent_fits(self.fits, verdicts)
        replaces: dict[str, list[str]] = {}
        for name, fit in self.fits.items():
            if name in self.successors and verdicts[name] is not Verdict.INELIGIBLE:
                target = self.pick_successor(name, verdicts)
                if target is not None and fit > 0:
                    replaces.setdefault(target, []).append(name)
        return [
            Offer(
                program_id=name,
                fit=fits[name],
                verdict=verdicts[name],
                replaces=tuple(replaces.get(name, ())),
            )
            for name in self._in_order(fits, verdicts)
        ]

    def rank_ids(self, fits: Mapping[str, int], verdicts: Mapping[str, Verdict]) -> list[str]:
        """Rank as ``rank`` does by other fits and verdicts, and give only the ids."""
        return self._in_order(self._lent_fits(fits, verdicts), verdicts)

    def fits_with(self, dimension: str, need: int) -> dict[str, int]:
        """Give the fits of all forms with the need of one dimension set."""
        change = need - self.needs[dimension]
        return {
            name: self.fits[name] + form.coefficients.get(dimension, 0) * change
            for name, form in self.forms.items()
        }

    def _in_order(self, fits: Mapping[str, int], verdicts: Mapping[str, Verdict]) -> list[str]:
        order = self.tie_order
        keys = sorted(
            (-fit, verdicts[name] is not Verdict.ELIGIBLE, order[name], name)
            for name, fit in fits.items()
        )
        return [key[3] for key in keys]

    def _lent_fits(
        self, fits: Mapping[str, int], verdicts: Mapping[str, Verdict]
    ) -> dict[str, int]:
        """Give the fit of everything that can be offered; an ended program lends its own."""
        lent: dict[str, int] = {}
        for name, fit in fits.items():
            if fit <= 0 or verdicts[name] is Verdict.INELIGIBLE:
                continue
            target: str | None = name
            if name in self.successors:
                target = self.pick_successor(name, verdicts)
            if target is not None:
                lent[target] = max(fit, lent.get(target, 0))
        return lent

    def pick_successor(self, ended: str, verdicts: Mapping[str, Verdict]) -> str | None:
        """Pick what stands in the place of an ended program."""
        for name in self.successors[ended]:
            if verdicts[name] is not Verdict.INELIGIBLE:
                return name
        return None

    def select(
        self, offers: list[Offer], limit: int, verdicts: Mapping[str, Verdict]
    ) -> list[Offer]:
        """Take the first offers, with at least one that costs no application among them.

        When none of the offers before the last place does, the last place goes to the fallback.
        The first rank is never displaced: with a limit of 1 the fallback is added to it.
        """
        head = offers[: head_size(limit)]
        fallback = self.pick_fallback(verdicts)
        if fallback is None or any(self.is_free(offer.program_id) for offer in head):
            return offers[:limit]
        ranked = next((o for o in offers if o.program_id == fallback), None)
        if ranked is not None and ranked in offers[:limit]:
            return [*head, ranked]
        extra = Offer(
            program_id=fallback,
            fit=0 if ranked is None else ranked.fit,
            verdict=verdicts[fallback],
            replaces=() if ranked is None else ranked.replaces,
            is_fallback=True,
        )
        return [*head, extra]

    def is_free(self, program_id: str) -> bool:
        """Tell whether a program costs no application."""
        return self.kb.programs[program_id].no_application

    def pick_fallback(self, verdicts: Mapping[str, Verdict]) -> str | None:
        """Pick the option without application: the hub in a hub's area, else free counsel."""
        options = [
            name
            for name in self.available
            if self.is_free(name) and verdicts[name] is not Verdict.INELIGIBLE
        ]
        is_in_hub_area = self.route.kind is RouteKind.HUB
        wanted = HUB_PROGRAM if is_in_hub_area else FALLBACK_PROGRAM
        if wanted in options:
            return wanted
        others = [name for name in options if name != HUB_PROGRAM]
        return next(iter(others), None)

    def verdicts_with(self, fact: str, value: FactValue) -> dict[str, Verdict]:
        """Give the verdicts of all programs in the contest with one fact set."""
        facts = {**self.facts, fact: value}
        touched = self.kb.programs_by_fact.get(fact, ())
        changed = {
            name: verdict_of(self.kb.programs[name], facts)
            for name in touched
            if name in self.verdicts
        }
        return {**self.verdicts, **changed}

    def select_ids(
        self, ranked: Sequence[str], limit: int, verdicts: Mapping[str, Verdict]
    ) -> frozenset[str]:
        """Take the same programs as ``select`` does."""
        head = ranked[: head_size(limit)]
        fallback = self.pick_fallback(verdicts)
        if fallback is None or any(self.is_free(name) for name in head):
            return frozenset(ranked[:limit])
        return frozenset((*head, fallback))


def head_size(limit: int) -> int:
    """Give how many places come before the one that the fallback may take."""
    return max(limit - 1, 1)


def open_contest(situation: Situation, kb: KnowledgeBase, *, on: dt.date) -> Contest:
    """Set up the contest of a situation on a date."""
    scope = find_scope(situation, kb)
    evidence = gather_evidence(situation, kb)
    facts = known_facts(situation, kb)
    programs = {p.id: p for p in _in_order(kb) if p.side is Side.COMPANY}
    statuses = {name: status_on(program, on=on) for name, program in programs.items()}
    available = tuple(name for name in programs if _can_be_offered(statuses[name]))
    successors = {
        name: _successors(name, kb, statuses)
        for name, state in statuses.items()
        if state.status is Status.ENDED
    }
    forms = {
        name: form
        for name, program in programs.items()
        if name in available or name in successors
        if can_be_candidate(form := fit_form(program, scope, kb), scope)
    }
    needs = {name: item.need(kb.level_scale) for name, item in evidence.items()}
    in_order = sorted(available, key=lambda name: _OFFERED.index(statuses[name].status))
    return Contest(
        kb=kb,
        situation=situation,
        scope=scope,
        evidence=evidence,
        facts=facts,
        needs=needs,
        statuses=statuses,
        available=available,
        successors=successors,
        forms=forms,
        fits={name: form.at(needs) for name, form in forms.items()},
        verdicts={name: verdict_of(programs[name], facts) for name in (*available, *successors)},
        tie_order={name: place for place, name in enumerate(in_order)},
        route=_route_by_facts(kb, facts),
    )


def _route_by_facts(kb: KnowledgeBase, facts: Mapping[str, FactValue]) -> Route:
    municipality, prefecture = facts.get(MUNICIPALITY), facts.get(PREFECTURE)
    return route(
        kb,
        municipality=municipality if isinstance(municipality, str) else None,
        prefecture=prefecture if isinstance(prefecture, str) else None,
    )


def _in_order(kb: KnowledgeBase) -> list[Program]:
    known = {name: index for index, name in enumerate(PROGRAMS)}
    return sorted(kb.programs.values(), key=lambda p: (known.get(p.id, len(known)), p.id))


def _can_be_offered(state: StatusOn) -> bool:
    """Tell whether a program may be offered: also one that is announced, but not an unknown one."""
    return state.status in _OFFERED and state.since is not None


def _successors(ended: str, kb: KnowledgeBase, statuses: Mapping[str, StatusOn]) -> tuple[str, ...]:
    """List what can stand in the place of an ended program: open ones first, through chains."""
    found: list[str] = []
    seen = {ended}
    waiting = list(kb.programs[ended].successors)
    while waiting:
        name = waiting.pop(0)
        if name in seen or name not in statuses:
            continue
        seen.add(name)
        if statuses[name].status is Status.ENDED:
            waiting = [*kb.programs[name].successors, *waiting]
        elif _can_be_offered(statuses[name]):
            found.append(name)
    return tuple(sorted(found, key=lambda n: _OFFERED.index(statuses[n].status)))
