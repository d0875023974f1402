"""Recommendation: who is offered, in which order, and what is said about it."""

from dataclasses import replace
from datetime import date

import pytest

from advisor.knowledge import KnowledgeBase
from advisor.model import Side, State, Status
from advisor.recommendation import Recommendation, recommend
from advisor.situation import Situation

NOW = date(2026, 11, 22)
SEED_DAY = date(2023, 6, 15)
PLACED = Situation().with_fact("municipality", "燕市").with_fact("employees", 25)
ELSEWHERE = Situation().with_fact("municipality", "三条市")


def ids(items: tuple[Recommendation, ...]) -> list[str]:
    return [item.program_id for item in items]


def by_id(items: tuple[Recommendation, ...], program_id: str) -> Recommendation:
    return next(item for item in items if item.program_id == program_id)


class TestRanking:
    def test_ranks_count_from_one_by_falling_fit(self, small: KnowledgeBase) -> None:
        items = recommend(PLACED.with_concern("engagement"), small, on=SEED_DAY)

        assert [item.rank for item in items] == [1, 2, 3]
        assert items[0].program_id == "hub"
        assert [item.fit for item in items] == sorted((i.fit for i in items), reverse=True)
        assert all(0 <= item.fit <= 1 for item in items)

    def test_answers_move_the_ranking(self, small: KnowledgeBase) -> None:
        stated = PLACED.with_concern("hiring").with_concern("engagement")
        stated = stated.with_fact("hires_midcareer_or_ice_age", True)
        stays = stated.with_level("F4.future_talk", 4).with_level("F4.leaving_reason", 4)
        leaves = stated.with_level("F4.future_talk", 0).with_level("F4.leaving_reason", 0)

        fit_if_people_stay = by_id(recommend(stays, small, on=NOW), "hub").fit
        fit_if_people_leave = by_id(recommend(leaves, small, on=NOW), "hub").fit

        assert fit_if_people_leave > fit_if_people_stay

    def test_a_program_that_serves_no_stated_concern_is_not_recommended(
        self, small: KnowledgeBase
    ) -> None:
        items = recommend(ELSEWHERE.with_concern("surplus"), small, on=NOW, limit=9)

        assert ids(items) == ["jinzai_share", "yorozu"]

    def test_the_full_profile_lets_weak_dimensions_speak(self, small: KnowledgeBase) -> None:
        situation = ELSEWHERE.with_concern("surplus").with_fact("full_profile", True)
        situation = situation.with_level("F4.future_talk", 0)

        items = recommend(situation, small, on=NOW, limit=9)

        assert "workshop" in ids(items)

    def test_without_concerns_shown_needs_decide(self, small: KnowledgeBase) -> None:
        items = recommend(ELSEWHERE.with_level("F4.future_talk", 0), small, on=NOW)

        assert ids(items)[0] == "workshop"
        assert "働く人が先を描けず" in items[0].reason

    def test_of_equal_fits_the_certain_one_comes_first(self, small: KnowledgeBase) -> None:
        twin = replace(small.programs["joint_fair"], id="zz_twin", criteria=())
        base = replace(small, programs={**small.programs, "zz_twin": twin})

        items = recommend(ELSEWHERE.with_concern("hiring"), base, on=NOW)

        assert ids(items)[:2] == ["zz_twin", "joint_fair"]

    def test_of_equal_fits_and_certainty_the_open_one_comes_first(
        self, small: KnowledgeBase
    ) -> None:
        state = State(
            since=date(2020, 1, 1),
            status=Status.UNVERIFIED,
            verify_by=None,
            note=None,
            source="seed",
        )
        unverified = replace(small.programs["joint_fair"], states=(state,))
        twin = replace(small.programs["joint_fair"], id="zz_twin")
        programs = {**small.programs, "joint_fair": unverified, "zz_twin": twin}

        items = recommend(
            ELSEWHERE.with_concern("hiring"), replace(small, programs=programs), on=NOW
        )

        assert ids(items)[:2] == ["zz_twin", "joint_fair"]


