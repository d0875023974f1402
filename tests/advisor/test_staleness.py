"""What has to be checked again."""

from dataclasses import replace
from datetime import date

import pytest

from advisor.knowledge import KnowledgeBase
from advisor.staleness import StaleKind, find_stale, sources_of_program, uses_of_sources

SEED_LAST_DAY = date(2027, 3, 31)


class TestFindStale:
    @pytest.mark.parametrize(
        ("on", "within", "is_listed", "is_due"),
        [
            (date(2027, 3, 31), 0, False, False),
            (date(2027, 4, 1), 0, True, True),
            (date(2027, 3, 31), 1, True, False),
            (date(2027, 3, 1), 30, False, False),
            (date(2027, 3, 1), 31, True, False),
        ],
    )
    def test_a_source_falls_due_the_day_after_its_last_day(
        self, real: KnowledgeBase, on: date, within: int, is_listed: bool, is_due: bool
    ) -> None:
        items = find_stale(real, on=on, within_days=within)

        found = [i for i in items if i.place == "sources.yml: seed_2023_06.verify_by"]
        assert bool(found) is is_listed
        assert all(item.is_due is is_due and item.due_on == SEED_LAST_DAY for item in found)

    def test_it_names_the_keeper_and_what_rests_on_the_source(self, real: KnowledgeBase) -> None:
        items = find_stale(real, on=date(2027, 4, 1))

        (item,) = [i for i in items if i.place.startswith("sources.yml: care_iro_2023")]
        assert item.keeper == "labor"
        assert item.used_by == ("programs/employment_stability.yml",)
        assert {item.keeper for item in items} <= set(real.keepers)

    def test_an_open_state_falls_due_but_an_ended_one_does_not(self, real: KnowledgeBase) -> None:
        states = [i for i in find_stale(real, on=date(2027, 4, 1)) if i.kind is StaleKind.STATE]

        places = [item.place for item in states]
        assert "programs/skill_up_secondment.yml: states.2026-04-01.verify_by" in places
        assert not any("side_job" in place for place in places)

    def test_before_its_first_state_a_program_has_none_to_check(self, real: KnowledgeBase) -> None:
        items = find_stale(real, on=date(2010, 1, 1), within_days=36500)

        assert not any(item.kind is StaleKind.STATE for item in items)

    def test_programs_and_hubs_are_read_through_once_a_year(self, real: KnowledgeBase) -> None:
        before = find_stale(real, on=date(2027, 11, 22))
        after = find_stale(real, on=date(2027, 11, 23))

        assert not any(item.kind is StaleKind.REVIEW for item in before)
        reviews = [item.place for item in after if item.kind is StaleKind.REVIEW]
        assert len(reviews) == len(real.programs) + len(real.hubs)
        assert "hubs/tsubame.yml: reviewed_on" in reviews

    def test_the_most_overdue_stands_first(self, real: KnowledgeBase) -> None:
        days = [item.due_on for item in find_stale(real, on=date(2030, 1, 1))]

        assert days == sorted(days)

    def test_today_nothing_is_overdue(self, real: KnowledgeBase) -> None:
        assert find_stale(real, on=date(2026, 11, 22)) == ()


class TestUses:
    def test_every_source_is_used_somewhere(self, real: KnowledgeBase) -> None:
        assert set(uses_of_sources(real)) == set(real.sources)

    def test_every_source_in_a_file_is_named_in_its_list(self, real: KnowledgeBase) -> None:
        for program in real.programs.values():
            missing = set(sources_of_program(program)) - set(program.sources) - {"service_guide"}

            assert missing == set(), program.id

    def test_a_topic_without_a_source_uses_none(self, real: KnowledgeBase) -> None:
        topic = replace(real.topics["help"], source=None)
        base = replace(real, topics={"help": topic})

        assert "topics.yml" not in uses_of_sources(base).get("service_guide", ())
