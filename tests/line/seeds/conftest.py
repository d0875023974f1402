"""Runs of plans on databases that the tests make."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from advisor.knowledge import KnowledgeBase
from tests.line.seeds.plan import Plan
from tests.line.seeds.runs import Outcome, run_plan

Run = Callable[..., Awaitable[Outcome]]


@pytest.fixture
def run(tmp_path: Path, make_database: Callable[..., str], knowledge: KnowledgeBase) -> Run:
    """Carries plans out, each on a desk of its own."""
    count = iter(range(1000))

    async def run_one(plan: Plan, broken: AbstractContextManager[None] | None = None) -> Outcome:
        folder = tmp_path / f"run-{next(count)}"
        folder.mkdir()
        return await run_plan(plan, folder, make_database(), knowledge, broken=broken)

    return run_one
