"""Numbered scenarios of every program: the verdict and status for given facts on a day."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from advisor.eligibility import assess
from advisor.knowledge import KnowledgeBase
from advisor.loading import load_yaml
from advisor.situation import Situation
from advisor.status import status_on

SCENARIOS = Path(__file__).parents[1] / "knowledge"


def scenarios() -> Iterator[Any]:
    for path in sorted(SCENARIOS.glob("*.yml")):
        data = load_yaml(path)
        for scenario in data["scenarios"]:
            yield pytest.param(data["program"], scenario, id=f"{path.stem}: {scenario['name']}")


class TestScenarios:
    def test_every_program_has_a_file_of_scenarios(self, real: KnowledgeBase) -> None:
        assert {path.stem for path in SCENARIOS.glob("*.yml")} == set(real.programs)

    @pytest.mark.parametrize(("program_id", "scenario"), list(scenarios()))
    def test_verdict_and_status(
        self, real: KnowledgeBase, program_id: str, scenario: dict[str, Any]
    ) -> None:
        program = real.programs[program_id]
        expected = scenario["expect"]

        verdict = assess(program, Situation(facts=scenario["facts"])).verdict
        status = status_on(program, on=date.fromisoformat(scenario["on"])).status

        assert verdict.value == expected.get("verdict", verdict.value)
        assert status.value == expected.get("status", status.value)
        assert set(expected) <= {"verdict", "status"}
