"""Knowing more never takes back what was known: unknown is not no, and no stays no."""

from hypothesis import given
from hypothesis import strategies as st

from advisor.eligibility import Verdict, assess_facts
from advisor.logic import FactValue, Truth, comparisons, evaluate
from tests.advisor.properties.conftest import fact_values, facts, real_base

Facts = dict[str, FactValue]
anything = st.one_of(st.booleans(), st.integers(), st.text(max_size=5))
more_facts = st.sampled_from(sorted(fact_values(real_base()))).flatmap(
    lambda key: st.tuples(
        st.just(key), st.one_of(st.sampled_from(fact_values(real_base())[key]), anything)
    )
)


class TestOneMoreFact:
    @given(known=facts(real_base()), more=more_facts)
    def test_no_decided_criterion_changes(self, known: Facts, more: tuple[str, FactValue]) -> None:
        after = {more[0]: more[1], **known}

        for program in real_base().programs.values():
            for criterion in program.criteria:
                before = evaluate(criterion.condition, known)
                if before is not Truth.UNKNOWN:
                    assert evaluate(criterion.condition, after) is before

    @given(known=facts(real_base()), more=more_facts)
    def test_a_fact_that_a_criterion_does_not_name_changes_nothing_in_it(
        self, known: Facts, more: tuple[str, FactValue]
    ) -> None:
        after = {**known, more[0]: more[1]}

        for program in real_base().programs.values():
            for criterion in program.criteria:
                if more[0] not in {c.fact for c in comparisons(criterion.condition)}:
                    before = evaluate(criterion.condition, known)
                    assert evaluate(criterion.condition, after) is before

    @given(known=facts(real_base()), more=more_facts)
    def test_what_is_ruled_out_stays_so_unless_a_known_fact_is_changed(
        self, known: Facts, more: tuple[str, FactValue]
    ) -> None:
        after = {more[0]: more[1], **known}

        for program in real_base().programs.values():
            if assess_facts(program, known).verdict is Verdict.INELIGIBLE:
                assert assess_facts(program, after).verdict is Verdict.INELIGIBLE


class TestUnknown:
    @given(known=facts(real_base()))
    def test_every_criterion_is_met_or_not_met_or_unknown(self, known: Facts) -> None:
        for program in real_base().programs.values():
            found = assess_facts(program, known)

            parts = (*found.met, *found.unmet, *found.unknown)
            assert sorted(c.id for c in parts) == sorted(c.id for c in program.criteria)

    @given(known=facts(real_base()))
    def test_a_criterion_of_which_nothing_is_known_is_unknown(self, known: Facts) -> None:
        for program in real_base().programs.values():
            found = assess_facts(program, known)

            for criterion in program.criteria:
                if not known.keys() & {c.fact for c in comparisons(criterion.condition)}:
                    assert criterion in found.unknown

    @given(known=facts(real_base()), rest=facts(real_base()))
    def test_what_is_not_met_is_so_whatever_else_becomes_known(
        self, known: Facts, rest: Facts
    ) -> None:
        for program in real_base().programs.values():
            unmet = assess_facts(program, known).unmet

            assert set(unmet) <= set(assess_facts(program, {**rest, **known}).unmet)

    @given(known=facts(real_base()))
    def test_the_facts_to_ask_for_are_those_that_are_missing(self, known: Facts) -> None:
        for program in real_base().programs.values():
            found = assess_facts(program, known)

            assert not known.keys() & set(found.unknown_facts)
            assert bool(found.unknown_facts) == bool(found.unknown)