class TestEligibility:
    def test_an_ineligible_program_is_never_offered(self, small: KnowledgeBase) -> None:
        situation = ELSEWHERE.with_concern("hiring").with_fact("hires_midcareer_or_ice_age", False)

        items = recommend(situation, small, on=SEED_DAY, limit=9)

        assert not {"joint_fair", "seminar"} & set(ids(items))

    def test_an_unknown_one_is_offered_with_the_unknown_named(self, small: KnowledgeBase) -> None:
        item = recommend(ELSEWHERE.with_concern("hiring"), small, on=SEED_DAY)[0]

        assert item.program_id == "joint_fair"
        assert item.unknown == ("hires_midcareer_or_ice_age",)
        assert item.one_fact == "hires_midcareer_or_ice_age"
        assert [c.id for c in item.criteria_unknown] == ["hires_midcareer_or_ice_age"]
        assert "中途の方なども採りたいこと" in item.reason

    def test_a_measure_for_individuals_is_never_offered(self, small: KnowledgeBase) -> None:
        assert small.programs["career_up"].side is Side.INDIVIDUAL
        for concern in small.concerns:
            items = recommend(PLACED.with_concern(concern), small, on=NOW, limit=20)

            assert "career_up" not in ids(items)

    def test_a_program_before_its_first_state_is_not_offered(self, small: KnowledgeBase) -> None:
        situation = ELSEWHERE.with_concern("core_talent").with_fact("accepts_external_talent", True)

        items = recommend(situation, small, on=SEED_DAY, limit=9)

        assert "pro_jinzai" not in ids(items)

    def test_an_announced_program_may_be_offered(self, small: KnowledgeBase) -> None:
        state = replace(small.programs["joint_fair"].states[0], status=Status.NOT_YET)
        announced = replace(small.programs["joint_fair"], states=(state,))
        base = replace(small, programs={**small.programs, "joint_fair": announced})

        items = recommend(ELSEWHERE.with_concern("hiring"), base, on=NOW)

        assert by_id(items, "joint_fair").status is Status.NOT_YET


class TestEndedPrograms:
    situation = ELSEWHERE.with_concern("core_talent", "右腕がいない").with_fact(
        "accepts_external_talent", True
    )

    def test_the_original_stands_while_it_is_open(self, small: KnowledgeBase) -> None:
        item = by_id(recommend(self.situation, small, on=SEED_DAY), "side_job_b")

        assert item.status is Status.OPEN
        assert item.replaces == ()

    def test_an_ended_one_is_replaced_at_its_rank_by_its_successor(
        self, small: KnowledgeBase
    ) -> None:
        before = by_id(recommend(self.situation, small, on=SEED_DAY), "side_job_b")

        items = recommend(self.situation, small, on=NOW)

        assert "side_job_b" not in ids(items)
        item = by_id(items, "pro_jinzai")
        assert item.rank == before.rank
        assert item.fit == before.fit
        assert item.replaces == ("side_job_b",)
        assert "副業・兼業支援補助金 類型B" in item.reason
        assert "終了" in item.reason

    def test_an_end_known_only_from_hearsay_is_worded_with_care(self, small: KnowledgeBase) -> None:
        program = small.programs["side_job_b"]
        hearsay = replace(program.states[1], source="hearsay")
        ended = replace(program, states=(program.states[0], hearsay))
        base = replace(small, programs={**small.programs, "side_job_b": ended})

        item = by_id(recommend(self.situation, base, on=NOW), "pro_jinzai")

        assert "要確認" in item.reason

    def test_an_ended_one_the_company_could_not_use_lifts_nothing(
        self, small: KnowledgeBase
    ) -> None:
        situation = self.situation.with_fact("accepts_external_talent", False)

        items = recommend(situation, small, on=NOW, limit=9)

        assert not any(item.replaces for item in items)

    def test_successors_are_followed_through_a_chain(self, small: KnowledgeBase) -> None:
        ended = replace(
            small.programs["pro_jinzai"],
            states=small.programs["side_job_b"].states,
            successors=("yorozu", "side_job_b"),
        )
        base = replace(small, programs={**small.programs, "pro_jinzai": ended})

        items = recommend(self.situation, base, on=NOW)

        assert set(by_id(items, "yorozu").replaces) == {"side_job_b", "pro_jinzai"}

    def test_nothing_stands_in_when_no_successor_is_there_yet(self, small: KnowledgeBase) -> None:
        later = replace(small.programs["pro_jinzai"].states[0], since=date(2030, 1, 1))
        unborn = replace(small.programs["pro_jinzai"], states=(later,))
        base = replace(small, programs={**small.programs, "pro_jinzai": unborn})

        items = recommend(self.situation, base, on=NOW, limit=9)

        assert not {"side_job_b", "pro_jinzai"} & set(ids(items))


