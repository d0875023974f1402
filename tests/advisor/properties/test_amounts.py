"""Subsidies: never above a cap or the published share, and rounded down once, at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.amounts import Amount, subsidy
from advisor.errors import ParameterNotFoundError
from advisor.model import Parameter
from tests.advisor.properties.conftest import real_base


@dataclass(frozen=True)
class Rule:
    """The published rule of one program, as the tests read it from the parameters."""

    program: str
    frame: str | None
    share: str
    person_cap: str | None
    cap: str
    """For the company or the project."""

    def parameter(self, name: str) -> Parameter:
        return real_base().parameters[name]

    def value(self, name: str) -> Fraction:
        (only,) = self.parameter(name).values
        return only.value

    @property
    def window(self) -> tuple[date, date]:
        (only,) = self.parameter(self.share).values
        assert only.until is not None
        return only.since, only.until

    def exact(self, costs: Sequence[int], people: int | None = None) -> Fraction:
        """Compute without any rounding."""
        total = sum((cost * self.value(self.share) for cost in costs), Fraction(0))
        if self.person_cap is not None:
            cap = self.value(self.person_cap)
            if people is None:
                parts = (min(cost * self.value(self.share), cap) for cost in costs)
                total = sum(parts, Fraction(0))
            else:
                total = min(total, cap * people)
        return min(total, self.value(self.cap))

    def compute(self, costs: Sequence[int], on: date, people: int | None = None) -> Amount:
        program = real_base().programs[self.program]
        return subsidy(
            program, real_base(), costs_yen=costs, on=on, people=people, frame=self.frame
        )


SIDE_JOB_A = Rule("side_job_a", None, "side_job_a_share", None, "side_job_a_cap_per_company")
SIDE_JOB_B = Rule(
    "side_job_b",
    None,
    "side_job_b_share",
    "side_job_b_cap_per_person",
    "side_job_b_cap_per_company",
)
REGULAR = Rule("joint_course", "regular", "joint_course_share_regular", None, "joint_course_cap")
TREATMENT = Rule(
    "joint_course", "treatment", "joint_course_share_treatment", None, "joint_course_cap"
)

rules = st.sampled_from([SIDE_JOB_A, SIDE_JOB_B, REGULAR, TREATMENT])
rules_with_days = rules.flatmap(
    lambda rule: st.tuples(st.just(rule), st.dates(rule.window[0], rule.window[1]))
)
amounts_of_money = st.one_of(st.integers(0, 10_000_000), st.integers(0, 10**12))
costs_lists = st.lists(amounts_of_money, min_size=1, max_size=8)


class TestBounds:
    @given(case=rules_with_days, costs=costs_lists)
    def test_never_above_share_or_cap(self, case: tuple[Rule, date], costs: list[int]) -> None:
        rule, on = case

        yen = rule.compute(costs, on).yen

        assert 0 <= yen <= rule.value(rule.cap)
        assert yen <= sum(costs) * rule.value(rule.share)
        if rule.person_cap is not None:
            assert yen <= len(costs) * rule.value(rule.person_cap)

    @given(case=rules_with_days, costs=costs_lists)
    def test_rounded_down_once(self, case: tuple[Rule, date], costs: list[int]) -> None:
        rule, on = case

        assert rule.compute(costs, on).yen == floor(rule.exact(costs))

    @given(cost=amounts_of_money, people=st.integers(1, 20))
    def test_a_single_sum_is_capped_for_all_people_together(self, cost: int, people: int) -> None:
        on = SIDE_JOB_B.window[0]

        yen = SIDE_JOB_B.compute([cost], on, people).yen

        assert yen == floor(SIDE_JOB_B.exact([cost], people))
        assert yen <= people * SIDE_JOB_B.value("side_job_b_cap_per_person")

    @given(costs=costs_lists)
    def test_costs_of_each_person_are_capped_one_by_one_before_they_are_added(
        self, costs: list[int]
    ) -> None:
        on = SIDE_JOB_B.window[0]
        parts = [SIDE_JOB_B.exact([cost]) for cost in costs]

        together = SIDE_JOB_B.compute(costs, on).yen

        assert together == floor(min(sum(parts), SIDE_JOB_B.value("side_job_b_cap_per_company")))


class TestMonotony:
    @given(case=rules_with_days, costs=costs_lists, more=amounts_of_money, at=st.integers(0, 7))
    def test_higher_costs_never_give_less(
        self, case: tuple[Rule, date], costs: list[int], more: int, at: int
    ) -> None:
        rule, on = case
        higher = list(costs)
        higher[at % len(costs)] += more

        assert rule.compute(higher, on).yen >= rule.compute(costs, on).yen

    @given(costs=costs_lists, cost=amounts_of_money)
    def test_one_more_person_never_gives_less(self, costs: list[int], cost: int) -> None:
        on = SIDE_JOB_B.window[0]

        assert SIDE_JOB_B.compute([*costs, cost], on).yen >= SIDE_JOB_B.compute(costs, on).yen

    @given(cost=amounts_of_money, people=st.integers(1, 20))
    def test_one_more_person_behind_a_sum_never_gives_less(self, cost: int, people: int) -> None:
        on = SIDE_JOB_B.window[0]

        fewer = SIDE_JOB_B.compute([cost], on, people).yen

        assert SIDE_JOB_B.compute([cost], on, people + 1).yen >= fewer


class TestWorking:
    @given(case=rules_with_days, costs=costs_lists)
    def test_it_ends_with_the_result(self, case: tuple[Rule, date], costs: list[int]) -> None:
        rule, on = case
        kb = real_base()

        amount = rule.compute(costs, on)

        tail = [kb.wording("amount.total", yen=f"{amount.yen:,}")]
        if rule.program == "joint_course":
            tail.append(kb.wording("amount.tax_excluded"))
        assert amount.working.endswith(kb.wording("amount.joiner").join(tail))
        assert amount.sources

    @given(case=rules_with_days, costs=costs_lists)
    def test_a_cap_is_named_exactly_when_it_cuts(
        self, case: tuple[Rule, date], costs: list[int]
    ) -> None:
        rule, on = case
        cap = rule.value(rule.cap)
        parts = [cost * rule.value(rule.share) for cost in costs]
        if rule.person_cap is not None:
            parts = [min(part, rule.value(rule.person_cap)) for part in parts]

        working = rule.compute(costs, on).working

        kind = "project" if rule.program == "joint_course" else "company"
        line = real_base().wording(f"amount.cap_{kind}", cap=f"{floor(cap):,}", people=1)
        assert (line in working) == (sum(parts) > cap)


class TestDates:
    @given(rule=rules, distance=st.integers(1, 3000), is_before=st.booleans())
    def test_outside_the_published_period_there_is_no_amount(
        self, rule: Rule, distance: int, is_before: bool
    ) -> None:
        since, until = rule.window
        days = timedelta(days=distance)

        with pytest.raises(ParameterNotFoundError):
            rule.compute([1_000_000], since - days if is_before else until + days)

    @pytest.mark.parametrize("rule", [SIDE_JOB_A, SIDE_JOB_B, REGULAR, TREATMENT])
    def test_first_and_last_day_are_inside(self, rule: Rule) -> None:
        since, until = rule.window

        assert rule.compute([600_000], since) == rule.compute([600_000], until)
