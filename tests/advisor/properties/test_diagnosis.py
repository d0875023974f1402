"""The diagnosis keeps to what was said: no level from nothing, none beyond the answers."""

import random

from hypothesis import given
from hypothesis import strategies as st

from advisor.diagnosis import diagnose
from advisor.situation import Situation
from tests.advisor.properties.conftest import real_base, situations


def levels_said(situation: Situation, dimension: str) -> list[int]:
    """Levels of the answers about a dimension and of the statements about it."""
    kb = real_base()
    answers = [situation.levels[q.id] for q in kb.maturity[dimension] if q.id in situation.levels]
    concerns = [kb.concerns[s.concern].dimensions for s in situation.concerns]
    return answers + [levels[dimension] for levels in concerns if dimension in levels]


class TestLevels:
    @given(situation=situations(real_base()))
    def test_a_level_lies_between_the_lowest_and_the_highest_said(
        self, situation: Situation
    ) -> None:
        for dimension, profile in diagnose(situation, real_base()).dimensions.items():
            said = levels_said(situation, dimension)
            if profile.level is not None:
                assert 0 <= min(said) <= profile.level <= max(said) <= 4

    @given(situation=situations(real_base()))
    def test_there_is_none_exactly_when_nothing_was_said(self, situation: Situation) -> None:
        for dimension, profile in diagnose(situation, real_base()).dimensions.items():
            assert (profile.level is None) == (not levels_said(situation, dimension))
            assert (profile.confidence == 0) == (profile.level is None)

    @given(situation=situations(real_base()))
    def test_confidence_and_coverage_keep_between_nothing_and_everything(
        self, situation: Situation
    ) -> None:
        for profile in diagnose(situation, real_base()).dimensions.values():
            assert 0 <= profile.confidence < 1
            assert 0 <= profile.coverage <= 1

    @given(situation=situations(real_base()))
    def test_the_weakest_are_weak_and_at_most_three(self, situation: Situation) -> None:
        diagnosis = diagnose(situation, real_base())

        levels = [diagnosis.dimensions[name].level for name in diagnosis.weakest]
        assert len(levels) <= 3
        assert all(level is not None and level <= 2 for level in levels)


class TestOrder:
    @given(situation=situations(real_base()), seed=st.integers(0, 999))
    def test_of_answers_does_not_matter(self, situation: Situation, seed: int) -> None:
        items = list(situation.levels.items())
        random.Random(seed).shuffle(items)
        shuffled = Situation(levels=dict(items), concerns=situation.concerns)
        plain = Situation(levels=situation.levels, concerns=situation.concerns)

        assert diagnose(shuffled, real_base()) == diagnose(plain, real_base())

    @given(situation=situations(real_base()))
    def test_of_statements_does_not_matter_for_levels(self, situation: Situation) -> None:
        turned = Situation(levels=situation.levels, concerns=situation.concerns[::-1])

        before, after = diagnose(situation, real_base()), diagnose(turned, real_base())

        assert {d: p.level for d, p in before.dimensions.items()} == {
            d: p.level for d, p in after.dimensions.items()
        }
        assert before.weakest == after.weakest
