"""Status of a program on a date."""

from datetime import date

import pytest

from advisor.knowledge import KnowledgeBase
from advisor.model import Status
from advisor.status import status_on


class TestStatusOn:
    @pytest.mark.parametrize(
        ("day", "status"),
        [
            ("2023-03-30", Status.NOT_YET),
            ("2023-03-31", Status.OPEN),
            ("2023-08-17", Status.OPEN),
            ("2023-08-18", Status.ENDED),
            ("2026-11-22", Status.ENDED),
        ],
    )
    def test_states_change_on_their_first_day(
        self, small: KnowledgeBase, day: str, status: Status
    ) -> None:
        found = status_on(small.programs["side_job_b"], on=date.fromisoformat(day))

        assert found.status is status

    @pytest.mark.parametrize(
        ("day", "status"), [("2024-03-31", Status.OPEN), ("2024-04-01", Status.UNVERIFIED)]
    )
    def test_open_becomes_unverified_after_its_check_is_due(
        self, small: KnowledgeBase, day: str, status: Status
    ) -> None:
        found = status_on(small.programs["seminar"], on=date.fromisoformat(day))

        assert found.status is status
        assert found.is_stale == (status is Status.UNVERIFIED)
        assert found.note == "令和5年度です"

    def test_before_the_first_state_nothing_is_known(self, small: KnowledgeBase) -> None:
        found = status_on(small.programs["seminar"], on=date(2020, 1, 1))

        assert found.since is None
        assert found.source is None
