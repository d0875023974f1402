"""The frame of the conversation page; what happens in it is shown in tests/browser."""

from typing import Any
from uuid import UUID

import pytest

from desk.auth.api import CSRF_HEADER
from desk.auth.models import Role
from desk.auth.service import AuthService
from desk.cases.models import Case
from desk.chat.models import Conversation
from desk.db import Database, now
from desk.live.beside import BesideService

pytestmark = pytest.mark.asyncio


async def _conversation(database: Database, case_id: UUID) -> UUID:
    async with database.read() as tx:
        return (await tx.get_one(Case, case_id)).conversation_id


class TestTalkPage:
    async def test_anonymous_is_sent_to_the_login(self, browser: Any, open_case: Any) -> None:
        answer = await browser.get(f"/console/cases/{await open_case()}/talk")

        assert answer.status_code == 303

    async def test_names_the_conversation_and_carries_the_session_s_token(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()

        page = await browser.get(f"/console/cases/{case_id}/talk")

        assert f'data-conversation="{await _conversation(database, case_id)}"' in page.text
        assert f'data-csrf="{await browser.token()}"' in page.text
        assert CSRF_HEADER == "X-CSRF-Token"

    async def test_draft_stands_in_the_field_as_text(
        self,
        *,
        sign_in: Any,
        open_case: Any,
        database: Database,
        auth: AuthService,
        app: Any,
    ) -> None:
        browser = await sign_in(login="hanako")
        user = await auth.get_user_by_login("hanako")
        case_id = await open_case()
        beside: BesideService = app.state.beside
        await beside.keep_draft(user, await _conversation(database, case_id), "</textarea><b>a")

        page = await browser.get(f"/console/cases/{case_id}/talk")

        assert "&lt;/textarea&gt;&lt;b&gt;a</textarea>" in page.text

    async def test_auditor_gets_nothing_to_write_with(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in(Role.AUDITOR, None)

        page = await browser.get(f"/console/cases/{await open_case()}/talk")

        assert "<form" not in page.text.split("<main")[1]
        assert "<textarea" not in page.text

    async def test_erased_conversation_has_no_page(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        conversation_id = await _conversation(database, case_id)
        async with database.write() as tx:
            (await tx.get_one(Conversation, conversation_id)).erased_at = now()

        page = await browser.get(f"/console/cases/{case_id}/talk")

        assert page.status_code == 404
        assert "会話が見つかりません" in page.text

    async def test_page_of_the_case_leads_to_it(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in()
        case_id = await open_case()

        page = await browser.get(f"/console/cases/{case_id}")

        assert f'href="/console/cases/{case_id}/talk"' in page.text
