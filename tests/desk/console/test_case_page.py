"""What the page of one case shows, and to whom."""

import re
from typing import Any
from uuid import UUID

import pytest

from desk.auth.models import Role
from desk.cases.models import Case, CaseKind
from desk.cases.service import erase_of_conversation
from desk.chat.repository import blank_messages
from desk.db import Database, new_id

pytestmark = pytest.mark.asyncio


def _section(page: Any, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', page.text, re.DOTALL)
    assert found, f"no section {name}"
    return found.group(0)


async def _page(browser: Any, case_id: UUID) -> Any:
    page = await browser.get(f"/console/cases/{case_id}")
    assert page.status_code == 200
    return page


class TestContent:
    async def test_the_owners_words_come_first(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in()

        page = await _page(browser, await open_case())

        order = re.findall(r'<section id="([a-z]+)"', page.text)
        assert order[0] == "words"
        assert set(order) == {
            *("words", "actions", "more", "notes", "contact", "consent", "facts"),
            *("diagnosis", "recommendations", "transcript", "log"),
        }
        words = _section(page, "words")
        assert "若い子が続かなくて" in words
        assert "働く人が続かないこと" in words
        assert "<q>若い子が続かない</q>" in words

    async def test_facts_stand_with_the_owners_words(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in()

        facts = _section(await _page(browser, await open_case()), "facts")

        assert re.findall(r'data-fact="([a-z_]+)"', facts) == [
            *("municipality", "prefecture", "industry", "employees"),
            "accepts_external_talent",
        ]
        assert "外の人に手伝ってもらいたいこと" in facts
        assert "はい" in facts
        assert "<q>副業の人でもいい</q>" in facts
        assert "講座を一緒に開けそうな大学などがあること" in facts

    async def test_the_diagnosis_shows_levels_bars_and_evidence(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()

        diagnosis = _section(await _page(browser, await open_case()), "diagnosis")

        rows = re.findall(r'<tr role="row" data-dimension="(\w+)".*?</tr>', diagnosis, re.DOTALL)
        assert rows == ["P1", "F4"]
        assert diagnosis.count('class="bar-on"') == 1
        assert diagnosis.count('class="bar-none"') == 4
        assert "<b>1</b>／4" in diagnosis
        assert "聞いていない" in diagnosis
        assert "60%" in diagnosis
        assert "<q>話したことはないね</q>" in diagnosis

    async def test_advice_shows_reason_gaps_amount_and_source(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()

        advice = _section(await _page(browser, await open_case()), "recommendations")

        for words in (
            "を減らす助けになるからです",
            "くわしい人の手を借りたいこと",
            "500,000円",
            "終了",
            "2023-06-01",
            "一次資料",
            "2026-11-22 時点",
        ):
            assert words in advice

    async def test_an_address_that_is_no_web_page_is_not_a_link(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()

        page = await _page(browser, await open_case())

        assert "javascript:" not in page.text

    async def test_consent_and_contact_say_what_may_be_shared(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()

        page = await _page(browser, await open_case())

        consent = _section(page, "consent")
        assert consent.count("同意あり") == 1
        assert consent.count("同意なし") == 1
        assert consent.count("聞いていません") == 1
        assert "松本市、松本商工会議所" in consent
        assert "2026年11月22日 14:00" in consent
        contact = _section(page, "contact")
        assert "信州精工" in contact
        assert "0263-00-0000" in contact

    async def test_the_transcript_names_authors_and_what_the_bot_understood(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()

        talk = _section(await _page(browser, await open_case()), "transcript")

        assert re.findall(r'data-author="(\w+)"', talk) == ["user", "bot"]
        assert "相談した方" in talk
        assert "悩みを述べる（確かさ 93%）" in talk
        assert "<dt>悩み</dt><dd>働く人が続かないこと</dd>" in talk
        assert talk.count('<details class="understanding">') == 1
        assert "画面に出したもの：診断の結果" in talk

    @pytest.mark.parametrize(
        "snapshot",
        [
            {},
            {"situation": None, "diagnosis": [], "recommendations": "?"},
            {"diagnosis": {"dimensions": {"F9": {"level": 9, "answered": 2}, "P1": None}}},
            {"recommendations": {"items": [None, {"source": {}, "contact": {"name": "x"}}]}},
            {"situation": {"concerns": [{"concern": "new"}, 3], "facts": {"odd": None}}},
        ],
    )
    async def test_a_snapshot_of_another_shape_still_opens(
        self, sign_in: Any, open_case: Any, snapshot: dict[str, Any]
    ) -> None:
        browser = await sign_in()

        await _page(browser, await open_case(snapshot=snapshot, consent={}, contact={}))

    async def test_an_erased_case_shows_its_log_and_nothing_of_the_owner(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        async with database.write() as tx:
            case = await tx.get_one(Case, case_id)
            await erase_of_conversation(tx, case.conversation_id)
            await blank_messages(tx, case.conversation_id)

        page = await _page(browser, case_id)

        assert "本人の希望により消去されました" in _section(page, "words")
        assert "消去しました" in _section(page, "log")
        assert 'id="diagnosis"' not in page.text
        for gone in ("若い子", "信州精工", "副業の人"):
            assert gone not in page.text

    async def test_a_case_the_bot_opened_shows_what_it_could_not_answer(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()

        page = await _page(browser, await open_case(kind=CaseKind.ATTENTION, said="もしもし"))

        words = _section(page, "words")
        assert "もしもし" in words
        assert "要対応" in words
        assert "同意の記録がありません" in _section(page, "consent")


class TestFound:
    @pytest.mark.parametrize("path", ["not-a-uuid", "00000000-0000-0000-0000-000000000000"])
    async def test_what_does_not_exist_is_not_found(self, sign_in: Any, path: str) -> None:
        browser = await sign_in(Role.ADMIN, None)

        assert (await browser.get(f"/console/cases/{path}")).status_code == 404

    async def test_another_hubs_case_looks_like_none(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in(hub="nagaoka")
        case_id = await open_case()

        other = await browser.get(f"/console/cases/{case_id}")
        none = await browser.get(f"/console/cases/{new_id()}")

        assert other.status_code == none.status_code == 404
        assert re.sub(r"[0-9a-f-]{36}", "", other.text) == re.sub(r"[0-9a-f-]{36}", "", none.text)


class TestFailure:
    async def test_a_fault_of_ours_gives_a_number_and_no_details(
        self, sign_in: Any, open_case: Any, app: Any
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        del app.state.cases

        answer = await browser.get(f"/console/cases/{case_id}")

        assert answer.status_code == 500
        assert re.search(r"<code>[0-9a-f]{12}</code>", answer.text)
        assert "cases" not in answer.text.replace("/console/cases", "")
        assert answer.headers["cache-control"] == "no-store"
