"""The queue: order, marks, filters, pages, search."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from desk.auth.models import Role
from desk.auth.service import AuthService
from desk.cases.models import Case, CaseKind, CaseStatus
from desk.cases.service import CaseService, erase_of_conversation
from desk.chat import repository as chat
from desk.chat.models import Author, Conversation, Message
from desk.console.queue import PAGE_SIZE
from desk.db import Database, new_id, now

pytestmark = pytest.mark.asyncio
ROW = re.compile(r'<tr role="row" class="queue-row.*?</tr>', re.DOTALL)
MODULE = '<script type="module" src="/static/console/queue.js"></script>'
WAITS = "相談した方が返事を待っています"
NUMBER = re.compile(r'data-case-number="([^"]+)"')


def _rows(page: Any) -> list[str]:
    return ROW.findall(page.text)


def _numbers(page: Any) -> list[str]:
    return NUMBER.findall(page.text)


def _count(page: Any, filter_name: str) -> str:
    found = re.search(
        rf'data-filter="{filter_name}".*?<span class="count">([^<]+)<', page.text, re.DOTALL
    )
    assert found
    return found.group(1)


async def _open_talk(database: Database, cases: CaseService, case_id: UUID) -> Conversation:
    """The case's conversation, which its owner can go on with."""
    case = await cases.get_case(case_id, None)
    async with database.write() as tx:
        talk = await tx.get_one(Conversation, case.conversation_id)
        talk.expires_at = now() + timedelta(days=1)
        message = (await chat.list_after(tx, talk.id, 0))[1]
        message.answers_id, message.part = (await chat.list_after(tx, talk.id, 0))[0].id, 1
    return talk


async def _say(database: Database, talk: Conversation, text: str) -> None:
    async with database.write() as tx:
        message = Message(id=new_id(), author=Author.USER, text=text, client_message_id=new_id())
        await chat.append(tx, talk, message)


async def _set(database: Database, case_id: UUID, **values: Any) -> None:
    async with database.write() as tx:
        await tx.execute(update(Case).where(Case.id == case_id).values(**values))


