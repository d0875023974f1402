"""The explanation: for every program, where it stands and what that rests on."""

from dataclasses import replace
from datetime import date

import pytest

from advisor.contest import open_contest
from advisor.eligibility import Verdict
from advisor.explanation import AmountState, Explanation, Standing, explain
from advisor.knowledge import KnowledgeBase
from advisor.logic import Truth
from advisor.model import Needs, Side, Status
from advisor.recommendation import recommend
from advisor.situation import Situation

NOW = date(2026, 11, 22)
SEED_DAY = date(2023, 6, 15)
PLACED = Situation().with_fact("municipality", "燕市", "燕です").with_fact("employees", 25)
NO_RIGHT_HAND = PLACED.with_concern("core_talent", "番頭がいない")
SURPLUS = PLACED.with_concern("surplus", "仕事が減った")


def of(program_id: str, situation: Situation, kb: KnowledgeBase, *, on: date = NOW) -> Explanation:
    """Explain one program."""
    return next(e for e in explain(situation, kb, on=on) if e.program_id == program_id)


class TestEveryProgram:
    def test_each_program_for_companies_is_explained_once(self, real: KnowledgeBase) -> None:
        found = [item.program_id for item in explain(NO_RIGHT_HAND, real, on=NOW)]

        companies = {p.id for p in real.programs.values() if p.side is Side.COMPANY}
        assert set(found) == companies
        assert len(found) == len(companies)

    def test_the_recommended_ones_come_first_in_their_order(self, real: KnowledgeBase) -> None:
        found = explain(NO_RIGHT_HAND, real, on=NOW)

        items = recommend(NO_RIGHT_HAND, real, on=NOW)
        assert [e.program_id for e in found[:3]] == [item.program_id for item in items]
        assert [e.rank for e in found[:4]] == [1, 2, 3, None]

    def test_the_ranked_ones_follow_by_place(self, real: KnowledgeBase) -> None:
        places = [e.place for e in explain(NO_RIGHT_HAND, real, on=NOW)[3:]]

        ranked = [place for place in places if place is not None]
        assert ranked == sorted(ranked)
        assert places[: len(ranked)] == ranked


class TestStanding:
    def test_a_program_of_the_first_places_is_recommended(self, real: KnowledgeBase) -> None:
        assert of("shin_geneki", NO_RIGHT_HAND, real).standing is Standing.RECOMMENDED

    def test_one_that_is_there_for_want_of_application_says_so(self, real: KnowledgeBase) -> None:
        found = of("hub", PLACED.with_concern("hiring"), real)

        assert found.standing is Standing.FALLBACK
        assert found.rank == 3

    def test_one_that_gave_its_place_to_it_says_so(self, real: KnowledgeBase) -> None:
        found = explain(PLACED.with_concern("hiring"), real, on=NOW)

        displaced = [e for e in found if e.standing is Standing.DISPLACED]
        assert [e.place for e in displaced] == [3]
        assert displaced[0].rank is None

    def test_one_that_fits_less_says_its_place(self, real: KnowledgeBase) -> None:
        lower = [e for e in explain(NO_RIGHT_HAND, real, on=NOW) if e.standing is Standing.LOWER]

        assert all(e.place is not None and e.place > 3 for e in lower)
        assert lower

    def test_an_unmet_criterion_keeps_one_out(self, real: KnowledgeBase) -> None:
        found = of("hub", PLACED.with_fact("municipality", "三条市"), real)

        assert found.standing is Standing.INELIGIBLE
        assert found.verdict is Verdict.INELIGIBLE

    def test_an_ended_one_says_so_even_if_its_criteria_hold(self, real: KnowledgeBase) -> None:
        situation = NO_RIGHT_HAND.with_fact("accepts_external_talent", value=True)

        found = of("side_job_b", situation, real)

        assert found.standing is Standing.ENDED
        assert found.verdict is Verdict.ELIGIBLE

    def test_before_its_first_published_state_one_is_not_there(self, real: KnowledgeBase) -> None:
        found = of("shin_geneki", NO_RIGHT_HAND, real, on=date(1990, 1, 1))

        assert found.standing is Standing.NOT_THERE
        assert found.status.since is None
        assert found.status_source is None

    def test_one_that_serves_nothing_stated_says_so(self, real: KnowledgeBase) -> None:
        assert of("dx_reskilling", SURPLUS, real).standing is Standing.NO_NEED


