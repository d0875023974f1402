"""The codes of a case: read from its snapshot, kept with it, gone when it is erased."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from advisor.knowledge import KnowledgeBase
from desk.cases.service import erase_of_conversation, strike_in_cases
from desk.chat.retract import Striker
from desk.db import Database
from desk.reports.facts import CaseFactWriter, Need, SizeClass, read_codes, size_of
from desk.reports.models import ItemKind, ReportCase, ReportItem
from tests.desk.reports.conftest import snapshot


async def codes_of(database: Database, case_id: UUID) -> tuple[ReportCase | None, list[Any]]:
    async with database.read() as tx:
        items = await tx.scalars(select(ReportItem).where(ReportItem.case_id == case_id))
        return await tx.get(ReportCase, case_id), sorted((i.kind, i.code, i.state) for i in items)


class TestSize:
    @pytest.mark.parametrize(
        ("employees", "size"),
        [
            (0, None),
            (1, SizeClass.UP_TO_5),
            (5, SizeClass.UP_TO_5),
            (6, SizeClass.UP_TO_20),
            (20, SizeClass.UP_TO_20),
            (21, SizeClass.UP_TO_50),
            (50, SizeClass.UP_TO_50),
            (51, SizeClass.UP_TO_100),
            (100, SizeClass.UP_TO_100),
            (101, SizeClass.MORE),
            ("unknown", None),
            (True, None),
            (None, None),
        ],
    )
    def test_each_end_belongs_to_its_class(self, employees: object, size: object) -> None:
        assert size_of(employees) == size


class TestReadCodes:
    def test_reads_place_industry_size_and_items(self, knowledge: KnowledgeBase) -> None:
        codes = read_codes(snapshot(levels={"F1": 1, "P1": None}), knowledge)

        assert (codes.prefecture, codes.municipality) == ("15", "15213")
        assert (codes.industry, codes.size) == ("E", SizeClass.UP_TO_50)
        assert codes.items == {
            (ItemKind.CONCERN, "hiring"): Need.MET,
            (ItemKind.PROGRAM, "joint_fair"): Need.MET,
            (ItemKind.DIMENSION, "F1"): "1",
        }

    @pytest.mark.parametrize(
        ("programs", "need"),
        [
            ((), Need.UNMET),
            ((("joint_fair", "ended"), ("side_job_b", "not_yet")), Need.UNMET),
            ((("joint_fair", "ended"), ("side_job_b", "unverified")), Need.UNKNOWN),
            ((("joint_fair", "open"), ("side_job_b", "unverified")), Need.MET),
            ((("employment_stability", "open"),), Need.UNMET),
        ],
    )
    def test_a_need_is_as_its_best_program_stands(
        self, knowledge: KnowledgeBase, programs: Any, need: Need
    ) -> None:
        codes = read_codes(snapshot(programs=programs), knowledge)

        assert codes.items is not None
        assert codes.items[ItemKind.CONCERN, "hiring"] == need

    def test_an_open_program_with_something_to_find_out_is_not_yet_met(
        self, knowledge: KnowledgeBase
    ) -> None:
        given = snapshot()
        given["recommendations"]["items"][0]["unknown"] = ["employees"]

        codes = read_codes(given, knowledge)

        assert codes.items is not None
        assert codes.items[ItemKind.CONCERN, "hiring"] == Need.UNKNOWN

    @pytest.mark.parametrize(
        "broken", [{}, {"situation": None}, {"situation": {"facts": []}, "diagnosis": 3}]
    )
    def test_what_is_missing_is_unknown(self, knowledge: KnowledgeBase, broken: Any) -> None:
        codes = read_codes(broken, knowledge)

        assert (codes.prefecture, codes.municipality, codes.size) == (None, None, None)
        assert not codes.items


@pytest.mark.asyncio
class TestKeeping:
    async def test_the_codes_are_there_with_the_case(
        self, database: Database, open_case: Any
    ) -> None:
        row, items = await codes_of(database, await open_case())

        assert row is not None
        assert row.municipality == "15213"
        assert len(items) == 3

    async def test_erasing_leaves_no_code(
        self, app: Any, database: Database, talk: Any, open_case: Any
    ) -> None:
        conversation_id = await talk()
        case_id = await open_case(conversation_id=conversation_id)

        await app.state.chat.erase(conversation_id)

        row, items = await codes_of(database, case_id)
        assert row is not None
        assert (row.prefecture, row.municipality, row.industry, row.size) == (None,) * 4
        assert items == []

    async def test_a_place_that_is_taken_back_is_no_code_any_more(
        self, database: Database, talk: Any, open_case: Any
    ) -> None:
        conversation_id = await talk()
        case_id = await open_case(conversation_id=conversation_id, hub="matsumoto")

        async with database.write() as tx:
            await strike_in_cases(tx, conversation_id, Striker("松本市").value)

        row, _ = await codes_of(database, case_id)
        assert row is not None
        assert row.municipality is None

    async def test_backfill_writes_what_is_missing_once(
        self, database: Database, knowledge: KnowledgeBase, open_case: Any
    ) -> None:
        case_id = await open_case()
        async with database.write() as tx:
            await tx.execute(delete(ReportItem))
            await tx.execute(delete(ReportCase))
        writer = CaseFactWriter(database, knowledge)

        assert [await writer.backfill(), await writer.backfill()] == [1, 0]
        assert len((await codes_of(database, case_id))[1]) == 3

    async def test_backfill_clears_what_was_erased_without_it(
        self, database: Database, knowledge: KnowledgeBase, talk: Any, open_case: Any
    ) -> None:
        conversation_id = await talk()
        case_id = await open_case(conversation_id=conversation_id)
        kept = dict(database.info)
        database.info.pop("case_facts")
        async with database.write() as tx:
            await erase_of_conversation(tx, conversation_id)
        database.info.update(kept)

        assert await CaseFactWriter(database, knowledge).backfill() == 1
        assert (await codes_of(database, case_id))[1] == []