class TestRow:
    async def test_a_row_says_who_what_when_and_how_it_stands(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()
        await open_case()

        (row,) = _rows(await browser.get("/console"))

        for words in (
            "MAT-2611-0001",
            "若い子が続かなくて",
            "松本市",
            "製造業",
            "38人",
            "11月27日（金）",
            "未対応",
            "なし",
        ):
            assert words in row
        assert re.search(r"20\d\d年\d+月\d+日 \d\d:\d\d</time>", row)

    async def test_the_owners_words_are_never_markup(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in()
        case_id = await open_case(headline="<script>alert(1)</script>{{ 7*7 }}")

        for path in ("/console", f"/console/cases/{case_id}"):
            page = (await browser.get(path)).text.replace(MODULE, "")
            assert "<script" not in page
            assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in page

    async def test_what_is_not_known_is_not_made_up(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in()
        await open_case(snapshot={"situation": {"facts": {"employees": "unknown"}}})

        (row,) = _rows(await browser.get("/console"))

        assert "不明" in row

    @pytest.mark.parametrize(
        ("today", "words"),
        [
            (date(2026, 11, 26), None),
            (date(2026, 11, 27), "本日まで"),
            (date(2026, 11, 28), "1日超過"),
        ],
    )
    async def test_a_promise_is_marked_on_its_day_and_after(
        self, sign_in: Any, open_case: Any, app: Any, today: date, words: str | None
    ) -> None:
        browser = await sign_in()
        await open_case()
        app.state.settings = app.state.settings.model_copy(update={"today": today})

        (row,) = _rows(await browser.get("/console"))

        assert ("本日まで" in row) == (words == "本日まで")
        assert ("日超過" in row) == (words == "1日超過")

    @pytest.mark.parametrize("status", [CaseStatus.WAITING, CaseStatus.CLOSED])
    async def test_nothing_is_late_once_the_owner_was_answered(
        self, sign_in: Any, open_case: Any, database: Database, status: CaseStatus
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        await _set(database, case_id, status=status, promised_on=date(2026, 11, 1))

        (row,) = _rows(await browser.get("/console"))

        assert "超過" not in row

    async def test_an_owner_who_waits_for_the_person_in_the_talk_is_marked(
        self,
        *,
        sign_in: Any,
        open_case: Any,
        app: Any,
        auth: AuthService,
        database: Database,
        cases: CaseService,
    ) -> None:
        browser = await sign_in(login="hanako")
        user = await auth.get_user_by_login("hanako")
        quiet, case_id = await open_case(), await open_case()
        talk = await _open_talk(database, cases, case_id)
        await app.state.live.take(user, talk.id, version=0)
        before = _rows(await browser.get("/console"))
        await _say(database, talk, "まだですか")
        asked = _rows(await browser.get("/console"))
        reply = {"client_message_id": new_id(), "version": 1, "text": "はい"}
        await app.state.live.reply(user, talk.id, **reply)
        after = _rows(await browser.get("/console"))

        assert [WAITS in row for row in before] == [False, False]
        marked = [row for row in asked if WAITS in row]
        assert len(marked) == 1
        assert f'href="/console/cases/{case_id}/talk"' in marked[0]
        assert str(quiet) not in marked[0]
        assert [WAITS in row for row in after] == [False, False]

    async def test_an_owner_whom_the_bot_will_answer_is_not_marked(
        self, sign_in: Any, open_case: Any, database: Database, cases: CaseService
    ) -> None:
        browser = await sign_in()
        talk = await _open_talk(database, cases, await open_case())
        await _say(database, talk, "まだですか")

        (row,) = _rows(await browser.get("/console"))

        assert WAITS not in row

    async def test_an_erased_case_says_so(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        browser = await sign_in()
        await _erase(database, await open_case())

        (row,) = _rows(await browser.get("/console"))

        assert "本人の希望により消去されました" in row

    async def test_a_case_the_bot_could_not_answer_shows_the_unanswered_words(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in(Role.BUREAU, None)
        await open_case(kind=CaseKind.ATTENTION, hub_id="bureau", prefix="ATT", said="もしもし")

        (row,) = _rows(await browser.get("/console"))

        assert "もしもし" in row
        assert "要対応" in row
        assert "関東経済産業局" in row


class TestOrder:
    async def test_attention_then_promise_then_closed(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        browser = await sign_in()
        late, early, closed, attention = [
            await open_case(prefix=prefix) for prefix in ("LAT", "EAR", "CLO", "ATT")
        ]
        await _set(database, late, promised_on=date(2026, 12, 9))
        await _set(database, early, promised_on=date(2026, 11, 20))
        await _set(database, closed, promised_on=date(2026, 11, 1), status=CaseStatus.CLOSED)
        await _set(database, attention, promised_on=date(2026, 12, 20), kind=CaseKind.ATTENTION)

        numbers = _numbers(await browser.get("/console"))

        assert [number[:3] for number in numbers] == ["ATT", "EAR", "LAT", "CLO"]


class TestFilters:
    async def test_each_filter_shows_and_counts_its_part(
        self, sign_in: Any, open_case: Any, database: Database, auth: AuthService
    ) -> None:
        browser = await sign_in(login="hanako")
        hanako = await auth.get_user_by_login("hanako")
        parts = {"REC": "received", "WOR": "working", "WAI": "waiting", "SNO": "snoozed"}
        for prefix, status in {**parts, "CLO": "closed"}.items():
            await _set(database, await open_case(prefix=prefix), status=status)
        await _set(database, await open_case(prefix="MIN"), status="working", assignee_id=hanako.id)

        shown = {
            name: sorted(
                number[:3] for number in _numbers(await browser.get(f"/console?filter={name}"))
            )
            for name in ("mine", "received", "working", "waiting", "snoozed", "closed", "all")
        }

        assert shown == {
            "mine": ["MIN"],
            "received": ["REC"],
            "working": ["MIN", "WOR"],
            "waiting": ["WAI"],
            "snoozed": ["SNO"],
            "closed": ["CLO"],
            "all": ["CLO", "MIN", "REC", "SNO", "WAI", "WOR"],
        }
        page = await browser.get("/console")
        assert {name: int(_count(page, name)) for name in shown} == {
            name: len(numbers) for name, numbers in shown.items()
        }

    async def test_an_empty_part_says_so(self, sign_in: Any) -> None:
        browser = await sign_in()

        page = await browser.get("/console?filter=mine")

        assert "「自分の担当」の相談はありません" in page.text

    async def test_an_unknown_filter_is_refused(self, sign_in: Any) -> None:
        browser = await sign_in()

        assert (await browser.get("/console?filter=nonsense")).status_code == 422


class TestPages:
    async def test_45_cases_stand_on_three_pages_without_gap_or_repeat(
        self, sign_in: Any, open_case: Any, database: Database
    ) -> None:
        browser = await sign_in()
        ids = [await open_case() for _ in range(45)]
        for case_id in ids[:12]:
            await _set(database, case_id, status=CaseStatus.CLOSED)

        pages = [await browser.get(f"/console?page={number}") for number in (1, 2, 3)]

        seen = [number for page in pages for number in _numbers(page)]
        assert [len(_rows(page)) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 5]
        assert len(set(seen)) == 45
        assert ['rel="next"' in page.text for page in pages] == [True, True, False]
        assert ['rel="prev"' in page.text for page in pages] == [False, True, True]

    async def test_exactly_one_full_page_has_no_next(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in()
        for _ in range(PAGE_SIZE):
            await open_case()

        assert 'rel="next"' not in (await browser.get("/console")).text

    async def test_a_page_after_the_last_says_so(self, sign_in: Any) -> None:
        browser = await sign_in()

        page = await browser.get("/console?page=9")

        assert page.status_code == 200
        assert "このページに相談はありません" in page.text


class TestSearch:
    @pytest.mark.parametrize(
        "typed", ["MAT-2611-0001", " mat-2611-0001", "ＭＡＴ－２６１１－０００１"]
    )
    async def test_a_receipt_number_leads_to_its_case(
        self, sign_in: Any, open_case: Any, typed: str
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()

        answer = await browser.client.get("/console", params={"number": typed})

        assert answer.headers["location"] == f"/console/cases/{case_id}"

    async def test_another_hubs_number_is_not_found(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in(hub="nagaoka")
        await open_case()

        page = await browser.get("/console?number=MAT-2611-0001")

        assert page.status_code == 200
        assert "見られる範囲にありません" in page.text


async def _erase(database: Database, case_id: UUID) -> None:
    async with database.write() as tx:
        case = await tx.get_one(Case, case_id)
        await erase_of_conversation(tx, case.conversation_id)


class TestHubs:
    async def test_a_hub_sees_and_counts_only_its_own(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser = await sign_in(hub="nagaoka")
        await open_case()
        await open_case(hub_id="nagaoka", prefix="NAG")

        page = await browser.get("/console")

        assert _numbers(page) == ["NAG-2611-0001"]
        assert _count(page, "all") == "1"
        assert await cases.count_by_status(None) == {"received": 2}

    async def test_the_bureau_sees_all_and_whose_they_are(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in(Role.BUREAU, None)
        await open_case()
        await open_case(hub_id="nagaoka", prefix="NAG")

        page = await browser.get("/console")

        assert len(_rows(page)) == 2
        assert '<th role="columnheader" scope="col">窓口</th>' in page.text