class TestStatus:
    def test_the_status_tells_note_and_source_of_the_date(self, real: KnowledgeBase) -> None:
        before = of("side_job_b", NO_RIGHT_HAND, real, on=SEED_DAY)
        after = of("side_job_b", NO_RIGHT_HAND, real, on=NOW)

        assert (before.status.status, after.status.status) == (Status.OPEN, Status.ENDED)
        assert after.status.note
        assert after.status_source is not None
        assert after.status_source.id == after.status.source


class TestCriteria:
    def test_a_met_criterion_shows_the_owners_words(self, real: KnowledgeBase) -> None:
        situation = NO_RIGHT_HAND.with_fact("accepts_external_talent", True, "副業でもいい")

        view = of("side_job_b", situation, real).criteria[0]

        assert view.truth is Truth.TRUE
        assert [(f.value, f.quote) for f in view.facts] == [(True, "副業でもいい")]

    def test_a_fact_that_a_trouble_implies_shows_the_words_of_the_trouble(
        self, real: KnowledgeBase
    ) -> None:
        facts = [f for view in of("jinzai_share", SURPLUS, real).criteria for f in view.facts]

        implied = next(f for f in facts if f.key == "workforce_surplus_now")
        assert (implied.value, implied.quote) == (True, "仕事が減った")

    def test_a_prefecture_that_follows_from_the_place_shows_the_words_of_the_place(
        self, real: KnowledgeBase
    ) -> None:
        facts = [f for view in of("hub", PLACED, real).criteria for f in view.facts]

        prefecture = next(f for f in facts if f.key == "prefecture")
        assert (prefecture.value, prefecture.quote) == ("新潟県", "燕です")

    def test_what_was_not_asked_differs_from_what_the_owner_does_not_know(
        self, real: KnowledgeBase
    ) -> None:
        told = NO_RIGHT_HAND.with_unknown("accepts_external_talent")

        asked = of("side_job_b", told, real).criteria[0]
        not_asked = of("side_job_b", NO_RIGHT_HAND, real).criteria[0]

        assert asked.truth is not_asked.truth is Truth.UNKNOWN
        assert [f.is_told_unknown for f in asked.facts] == [True]
        assert [f.is_told_unknown for f in not_asked.facts] == [False]

    def test_a_trouble_that_the_knowledge_no_longer_holds_is_passed_over(
        self, real: KnowledgeBase
    ) -> None:
        situation = Situation().with_concern("gone", "昔の言葉").with_concern("surplus", "今の言葉")

        facts = [f for view in of("jinzai_share", situation, real).criteria for f in view.facts]

        assert "今の言葉" in {f.quote for f in facts}


class TestFit:
    @pytest.mark.parametrize("situation", [NO_RIGHT_HAND, SURPLUS, PLACED], ids=["a", "b", "c"])
    def test_the_parts_add_up_to_the_fit_of_the_ranking(
        self, situation: Situation, real: KnowledgeBase
    ) -> None:
        situation = situation.with_level("F1.applicants", 0).with_level("F4.future_talk", 1)

        contest = open_contest(situation, real, on=NOW)
        for item in explain(situation, real, on=NOW):
            if item.program_id in contest.forms:
                own = contest.forms[item.program_id].at(contest.needs) / contest.scope.scale
                total = item.fit.stated + item.fit.confirmed + item.fit.served
                assert total == pytest.approx(own)

    def test_the_served_part_alone_remains_without_troubles(self, real: KnowledgeBase) -> None:
        fit = of("hub", PLACED.with_level("F4.future_talk", 0), real).fit

        assert fit.stated == fit.confirmed == 0
        assert fit.served > 0
        assert fit.concerns == ()
        assert len(fit.dimensions) == 8

    def test_the_weights_and_needs_behind_it_are_told(self, real: KnowledgeBase) -> None:
        situation = NO_RIGHT_HAND.with_level("F1.right_hand", 0).with_level("F1.applicants", 0)

        fit = of("shin_geneki", situation, real).fit

        program = real.programs["shin_geneki"]
        (concern,) = fit.concerns
        assert (concern.concern, concern.quote) == ("core_talent", "番頭がいない")
        assert concern.weight == program.needs.concerns["core_talent"]
        (dimension,) = fit.dimensions
        assert dimension.dimension == "F1"
        assert 0.75 < dimension.need < 1

    def test_one_that_stands_in_for_an_ended_one_carries_its_fit(self, real: KnowledgeBase) -> None:
        bare = replace(real.programs["pro_jinzai"], needs=Needs(concerns={}, dimensions={}))
        base = replace(real, programs={**real.programs, "pro_jinzai": bare})

        found = of("pro_jinzai", NO_RIGHT_HAND, base)

        assert found.fit.lifted_by == "side_job_b"
        assert found.fit.ranked > found.fit.stated + found.fit.confirmed + found.fit.served == 0


