"""Versions of facts as they were told."""

from dataclasses import replace
from datetime import date

import pytest

from advisor.knowledge import KnowledgeBase
from advisor.labels import ASPECTS
from advisor.told import told, version_of

DAY = date(2023, 6, 15)
LATER = date(2026, 11, 22)

FACTS = [
    "programs/side_job_b/answers/amount",
    "programs/side_job_b/answers/how_to_apply",
    "programs/side_job_b/advice",
    "programs/side_job_b/amount",
    "topics/hub",
    "hubs/tsubame",
    "hubs/bureau",
    "dimensions/F4",
    "shifts/office",
    "contacts/yorozu",
]


class TestVersionOf:
    @pytest.mark.parametrize("fact", FACTS)
    def test_the_same_fact_has_the_same_version(self, real: KnowledgeBase, fact: str) -> None:
        version = version_of(fact, real, on=DAY)

        assert version is not None
        assert version == version_of(fact, replace(real), on=DAY)

    def test_the_answers_of_a_program_differ_from_each_other(self, real: KnowledgeBase) -> None:
        for program in real.programs.values():
            published = [a for a in ASPECTS if program.answers[a].text is not None]

            versions = {
                version_of(f"programs/{program.id}/answers/{a}", real, on=DAY) for a in published
            }

            assert len(versions) == len(published), program.id

    @pytest.mark.parametrize(
        "fact",
        [
            "programs/nothing/advice",
            "programs/yorozu/amount",
            "programs/yorozu/answers/colour",
            "programs/yorozu/colour",
            "topics/nothing",
            "hubs/nothing",
            "dimensions/F9",
            "shifts/nothing",
            "contacts/nothing",
            "weather/today",
        ],
    )
    def test_what_the_knowledge_does_not_hold_has_no_version(
        self, real: KnowledgeBase, fact: str
    ) -> None:
        assert version_of(fact, real, on=DAY) is None

    def test_an_end_that_was_known_changes_only_what_is_told_after_it(
        self, real: KnowledgeBase
    ) -> None:
        fact = "programs/side_job_b/answers/overview"

        assert version_of(fact, real, on=date(2023, 8, 17)) == version_of(fact, real, on=DAY)
        assert version_of(fact, real, on=date(2023, 8, 18)) != version_of(fact, real, on=DAY)

    def test_a_state_entered_afterwards_for_that_day_changes_the_version(
        self, real: KnowledgeBase
    ) -> None:
        program = real.programs["side_job_b"]
        states = (program.states[0], replace(program.states[1], since=date(2023, 6, 1)))
        mended = replace(
            real, programs={**real.programs, program.id: replace(program, states=states)}
        )
        fact = "programs/side_job_b/answers/overview"

        assert version_of(fact, mended, on=DAY) != version_of(fact, real, on=DAY)

    def test_a_rate_changes_the_amount_and_nothing_else(self, real: KnowledgeBase) -> None:
        share = real.parameters["side_job_b_share"]
        value = replace(share.values[0], value=share.values[0].value / 2)
        parameters = {**real.parameters, share.id: replace(share, values=(value,))}
        mended = replace(real, parameters=parameters)

        changed = [
            fact
            for fact in FACTS
            if version_of(fact, mended, on=DAY) != version_of(fact, real, on=DAY)
        ]

        assert changed == ["programs/side_job_b/amount"]

    def test_no_value_on_the_day_is_a_version_of_its_own(self, real: KnowledgeBase) -> None:
        fact = "programs/side_job_b/amount"

        assert version_of(fact, real, on=LATER) != version_of(fact, real, on=DAY)


class TestTold:
    def test_each_fact_is_told_once_and_unknown_ones_are_left_out(
        self, real: KnowledgeBase
    ) -> None:
        found = told(["topics/hub", "topics/nothing", "topics/hub", "hubs/bureau"], real, on=DAY)

        assert [item.fact for item in found] == ["topics/hub", "hubs/bureau"]
        assert found[0].version == version_of("topics/hub", real, on=DAY)
