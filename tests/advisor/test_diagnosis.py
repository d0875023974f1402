"""Diagnosis by answers and statements."""

from dataclasses import fields, replace

import pytest

from advisor.diagnosis import Diagnosis, diagnose
from advisor.knowledge import KnowledgeBase
from advisor.situation import Situation


class TestLevels:
    def test_what_was_neither_asked_nor_stated_has_no_level(self, small: KnowledgeBase) -> None:
        profile = diagnose(Situation(), small).dimensions["F4"]

        assert profile.level is None
        assert profile.confidence == 0
        assert profile.coverage == 0
        assert profile.evidence == ()

    def test_a_statement_gives_a_level_before_anything_is_asked(self, small: KnowledgeBase) -> None:
        profile = diagnose(Situation().with_concern("engagement", "続かない"), small).dimensions[
            "F4"
        ]

        assert profile.level == 1
        assert profile.answered == ()
        assert 0 < profile.confidence < 0.5
        assert profile.evidence == ("続かない",)

    @pytest.mark.parametrize(
        ("answers", "level"),
        [((4, 4), 4), ((4, 2), 3), ((2, 2), 2), ((2, 0), 1), ((0, 0), 0), ((4, 0), 2)],
    )
    def test_answers_give_their_mean(
        self, small: KnowledgeBase, answers: tuple[int, int], level: int
    ) -> None:
        situation = Situation().with_level("F4.future_talk", answers[0])
        situation = situation.with_level("F4.leaving_reason", answers[1])

        assert diagnose(situation, small).dimensions["F4"].level == level

    def test_a_mean_half_way_goes_to_the_weaker_level(self, small: KnowledgeBase) -> None:
        situation = Situation().with_level("F4.future_talk", 3).with_level("F4.leaving_reason", 2)

        assert diagnose(situation, small).dimensions["F4"].level == 2

    def test_answers_outweigh_a_statement(self, small: KnowledgeBase) -> None:
        situation = Situation().with_concern("engagement").with_level("F4.future_talk", 4)

        assert diagnose(situation, small).dimensions["F4"].level == 3

    def test_the_gravest_of_two_statements_counts(self, small: KnowledgeBase) -> None:
        situation = Situation().with_concern("surplus").with_concern("hiring")

        assert diagnose(situation, small).dimensions["F1"].level == 1

    def test_not_knowing_is_no_level(self, small: KnowledgeBase) -> None:
        profile = diagnose(Situation().with_unknown("F4.future_talk"), small).dimensions["F4"]

        assert profile.level is None
        assert profile.coverage == 0

    def test_confidence_and_coverage_grow_with_answers(self, small: KnowledgeBase) -> None:
        one = Situation().with_level("F4.future_talk", 2)
        two = one.with_level("F4.leaving_reason", 2)

        first = diagnose(one, small).dimensions["F4"]
        second = diagnose(two, small).dimensions["F4"]

        assert first.confidence < second.confidence < 1
        assert (first.coverage, second.coverage) == (0.5, 1.0)

    def test_a_dimension_without_questions_has_no_coverage(self, small: KnowledgeBase) -> None:
        base = replace(small, maturity={**small.maturity, "F4": ()})

        assert diagnose(Situation(), base).dimensions["F4"].coverage == 0.0


class TestEvidence:
    def test_evidence_is_the_owners_own_words_each_once(self, small: KnowledgeBase) -> None:
        situation = (
            Situation()
            .with_concern("engagement", "若い子が続かない")
            .with_concern("hiring", "応募がない")
            .with_concern("no_such_concern", "?")
            .with_level("F4.future_talk", 0, "ないなあ")
            .with_level("F4.leaving_reason", 0, "ないなあ")
        )

        evidence = diagnose(situation, small).dimensions["F4"].evidence

        assert evidence == ("若い子が続かない", "ないなあ")


class TestSummary:
    def test_the_weakest_come_first_and_strong_ones_are_not_weak(
        self, small: KnowledgeBase
    ) -> None:
        situation = Situation().with_level("F1.applicants", 2).with_level("F4.future_talk", 0)

        assert diagnose(situation, small).weakest == ("F4", "F1")
        assert diagnose(situation.with_level("F1.right_hand", 4), small).weakest == ("F4",)

    def test_of_equal_levels_the_surer_one_comes_first(self, small: KnowledgeBase) -> None:
        situation = Situation().with_level("F1.applicants", 0)
        for question in ("F4.future_talk", "F4.leaving_reason"):
            situation = situation.with_level(question, 0)

        assert diagnose(situation, small).weakest == ("F4", "F1")

    def test_concerns_are_listed_as_stated(self, small: KnowledgeBase) -> None:
        situation = Situation().with_concern("engagement").with_concern("hiring")

        assert diagnose(situation, small).concerns == ("engagement", "hiring")

    def test_there_is_no_total_score(self) -> None:
        assert {field.name for field in fields(Diagnosis)} == {
            "dimensions",
            "weakest",
            "concerns",
        }
