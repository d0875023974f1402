"""Owner and staff in one conversation, each in a browser of their own, without Rasa."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, expect

from desk.auth.models import Role
from tests.browser.conftest import screenshot
from tests.browser.live_desk import LiveDesk, console_page, running_desk

pytestmark = pytest.mark.browser
FIRST_WORDS = "若い子が続かなくて困っています"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDesk]:
    data: Path = tmp_path_factory.mktemp("live")
    expect.set_options(timeout=20_000)
    with running_desk(data) as desk:
        yield desk
    expect.set_options(timeout=5_000)


@pytest.fixture
def talk(page: Page, desk: LiveDesk) -> str:
    """The address of the staff's page on the conversation that `page` has begun."""
    page.goto(f"{desk.base}/chat")
    say(page, FIRST_WORDS)
    expect(owner_bubble(page, f"echo: {FIRST_WORDS}")).to_be_visible()
    case_id: UUID = desk.open_case()
    return f"/console/cases/{case_id}/talk"


def say(page: Page, text: str) -> None:
    page.locator("#chat-input").fill(text)
    page.locator("#chat-send").click()


def owner_bubble(page: Page, text: str, author: str | None = None) -> Locator:
    kind = f"[data-author={author}]" if author else ""
    return page.locator(f"#chat-messages > li.message{kind}", has_text=text)


def staff_bubble(page: Page, text: str, author: str | None = None) -> Locator:
    kind = f"[data-author={author}]" if author else ""
    return page.locator(f"#talk-messages > li{kind}", has_text=text)


def take(staff: Page) -> None:
    staff.locator("#take").click()
    expect(staff.locator("#talk-holder")).to_have_text("あなたが応対しています")


def reply(staff: Page, text: str) -> None:
    staff.locator("#reply").fill(text)
    staff.locator("#reply").press("Enter")
    expect(staff_bubble(staff, text, "staff")).to_be_visible()
    expect(staff.locator("#reply")).to_have_value("")


