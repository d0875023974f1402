"""Runs of seeds, each on a desk of its own."""

import time
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from advisor.knowledge import KnowledgeBase
from desk.line.models import LineSend
from tests.line.seeds.invariants import find_violations
from tests.line.seeds.plan import Plan
from tests.line.seeds.play import Player
from tests.line.seeds.world import open_world


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run has shown."""

    plan: Plan
    seconds: float
    violations: list[str]
    deeds: int
    deaths: int
    sends: Counter[str]
    """Rows by kind, reason and how they ended."""


async def run_plan(
    plan: Plan,
    folder: Path,
    database_url: str,
    knowledge: KnowledgeBase,
    *,
    broken: AbstractContextManager[None] | None = None,
) -> Outcome:
    """Carry a plan out, and look at what is left.

    Args:
        plan: What happens.
        folder: Empty, for this run alone.
        database_url: A database with all tables and no rows.
        knowledge: The content.
        broken: Takes one guard out while the plan is carried out.
    """
    began = time.monotonic()
    async with open_world(folder, database_url, knowledge, plan) as (world, refused):
        violations = []
        player = Player(world, plan)
        try:
            with broken or nullcontext():
                diary = await player.play()
        except Exception as exc:  # noqa: BLE001 (told with the plan)
            violations.append(f"the run broke off: {type(exc).__name__}: {exc}")
            diary = player.diary
        violations += await find_violations(world, diary)
        violations += [f"LINE would not take {each}" for each in refused]
        rows = await world.rows(LineSend)
        return Outcome(
            plan=plan,
            seconds=time.monotonic() - began,
            violations=violations,
            deeds=len(diary.deeds),
            deaths=world.deaths,
            sends=Counter(f"{row.kind} {row.reason} {row.state}" for row in rows),
        )