class TestWithoutApplication:
    @pytest.mark.parametrize("concern", ["hiring", "engagement", "core_talent", "surplus"])
    @pytest.mark.parametrize("limit", [1, 2, 3, 5])
    @pytest.mark.parametrize("on", [NOW, SEED_DAY])
    def test_at_least_one_item_costs_no_application(
        self, small: KnowledgeBase, concern: str, limit: int, on: date
    ) -> None:
        items = recommend(ELSEWHERE.with_concern(concern), small, on=on, limit=limit)

        assert any(small.programs[item.program_id].no_application for item in items)

    def test_it_is_the_hub_in_the_area_of_a_hub(self, small: KnowledgeBase) -> None:
        items = recommend(PLACED.with_concern("hiring"), small, on=SEED_DAY)

        assert ids(items) == ["joint_fair", "seminar", "hub"]
        assert items[2].title == "「地域の人事部」（つばめいと）への相談"
        assert items[2].contact == "つばめいと"

    def test_elsewhere_it_is_free_counsel(self, small: KnowledgeBase) -> None:
        items = recommend(ELSEWHERE.with_concern("hiring"), small, on=SEED_DAY)

        assert ids(items) == ["joint_fair", "seminar", "yorozu"]
        assert "申し込みの手間" in items[2].reason

    def test_the_first_rank_is_not_displaced(self, small: KnowledgeBase) -> None:
        items = recommend(ELSEWHERE.with_concern("hiring"), small, on=SEED_DAY, limit=1)

        assert ids(items) == ["joint_fair", "yorozu"]

    def test_with_nothing_known_only_free_counsel_is_left(self, small: KnowledgeBase) -> None:
        assert ids(recommend(Situation(), small, on=NOW)) == ["yorozu"]

    def test_without_free_counsel_any_other_free_option_serves(self, small: KnowledgeBase) -> None:
        programs = {k: v for k, v in small.programs.items() if k != "yorozu"}
        programs["zz_free"] = replace(small.programs["yorozu"], id="zz_free")

        items = recommend(
            ELSEWHERE.with_concern("hiring"), replace(small, programs=programs), on=NOW
        )

        assert ids(items)[-1] == "zz_free"

    def test_without_any_free_option_the_ranking_stands(self, small: KnowledgeBase) -> None:
        programs = {k: v for k, v in small.programs.items() if k not in {"yorozu", "hub"}}

        items = recommend(
            ELSEWHERE.with_concern("hiring"), replace(small, programs=programs), on=SEED_DAY
        )

        assert ids(items) == ["joint_fair", "seminar", "side_job_b"]


class TestReason:
    quote = "若い子が続かなくてさ、求人出しても全然応募ないし、おれも現場で手いっぱいで"

    def test_it_cites_the_clause_that_speaks_of_the_concern(self, small: KnowledgeBase) -> None:
        situation = PLACED.with_concern("engagement", self.quote)
        situation = situation.with_concern("hiring", self.quote)

        items = recommend(situation, small, on=NOW, limit=9)

        assert "「若い子が続かなくてさ」" in by_id(items, "hub").reason
        assert "「求人出しても全然応募ないし」" in by_id(items, "joint_fair").reason

    def test_the_same_reason_is_not_given_twice(self, small: KnowledgeBase) -> None:
        items = recommend(PLACED.with_concern("engagement", "続かない"), small, on=NOW)

        reasons = [item.reason for item in items]
        assert len(set(reasons)) == len(reasons)
        assert all("「続かない」" in reason for reason in reasons)
        assert small.programs[items[1].program_id].summary in reasons[1]

    def test_without_words_of_the_owner_nothing_is_cited(self, small: KnowledgeBase) -> None:
        items = recommend(PLACED.with_concern("engagement"), small, on=NOW)

        assert items[0].reason == "「続かない」を減らす助けになるからです。"
        assert "働く人が続かないこと" in items[1].reason

    def test_a_weak_point_found_by_asking_comes_first(self, small: KnowledgeBase) -> None:
        situation = PLACED.with_concern("engagement", "続かない").with_level("F4.future_talk", 0)

        reason = recommend(situation, small, on=NOW)[0].reason

        assert reason.startswith("働く人が先を描けず、続きにくいようです。")

    def test_an_answer_is_cited_when_no_concern_was_stated(self, small: KnowledgeBase) -> None:
        situation = ELSEWHERE.with_level("F4.future_talk", 0, "ないなあ")

        items = recommend(situation, small, on=NOW)

        assert "「ないなあ」" in items[0].reason

    def test_a_middling_need_is_told_by_the_summary(self, small: KnowledgeBase) -> None:
        situation = ELSEWHERE.with_level("F4.future_talk", 2)

        items = recommend(situation, small, on=NOW)

        assert items[0].reason.startswith(small.programs[items[0].program_id].summary)


