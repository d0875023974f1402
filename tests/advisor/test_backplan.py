"""Counting back from the wished start."""

from datetime import date

import pytest

from advisor.backplan import months_before, plan_back
from advisor.knowledge import KnowledgeBase
from advisor.model import Status

TODAY = date(2026, 11, 22)


class TestMonthsBefore:
    @pytest.mark.parametrize(
        ("day", "months", "expected"),
        [
            (date(2027, 4, 1), 1, date(2027, 3, 1)),
            (date(2027, 3, 31), 1, date(2027, 2, 28)),
            (date(2028, 3, 31), 1, date(2028, 2, 29)),
            (date(2027, 1, 15), 1, date(2026, 12, 15)),
            (date(2027, 1, 31), 13, date(2025, 12, 31)),
            (date(2027, 5, 31), 0, date(2027, 5, 31)),
        ],
    )
    def test_a_day_that_does_not_exist_becomes_the_last_of_its_month(
        self, day: date, months: int, expected: date
    ) -> None:
        assert months_before(day, months) == expected


class TestPlanBack:
    def test_a_training_plan_is_filed_between_six_months_and_one_month_before(
        self, real: KnowledgeBase
    ) -> None:
        program = real.programs["jinzai_kaihatsu_reskilling"]

        plan = plan_back(program, real, start=date(2027, 3, 1), today=TODAY)

        (step,) = plan.steps
        assert (step.opens_on, step.due_on) == (date(2026, 9, 1), date(2027, 2, 1))
        assert plan.is_possible
        assert not plan.is_confirmed
        assert step.source.id == "jinzai_kaihatsu_page_2024"

    @pytest.mark.parametrize(
        ("start", "is_possible"),
        [(date(2026, 12, 21), False), (date(2026, 12, 22), True), (date(2026, 12, 23), True)],
    )
    def test_the_last_day_is_still_in_time(
        self, real: KnowledgeBase, start: date, is_possible: bool
    ) -> None:
        program = real.programs["jinzai_kaihatsu_reskilling"]

        plan = plan_back(program, real, start=start, today=TODAY)

        assert plan.is_possible is is_possible
        assert plan.earliest_start == date(2026, 12, 22)

    def test_what_comes_first_stands_first(self, real: KnowledgeBase) -> None:
        program = real.programs["skill_up_secondment"]

        plan = plan_back(program, real, start=date(2027, 2, 1), today=TODAY)

        assert [step.id for step in plan.steps] == ["agreement", "plan"]
        assert [step.due_on for step in plan.steps] == [date(2027, 1, 31), date(2027, 1, 31)]
        assert plan.earliest_start == date(2026, 11, 23)

    def test_a_program_without_prerequisites_can_start_today(self, real: KnowledgeBase) -> None:
        plan = plan_back(real.programs["yorozu"], real, start=TODAY, today=TODAY)

        assert plan.steps == ()
        assert plan.is_possible
        assert plan.is_confirmed
        assert plan.earliest_start == TODAY

    def test_a_start_in_the_past_is_not_possible(self, real: KnowledgeBase) -> None:
        plan = plan_back(real.programs["yorozu"], real, start=date(2026, 11, 21), today=TODAY)

        assert not plan.is_possible

    def test_an_ended_program_cannot_be_started(self, real: KnowledgeBase) -> None:
        plan = plan_back(real.programs["side_job_a"], real, start=date(2027, 4, 1), today=TODAY)

        assert not plan.is_possible

    def test_a_step_tells_that_the_program_is_not_certain_on_its_day(
        self, real: KnowledgeBase
    ) -> None:
        program = real.programs["jinzai_kaihatsu_reskilling"]

        plan = plan_back(program, real, start=date(2027, 6, 1), today=TODAY)

        assert plan.steps[0].status.status is Status.UNVERIFIED
