"""A sample of the seeded talks through a faulty proxy; `./check carry` runs 200."""

import pytest

from tests.apart import run_apart
from tests.browser.live_desk import LiveDesk
from tests.carry.runs import Outcome, run_seeds

pytestmark = pytest.mark.browser
SAMPLE = (0, 1, 2, 3, 4, 5, 6, 7)


def outcomes(desk: LiveDesk, seeds: tuple[int, ...], broken: str | None = None) -> list[Outcome]:
    async def run() -> list[Outcome]:
        talks = run_seeds(desk, seeds, together=4, broken=broken)
        return [outcome async for outcome in talks]

    return run_apart(run())


class TestFaultyNetwork:
    def test_nothing_is_lost_doubled_or_out_of_order(self, desk: LiveDesk):
        broken = {each.seed: each.violations for each in outcomes(desk, SAMPLE) if each.violations}

        assert broken == {}

    @pytest.mark.parametrize(
        ("guard", "seeds"),
        [
            ("new id for each attempt", (100, 101, 102, 103)),
            ("forgotten after the first failure", (200, 201)),
        ],
    )
    def test_a_broken_guard_is_seen(self, desk: LiveDesk, guard: str, seeds: tuple[int, ...]):
        found = [each.violations for each in outcomes(desk, seeds, guard) if each.violations]

        assert found
