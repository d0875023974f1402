"""A sample of the seeded runs; `./check line` does hundreds."""

import pytest

from advisor.knowledge import KnowledgeBase
from desk.line.confidential import find_confidential
from desk.line.texts import LineTexts
from tests.line.seeds.conftest import Run
from tests.line.seeds.plan import PRIVATE, Do, Way, make_plan

SAMPLE = range(12)
MANY = range(300)


class TestPlan:
    def test_a_seed_gives_the_same_plan_again(self):
        assert [make_plan(seed) for seed in MANY] == [make_plan(seed) for seed in MANY]

    def test_all_that_can_happen_happens(self):
        moments = [moment for seed in MANY for moment in make_plan(seed).moments]

        assert {action.do for moment in moments for action in moment.actions} == set(Do)
        assert {moment.way for moment in moments} == set(Way)
        assert {trouble.on for moment in moments for trouble in moment.troubles} == {
            "reply", "push", "loading",
        }  # fmt: skip

    def test_each_user_does_4_to_12_things(self):
        for seed in MANY:
            plan = make_plan(seed)
            for user in range(plan.users):
                mine = [a for moment in plan.moments for a in moment.actions if a.user == user]
                assert 4 <= len(mine) <= 12

    def test_words_are_private_where_that_is_meant_and_nowhere_else(self, knowledge: KnowledgeBase):
        account_words = LineTexts(knowledge).account_words
        for seed in MANY:
            for moment in make_plan(seed).moments:
                for action in moment.actions:
                    is_found = bool(find_confidential(action.word, account_words))
                    assert is_found == action.word.endswith(PRIVATE), action.word


class TestSample:
    @pytest.mark.parametrize("seed", SAMPLE)
    async def test_nothing_is_lost_doubled_or_pushed_without_need(self, run: Run, seed: int):
        outcome = await run(make_plan(seed))

        assert not outcome.violations, f"{outcome.plan}\n{outcome.violations}"
        assert outcome.deeds > 0
