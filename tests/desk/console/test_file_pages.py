"""Files of owners on the page of a case, and saving one."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from desk.attachments.models import Attachment, FileState, Reason
from desk.audit.models import AuditEntry
from desk.auth.models import Role
from desk.cases.models import Case
from desk.console.file_view import size_words
from desk.console.labels import labels
from desk.db import Database, new_id

pytestmark = pytest.mark.asyncio
HTML = b"<script>alert(1)</script>"
AddFile = Callable[..., Awaitable[UUID]]


@pytest.fixture
def add_file(database: Database) -> AddFile:
    """Keep a file in the conversation of a case; gives its id."""

    async def add_file(case_id: UUID, **more: Any) -> UUID:
        kept = {"state": FileState.FETCHED, "media_type": "text/plain", "content": HTML, "size": 25}
        async with database.write() as tx:
            case = await tx.get_one(Case, case_id)
            row = Attachment(
                id=new_id(),
                conversation_id=case.conversation_id,
                account="bureau",
                line_event_id=new_id(),
                line_message_id="1",
                kind="file",
                **{**kept, **more},
            )
            tx.add(row)
        return row.id

    return add_file


class TestCasePage:
    async def test_file_shows_with_name_size_and_a_link(
        self, sign_in: Any, open_case: Any, add_file: AddFile
    ) -> None:
        browser, case_id = await sign_in(), await open_case()
        file_id = await add_file(case_id, name="<b>見積</b>.pdf", size=2138)

        page = await browser.get(f"/console/cases/{case_id}")

        assert "&lt;b&gt;見積&lt;/b&gt;.pdf</b>（3KB）" in page.text
        assert f'href="/console/cases/{case_id}/files/{file_id}"' in page.text

    @pytest.mark.parametrize(
        ("state", "reason", "words"),
        [
            (FileState.WAITING, None, "受け取り中"),
            (FileState.REFUSED, Reason.TOO_LARGE, "大きすぎる"),
            (FileState.GONE, Reason.DELETED, "LINEから消えて"),
            (FileState.FAILED, Reason.UNREACHABLE, "LINEにつながらず"),
        ],
    )
    async def test_what_is_not_there_says_why_and_has_no_link(
        self,
        sign_in: Any,
        open_case: Any,
        add_file: AddFile,
        state: FileState,
        reason: Reason | None,
        words: str,
    ) -> None:
        browser, case_id = await sign_in(), await open_case()
        file_id = await add_file(case_id, state=state, reason=reason, content=None, size=None)

        page = await browser.get(f"/console/cases/{case_id}")

        assert words in page.text
        assert f"/files/{file_id}" not in page.text
        assert (await browser.get(f"/console/cases/{case_id}/files/{file_id}")).status_code == 404

    async def test_every_reason_has_its_words(self) -> None:
        assert {reason.value for reason in Reason} <= labels()["file_problems"].keys()


class TestSave:
    async def test_browser_saves_it_and_runs_nothing(
        self, sign_in: Any, open_case: Any, add_file: AddFile
    ) -> None:
        browser, case_id = await sign_in(), await open_case()
        file_id = await add_file(case_id, name="資料.html")

        answer = await browser.get(f"/console/cases/{case_id}/files/{file_id}")

        assert (answer.status_code, answer.content) == (200, HTML)
        headers = answer.headers
        assert headers["content-type"].startswith("text/plain")
        assert headers["content-disposition"].startswith("attachment; ")
        assert headers["content-disposition"].endswith("%E8%B3%87%E6%96%99.html.txt")
        assert headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"

    async def test_other_hub_does_not_find_it_and_no_entry_is_written(
        self, sign_in: Any, open_case: Any, add_file: AddFile, database: Database
    ) -> None:
        case_id = await open_case()
        file_id = await add_file(case_id)
        browser = await sign_in(hub="nagaoka")

        answer = await browser.get(f"/console/cases/{case_id}/files/{file_id}")

        assert answer.status_code == 404
        assert HTML not in answer.content
        assert await opened(database) == []

    async def test_file_of_another_case_is_not_found(
        self, sign_in: Any, open_case: Any, add_file: AddFile
    ) -> None:
        browser, case_id = await sign_in(), await open_case()
        file_id = await add_file(await open_case())

        assert (await browser.get(f"/console/cases/{case_id}/files/{file_id}")).status_code == 404

    async def test_each_opening_is_in_the_audit_log_without_words(
        self, sign_in: Any, open_case: Any, add_file: AddFile, database: Database, auth: Any
    ) -> None:
        browser = await sign_in(login="hanako", role=Role.BUREAU, hub=None)
        case_id = await open_case()
        file_id = await add_file(case_id, name="山田太郎.pdf")

        for _ in range(2):
            await browser.get(f"/console/cases/{case_id}/files/{file_id}")

        hanako = await auth.get_user_by_login("hanako")
        found = await opened(database)
        assert [(e.actor_id, e.subject) for e in found] == [
            (hanako.id, f"attachment:{file_id}")
        ] * 2
        assert found[0].details == {"case_id": str(case_id)}


class TestSizeWords:
    @pytest.mark.parametrize(
        ("size", "words"),
        [(0, "1KB"), (1024, "1KB"), (1025, "2KB"), (1024**2, "1.0MB"), (10 * 1024**2, "10.0MB")],
    )
    async def test_it_is_rounded_up(self, size: int, words: str) -> None:
        assert size_words(size) == words


async def opened(database: Database) -> list[AuditEntry]:
    async with database.read() as tx:
        query = select(AuditEntry).where(AuditEntry.action == "file_opened")
        return list(await tx.scalars(query))