class TestTurningFacts:
    def test_an_open_verdict_names_the_fact_that_settles_it(self, real: KnowledgeBase) -> None:
        found = of("side_job_b", NO_RIGHT_HAND, real).turning_facts

        assert [(t.fact, t.verdict) for t in found] == [
            ("accepts_external_talent", Verdict.ELIGIBLE)
        ]

    def test_a_missed_one_names_the_fact_that_would_let_it_in(self, real: KnowledgeBase) -> None:
        situation = Situation().with_fact("municipality", "横浜市")
        situation = situation.with_fact("prefecture", "神奈川県")

        found = of("hub", situation, real).turning_facts

        assert [(t.fact, t.verdict) for t in found] == [("municipality", Verdict.ELIGIBLE)]

    def test_a_met_one_names_the_fact_that_would_rule_it_out(self, real: KnowledgeBase) -> None:
        found = of("hub", PLACED, real).turning_facts

        assert [(t.fact, t.verdict) for t in found] == [("municipality", Verdict.INELIGIBLE)]

    def test_one_without_criteria_hangs_on_no_fact(self, real: KnowledgeBase) -> None:
        assert of("yorozu", NO_RIGHT_HAND, real).turning_facts == ()


class TestReplacement:
    def test_an_ended_one_names_what_stands_in_its_place_and_back(
        self, real: KnowledgeBase
    ) -> None:
        ended = of("side_job_b", NO_RIGHT_HAND, real)

        assert ended.replaced_by == "pro_jinzai"
        assert "side_job_b" in of("pro_jinzai", NO_RIGHT_HAND, real).replaces

    def test_before_the_end_nothing_is_replaced(self, real: KnowledgeBase) -> None:
        assert of("side_job_b", NO_RIGHT_HAND, real, on=SEED_DAY).replaced_by is None
        assert of("pro_jinzai", NO_RIGHT_HAND, real, on=SEED_DAY).replaces == ()


class TestAmount:
    def test_an_amount_is_computed_from_costs_and_people(self, real: KnowledgeBase) -> None:
        situation = NO_RIGHT_HAND.with_fact("planned_costs_yen", 1_500_000)

        found = of("side_job_b", situation.with_fact("people_taken_in", 2), real, on=SEED_DAY)

        assert found.amount_state is AmountState.COMPUTED
        assert found.amount is not None
        assert found.amount.yen == 750_000

    def test_without_costs_the_reason_is_told(self, real: KnowledgeBase) -> None:
        found = of("side_job_b", NO_RIGHT_HAND, real, on=SEED_DAY)

        assert found.amount_state is AmountState.COSTS_UNKNOWN

    def test_an_ended_one_has_no_amount(self, real: KnowledgeBase) -> None:
        situation = NO_RIGHT_HAND.with_fact("planned_costs_yen", 1_500_000)

        assert of("side_job_b", situation, real).amount_state is AmountState.NOT_OPEN

    def test_one_that_publishes_none_says_so(self, real: KnowledgeBase) -> None:
        assert of("yorozu", NO_RIGHT_HAND, real).amount_state is AmountState.NONE_PUBLISHED

    def test_a_rate_without_a_value_for_the_day_computes_nothing(self, real: KnowledgeBase) -> None:
        share = replace(real.parameters["side_job_b_share"], values=())
        base = replace(real, parameters={**real.parameters, "side_job_b_share": share})
        situation = NO_RIGHT_HAND.with_fact("planned_costs_yen", 1_500_000)

        found = of("side_job_b", situation, base, on=SEED_DAY)

        assert found.amount_state is AmountState.NOT_COMPUTABLE
        assert found.amount is None


class TestWording:
    @pytest.mark.parametrize(
        ("prefix", "value"),
        [
            *(("standing", value) for value in Standing),
            *(("amount", value) for value in AmountState),
            *(("criterion", value.value) for value in Truth),
            *(("turning", value) for value in Verdict),
        ],
    )
    def test_there_are_words_for_every_outcome(
        self, real: KnowledgeBase, prefix: str, value: str
    ) -> None:
        assert f"terminal.{prefix}_{value}" in real.texts
