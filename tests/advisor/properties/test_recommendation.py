"""What is never recommended, and what always is."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from advisor.eligibility import Verdict, assess_facts, known_facts
from advisor.model import Side, Status
from advisor.recommendation import recommend
from advisor.situation import Situation
from advisor.status import status_on
from tests.advisor.properties.conftest import real_base, situations

FALLBACK = "yorozu"
other_sides = st.sampled_from([Side.INDIVIDUAL, Side.HUB_OPERATOR])
any_day = st.dates(date(2022, 1, 1), date(2028, 12, 31))


class TestRecommendations:
    @given(situation=situations(real_base()), on=any_day, limit=st.integers(1, 8))
    def test_none_is_ruled_out_by_what_is_known(
        self, situation: Situation, on: date, limit: int
    ) -> None:
        kb = real_base()

        items = recommend(situation, kb, on=on, limit=limit)

        known = known_facts(situation, kb)
        verdicts = [assess_facts(kb.programs[i.program_id], known).verdict for i in items]
        assert Verdict.INELIGIBLE not in verdicts
        assert not any(item.criteria_unmet for item in items)

    @given(
        situation=situations(real_base()),
        on=any_day,
        others=st.dictionaries(st.sampled_from(sorted(real_base().programs)), other_sides),
    )
    def test_each_is_for_companies_and_stands_once(
        self, situation: Situation, on: date, others: dict[str, Side]
    ) -> None:
        programs = dict(real_base().programs)
        for name, side in others.items():
            programs[name] = replace(programs[name], side=side)
        kb = replace(real_base(), programs=programs)

        names = [item.program_id for item in recommend(situation, kb, on=on, limit=8)]

        assert {kb.programs[name].side for name in names} <= {Side.COMPANY}
        assert len(names) == len(set(names))

    @given(situation=situations(real_base()), on=any_day)
    def test_an_ended_one_is_only_ever_replaced(self, situation: Situation, on: date) -> None:
        kb = real_base()

        items = recommend(situation, kb, on=on)

        now = {item.program_id: status_on(kb.programs[item.program_id], on=on) for item in items}
        assert Status.ENDED not in {state.status for state in now.values()}
        assert all(state.since is not None for state in now.values())
        replaced = [kb.programs[name] for item in items for name in item.replaces]
        assert all(status_on(program, on=on).status is Status.ENDED for program in replaced)

    @given(situation=situations(real_base()), on=any_day, limit=st.integers(1, 8))
    def test_one_costs_no_application_whenever_free_counsel_exists(
        self, situation: Situation, on: date, limit: int
    ) -> None:
        kb = real_base()

        items = recommend(situation, kb, on=on, limit=limit)

        counsel = status_on(kb.programs[FALLBACK], on=on)
        if counsel.since is not None and counsel.status is not Status.ENDED:
            assert any(kb.programs[item.program_id].no_application for item in items)

    @given(situation=situations(real_base()), on=any_day)
    def test_ranks_count_up_and_only_what_costs_no_application_may_fit_nothing(
        self, situation: Situation, on: date
    ) -> None:
        kb = real_base()

        items = recommend(situation, kb, on=on)

        assert [item.rank for item in items] == list(range(1, len(items) + 1))
        assert all(0 <= item.fit <= 1 for item in items)
        assert all(item.fit > 0 or kb.programs[item.program_id].no_application for item in items)
