"""Amounts: exact, capped, rounded down once."""

from dataclasses import replace
from datetime import date

import pytest

from advisor.amounts import subsidy
from advisor.errors import AmountError, ParameterNotFoundError
from advisor.knowledge import KnowledgeBase

SEED_DAY = date(2023, 6, 15)


class TestPerPersonAndCompany:
    @pytest.mark.parametrize(
        ("cost", "yen"),
        [
            (999_998, 499_999),
            (999_999, 499_999),
            (1_000_000, 500_000),
            (1_000_001, 500_000),
            (0, 0),
        ],
    )
    def test_below_at_and_above_the_cap_per_person(
        self, small: KnowledgeBase, cost: int, yen: int
    ) -> None:
        amount = subsidy(small.programs["side_job_b"], small, costs_yen=[cost], on=SEED_DAY)

        assert amount.yen == yen

    @pytest.mark.parametrize(("people", "yen"), [(4, 2_000_000), (5, 2_500_000), (6, 2_500_000)])
    def test_below_at_and_above_the_cap_per_company(
        self, small: KnowledgeBase, people: int, yen: int
    ) -> None:
        amount = subsidy(
            small.programs["side_job_b"], small, costs_yen=[1_200_000] * people, on=SEED_DAY
        )

        assert amount.yen == yen

    def test_each_person_is_capped_alone(self, small: KnowledgeBase) -> None:
        amount = subsidy(
            small.programs["side_job_b"], small, costs_yen=[2_000_000, 200_000], on=SEED_DAY
        )

        assert amount.yen == 600_000

    def test_one_sum_for_several_people_has_their_caps_together(self, small: KnowledgeBase) -> None:
        program = small.programs["side_job_b"]

        within = subsidy(program, small, costs_yen=[1_999_999], on=SEED_DAY, people=2)
        above = subsidy(program, small, costs_yen=[3_000_000], on=SEED_DAY, people=2)

        assert within.yen == 999_999
        assert above.yen == 1_000_000
        assert "2人分の上限は1,000,000円" in above.working

    def test_rounding_down_happens_once_at_the_end(self, small: KnowledgeBase) -> None:
        amount = subsidy(small.programs["side_job_b"], small, costs_yen=[1, 1], on=SEED_DAY)

        assert amount.yen == 1

    def test_the_sum_is_shown(self, small: KnowledgeBase) -> None:
        amount = subsidy(small.programs["side_job_b"], small, costs_yen=[1_200_000], on=SEED_DAY)

        assert amount.working == (
            "1,200,000円 × 1/2 = 600,000円、1人当たりの上限は500,000円、補助の見込みは500,000円"
        )
        assert [source.id for source in amount.sources] == ["seed"]


class TestFrames:
    @pytest.mark.parametrize(
        ("frame", "cost", "yen"),
        [
            (None, 100, 33),
            ("better", 101, 50),
            (None, 89_999_999, 29_999_999),
            (None, 90_000_000, 30_000_000),
            (None, 90_000_003, 30_000_000),
            ("better", 60_000_002, 30_000_000),
        ],
    )
    def test_each_frame_has_its_share_and_the_cap_per_project(
        self, small: KnowledgeBase, frame: str | None, cost: int, yen: int
    ) -> None:
        amount = subsidy(
            small.programs["joint_course"], small, costs_yen=[cost], on=SEED_DAY, frame=frame
        )

        assert amount.yen == yen
        assert "税抜" in amount.working

    def test_without_an_ordinary_share_the_first_frame_is_taken(self, small: KnowledgeBase) -> None:
        program = small.programs["joint_course"]
        assert program.amount is not None
        program = replace(program, amount=replace(program.amount, share=None))

        assert subsidy(program, small, costs_yen=[100], on=SEED_DAY).yen == 50

    def test_an_unknown_frame_is_an_error(self, small: KnowledgeBase) -> None:
        with pytest.raises(AmountError, match=r"unknown frame 'gold'\. Known: better"):
            subsidy(small.programs["joint_course"], small, costs_yen=[1], on=SEED_DAY, frame="gold")


class TestRefusals:
    @pytest.mark.parametrize("day", ["2023-03-30", "2023-08-18", "2026-11-22"])
    def test_nothing_is_computed_outside_the_published_dates(
        self, small: KnowledgeBase, day: str
    ) -> None:
        with pytest.raises(ParameterNotFoundError):
            subsidy(small.programs["side_job_b"], small, costs_yen=[1], on=date.fromisoformat(day))

    def test_nothing_is_computed_without_a_published_rule(self, small: KnowledgeBase) -> None:
        with pytest.raises(AmountError, match="no amount is published"):
            subsidy(small.programs["yorozu"], small, costs_yen=[1], on=SEED_DAY)

    @pytest.mark.parametrize(
        ("parameter", "message"), [("rumour_share", "level B"), ("stale_share", "2023-01-31")]
    )
    def test_weak_or_stale_evidence_gives_no_amount(
        self, small: KnowledgeBase, parameter: str, message: str
    ) -> None:
        program = small.programs["side_job_b"]
        assert program.amount is not None
        program = replace(program, amount=replace(program.amount, share=parameter))

        with pytest.raises(AmountError, match=message):
            subsidy(program, small, costs_yen=[1], on=SEED_DAY)

    @pytest.mark.parametrize(
        ("costs", "people"), [([], None), ([-1], None), ([1], 0), ([1, 1, 1], 2)]
    )
    def test_inputs_that_do_not_fit_are_an_error(
        self, small: KnowledgeBase, costs: list[int], people: int | None
    ) -> None:
        with pytest.raises(AmountError):
            subsidy(
                small.programs["side_job_b"], small, costs_yen=costs, on=SEED_DAY, people=people
            )


class TestRealBase:
    def test_the_joint_course_of_the_seed(self, real: KnowledgeBase) -> None:
        program = real.programs["joint_course"]

        regular = subsidy(program, real, costs_yen=[90_000_001], on=SEED_DAY, frame="regular")
        better = subsidy(program, real, costs_yen=[10_000_000], on=SEED_DAY, frame="treatment")

        assert (regular.yen, better.yen) == (30_000_000, 5_000_000)

    def test_type_a_is_capped_at_a_million(self, real: KnowledgeBase) -> None:
        amount = subsidy(real.programs["side_job_a"], real, costs_yen=[2_000_002], on=SEED_DAY)

        assert amount.yen == 1_000_000
