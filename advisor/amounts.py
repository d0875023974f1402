"""Amounts of subsidies, computed exactly and rounded down once, at the end."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from advisor.errors import AmountError
from advisor.knowledge import KnowledgeBase
from advisor.model import AmountRule, Level, Program, SourceRef, Tax


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Result of a computation, with the sum as an owner is shown it."""

    yen: int
    working: str
    sources: tuple[SourceRef, ...]


class _Rates:
    """Reads the parameters of one rule on one date, refusing what may not be told."""

    def __init__(self, kb: KnowledgeBase, on: dt.date) -> None:
        self.kb = kb
        self.on = on
        self.used: list[str] = []

    def get(self, parameter_id: str) -> Fraction:
        value = self.kb.parameter(parameter_id, on=self.on)
        source = self.kb.sources[value.source]
        if source.level is not Level.A:
            raise AmountError(
                f"{parameter_id} rests on '{source.id}' of level {source.level}; "
                "an amount is told only from a source of level A"
            )
        if source.verify_by < self.on:
            raise AmountError(
                f"{parameter_id} rests on '{source.id}', to be checked again since "
                f"{source.verify_by}; check it and set verify_by"
            )
        if value.source not in self.used:
            self.used.append(value.source)
        return value.value

    def find(self, parameter_id: str | None) -> Fraction | None:
        return None if parameter_id is None else self.get(parameter_id)


def subsidy(
    program: Program,
    kb: KnowledgeBase,
    *,
    costs_yen: Sequence[int],
    on: dt.date,
    people: int | None = None,
    frame: str | None = None,
) -> Amount:
    """Compute the subsidy that a company would get for its costs.

    Args:
        program: The program.
        kb: The knowledge base.
        costs_yen: Costs in yen. Where a cap per person is published, one entry for each person
            taken in, or a single sum together with ``people``.
        on: Date whose published rules apply.
        people: Number of people behind a single sum.
        frame: Which of several rates; the program's ordinary one if not given.

    Returns:
        Whole yen, rounded down after the caps, with the sum shown.

    Raises:
        AmountError: No amount is published, the inputs do not fit, or the evidence is too weak.
        ParameterNotFoundError: Nothing is published for the date.
    """
    rule = program.amount
    if rule is None:
        raise AmountError(f"{program.id}: no amount is published, so none can be computed")
    _check_inputs(program, costs_yen, people)
    rates = _Rates(kb, on)
    share_id, project_cap_id = _pick_frame(program, rule, frame)
    share = rates.get(share_id)
    person_cap = rates.find(rule.cap_per_person)
    lines: list[str] = []
    if person_cap is None:
        total = _share_of(sum(costs_yen), share, kb, lines)
    elif people is None:
        parts = [_share_of(cost, share, kb, lines) for cost in costs_yen]
        total = sum((_capped(part, person_cap, "person", kb, lines) for part in parts), Fraction(0))
    else:
        total = _share_of(sum(costs_yen), share, kb, lines)
        total = _capped(total, person_cap * people, "people", kb, lines, people=people)
    total = _capped(total, rates.find(rule.cap_per_company), "company", kb, lines)
    total = _capped(total, rates.find(project_cap_id), "project", kb, lines)
    yen = floor(total)
    lines.append(kb.wording("amount.total", yen=_shown(Fraction(yen))))
    if rule.tax is Tax.EXCLUDED:
        lines.append(kb.wording("amount.tax_excluded"))
    return Amount(
        yen=yen,
        working=kb.wording("amount.joiner").join(lines),
        sources=tuple(kb.source_ref(name) for name in rates.used),
    )


def _check_inputs(program: Program, costs_yen: Sequence[int], people: int | None) -> None:
    if not costs_yen:
        raise AmountError(f"{program.id}: costs_yen must hold at least one sum")
    if any(cost < 0 for cost in costs_yen):
        raise AmountError(f"{program.id}: costs_yen must not be negative, found {list(costs_yen)}")
    if people is not None and people < 1:
        raise AmountError(f"{program.id}: people must be at least 1, found {people}")
    if people is not None and len(costs_yen) not in (1, people):
        raise AmountError(
            f"{program.id}: give one sum for all {people} people or one for each, "
            f"found {len(costs_yen)} sums"
        )


def _pick_frame(program: Program, rule: AmountRule, frame: str | None) -> tuple[str, str | None]:
    if frame is None:
        chosen = None if rule.share is not None else next(iter(rule.frames.values()))
    elif frame in rule.frames:
        chosen = rule.frames[frame]
    else:
        known = ", ".join(rule.frames) or "none"
        raise AmountError(f"{program.id}: unknown frame '{frame}'. Known: {known}.")
    if chosen is None:
        return str(rule.share), rule.cap_per_project
    return chosen.share, chosen.cap_per_project or rule.cap_per_project


def _share_of(cost: int, share: Fraction, kb: KnowledgeBase, lines: list[str]) -> Fraction:
    part = cost * share
    values = {"cost": _shown(Fraction(cost)), "share": str(share), "part": _shown(part)}
    lines.append(kb.wording("amount.share", **values))
    return part


def _capped(
    amount: Fraction,
    cap: Fraction | None,
    kind: str,
    kb: KnowledgeBase,
    lines: list[str],
    *,
    people: int = 1,
) -> Fraction:
    if cap is None or amount <= cap:
        return amount
    lines.append(kb.wording(f"amount.cap_{kind}", cap=_shown(cap), people=people))
    return cap


def _shown(amount: Fraction) -> str:
    """Give yen with separators, rounded down to the yen."""
    return f"{floor(amount):,}"
