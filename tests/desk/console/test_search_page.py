"""The search: what is found, for whom, how it is shown, what is written down of it."""

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from desk.audit.models import AuditEntry
from desk.auth.models import Role
from desk.cases.models import Case, CaseKind
from desk.cases.service import CaseService, erase_of_conversation
from desk.chat import repository as chat
from desk.chat.models import Author, Conversation, Message
from desk.console import search as search_module
from desk.console.search import PAGE_SIZE, snippet
from desk.db import Database, new_id, now
from desk.vault.models import SearchEntry

pytestmark = pytest.mark.asyncio
ITEM = re.compile(r'<li class="panel found-item" data-part="(\w+)" data-case-number="([^"]+)"')
SAID = "若い子が続かなくて、求人を出しても応募がない"


async def find(browser: Any, typed: str, **more: str) -> Any:
    """The answer to a search."""
    return await browser.post("/console/search", q=typed, **more)


def items(page: Any) -> list[tuple[str, str]]:
    """Kind of text and receipt number of each hit."""
    return ITEM.findall(page.text)


async def say(database: Database, case_id: UUID, *texts: str, author: str = Author.USER) -> None:
    """Something more in the case's conversation."""
    async with database.write() as tx:
        case = await tx.get_one(Case, case_id)
        talk = await tx.get_one(Conversation, case.conversation_id)
        for words in texts:
            await chat.append(tx, talk, Message(id=new_id(), author=author, text=words))


