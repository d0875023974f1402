"""The ledger of cases: right after every kind of change, whoever changes what at once."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select, update

from desk.auth.models import StaffUser
from desk.cases.counts import count_by_status, tidy_counts
from desk.cases.models import Case, CaseCount, CaseResult, CaseStatus
from desk.cases.service import CaseService
from desk.db import Database, new_id
from tests.desk.vault.conftest import case_service, open_case

pytestmark = pytest.mark.asyncio


@pytest.fixture
def cases(database: Database) -> CaseService:
    """The case service."""
    return case_service(database)


async def counted(database: Database, hub_id: str | None = None) -> dict[str, int]:
    """What the ledger says; empty statuses are left out."""
    async with database.read() as tx:
        found = await count_by_status(tx, hub_id)
    assert set(found) == {str(status) for status in CaseStatus}
    return {str(status): number for status, number in found.items() if number}


async def lines(database: Database) -> int:
    """How many lines the ledger has."""
    async with database.read() as tx:
        return (await tx.execute(select(func.count()).select_from(CaseCount))).scalar_one()


async def set_case(database: Database, case_id: UUID, **values: Any) -> None:
    """Change a case's columns."""
    async with database.write() as tx:
        await tx.execute(update(Case).where(Case.id == case_id).values(**values))


class TestLedger:
    async def test_each_change_is_counted_in_its_own_transaction(
        self, database: Database, cases: CaseService
    ) -> None:
        first, second = [await open_case(database) for _ in range(2)]
        hub = (await cases.get_case(first, None)).hub_id
        assert await counted(database) == {"received": 2}

        await cases.claim(first, None, await a_person(database))
        assert await counted(database, hub) == {"received": 1, "working": 1}

        version = (await cases.get_case(first, None)).version
        await cases.change_status(
            first,
            None,
            new_id(),
            status=CaseStatus.CLOSED,
            version=version,
            reason="x",
            result=CaseResult.ADVISED,
        )
        assert await counted(database) == {"received": 1, "closed": 1}

        await set_case(database, second, hub_id="elsewhere", status=CaseStatus.TRANSFERRED)
        assert await counted(database, hub) == {"closed": 1}
        assert await counted(database, "elsewhere") == {"transferred": 1}

    async def test_what_is_rolled_back_is_not_counted(self, database: Database) -> None:
        case_id = await open_case(database)

        async with database.write() as tx:
            await tx.execute(update(Case).where(Case.id == case_id).values(status="closed"))
            await tx.rollback()

        assert await counted(database) == {"received": 1}

    async def test_a_change_of_something_else_adds_no_line(self, database: Database) -> None:
        case_id = await open_case(database)
        before = await lines(database)

        await set_case(database, case_id, priority=2, status="received")

        assert await lines(database) == before


class TestTidy:
    async def test_lines_are_summed_up_and_say_the_same(self, database: Database) -> None:
        ids = [await open_case(database) for _ in range(6)]
        for case_id in ids[:4]:
            await set_case(database, case_id, status="working")
        before = await counted(database)

        assert await tidy_counts(database) == 0

        assert await counted(database) == before == {"received": 2, "working": 4}
        assert await lines(database) == 2

    async def test_what_is_wrong_is_told_and_put_right(self, database: Database) -> None:
        await open_case(database)
        async with database.write() as tx:
            await tx.execute(delete(CaseCount))
            lie = {"hub_id": "nowhere", "status": "closed", "number": 7}
            await tx.execute(insert(CaseCount).values(lie))

        assert await tidy_counts(database) == 2

        assert await counted(database) == {"received": 1}
        assert await tidy_counts(database) == 0

    async def test_changes_and_several_tidies_at_once_lose_nothing(
        self, database: Database
    ) -> None:
        ids = [await open_case(database) for _ in range(12)]

        async def change(case_id: UUID) -> None:
            for status in ("working", "waiting", "closed"):
                await set_case(database, case_id, status=status)

        async def tidy() -> None:
            for _ in range(4):
                await tidy_counts(database)

        await asyncio.gather(*(change(case_id) for case_id in ids), tidy(), tidy())

        assert await counted(database) == {"closed": 12}


async def a_person(database: Database) -> UUID:
    """Somebody who can be responsible."""
    person = StaffUser(
        id=new_id(), login=new_id().hex[:12], display_name="H", password_hash="", role="bureau"
    )
    async with database.write() as tx:
        tx.add(person)
    return person.id
