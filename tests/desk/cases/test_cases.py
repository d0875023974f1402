"""Opening, claiming, seeing and erasing cases, on a real database."""

import asyncio
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import func, select

from desk.auth.models import Role, StaffUser
from desk.cases.business_days import add_business_days, is_business_day
from desk.cases.errors import CaseAlreadyClaimedError, CaseNotFoundError, CaseVersionError
from desk.cases.models import Case, CaseStatus, EventKind
from desk.cases.service import CaseService
from desk.db import Database
from desk.jobs.models import Job
from tests.desk.cases.conftest import draft


@pytest.fixture
async def staff(database: Database) -> list[UUID]:
    async with database.write() as tx:
        rows = [
            StaffUser(
                login=name,
                display_name=name,
                password_hash="x",
                role=Role.STAFF,
                hub_id="tsubame",
            )
            for name in ("a", "b")
        ]
        tx.add_all(rows)
    return [row.id for row in rows]


class TestOpenCase:
    async def test_case_event_and_jobs_are_written_together(
        self, database: Database, cases: CaseService, conversation_id: UUID
    ):
        receipt = await cases.open_case(draft(conversation_id))

        assert receipt.is_new
        assert receipt.case_number == "TSU-2611-0001"
        async with database.read() as tx:
            kinds = list(await tx.scalars(select(Job.kind).order_by(Job.kind)))
        assert kinds == ["cases.announce", "cases.check_promise"]

    async def test_same_handoff_opens_one_case_however_often_and_at_once(
        self, database: Database, cases: CaseService, conversation_id: UUID
    ):
        receipts = await asyncio.gather(
            *(cases.open_case(draft(conversation_id, turn_id=f"t{n}")) for n in range(8))
        )

        assert len({receipt.case_number for receipt in receipts}) == 1
        assert sum(receipt.is_new for receipt in receipts) == 1
        async with database.read() as tx:
            assert (await tx.execute(select(func.count(Case.id)))).scalar_one() == 1

    async def test_second_handoff_of_a_conversation_is_another_case(
        self, cases: CaseService, conversation_id: UUID
    ):
        first = await cases.open_case(draft(conversation_id))
        second = await cases.open_case(draft(conversation_id, handoff_number=2))

        assert [first.case_number, second.case_number] == ["TSU-2611-0001", "TSU-2611-0002"]


class TestVisibility:
    async def test_another_hub_neither_lists_nor_reads_nor_claims(
        self, cases: CaseService, conversation_id: UUID, staff: list[UUID]
    ):
        await cases.open_case(draft(conversation_id))
        case = (await cases.list_cases("tsubame"))[0]

        assert await cases.list_cases("matsumoto") == []
        with pytest.raises(CaseNotFoundError):
            await cases.get_case(case.id, "matsumoto")
        with pytest.raises(CaseNotFoundError):
            await cases.list_events(case.id, "matsumoto")
        with pytest.raises(CaseNotFoundError):
            await cases.claim(case.id, "matsumoto", staff[0])
        with pytest.raises(CaseNotFoundError):
            await cases.add_note(case.id, "matsumoto", staff[0], "x")

    async def test_roles_that_span_hubs_see_all(self, cases: CaseService, conversation_id: UUID):
        await cases.open_case(draft(conversation_id))

        assert len(await cases.list_cases(None)) == 1
        assert await cases.count_by_status(None) == {"received": 1}


class TestClaim:
    async def test_exactly_one_of_several_claims_wins(
        self, cases: CaseService, conversation_id: UUID, staff: list[UUID]
    ):
        await cases.open_case(draft(conversation_id))
        case = (await cases.list_cases("tsubame"))[0]

        results = await asyncio.gather(
            *(cases.claim(case.id, "tsubame", person) for person in staff * 3),
            return_exceptions=True,
        )

        assert results.count(None) == 1
        assert all(isinstance(r, CaseAlreadyClaimedError) for r in results if r is not None)
        kinds = [event.kind for event in await cases.list_events(case.id, "tsubame")]
        assert kinds == [EventKind.OPENED, EventKind.CLAIMED]

    async def test_change_with_an_old_version_is_refused(
        self, cases: CaseService, conversation_id: UUID, staff: list[UUID]
    ):
        await cases.open_case(draft(conversation_id))
        case = (await cases.list_cases("tsubame"))[0]
        await cases.claim(case.id, "tsubame", staff[0])

        with pytest.raises(CaseVersionError):
            await cases.change_status(
                case.id, "tsubame", staff[0], status=CaseStatus.WAITING, version=case.version
            )


class TestAnnounce:
    async def test_announcing_twice_leaves_one_event(
        self, cases: CaseService, conversation_id: UUID
    ):
        await cases.open_case(draft(conversation_id))
        case = (await cases.list_cases("tsubame"))[0]

        assert await cases.announce(case.id)
        assert not await cases.announce(case.id)


class TestBusinessDays:
    def test_weekend_and_labour_thanksgiving_day_do_not_count(self):
        assert add_business_days(date(2026, 11, 20), 1) == date(2026, 11, 24)

    def test_turn_of_the_year_is_closed(self):
        closed = [date(2026, 12, 29), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 3)]

        assert not any(is_business_day(day) for day in closed)
        assert add_business_days(date(2026, 12, 28), 1) == date(2027, 1, 4)
