"""A sample of the seeded faults; `./check faults` runs hundreds."""

from collections.abc import Iterator

import pytest

from tests.faults.plan import Step, Target, make_plan
from tests.faults.runs import SETTINGS, TODAY, run_seeds
from tests.product import Product

SAMPLE = 12


@pytest.fixture
def own_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("struck"), today=TODAY, **SETTINGS)
    with product.start("--no-train"):
        yield product


class TestPlan:
    def test_a_seed_gives_the_same_plan_again(self) -> None:
        assert [make_plan(seed) for seed in range(50)] == [make_plan(seed) for seed in range(50)]

    def test_the_sample_strikes_every_target_at_every_step(self) -> None:
        plans = [make_plan(seed) for seed in range(SAMPLE)]

        assert {plan.target for plan in plans} == set(Target)
        assert {plan.step for plan in plans} == set(Step)

    def test_84_seeds_meet_every_pair_of_target_and_step(self) -> None:
        plans = [make_plan(seed) for seed in range(84)]

        pairs = {(plan.target, plan.step) for plan in plans}
        assert len(pairs) == len(Target) * len(Step)


@pytest.mark.server
class TestSeededRuns:
    def test_no_case_is_lost_or_doubled_and_nobody_told_something_untrue(
        self, own_product: Product
    ) -> None:
        outcomes = list(run_seeds(own_product, range(SAMPLE), together=4))

        broken = [(str(each.plan), each.violations) for each in outcomes if each.violations]
        assert not broken
        assert len(outcomes) == SAMPLE