class TestDetails:
    situation = ELSEWHERE.with_concern("core_talent").with_fact("accepts_external_talent", True)

    def test_contact_first_step_source_and_met_criteria_are_told(
        self, small: KnowledgeBase
    ) -> None:
        item = by_id(recommend(self.situation, small, on=SEED_DAY), "side_job_b")

        assert item.contact == "社会・人材政策課"
        assert item.first_step == "まず聞いてみましょう。"
        assert item.source.title == "取組について"
        assert [c.id for c in item.criteria_met] == ["accepts_external_talent"]
        assert item.one_fact is None
        assert item.status_note == "公募中です"

    def test_no_amount_is_given_while_the_costs_are_not_known(self, small: KnowledgeBase) -> None:
        item = by_id(recommend(self.situation, small, on=SEED_DAY), "side_job_b")

        assert item.amount_yen is None
        assert item.amount_working is None

    def test_the_amount_is_given_when_the_costs_are_known(self, small: KnowledgeBase) -> None:
        situation = self.situation.with_fact("planned_costs_yen", 1_500_000)

        one = by_id(recommend(situation, small, on=SEED_DAY), "side_job_b")
        two = by_id(
            recommend(situation.with_fact("people_taken_in", 2), small, on=SEED_DAY), "side_job_b"
        )

        assert one.amount_yen == 500_000
        assert two.amount_yen == 750_000
        assert two.amount_working is not None
        assert "1,500,000円 × 1/2" in two.amount_working

    def test_no_amount_is_given_where_none_is_published(self, small: KnowledgeBase) -> None:
        situation = self.situation.with_fact("planned_costs_yen", 1_500_000)

        items = recommend(situation, small, on=NOW)

        assert [item.amount_yen for item in items] == [None] * len(items)

    def test_a_program_without_a_sourced_overview_names_its_first_source(
        self, small: KnowledgeBase
    ) -> None:
        bare = replace(small.programs["yorozu"], answers={})
        base = replace(small, programs={**small.programs, "yorozu": bare})

        assert recommend(Situation(), base, on=NOW)[0].source.id == "seed"


class TestRealBase:
    def test_ended_side_job_subsidy_is_replaced_today_and_stands_on_the_day_of_the_seed(
        self, real: KnowledgeBase
    ) -> None:
        situation = PLACED.with_concern("core_talent").with_fact("accepts_external_talent", True)

        today = recommend(situation, real, on=NOW)
        then = recommend(situation, real, on=SEED_DAY)

        assert any("side_job_b" in item.replaces for item in today)
        assert by_id(then, "side_job_b").status is Status.OPEN

    @pytest.mark.parametrize("on", [NOW, SEED_DAY])
    @pytest.mark.parametrize("municipality", ["燕市", "前橋市"])
    def test_every_concern_gets_sound_recommendations(
        self, real: KnowledgeBase, on: date, municipality: str
    ) -> None:
        for concern in real.concerns:
            situation = Situation().with_concern(concern, "困っています")
            situation = situation.with_fact("municipality", municipality)

            items = recommend(situation, real, on=on)

            assert items
            assert any(real.programs[item.program_id].no_application for item in items)
            assert all(real.programs[i.program_id].side is Side.COMPANY for i in items)
            assert all(item.status is not Status.ENDED for item in items)
            assert ("hub" in ids(items)) <= (municipality == "燕市")
