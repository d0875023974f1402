"""Scenarios of each program: just before, at and after every border."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from advisor.amounts import subsidy
from advisor.eligibility import assess
from advisor.errors import ParameterNotFoundError
from advisor.knowledge import KnowledgeBase, load_knowledge
from advisor.loading import load_yaml
from advisor.model import Program, Status
from advisor.situation import Situation
from advisor.status import status_on

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ONE_DAY = timedelta(days=1)


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


def amounts() -> list[Any]:
    return [
        pytest.param(content["program"], case, id=f"{content['program']}: {case['name']}")
        for path in sorted(HERE.glob("*.yml"))
        for content in [load_yaml(path)]
        for case in content.get("amounts", [])
    ]


def days_of(program_id: str) -> set[date]:
    """Every day that a scenario of a program looks at."""
    content = load_yaml(HERE / f"{program_id}.yml")
    cases = [*content["scenarios"], *content.get("amounts", [])]
    return {date.fromisoformat(case["on"]) for case in cases}


def borders_of(program: Program) -> set[date]:
    """The days on both sides of every day on which the status of a program changes."""
    found: set[date] = set()
    for index, state in enumerate(program.states):
        found |= {state.since - ONE_DAY, state.since}
        following = program.states[index + 1 :]
        last = state.verify_by
        if state.status is Status.OPEN and last and not (following and following[0].since <= last):
            found |= {last, last + ONE_DAY}
    return found


class TestScenarios:
    def test_every_program_has_its_scenarios(self):
        assert {path.stem for path in HERE.glob("*.yml")} == set(knowledge().programs)

    @pytest.mark.parametrize("program_id", sorted(knowledge().programs))
    def test_both_sides_of_every_border_are_looked_at(self, program_id: str):
        missing = borders_of(knowledge().programs[program_id]) - days_of(program_id)

        assert sorted(missing) == []

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


class TestAmounts:
    def test_every_program_with_an_amount_has_amounts(self):
        with_rule = {program.id for program in knowledge().programs.values() if program.amount}

        assert {case.values[0] for case in amounts()} == with_rule

    @pytest.mark.parametrize(("program_id", "case"), amounts())
    def test_the_amount_is_as_the_scenario_says(self, program_id: str, case: dict[str, Any]):
        program = knowledge().programs[program_id]
        inputs = {key: case[key] for key in ("people", "frame") if key in case}
        on = date.fromisoformat(case["on"])

        if case["yen"] is None:
            with pytest.raises(ParameterNotFoundError):
                subsidy(program, knowledge(), costs_yen=case["costs_yen"], on=on, **inputs)
        else:
            found = subsidy(program, knowledge(), costs_yen=case["costs_yen"], on=on, **inputs)
            assert found.yen == case["yen"]
            assert f"{case['yen']:,}" in found.working
