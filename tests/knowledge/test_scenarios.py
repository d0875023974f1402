"""Scenarios of each program: just before, at and after every border."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from advisor.eligibility import assess
from advisor.knowledge import KnowledgeBase, load_knowledge
from advisor.loading import load_yaml
from advisor.situation import Situation
from advisor.status import status_on

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@cache
def knowledge() -> KnowledgeBase:
    return load_knowledge(ROOT / "knowledge")


def scenarios() -> list[Any]:
    found = []
    for path in sorted(HERE.glob("*.yml")):
        content = load_yaml(path)
        found += [
            pytest.param(content["program"], case, id=f"{path.stem}: {case['name']}")
            for case in content["scenarios"]
        ]
    return found


class TestScenarios:
    def test_every_program_has_its_scenarios(self):
        assert {path.stem for path in HERE.glob("*.yml")} == set(knowledge().programs)

    @pytest.mark.parametrize(("program_id", "case"), scenarios())
    def test_verdict_and_status_are_as_the_scenario_says(
        self, program_id: str, case: dict[str, Any]
    ):
        program = knowledge().programs[program_id]
        situation = Situation(facts=case.get("facts") or {})
        on = date.fromisoformat(case["on"])

        found = {
            "verdict": assess(program, situation).verdict.value,
            "status": status_on(program, on=on).status.value,
        }

        assert {key: found[key] for key in case["expect"]} == case["expect"], case["why"]
