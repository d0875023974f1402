"""Notes for a colleague: chosen in the form, counted in the menu, listed until read."""

import re
from typing import Any

import pytest

from desk.auth.models import Role
from desk.auth.service import AuthService

pytestmark = pytest.mark.asyncio
BADGE = re.compile(r'id="unread-mentions">(\d+)')
UNREAD = re.compile(r'<li data-mention-id="([^"]+)">')


async def _id_of(auth: AuthService, login: str) -> str:
    return str((await auth.get_user_by_login(login)).id)


def _badge(page: Any) -> str | None:
    found = BADGE.search(page.text)
    return found.group(1) if found else None


class TestNoteForm:
    async def test_colleagues_of_the_hub_are_offered_and_nobody_else(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser, case_id = await sign_in(login="hanako"), await open_case()
        await sign_in(login="jiro")
        await sign_in(hub="nagaoka", login="elsewhere")

        page = (await browser.get(f"/console/cases/{case_id}")).text

        names = re.findall(r'<label for="tell-[^"]+">([^<]+)</label>', page)
        assert names == ["名前jiro"]

    async def test_who_is_chosen_stands_at_the_note(
        self, sign_in: Any, open_case: Any, auth: AuthService
    ) -> None:
        browser, case_id = await sign_in(login="hanako"), await open_case()
        await sign_in(login="jiro")

        answer = await browser.post(
            f"/console/cases/{case_id}/notes",
            text="電話してください",
            tell=await _id_of(auth, "jiro"),
        )

        page = (await browser.get(f"/console/cases/{case_id}")).text
        assert answer.status_code == 303
        assert "<b>名前jiro</b> あて" in page
        assert "内部メモを書きました（名前jiroあて）" in page

    async def test_somebody_of_another_hub_is_refused_and_the_words_stay(
        self, sign_in: Any, open_case: Any, auth: AuthService
    ) -> None:
        browser, case_id = await sign_in(login="hanako"), await open_case()
        elsewhere = await sign_in(hub="nagaoka", login="elsewhere")

        answer = await browser.post(
            f"/console/cases/{case_id}/notes",
            text="電話してください",
            tell=await _id_of(auth, "elsewhere"),
        )

        assert answer.status_code == 422
        assert "その人には知らせられません" in answer.text
        assert "電話してください</textarea>" in answer.text
        assert _badge(await elsewhere.get("/console")) is None


class TestMentions:
    async def test_every_page_shows_how_many_are_unread(
        self, sign_in: Any, open_case: Any, auth: AuthService
    ) -> None:
        hanako, jiro = await sign_in(login="hanako"), await sign_in(login="jiro")
        tell = await _id_of(auth, "jiro")
        for text in ("一つめ", "二つめ"):
            case_id = await open_case()
            await hanako.post(f"/console/cases/{case_id}/notes", text=text, tell=tell)

        pages = (
            "/console",
            f"/console/cases/{case_id}",
            "/console/deliveries",
            "/console/password",
        )
        counts = [_badge(await jiro.get(path)) for path in pages]

        assert counts == ["2"] * len(pages)
        assert _badge(await hanako.get("/console")) is None

    async def test_a_read_one_moves_to_the_others(
        self, sign_in: Any, open_case: Any, auth: AuthService
    ) -> None:
        hanako, jiro = await sign_in(login="hanako"), await sign_in(login="jiro")
        case_id, tell = await open_case(), await _id_of(auth, "jiro")
        await hanako.post(f"/console/cases/{case_id}/notes", text="電話してください", tell=tell)
        before = (await jiro.get("/console/mentions")).text
        (mention_id,) = UNREAD.findall(before)

        answer = await jiro.post(f"/console/mentions/{mention_id}/read", then="list")

        page = await jiro.get("/console/mentions")
        assert answer.headers["location"] == "/console/mentions?done=mention_read"
        assert 'id="seen"' not in before
        assert "未読のメモはありません" in page.text
        assert "電話してください" in page.text[page.text.index('id="seen"') :]
        assert "名前hanako" in page.text
        assert _badge(page) is None

    async def test_reading_can_lead_to_the_case(
        self, sign_in: Any, open_case: Any, auth: AuthService
    ) -> None:
        hanako, jiro = await sign_in(login="hanako"), await sign_in(login="jiro")
        case_id = await open_case()
        await hanako.post(f"/console/cases/{case_id}/notes", text="@jiro 電話してください")
        (mention_id,) = UNREAD.findall((await jiro.get("/console/mentions")).text)

        answer = await jiro.post(f"/console/mentions/{mention_id}/read", then="case")
        again = await jiro.post(f"/console/mentions/{mention_id}/read", then="case")

        assert answer.headers["location"] == f"/console/cases/{case_id}#notes"
        assert again.status_code == 404

    async def test_nothing_is_listed_of_a_case_that_has_gone_elsewhere(
        self, sign_in: Any, open_case: Any, auth: AuthService, cases: Any
    ) -> None:
        hanako, jiro = await sign_in(login="hanako"), await sign_in(login="jiro")
        lead = await sign_in(Role.LEAD)
        case_id = await open_case(consent={"share_info": True, "hubs": ["nagaoka"]})
        tell = await _id_of(auth, "jiro")
        await hanako.post(f"/console/cases/{case_id}/notes", text="秘密の話", tell=tell)
        await lead.post(
            f"/console/cases/{case_id}/transfer", version="1", to_hub="nagaoka", reason="隣の町"
        )

        page = await jiro.get("/console/mentions")

        assert (await cases.get_case(case_id, None)).hub_id == "nagaoka"
        assert "秘密の話" not in page.text
        assert _badge(page) is None
