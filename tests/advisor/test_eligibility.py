"""Eligibility: unknown is not no."""

from dataclasses import replace

import pytest

from advisor.eligibility import (
    Verdict,
    assess,
    known_facts,
    possible_verdicts,
    single_deciding_fact,
)
from advisor.knowledge import KnowledgeBase
from advisor.logic import AllOf, AnyOf, Comparison, Operator
from advisor.model import Criterion, Program
from advisor.situation import Situation


def with_conditions(program: Program, *facts: tuple[str, ...]) -> Program:
    """A program with one criterion a tuple, which asks that any of its facts is true."""

    criteria = tuple(
        Criterion(
            id=f"c{index}",
            text="…",
            condition=AnyOf(
                parts=tuple(Comparison(fact=f, op=Operator.EQ, value=True) for f in names)
            ),
            source="seed",
        )
        for index, names in enumerate(facts)
    )
    return replace(program, criteria=criteria)


class TestAssess:
    @pytest.mark.parametrize(
        ("employees", "verdict"),
        [(19, Verdict.ELIGIBLE), (20, Verdict.ELIGIBLE), (21, Verdict.INELIGIBLE)],
    )
    def test_a_threshold_below_at_and_above(
        self, small: KnowledgeBase, employees: int, verdict: Verdict
    ) -> None:
        situation = Situation().with_fact("employees", employees)

        assert assess(small.programs["workshop"], situation).verdict is verdict

    def test_an_absent_fact_leaves_it_open_and_is_named(self, small: KnowledgeBase) -> None:
        found = assess(small.programs["workshop"], Situation())

        assert found.verdict is Verdict.UNKNOWN
        assert found.unknown_facts == ("employees",)
        assert [criterion.id for criterion in found.unknown] == ["employees"]

    def test_one_unmet_criterion_decides(self, small: KnowledgeBase) -> None:
        program = with_conditions(small.programs["seminar"], ("a",), ("b",), ("c",))

        found = assess(program, Situation().with_fact("a", True).with_fact("b", False))

        assert found.verdict is Verdict.INELIGIBLE
        assert [c.id for c in found.met] == ["c0"]
        assert [c.id for c in found.unmet] == ["c1"]
        assert [c.id for c in found.unknown] == ["c2"]

    def test_without_criteria_everybody_is_eligible(self, small: KnowledgeBase) -> None:
        assert assess(small.programs["yorozu"], Situation()).verdict is Verdict.ELIGIBLE


class TestKnownFacts:
    def test_a_clear_place_gets_its_name_and_prefecture(self, small: KnowledgeBase) -> None:
        facts = known_facts(Situation().with_fact("municipality", "燕"), small)

        assert facts == {"municipality": "燕市", "prefecture": "新潟県"}

    def test_an_ambiguous_place_stays_as_it_was_said(self, small: KnowledgeBase) -> None:
        facts = known_facts(Situation().with_fact("municipality", "昭和"), small)

        assert facts == {"municipality": "昭和"}

    def test_the_stated_prefecture_decides_between_two_places(self, small: KnowledgeBase) -> None:
        situation = Situation().with_fact("municipality", "昭和").with_fact("prefecture", "山梨県")

        assert known_facts(situation, small)["municipality"] == "昭和町"

    def test_a_concern_tells_what_it_implies(self, small: KnowledgeBase) -> None:
        situation = Situation().with_concern("surplus").with_concern("hiring")

        assert known_facts(situation, small) == {"workforce_surplus_now": True}

    def test_the_owners_own_answer_stands_above_what_is_implied(self, small: KnowledgeBase) -> None:
        stated = Situation().with_concern("surplus").with_concern("no_such_concern")

        denied = known_facts(stated.with_fact("workforce_surplus_now", False), small)
        open_again = known_facts(stated.with_unknown("workforce_surplus_now"), small)

        assert denied == {"workforce_surplus_now": False}
        assert open_again == {}


class TestPossibleVerdicts:
    def test_a_decided_verdict_stays(self, small: KnowledgeBase) -> None:
        program = small.programs["workshop"]

        assert possible_verdicts(program, {"employees": 25}, {"employees"}, small) == {
            Verdict.INELIGIBLE
        }

    def test_an_askable_fact_opens_every_verdict(self, small: KnowledgeBase) -> None:
        found = possible_verdicts(small.programs["workshop"], {}, {"employees"}, small)

        assert found == set(Verdict)

    def test_a_fact_that_cannot_be_asked_leaves_it_unknown(self, small: KnowledgeBase) -> None:
        found = possible_verdicts(small.programs["workshop"], {}, set(), small)

        assert found == {Verdict.UNKNOWN}

    def test_an_alternative_that_cannot_be_asked_keeps_the_door_open(
        self, small: KnowledgeBase
    ) -> None:
        names = ("workforce_surplus_now", "accepts_external_talent")
        program = with_conditions(small.programs["seminar"], names)

        found = possible_verdicts(program, {}, {"workforce_surplus_now"}, small)

        assert found == {Verdict.UNKNOWN, Verdict.ELIGIBLE}

    def test_too_many_combinations_count_as_all_possible(self, small: KnowledgeBase) -> None:

        facts = [f"fact{number}" for number in range(10)]
        program = with_conditions(small.programs["seminar"], *((name,) for name in facts))
        wide = replace(small, domains=dict.fromkeys(facts, (False, True)))

        assert possible_verdicts(program, {}, set(facts), wide) == set(Verdict)


class TestSingleDecidingFact:
    def test_the_only_open_fact_decides_alone(self, small: KnowledgeBase) -> None:
        assert single_deciding_fact(small.programs["workshop"], {}, small) == "employees"

    def test_nothing_decides_a_settled_verdict(self, small: KnowledgeBase) -> None:
        assert single_deciding_fact(small.programs["workshop"], {"employees": 3}, small) is None

    def test_a_fact_that_can_rule_out_is_named_when_none_can_make_possible(
        self, small: KnowledgeBase
    ) -> None:
        names = (("workforce_surplus_now",), ("accepts_external_talent",))
        program = with_conditions(small.programs["seminar"], *names)

        assert single_deciding_fact(program, {}, small) == "workforce_surplus_now"

    def test_a_fact_that_can_make_possible_goes_first(self, small: KnowledgeBase) -> None:
        first = Comparison(fact="employees", op=Operator.EQ, value="many")
        either = AnyOf(
            parts=(
                AllOf(
                    parts=(
                        Comparison(fact="workforce_surplus_now", op=Operator.EQ, value=True),
                        first,
                    )
                ),
                Comparison(fact="accepts_external_talent", op=Operator.EQ, value=True),
            )
        )

        criterion = Criterion(id="c", text="…", condition=either, source="seed")
        program = replace(small.programs["seminar"], criteria=(criterion,))

        assert single_deciding_fact(program, {}, small) == "accepts_external_talent"
