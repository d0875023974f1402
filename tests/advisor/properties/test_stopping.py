"""An interview stops only when nothing that is still open can change the recommended three."""

import random
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.interview import is_settled, next_question
from advisor.knowledge import KnowledgeBase
from advisor.situation import Situation
from tests.advisor.properties.conftest import (
    ENDLESS,
    answers,
    completions,
    days,
    fill_up,
    open_questions,
    play,
    real_base,
    situations,
    small_base,
    variants,
)
from tests.advisor.test_interview import answered, top_three

MOST_OPEN = 3
COMPLETIONS = 300
FEW_COMPLETIONS = 30


def random_completion(situation: Situation, kb: KnowledgeBase, chance: random.Random) -> Situation:
    """Answer every open question, places with any municipality."""
    for question in open_questions(situation, kb):
        value = chance.choice(answers(question, kb))
        if question.key == "municipality" and chance.random() < 0.5:
            value = chance.choice(kb.places.municipalities).name
        situation = answered(situation, question, value)
    return situation


class TestEveryCompletion:
    @given(situation=situations(small_base()), choose=st.data(), on=days)
    def test_none_changes_a_settled_set(
        self, situation: Situation, choose: st.DataObject, on: date
    ) -> None:
        kb = small_base()
        situation = fill_up(situation, kb, choose, most_open=MOST_OPEN)
        now = top_three(situation, kb, on)

        if is_settled(situation, kb, on=on):
            assert {top_three(done, kb, on) for done in completions(situation, kb)} == {now}

    @given(situation=situations(small_base()), choose=st.data(), on=days)
    def test_none_changes_the_set_that_an_interview_ends_with(
        self, situation: Situation, choose: st.DataObject, on: date
    ) -> None:
        kb = small_base()
        situation, _ = play(situation, kb, on, choose)
        situation = fill_up(situation, kb, choose, most_open=MOST_OPEN)

        outcomes = {top_three(done, kb, on) for done in completions(situation, kb)}

        assert outcomes == {top_three(situation, kb, on)}

    @given(kb=variants(small_base()), choose=st.data(), on=days)
    def test_none_changes_a_settled_set_whatever_the_programs_serve(
        self, kb: KnowledgeBase, choose: st.DataObject, on: date
    ) -> None:
        situation = fill_up(choose.draw(situations(kb)), kb, choose, most_open=MOST_OPEN)
        now = top_three(situation, kb, on)

        if is_settled(situation, kb, on=on):
            assert {top_three(done, kb, on) for done in completions(situation, kb)} == {now}


class TestRandomCompletions:
    @settings(max_examples=15)
    @given(situation=situations(real_base()), choose=st.data(), on=days, seed=st.integers(0, 999))
    def test_none_changes_the_set_that_an_interview_ends_with(
        self, situation: Situation, choose: st.DataObject, on: date, seed: int
    ) -> None:
        kb, chance = real_base(), random.Random(seed)
        settled, _ = play(situation, kb, on, choose)
        now = top_three(settled, kb, on)

        outcomes = {
            top_three(random_completion(settled, kb, chance), kb, on) for _ in range(COMPLETIONS)
        }

        assert outcomes == {now}

    @given(situation=situations(real_base()), choose=st.data(), on=days, seed=st.integers(0, 999))
    def test_none_changes_a_settled_set_that_was_not_asked_for_in_order(
        self, situation: Situation, choose: st.DataObject, on: date, seed: int
    ) -> None:
        kb, chance = real_base(), random.Random(seed)
        for key in ("municipality", "prefecture"):
            situation = situation.without(key)
        situation = fill_up(situation, kb, choose, most_open=MOST_OPEN)
        now = top_three(situation, kb, on)

        if is_settled(situation, kb, on=on):
            done = [random_completion(situation, kb, chance) for _ in range(FEW_COMPLETIONS)]
            assert {top_three(each, kb, on) for each in done} <= {now}


class TestQuestions:
    @given(situation=situations(real_base()), on=days)
    def test_as_long_as_the_set_is_open_something_unanswered_is_asked(
        self, situation: Situation, on: date
    ) -> None:
        kb = real_base()

        question = next_question(situation, kb, on=on, patience=ENDLESS)

        if question is None:
            assert is_settled(situation, kb, on=on)
        else:
            assert not situation.knows(question.id)

    @settings(max_examples=50)
    @given(situation=situations(real_base()), choose=st.data(), on=days)
    def test_every_interview_ends_settled(
        self, situation: Situation, choose: st.DataObject, on: date
    ) -> None:
        kb = real_base()

        situation, asked = play(situation, kb, on, choose)

        assert is_settled(situation, kb, on=on)
        assert len(asked) <= len(kb.questions)
