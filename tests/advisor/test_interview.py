"""The interview: what is asked, in which order, and when nothing can change any more."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from advisor.contest import open_contest
from advisor.eligibility import known_facts
from advisor.interview import (
    askable_facts,
    count_answers,
    deciding_questions,
    is_settled,
    next_cause_question,
    next_profile_question,
    next_question,
    questions_left,
)
from advisor.knowledge import KnowledgeBase
from advisor.model import Question
from advisor.recommendation import recommend
from advisor.situation import Situation

NOW = date(2026, 11, 22)
SEED_DAY = date(2023, 6, 15)
PLACED = Situation().with_fact("municipality", "燕市").with_fact("employees", 25)
ENDLESS = 99


def top_three(situation: Situation, kb: KnowledgeBase, on: date) -> frozenset[str]:
    return frozenset(item.program_id for item in recommend(situation, kb, on=on))


def answers_to(question: Question, kb: KnowledgeBase) -> list[object]:
    if question.is_maturity:
        return [*(choice.value for choice in question.choices), None]
    return [*kb.domains.get(question.key, ()), None]


def answered(situation: Situation, question: Question, value: object) -> Situation:
    if value is None:
        return situation.with_unknown(question.id)
    if question.is_maturity:
        return situation.with_level(question.id, int(str(value)))
    assert isinstance(value, (bool, int, str))
    return situation.with_fact(question.key, value)


def open_questions(situation: Situation, kb: KnowledgeBase) -> list[Question]:
    facts = askable_facts(situation, kb, known=known_facts(situation, kb))
    return [
        q
        for q in kb.questions.values()
        if (q.is_maturity and not situation.knows(q.id)) or (q.id in facts and q.id in kb.domains)
    ]


def completions(situation: Situation, kb: KnowledgeBase) -> Iterator[Situation]:
    questions = open_questions(situation, kb)
    for values in itertools.product(*(answers_to(q, kb) for q in questions)):
        completed = situation
        for question, value in zip(questions, values, strict=True):
            completed = answered(completed, question, value)
        yield completed


def random_situation(seed: int, kb: KnowledgeBase, *, most_open: int) -> Situation:
    """A company with some concerns and answers, and few questions left."""
    chance = random.Random(seed)
    situation = Situation().with_fact("municipality", chance.choice(["燕市", "三条市"]))
    for concern in chance.sample(sorted(kb.concerns), chance.choice([0, 1, 1, 2, 2, 3])):
        situation = situation.with_concern(concern, "困っている")
    while len(questions := open_questions(situation, kb)) > most_open:
        question = chance.choice(questions)
        situation = answered(situation, question, chance.choice(answers_to(question, kb)))
    return situation


@pytest.fixture(scope="module")
def chained(small: KnowledgeBase) -> KnowledgeBase:
    """The small base with several programs that may stand in for the ended one."""
    programs = dict(small.programs)
    surplus = programs["jinzai_share"].criteria
    programs["pro_jinzai"] = replace(programs["pro_jinzai"], criteria=surplus)
    programs["side_job_b"] = replace(
        programs["side_job_b"], successors=("pro_jinzai", "workshop", "shin_geneki")
    )
    return replace(small, programs=programs)


class TestOrder:
    def test_the_place_is_asked_first(self, small: KnowledgeBase) -> None:
        question = next_question(Situation().with_concern("hiring"), small, on=NOW)

        assert question is not None
        assert question.id == "municipality"

    def test_the_prefecture_is_asked_when_the_municipality_is_not_known(
        self, small: KnowledgeBase
    ) -> None:
        situation = Situation().with_concern("hiring").with_unknown("municipality")

        question = next_question(situation, small, on=NOW)

        assert question is not None
        assert question.id == "prefecture"

    def test_the_municipality_is_asked_when_only_the_prefecture_is_known(
        self, small: KnowledgeBase
    ) -> None:
        situation = Situation().with_concern("hiring").with_fact("prefecture", "新潟県")

        question = next_question(situation, small, on=NOW)

        assert question is not None
        assert question.id == "municipality"

    def test_the_size_is_asked_right_after_the_place(self, small: KnowledgeBase) -> None:
        situation = Situation().with_concern("hiring").with_fact("municipality", "燕市")

        question = next_question(situation, small, on=NOW)

        assert question is not None
        assert question.id == "employees"

    def test_a_size_that_the_owner_does_not_know_is_not_asked_again(
        self, small: KnowledgeBase
    ) -> None:
        situation = (
            Situation()
            .with_concern("hiring")
            .with_fact("municipality", "燕市")
            .with_unknown("employees")
        )

        question = next_question(situation, small, on=NOW)

        assert question is not None
        assert question.id not in {"municipality", "prefecture", "employees"}

    def test_the_industry_is_not_asked_when_it_decides_nothing(self, small: KnowledgeBase) -> None:
        situation = PLACED.with_concern("hiring").with_concern("engagement")

        asked = []
        while (question := next_question(situation, small, on=NOW, patience=ENDLESS)) is not None:
            asked.append(question.id)
            situation = answered(situation, question, answers_to(question, small)[0])

        assert "industry" not in asked

    def test_a_fact_that_can_remove_a_chosen_program_is_asked(self, small: KnowledgeBase) -> None:
        question = next_question(PLACED.with_concern("hiring"), small, on=NOW)

        assert question is not None
        assert question.id == "hires_midcareer_or_ice_age"

    def test_a_fact_that_a_concern_implies_is_not_asked(self, small: KnowledgeBase) -> None:
        situation = PLACED.with_concern("surplus", "仕事が減って人が余る")

        contest = open_contest(situation, small, on=NOW)

        assert contest.facts["workforce_surplus_now"] is True
        assert "workforce_surplus_now" not in {q.id for q in deciding_questions(contest, limit=3)}


class TestOpenPlace:
    def test_the_place_is_asked_while_it_decides_where_to_go_first(
        self, real: KnowledgeBase
    ) -> None:
        situation = Situation().with_concern("hiring").with_fact("employees", 25)

        contest = open_contest(situation, real, on=NOW)

        assert "municipality" in {q.id for q in deciding_questions(contest, limit=3)}
        assert "prefecture" not in {q.id for q in deciding_questions(contest, limit=3)}
        assert not is_settled(situation, real, on=NOW)

    def test_the_place_can_decide_on_the_hub_itself(self, real: KnowledgeBase) -> None:
        situation = Situation().with_concern("engagement").with_concern("culture")

        contest = open_contest(situation, real, on=NOW)

        assert "municipality" in {q.id for q in deciding_questions(contest, limit=3)}


class TestPatience:
    @staticmethod
    def answered_eight_times() -> Situation:
        situation = PLACED.with_fact("prefecture", "新潟県").with_unknown("industry")
        for key in ("F1.applicants", "F1.right_hand", "F4.future_talk"):
            situation = situation.with_level(key, 2)
        return situation.with_unknown("F4.leaving_reason").with_unknown("workforce_surplus_now")

    def test_only_what_rules_out_a_program_is_asked_after_eight_answers(
        self, small: KnowledgeBase
    ) -> None:
        situation = self.answered_eight_times()

        question = next_question(situation, small, on=NOW)

        assert count_answers(situation, small) == 8
        assert question is not None
        assert question.id in {"accepts_external_talent", "hires_midcareer_or_ice_age"}
        assert next_question(situation, small, on=NOW, checks=0) is None
        assert next_question(situation, small, on=NOW, patience=9) is not None

    def test_nothing_is_asked_when_the_checks_are_used_up(self, small: KnowledgeBase) -> None:
        situation = self.answered_eight_times().with_unknown("accepts_external_talent")
        situation = situation.with_unknown("hires_midcareer_or_ice_age")

        assert count_answers(situation, small) == 10
        assert next_question(situation, small, on=NOW) is None

    def test_place_and_prefecture_count_as_one_answer(self, small: KnowledgeBase) -> None:
        situation = Situation().with_fact("municipality", "燕市").with_fact("prefecture", "新潟県")

        assert count_answers(situation, small) == 1

    def test_contact_data_is_not_counted(self, small: KnowledgeBase) -> None:
        situation = Situation().with_fact("contact_name", "山田").with_unknown("contact_phone")

        assert count_answers(situation, small) == 0

    def test_the_estimate_falls_to_zero_when_nothing_is_left(self, small: KnowledgeBase) -> None:
        situation = PLACED.with_concern("hiring").with_fact("hires_midcareer_or_ice_age", True)
        situation = situation.with_fact("accepts_external_talent", True)
        for key in ("F1.applicants", "F1.right_hand"):
            situation = situation.with_level(key, 0)

        assert questions_left(situation, small, on=NOW) == 0

    def test_the_estimate_is_positive_at_the_start_and_keeps_to_the_patience(
        self, small: KnowledgeBase
    ) -> None:
        situation = Situation().with_concern("hiring").with_concern("engagement")

        left = questions_left(situation, small, on=NOW)

        assert 2 < left <= 8
        assert questions_left(situation, small, on=NOW, patience=2) == 2


class TestStoppingGuarantee:
    @pytest.mark.parametrize("on", [NOW, SEED_DAY])
    @pytest.mark.parametrize("seed", range(25))
    def test_no_completion_changes_a_settled_set(
        self, small: KnowledgeBase, seed: int, on: date
    ) -> None:
        situation = random_situation(seed, small, most_open=4)
        now = top_three(situation, small, on)

        outcomes = {top_three(done, small, on) for done in completions(situation, small)}

        if is_settled(situation, small, on=on):
            assert outcomes == {now}

    @pytest.mark.parametrize("seed", range(40))
    def test_some_completion_changes_a_set_that_is_not_settled(
        self, small: KnowledgeBase, seed: int
    ) -> None:
        situation = random_situation(seed, small, most_open=4)

        outcomes = {top_three(done, small, SEED_DAY) for done in completions(situation, small)}

        if not is_settled(situation, small, on=SEED_DAY):
            assert len(outcomes) > 1

    @pytest.mark.parametrize("seed", range(25))
    def test_an_interview_to_the_end_settles_the_set(self, small: KnowledgeBase, seed: int) -> None:
        chance = random.Random(seed)
        situation = random_situation(seed, small, most_open=9)

        asked = set()
        while (question := next_question(situation, small, on=NOW, patience=ENDLESS)) is not None:
            assert question.id not in asked
            asked.add(question.id)
            situation = answered(situation, question, chance.choice(answers_to(question, small)))

        assert is_settled(situation, small, on=NOW)

    @pytest.mark.parametrize("seed", range(30))
    def test_no_sampled_completion_changes_a_settled_set_of_the_real_base(
        self, real: KnowledgeBase, seed: int
    ) -> None:
        chance = random.Random(seed)
        situation = Situation()
        for concern in chance.sample(sorted(real.concerns), chance.choice([1, 2, 3])):
            situation = situation.with_concern(concern, "困っている")
        while (question := next_question(situation, real, on=NOW, patience=ENDLESS)) is not None:
            value = chance.choice(answers_to(question, real) or [None])
            if question.id == "municipality":
                value = chance.choice(["燕市", "前橋市", "松本市", None])
            situation = answered(situation, question, value)
        settled = top_three(situation, real, NOW)

        for _ in range(25):
            completed = situation
            for question in open_questions(situation, real):
                value = chance.choice(answers_to(question, real))
                completed = answered(completed, question, value)

            assert top_three(completed, real, NOW) == settled


class TestSuccessors:
    """The guarantee when one ended program may be replaced by several others."""

    @pytest.mark.parametrize("seed", range(40))
    def test_no_completion_changes_a_settled_set(self, chained: KnowledgeBase, seed: int) -> None:
        situation = random_situation(seed, chained, most_open=4)
        now = top_three(situation, chained, NOW)

        outcomes = {top_three(done, chained, NOW) for done in completions(situation, chained)}

        if is_settled(situation, chained, on=NOW):
            assert outcomes == {now}


class TestLength:
    def test_half_of_the_owners_are_asked_six_questions_or_fewer(self, real: KnowledgeBase) -> None:
        chance = random.Random(7)
        lengths = []
        for _ in range(120):
            situation = Situation()
            for concern in chance.sample(sorted(real.concerns), chance.choice([1, 1, 2, 2, 3])):
                situation = situation.with_concern(concern, "困っている")
            count = 0
            while (q := next_question(situation, real, on=NOW, patience=ENDLESS)) is not None:
                value = chance.choice([c.value for c in q.choices] or ["燕市", "前橋市"])
                situation = answered(situation, q, value)
                count += 1
            lengths.append(count)

        assert sorted(lengths)[60] <= 6


class TestCauses:
    def test_each_stated_dimension_is_asked_about_once(self, small: KnowledgeBase) -> None:
        situation = PLACED.with_concern("hiring").with_concern("engagement")

        first = next_cause_question(situation, small)
        assert first is not None
        situation = situation.with_level(first.id, 1)
        second = next_cause_question(situation, small)
        assert second is not None
        situation = situation.with_unknown(second.id)

        assert {first.key, second.key} == {"F1", "F4"}
        assert next_cause_question(situation, small) is None

    def test_nothing_is_asked_when_nothing_was_stated(self, small: KnowledgeBase) -> None:
        assert next_cause_question(PLACED, small) is None


class TestFullProfile:
    def test_all_dimensions_are_covered_with_at_most_sixteen_questions(
        self, real: KnowledgeBase
    ) -> None:
        situation = Situation()
        asked = []

        while (question := next_profile_question(situation, real)) is not None:
            asked.append(question)
            situation = situation.with_level(question.id, 2)

        assert len(asked) <= 16
        assert {q.key for q in asked} == set(real.dimensions)
        assert [q.key for q in asked[:8]] == list(real.dimensions)

    def test_an_unknown_answer_is_not_asked_again(self, small: KnowledgeBase) -> None:
        first = next_profile_question(Situation(), small)
        assert first is not None

        second = next_profile_question(Situation().with_unknown(first.id), small)

        assert second is not None
        assert second.id != first.id
        assert second.key != first.key
