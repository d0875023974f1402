"""Writers who meet at one case: each entry gets a number of its own, nothing fails."""

import asyncio
from typing import Any

import pytest

from desk.auth.models import StaffUser
from desk.cases import repository
from desk.cases.errors import CaseVersionError
from desk.cases.models import EventKind
from desk.cases.service import CaseService
from desk.cases.transfers import ConsentWay
from desk.db import Database
from desk.errors import ConflictError

WRITERS = 8


class TestTwoWriters:
    async def test_entries_that_are_written_at_once_have_numbers_without_a_gap(
        self, open_case: Any, cases: CaseService, database: Database, hanako: StaffUser
    ) -> None:
        case = await open_case()

        async def append() -> None:
            async with database.write() as tx:
                await repository.append_event(tx, case.id, EventKind.TALK_TAKEN, actor="staff")
                await asyncio.sleep(0)  # Others go on before this one is committed.

        notes = [cases.add_note(case.id, None, hanako.id, f"{i}") for i in range(WRITERS)]
        await asyncio.gather(*notes, *(append() for _ in range(WRITERS)))

        seqs = [event.seq for event in await cases.list_events(case.id, None)]
        assert seqs == [*range(1, 2 * WRITERS + 2)]

    async def test_one_of_several_changes_for_one_version_wins(
        self, open_case: Any, cases: CaseService, lead: StaffUser
    ) -> None:
        case = await open_case()
        await cases.claim(case.id, None, lead.id)

        contact = {"version": 2, "how": ConsentWay.PHONE}
        done = await asyncio.gather(
            *(cases.work.record_contact(lead, case.id, **contact) for _ in range(WRITERS)),
            return_exceptions=True,
        )

        lost = [each for each in done if isinstance(each, BaseException)]
        assert [type(each) for each in lost] == [CaseVersionError] * (WRITERS - 1)
        assert (await cases.get_case(case.id, None)).version == 3

    @pytest.mark.parametrize("seed", range(3))
    async def test_changes_notes_and_announcements_at_once_are_done_or_refused(
        self, open_case: Any, cases: CaseService, lead: StaffUser, seed: int
    ) -> None:
        case = await open_case()
        other = await open_case(conversation_id=case.conversation_id, handoff_number=2)
        deeds = [
            cases.claim(case.id, None, lead.id),
            cases.claim(case.id, None, lead.id),
            cases.announce(case.id),
            cases.announce(case.id),
            cases.add_note(case.id, None, lead.id, "メモ"),
            cases.work.merge(lead, case.id, version=1, into=other.id),
            cases.work.merge(lead, other.id, version=1, into=case.id),
            cases.work.set_labels(lead, case.id, version=1, labels=["a"]),
            cases.check_promise(case.id),
        ]

        done = await asyncio.gather(*deeds[seed:], *deeds[:seed], return_exceptions=True)

        failed = [each for each in done if isinstance(each, BaseException)]
        assert [each for each in failed if not isinstance(each, ConflictError)] == []
        for each in (case, other):
            events = await cases.list_events(each.id, None)
            assert [event.seq for event in events] == [*range(1, len(events) + 1)]
            assert [event.kind for event in events].count(EventKind.ANNOUNCED) <= 1
