"""The seeded runs see what they look for: a desk without a guard is caught."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.plan import Step, Target, make_plan
from tests.faults.runs import SETTINGS, TODAY, run_plan
from tests.product import Product

BROKEN = Path(__file__).parent / "broken"
DESK_AT_SENDING = 12
"""A seed that kills desk while the owner's last yes is under way."""


@pytest.fixture
def broken_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("broken"), today=TODAY, **SETTINGS)
    product.environment["PYTHONPATH"] = str(BROKEN)
    with product.start("--no-train"):
        yield product


@pytest.mark.server
class TestBrokenGuard:
    def test_a_case_that_is_opened_at_every_try_is_seen(self, broken_product: Product) -> None:
        plan = make_plan(DESK_AT_SENDING)
        assert (plan.target, plan.step) == (Target.DESK, Step.SEND)

        outcome = run_plan(broken_product, replace(plan, delay_seconds=4.0, sends=True))

        assert "the owner said send once and there are 2 cases" in outcome.violations
