"""Each figure against what was counted by hand, on both databases."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from desk.cases.models import Case
from desk.chat.models import Satisfaction
from desk.config import JST
from desk.db import Database
from desk.reports.figures import Links, Report, Table
from desk.reports.scope import CaseChoice, Counted, Scope
from desk.reports.service import ReportId, ReportService
from tests.desk.reports.conftest import MONDAY, NOVEMBER

pytestmark = pytest.mark.asyncio
MIDNIGHT = datetime(2026, 11, 16, 15, 30, tzinfo=UTC)
"""Tuesday, half past midnight in Japan."""


async def make(reports: ReportService, scope: Scope, report: ReportId) -> Report:
    (made,) = await reports.make(scope, Links(base={"period": "own"}), [report])
    return made


def table_of(report: Report, name: str) -> Table:
    return next(table for table in report.tables if table.id == name)


def texts(table: Table) -> dict[str, list[str]]:
    return {row.head: [cell.text for cell in row.cells] for row in table.rows}


async def numbers_of(
    reports: ReportService, scope: Scope, choice: CaseChoice, **more: Any
) -> Sequence[UUID]:
    found = await reports.list_cases(scope, choice, limit=50, **more)
    return [case.id for case, _ in found.items]


class TestVolume:
    async def test_counts_by_japans_weekday_and_hour(
        self, reports: ReportService, november: Scope, talk: Any
    ) -> None:
        for _ in range(6):
            await talk(MIDNIGHT)
        for _ in range(7):
            await talk(MONDAY)
        await talk(MONDAY, said=False)
        await talk(datetime(2026, 12, 1, 0, 0, tzinfo=JST))

        report = await make(reports, november, ReportId.VOLUME)

        shown = texts(table_of(report, "volume"))
        assert shown["0時台"] == ["0", "6", "0", "0", "0", "0", "0"]
        assert shown["10時台"] == ["7", "0", "0", "0", "0", "0", "0"]
        assert "13件の会話" in report.reading
        assert "月曜日の10時台で、7件" in report.reading

    async def test_a_number_leads_to_its_cases_and_to_no_others(
        self, reports: ReportService, november: Scope, open_case: Any
    ) -> None:
        first = await open_case(MONDAY)
        await open_case(MIDNIGHT)

        chosen = CaseChoice(counted=Counted.TALK, weekday=0, hour=10)

        assert await numbers_of(reports, november, chosen) == [first]


class TestFunnel:
    async def test_counts_each_stage(
        self, reports: ReportService, november: Scope, talk: Any, open_case: Any
    ) -> None:
        for _ in range(5):
            await talk(said=False)
        for _ in range(6):
            await talk(cards=("diagnosis",))
        for at in range(12):
            conversation_id = await talk(cards=("diagnosis", "recommendations"))
            if at < 7:
                closed = {"answered_at": MONDAY, "result": "advised"} if at < 5 else {}
                await open_case(conversation_id=conversation_id, **closed)

        shown = texts(table_of(await make(reports, november, ReportId.FUNNEL), "funnel"))

        assert [cell for (cell,) in shown.values()] == ["23", "18", "18", "12", "7", "7", "5", "5"]

    async def test_containment_stands_beside_what_helped_with_its_interval(
        self, reports: ReportService, november: Scope, database: Database, talk: Any
    ) -> None:
        answers = ["yes"] * 8 + ["no"] * 5 + ["partly"] * 7
        for answer in answers:
            conversation_id = await talk(cards=("recommendations",))
            async with database.write() as tx:
                row = Satisfaction(conversation_id=conversation_id, after="advice", answer=answer)
                tx.add(row)

        report = await make(reports, november, ReportId.FUNNEL)

        contained = texts(table_of(report, "containment"))["相談ナビだけで終わった"]
        assert contained == ["20", "100%"]
        helped = texts(table_of(report, "helped"))["支援を示したあと"]
        # Wilson by hand: 8 of 20 is 21.9 % to 61.3 %.
        assert helped == ["8", "7", "5", "0", "「はい」が40%（95%の幅 22〜61%、答え20件）"]

    async def test_erased_conversations_are_left_out(
        self, reports: ReportService, november: Scope, talk: Any
    ) -> None:
        for _ in range(5):
            await talk()
        await talk(erased_at=MONDAY)

        shown = texts(table_of(await make(reports, november, ReportId.FUNNEL), "funnel"))

        assert shown["会話が始まった"] == ["5"]


class TestAnswers:
    async def test_counts_the_hubs_hours_and_the_unanswered_apart(
        self, reports: ReportService, november: Scope, open_case: Any
    ) -> None:
        # 10:00 to 11:00 the same day, 10:00 to 13:30 with lunch between (2.5 hours), Monday
        # to Tuesday 10:00 (7 hours), and over Labour Thanksgiving Day (23 November).
        friday = datetime(2026, 11, 20, 16, 0, tzinfo=JST)
        tuesday = datetime(2026, 11, 24, 10, 0, tzinfo=JST)
        waits = (
            [timedelta(hours=1)] * 6 + [timedelta(hours=3, minutes=30)] + [timedelta(days=1)] * 5
        )
        for wait in waits:
            await open_case(answered_at=MONDAY + wait)
        await open_case(friday, answered_at=tuesday)  # 1 + 1 hours
        for _ in range(6):
            await open_case()
        for _ in range(5):
            await open_case(answered_at=MONDAY, result="withdrawn")

        report = await make(reports, november, ReportId.ANSWERS)

        # Waits in order: 1 1 1 1 1 1 2 2.5 7 7 7 7 7 hours; the 12th is the 90th percentile.
        assert texts(table_of(report, "answer_times")) == {
            "真ん中の値": ["2"],
            "遅いほうから1割のところの値（90%点）": ["7"],
        }
        shown = texts(table_of(report, "answers"))
        assert [shown["4時間以内"], shown["8時間以内"]] == [["8"], ["5"]]
        assert [shown["まだ返事なし"], shown["時間を数えない"]] == [["6"], ["5"]]
        assert "真ん中の値で2営業時間" in report.reading

    async def test_a_bucket_leads_to_its_cases(
        self, reports: ReportService, november: Scope, open_case: Any
    ) -> None:
        soon = await open_case(answered_at=MONDAY + timedelta(hours=1))
        owed = await open_case()

        for bucket, case_id in (("h4", soon), ("owed", owed)):
            found = await numbers_of(reports, november, CaseChoice(), bucket=bucket)
            assert found == [case_id]


class TestBacklog:
    async def test_counts_open_cases_by_age_and_answer(
        self, reports: ReportService, november: Scope, open_case: Any
    ) -> None:
        today = datetime(2026, 11, 24, 12, 0, tzinfo=JST)
        reports._clock = lambda: today
        for days in (0, 2, 3, 40):
            for _ in range(6):
                await open_case(today - timedelta(days=days))
        for _ in range(8):
            await open_case(today - timedelta(days=40), answered_at=today)
        await open_case(today, result="advised")

        shown = texts(table_of(await make(reports, november, ReportId.BACKLOG), "backlog"))

        assert shown["0〜2日"] == ["12", "0", "12"]
        assert shown["3〜6日"] == ["6", "0", "6"]
        assert shown["30日以上"] == ["6", "8", "14"]


class TestProfile:
    async def test_counts_weak_companies_by_industry_and_merges_small_groups(
        self, reports: ReportService, november: Scope, open_case: Any
    ) -> None:
        for at in range(11):
            await open_case(industry="E", levels={"F1": 1 if at < 6 else 3})
        for at in range(10):
            await open_case(industry="D", levels={"F1": 0 if at < 5 else 4})
        for _ in range(3):
            await open_case(industry="H", levels={"F1": 2})
        for _ in range(2):
            await open_case(industry="G", levels={"F1": 2})

        report = await make(reports, november, ReportId.PROFILE)

        whole = {row.head[:2]: row for row in table_of(report, "profile").rows}["F1"]
        assert [cell.text for cell in whole.cells] == ["16", "10", "0"]
        by_industry = table_of(report, "profile_industry")
        at = list(by_industry.columns).index("F1")
        shown = {row.head: [row.cells[0].text, row.cells[at].text] for row in by_industry.rows}
        assert shown == {
            "製造業": ["11", "6"],
            "建設業": ["10", "5"],
            "数の少ない分類の合計": ["5", "5"],
        }


class TestNeeds:
    async def test_counts_what_is_not_there_by_concern_and_place(
        self, reports: ReportService, november: Scope, open_case: Any
    ) -> None:
        for _ in range(6):
            await open_case(programs=(("joint_fair", "ended"),))
        for _ in range(5):
            await open_case(programs=(("joint_fair", "open"),))
        for _ in range(7):
            await open_case(hub="matsumoto", programs=(("joint_fair", "unverified"),))

        report = await make(reports, november, ReportId.NEEDS)

        (concern,) = texts(table_of(report, "concerns")).values()
        assert concern == ["6", "7", "5", "18"]
        prefectures = texts(table_of(report, "prefectures"))
        assert prefectures["新潟県"] == ["6", "0", "5", "0", "11"]
        assert prefectures["長野県"] == ["0", "7", "0", "0", "7"]
        assert prefectures["東京都"] == ["0", "0", "0", "0", "0"]
        assert texts(table_of(report, "municipalities_15"))["燕市"][0] == "6"

    async def test_a_need_leads_to_its_cases(
        self, reports: ReportService, november: Scope, open_case: Any
    ) -> None:
        unmet = await open_case(programs=())
        await open_case(programs=(("joint_fair", "open"),))

        chosen = CaseChoice(need="unmet", prefecture="15")

        assert await numbers_of(reports, november, chosen) == [unmet]

    async def test_an_erased_case_keeps_no_codes(
        self, app: Any, reports: ReportService, november: Scope, open_case: Any, talk: Any
    ) -> None:
        conversation_id = await talk()
        await open_case(conversation_id=conversation_id)
        await app.state.chat.erase(conversation_id)

        chosen = CaseChoice(prefecture="15")

        assert await numbers_of(reports, november, chosen) == []
        assert len(await numbers_of(reports, november, CaseChoice(prefecture="unknown"))) == 1


class TestScope:
    async def test_a_hub_counts_its_own_cases_only(
        self, reports: ReportService, open_case: Any
    ) -> None:
        own = await open_case()
        await open_case(hub="matsumoto")

        scope = Scope(period=NOVEMBER, hub_id="tsubame")

        for choice in (CaseChoice(), CaseChoice(counted=Counted.TALK)):
            assert await numbers_of(reports, scope, choice) == [own]

    async def test_a_case_that_was_handed_on_counts_where_it_is(
        self, reports: ReportService, database: Database, open_case: Any
    ) -> None:
        case_id = await open_case()
        async with database.write() as tx:
            await tx.execute(update(Case).values(hub_id="matsumoto"))

        found = [
            await numbers_of(reports, Scope(period=NOVEMBER, hub_id=hub), CaseChoice())
            for hub in ("tsubame", "matsumoto")
        ]

        assert found == [[], [case_id]]