class TestTalk:
    def test_person_takes_over_talks_and_hands_back(
        self, page: Page, browser: Browser, desk: LiveDesk, talk: str
    ):
        with console_page(browser, desk, desk.session_of("hanako"), talk) as staff:
            expect(staff_bubble(staff, f"echo: {FIRST_WORDS}")).to_be_visible()
            expect(staff.locator("#reply-send")).to_be_disabled()
            take(staff)
            expect(owner_bubble(page, "担当 hanako", "system")).to_be_visible()
            expect(page.locator("#chat-holder")).to_contain_text("担当 hanako")

            page.locator("#chat-input").press_sequentially("いま")
            expect(staff.locator("#talk-typing")).to_have_text("相談した方が入力しています")
            say(page, "いま話せますか")
            expect(staff_bubble(staff, "いま話せますか")).to_be_visible()
            expect(staff.locator("#talk-waiting")).to_contain_text("1件")
            expect(staff.locator("#talk-typing")).to_have_text("")

            staff.locator("#reply").press_sequentially("はい")
            expect(page.locator("#chat-typing")).to_contain_text("担当 hanakoが入力しています")
            reply(staff, "はい、お話しできます")
            answered = owner_bubble(page, "はい、お話しできます", "staff")
            expect(answered.locator(".author")).to_have_text("担当者 担当 hanako")
            expect(page.locator("#chat-typing")).to_have_text("")
            expect(staff.locator("#talk-waiting")).to_be_hidden()
            screenshot(staff, "console-talk")
            screenshot(page, "chat-person")

            staff.locator("#return-open").click()
            staff.locator("#summary").fill("火曜に電話する約束をした")
            staff.locator("#return").click()
            expect(staff.locator("#talk-holder")).to_contain_text("相談ナビ（AI）が答えています")
            say(page, "ありがとうございました")
            expect(owner_bubble(page, "echo: ありがとうございました", "bot")).to_be_visible()

            staff.goto(f"{desk.base}{talk.removesuffix('/talk')}")
            expect(staff.locator("#notes")).to_contain_text("火曜に電話する約束をした")
            expect(staff.locator("#log")).to_contain_text("会話に入りました")
        assert "火曜に電話" not in page.locator("#chat-messages").inner_text()

    def test_enter_that_ends_a_conversion_sends_nothing(
        self, page: Page, browser: Browser, desk: LiveDesk, talk: str
    ):
        with console_page(browser, desk, desk.session_of("hanako"), talk) as staff:
            take(staff)
            field = staff.locator("#reply")
            field.fill("かくにんします")

            for details in ({"isComposing": True}, {"keyCode": 229}):
                field.dispatch_event("keydown", {"key": "Enter", **details})
            # Safari tells the end of the conversion before the key that ended it.
            field.evaluate(
                """node => {
                    node.dispatchEvent(new CompositionEvent('compositionend', {data: '確認'}));
                    node.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}));
                }"""
            )
            field.press("Shift+Enter")

            expect(field).to_have_value("かくにんします\n")
            expect(staff.locator("#reply-state")).to_have_text("下書きを残しました")
            reply(staff, "確認します")
            expect(owner_bubble(page, "確認します", "staff")).to_have_count(1)
            expect(page.locator("#chat-messages > li[data-author=staff]")).to_have_count(1)

    def test_draft_is_kept_over_a_reload_and_a_takeover_by_the_lead(
        self, page: Page, browser: Browser, desk: LiveDesk, talk: str
    ):
        lead_session = desk.session_of("lead", Role.LEAD)
        with (
            console_page(browser, desk, desk.session_of("hanako"), talk) as staff,
            console_page(browser, desk, lead_session, talk) as lead,
        ):
            take(staff)
            expect(lead.locator("#talk-present")).to_have_text("担当 hanako")
            expect(staff.locator("#talk-present")).to_have_text("担当 lead")
            staff.locator("#reply").fill("調べているところです")
            expect(staff.locator("#reply-state")).to_have_text("下書きを残しました")
            staff.reload()
            expect(staff.locator("#reply")).to_have_value("調べているところです")
            expect(staff.locator("#reply-send")).to_be_enabled()

            lead.locator("#steal").click()
            expect(lead.locator("#talk-holder")).to_have_text("あなたが応対しています")

            expect(staff.locator("#talk-holder")).to_have_text("担当 lead さんが応対しています")
            expect(staff.locator("#reply-send")).to_be_disabled()
            expect(staff.locator("#reply")).to_have_value("調べているところです")
            reply(lead, "替わりました")
            expect(owner_bubble(page, "替わりました", "staff")).to_be_visible()
            expect(staff_bubble(staff, "替わりました")).to_be_visible()

    def test_owner_whom_nobody_answers_goes_back_to_the_bot(
        self, page: Page, browser: Browser, desk: LiveDesk, talk: str
    ):
        with console_page(browser, desk, desk.session_of("hanako"), talk) as staff:
            take(staff)
            say(page, "だれかいますか")
            expect(staff_bubble(staff, "だれかいますか")).to_be_visible()

            desk.let_time_pass()
            expect(owner_bubble(page, "担当者の返事がまだです", "system")).to_be_visible()
            screenshot(page, "chat-nobody-answers")
            page.get_by_role("button", name="相談ナビにもどる").click()

            expect(owner_bubble(page, "echo: だれかいますか", "bot")).to_be_visible()
            expect(page.locator("#chat-holder")).not_to_contain_text("担当")
            expect(staff.locator("#talk-holder")).to_contain_text("相談ナビ（AI）が答えています")
            expect(staff.locator("#reply-send")).to_be_disabled()

    def test_polling_does_the_same_where_streams_are_held_back(
        self, page: Page, browser: Browser, desk: LiveDesk, talk: str
    ):
        def without_stream(route: Route) -> None:
            """A proxy that answers the stream with a page of its own."""
            route.fulfill(status=200, content_type="text/html", body="<p>proxy</p>")

        with console_page(browser, desk, desk.session_of("hanako"), "/console") as staff:
            staff.route("**/api/conversations/*/events", without_stream)
            staff.goto(f"{desk.base}{talk}")
            expect(staff.locator("#talk-connection")).to_have_text("数秒ごとに更新しています")
            take(staff)

            say(page, "届いていますか")

            expect(staff_bubble(staff, "届いていますか")).to_be_visible()
            reply(staff, "はい、たしかに")
            expect(owner_bubble(page, "はい、たしかに", "staff")).to_be_visible()

    def test_markup_in_words_stays_text(
        self, page: Page, browser: Browser, desk: LiveDesk, talk: str
    ):
        words = "<img src=x onerror=alert(1)> https://example.jp/a"
        with console_page(browser, desk, desk.session_of("hanako"), talk) as staff:
            take(staff)
            say(page, words)

            expect(staff_bubble(staff, words, "user")).to_be_visible()
            assert staff.locator("#talk-messages img").count() == 0
            reply(staff, words)
            expect(owner_bubble(page, words, "staff")).to_be_visible()
            assert page.locator("#chat-messages img").count() == 0

    def test_page_has_no_barrier_that_can_be_found_by_machine(
        self, page: Page, browser: Browser, desk: LiveDesk, talk: str
    ):
        with console_page(browser, desk, desk.session_of("hanako"), talk) as staff:
            take(staff)
            staff.locator("#return-open").click()

            for _ in range(2):  # With the dialog open, then without.
                found = Axe().run(staff)
                assert found.violations_count == 0, found.generate_report()
                staff.keyboard.press("Escape")
