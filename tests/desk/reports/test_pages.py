"""The pages of the reports: who sees what, and where numbers lead."""

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select

from desk.audit.models import AuditEntry
from desk.auth.dependencies import COOKIE, COOKIE_PATH
from desk.auth.models import Role
from desk.auth.passwords import Passwords
from desk.auth.service import AuthService
from desk.config import Settings
from desk.db import Database
from tests.desk.reports.conftest import MONDAY

pytestmark = pytest.mark.asyncio
NOVEMBER = "period=own&first=2026-11-01&last=2026-11-24"
ROW = re.compile(r'data-case-number="([^"]+)"')
LINK = re.compile(r'href="(/console/reports/cases\?[^"]+)"')


@pytest_asyncio.fixture
async def sign_in(app: FastAPI, settings: Settings, database: Database) -> AsyncIterator[Any]:
    """Gives a client in which a person of a role and hub is logged in."""
    auth = AuthService(database, settings, passwords=Passwords(time_cost=1, memory_kib=64, lanes=1))
    clients: list[httpx.AsyncClient] = []

    async def sign_in(role: Role = Role.STAFF, hub: str | None = "tsubame") -> httpx.AsyncClient:
        await auth.create_user(f"{role}", "名前", role, hub, "correct horse battery")
        user = await auth.get_user_by_login(f"{role}")
        transport = httpx.ASGITransport(app=app)
        client = httpx.AsyncClient(transport=transport, base_url="http://console.test")
        token = await auth.start_session(user.id)
        client.cookies.set(COOKIE, token, domain="console.test", path=COOKIE_PATH)
        clients.append(client)
        return client

    yield sign_in
    for client in clients:
        await client.aclose()


class TestPage:
    async def test_staff_see_their_hub_and_no_choice_of_another(
        self, sign_in: Any, open_case: Any
    ) -> None:
        for _ in range(6):
            await open_case()
        for _ in range(9):
            await open_case(hub="matsumoto")

        page = (await (await sign_in()).get(f"/console/reports?{NOVEMBER}")).text

        assert "この期間に受け付けた相談は6件です" in page
        assert 'name="hub"' not in page
        assert "燕市" in page
        assert "松本市" not in page

    async def test_another_hubs_reports_are_not_there(self, sign_in: Any) -> None:
        client = await sign_in()

        for path in ("", "/cases", "/needs/csv"):
            answer = await client.get(f"/console/reports{path}?{NOVEMBER}&hub=matsumoto")
            assert answer.status_code == 404

    async def test_the_bureau_chooses_all_or_one(self, sign_in: Any, open_case: Any) -> None:
        for _ in range(6):
            await open_case()
            await open_case(hub="matsumoto")
        client = await sign_in(Role.BUREAU, None)

        whole = (await client.get(f"/console/reports?{NOVEMBER}")).text
        one = (await client.get(f"/console/reports?{NOVEMBER}&hub=tsubame")).text

        assert "この期間に受け付けた相談は12件です" in whole
        assert "この期間に受け付けた相談は6件です" in one

    async def test_no_number_from_one_to_four_stands_in_a_table(
        self, sign_in: Any, open_case: Any
    ) -> None:
        for at in range(9):
            programs = (("joint_fair", "ended" if at < 3 else "open"),)
            await open_case(industry="EEEEEDDHI"[at], employees=3 + 9 * at, programs=programs)
        page = (await (await sign_in()).get(f"/console/reports?{NOVEMBER}")).text
        # Days over due and files beside content are no counts of cases, nor are hours.
        page = page.split('id="freshness-title"')[0]

        cells = [re.sub("<[^>]*>", "", each) for each in re.findall(r"<td[^>]*>(.*?)</td>", page)]

        assert {"5未満", "9"} <= {cell.removesuffix("の相談の一覧") for cell in cells}
        assert not [c for c in cells if c.removesuffix("の相談の一覧") in ("1", "2", "3", "4")]

    @pytest.mark.parametrize(
        "query", ["period=own", "period=own&first=2026-11-09&last=2026-11-01", "period=own&first=x"]
    )
    async def test_a_period_that_is_none_is_explained(self, sign_in: Any, query: str) -> None:
        answer = await (await sign_in()).get(f"/console/reports?{query}")

        assert answer.status_code == 422
        assert "期間を確かめてください" in answer.text


class TestCases:
    async def test_every_number_leads_to_a_list_of_own_cases(
        self, sign_in: Any, open_case: Any
    ) -> None:
        for _ in range(5):
            await open_case(answered_at=MONDAY)
        await open_case(hub="matsumoto")
        client = await sign_in()
        page = (await client.get(f"/console/reports?{NOVEMBER}")).text

        links = sorted({unescape(link) for link in LINK.findall(page)})

        assert len(links) > 20
        for link in links:
            answer = await client.get(link)
            assert answer.status_code == 200, link
            assert not [n for n in ROW.findall(answer.text) if n.startswith("MAT")], link

    async def test_the_list_has_as_many_cases_as_the_number_says(
        self, sign_in: Any, open_case: Any
    ) -> None:
        for at in range(12):
            await open_case(
                answered_at=MONDAY if at < 6 else None,
                programs=(("joint_fair", "open" if at < 5 else "ended"),),
                levels={"F1": 1 if at < 7 else 4},
            )
        client = await sign_in()
        page = (await client.get(f"/console/reports?{NOVEMBER}")).text
        page = page.split('id="answers"')[1]
        cells = re.findall(r'<td><a href="([^"]+)">([\d,]+)<', page)

        assert len(cells) > 10
        for link, number in cells:
            answer = await client.get(unescape(link))
            assert len(ROW.findall(answer.text)) == int(number), unescape(link)


class TestCsv:
    async def test_a_file_says_what_the_page_says_and_who_took_it_is_written_down(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        for at in range(8):
            await open_case(programs=(("joint_fair", "open" if at < 6 else "ended"),))
        answer = await (await sign_in()).get(f"/console/reports/needs/csv?{NOVEMBER}")

        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        name = 'attachment; filename="needs_tsubame_2026-11-01_2026-11-24.csv"'
        assert answer.headers["content-disposition"] == name
        assert answer.content.startswith(b"\xef\xbb\xbf")
        assert ",5未満,0,非表示,8\r\n" in answer.text
        async with database.read() as tx:
            query = select(AuditEntry).where(AuditEntry.action == "report_exported")
            (entry,) = await tx.scalars(query)
        assert entry.subject == "report:needs"