class TestFound:
    async def test_messages_headline_company_number_and_notes(
        self, sign_in: Any, open_case: Any, cases: CaseService, database: Database
    ) -> None:
        browser = await sign_in()
        case_id = await open_case(said="離職が多くて困る", headline="人手のこと")
        await say(database, case_id, "寮の話をしました", author=Author.STAFF)
        await cases.add_note(case_id, None, new_id(), "社長に電話した")
        number = "MAT-2611-0001"

        for typed, part in (
            ("離職", "talk"),
            ("寮の", "talk"),
            ("人手", "headline"),
            ("信州精工", "company"),
            ("2611", "number"),
            ("社長に", "note"),
        ):
            assert (typed, items(await find(browser, typed))) == (typed, [(part, number)])

    async def test_width_and_case_do_not_matter_and_every_word_must_be_there(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        await say(database, case_id, "ＩＴに強い人がほしい", "ｶﾞｿﾘﾝ代が高い")

        assert len(items(await find(browser, "it"))) == 1
        assert len(items(await find(browser, "ガソリン"))) == 1
        assert len(items(await find(browser, "強い　ＩＴ"))) == 1
        assert items(await find(browser, "IT ガソリン")) == []

    async def test_hits_are_marked_lead_to_the_message_and_are_never_markup(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()
        case_id = await open_case(said="<b>離職</b>率", headline="ほかのこと")

        page = await find(browser, "離職")

        assert "&lt;b&gt;<mark>離職</mark>&lt;/b&gt;率" in page.text
        link = f"/console/cases/{case_id}#message-1"
        assert f'href="{link}"' in page.text
        assert 'id="message-1"' in (await browser.get(link)).text

    async def test_a_note_leads_to_its_entry(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        await cases.add_note(case_id, None, new_id(), "退職金の規程")

        page = await find(browser, "退職金")

        (anchor,) = re.findall(rf'href="/console/cases/{case_id}#(entry-\d+)"', page.text)
        assert f'id="{anchor}"' in (await browser.get(f"/console/cases/{case_id}")).text

    async def test_a_receipt_number_leads_straight_to_its_case(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()

        page = await find(browser, "ｍａｔ-2611-0001")

        assert (page.status_code, page.headers["location"]) == (303, f"/console/cases/{case_id}")

    async def test_newest_first_and_page_by_page(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        browser = await sign_in()
        case_id = await open_case(said="はじめ")
        await say(database, case_id, *(f"離職の話{n:02}" for n in range(PAGE_SIZE + 5)))

        first = await find(browser, "離職の話")
        (before,) = re.findall(r'name="before" value="([^"]+)"', first.text)
        second = await find(browser, "離職の話", before=before)

        shown = re.findall(r"離職の話</mark>(\d\d)", first.text + second.text)
        assert shown == [f"{n:02}" for n in reversed(range(PAGE_SIZE + 5))]
        assert len(items(first)) == PAGE_SIZE
        assert 'name="before"' not in second.text

    @pytest.mark.parametrize("typed", ["人", "a b", "、 。"])
    async def test_one_character_is_told_to_be_too_short(
        self, sign_in: Any, open_case: Any, typed: str
    ) -> None:
        browser = await sign_in()
        await open_case()

        page = await find(browser, typed)

        assert 'id="too-short"' in page.text
        assert items(page) == []

    async def test_a_short_word_beside_a_long_one_counts(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()
        await open_case(said="離職が多い", headline="x")

        assert len(items(await find(browser, "離職 多"))) == 1
        assert items(await find(browser, "離職 少")) == []

    async def test_words_that_only_share_their_pairs_are_not_shown(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()
        await open_case(said="都京と京都", headline="x")

        assert items(await find(browser, "都京都")) == []

    async def test_hashes_that_meet_by_chance_are_not_shown(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        browser = await sign_in()
        await open_case(said="離職が多い", headline="x")
        await open_case(said="求人がない", headline="y")
        async with database.write() as tx:
            entries = (await tx.scalars(select(SearchEntry))).all()
            every = sorted({gram for entry in entries for gram in entry.grams})
            await tx.execute(update(SearchEntry).values(grams=every))

        assert len(items(await find(browser, "離職が"))) == 1

    async def test_nothing_found_is_said(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in()
        await open_case()

        page = await find(browser, "宇宙飛行")

        assert 'id="nothing-found"' in page.text

    async def test_odd_signs_are_words_like_others(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in()
        await open_case(said='"OR" (NOT) * ^ 100%_', headline="x")

        for typed in ('"OR"', "(NOT)", "100%_", "'; DROP TABLE"):
            page = await find(browser, typed)
            assert page.status_code == 200
            assert len(items(page)) == (0 if "DROP" in typed else 1)


class TestWhoFindsWhat:
    async def test_other_hubs_find_nothing_and_are_not_told_how_much_there_is(
        self, sign_in: Any, open_case: Any
    ) -> None:
        await open_case(said="離職が多い")
        theirs = await sign_in(hub="nagaoka")
        bureau = await sign_in(role=Role.BUREAU, hub=None)

        assert items(await find(theirs, "離職")) == []
        assert 'id="nothing-found"' in (await find(theirs, "離職")).text
        assert len(items(await find(bureau, "離職"))) == 1

    async def test_a_case_that_moves_takes_its_words_along(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        case_id = await open_case(said="離職が多い")
        ours, theirs = await sign_in(), await sign_in(hub="nagaoka")
        async with database.write() as tx:
            await tx.execute(update(Case).where(Case.id == case_id).values(hub_id="nagaoka"))

        assert items(await find(ours, "離職")) == []
        assert len(items(await find(theirs, "離職"))) == 1

    async def test_a_talk_without_a_case_is_nobodys_to_find(
        self, sign_in: Any, database: Database
    ) -> None:
        async with database.write() as tx:
            talk = Conversation(id=new_id(), token_hash=new_id().hex, expires_at=now())
            tx.add(talk)
            await tx.flush()
            await chat.append(tx, talk, Message(id=new_id(), author=Author.USER, text=SAID))
        bureau = await sign_in(role=Role.BUREAU, hub=None)

        assert items(await find(bureau, "若い子")) == []

    async def test_two_cases_of_a_talk_show_a_message_once_and_each_hub_its_own_case(
        self, sign_in: Any, open_case: Any, cases: CaseService, database: Database
    ) -> None:
        first = await open_case(said="離職が多い", headline="x")
        second = await open_case(hub_id="nagaoka", prefix="NAG", headline="y", said="z")
        async with database.write() as tx:
            case = await tx.get_one(Case, first)
            await tx.execute(
                update(Case)
                .where(Case.id == second)
                .values(conversation_id=case.conversation_id, handoff_number=2)
            )
        bureau = await sign_in(role=Role.BUREAU, hub=None)

        assert items(await find(bureau, "離職")) == [("talk", "NAG-2611-0001")]
        assert items(await find(await sign_in(), "離職")) == [("talk", "MAT-2611-0001")]

    async def test_what_was_erased_is_not_found(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        browser = await sign_in()
        case_id = await open_case(said="離職が多い")
        async with database.write() as tx:
            case = await tx.get_one(Case, case_id)
            await chat.lock_conversation(tx, case.conversation_id)
            await chat.blank_messages(tx, case.conversation_id)
            await erase_of_conversation(tx, case.conversation_id)

        for typed in ("離職", "信州精工", "若い子"):
            assert items(await find(browser, typed)) == []

    async def test_the_form_needs_its_token_and_a_login(
        self, sign_in: Any, browser: Any, open_case: Any
    ) -> None:
        await open_case(said="離職が多い")
        ours = await sign_in()

        assert (await ours.post("/console/search", q="離職", token="x")).status_code == 403
        assert (await find(browser, "離職")).status_code == 303

    async def test_words_the_bot_could_not_answer_are_found(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()
        await open_case(kind=CaseKind.ATTENTION, said="みかん狩りの日程")

        assert [part for part, _ in items(await find(browser, "みかん"))] == ["talk"]


class TestWrittenDown:
    async def test_each_case_that_is_shown_stands_in_the_audit_log_without_words(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        browser = await sign_in()
        case_id = await open_case(said="離職が多い。離職率")
        await open_case(said="ほかの話", headline="x")

        await find(browser, "離職")

        async with database.read() as tx:
            query = select(AuditEntry).where(AuditEntry.action == "case_found")
            entries = (await tx.scalars(query)).all()
            words = (await tx.execute(text("SELECT * FROM audit_entry"))).all()
        assert [entry.subject for entry in entries] == [f"case:{case_id}"]
        assert "離職" not in str(words)


class TestManyCandidates:
    async def test_a_page_opens_so_many_and_the_next_goes_on(
        self,
        sign_in: Any,
        open_case: Any,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(search_module, "BATCH", 4)
        monkeypatch.setattr(search_module, "MOST_OPENED", 8)
        browser = await sign_in()
        case_id = await open_case(said="都京都の古い話", headline="x")
        await say(database, case_id, *(f"都京と京都{n}" for n in range(20)))

        page, pages = await find(browser, "都京都"), 1
        while found := re.findall(r'name="before" value="([^"]+)"', page.text):
            assert items(page) == []
            page, pages = await find(browser, "都京都", before=found[0]), pages + 1

        assert items(page) == [("talk", "MAT-2611-0001")]
        assert pages > 1


class TestSnippet:
    async def test_a_long_text_is_cut_round_the_first_hit(self) -> None:
        pieces = snippet("あ" * 300 + "離職" + "い" * 300, ["離職"])

        assert [piece.text for piece in pieces if piece.is_hit] == ["離職"]
        assert sum(len(piece.text) for piece in pieces) < 200
        assert pieces[0].text == "…"
        assert pieces[-1].text.endswith("…")
