"""What the transport promises, in a real browser: storage, tabs, streams, leaving, no scripts."""

import json

import pytest
from playwright.sync_api import Browser, Dialog, Page, Route, expect

from tests.browser.live_desk import LiveDesk

pytestmark = pytest.mark.browser
REFUSE_STORAGE = """Object.defineProperty(window, 'localStorage', {
  get() { throw new DOMException('denied', 'SecurityError'); },
});"""
SESSION_KEY = "jinjibu.chat.v1"
PATIENCE_MS = 20_000


class Held:
    """Requests that get no answer until a test gives one."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def hold(self, route: Route) -> None:
        self.routes.append(route)


def say(page: Page, words: str) -> None:
    page.locator("#chat-input").fill(words)
    page.locator("#chat-send").click()


def expect_answer(page: Page, words: str, *, times: int = 1) -> None:
    answers = page.locator("li.message[data-author=bot]", has_text=f"echo: {words}")
    expect(answers).to_have_count(times, timeout=PATIENCE_MS)


class TestStorage:
    def test_holds_id_and_token_and_a_reload_brings_the_talk_back_once(
        self, page: Page, desk: LiveDesk
    ):
        page.goto(f"{desk.base}/chat")
        say(page, "応募がない")
        expect_answer(page, "応募がない")
        page.reload()

        expect_answer(page, "応募がない")
        kept = page.evaluate("({...localStorage})")
        assert set(kept) == {SESSION_KEY}
        assert set(json.loads(kept[SESSION_KEY])) == {"id", "token"}
        assert page.evaluate("sessionStorage.length") == 0
        assert page.context.cookies() == []

    def test_refused_the_talk_goes_on_in_memory_and_the_owner_is_told(
        self, page: Page, desk: LiveDesk
    ):
        page.add_init_script(REFUSE_STORAGE)
        page.goto(f"{desk.base}/chat")
        say(page, "応募がない")

        expect_answer(page, "応募がない")
        expect(page.locator("[data-notice=memory_only]")).to_be_visible()


class TestTabs:
    def test_both_show_what_is_said_in_one(self, page: Page, desk: LiveDesk):
        page.goto(f"{desk.base}/chat")
        say(page, "応募がない")
        expect_answer(page, "応募がない")
        other = page.context.new_page()
        other.goto(f"{desk.base}/chat")
        expect_answer(other, "応募がない")

        say(other, "燕市です")

        expect_answer(page, "燕市です")
        expect(page.locator("li[data-author=user]", has_text="燕市です")).to_have_count(1)

    def test_opened_together_share_one_conversation(self, browser: Browser, desk: LiveDesk):
        context = browser.new_context(locale="ja-JP")
        held = Held()
        context.route("**/api/chat/conversations", held.hold)
        pages = [context.new_page(), context.new_page()]
        for page in pages:
            page.goto(f"{desk.base}/chat")
            expect(page.locator("#chat-input")).to_be_visible()
        pages[1].wait_for_timeout(1_000)
        assert len(held.routes) == 1

        held.routes[0].continue_()

        ids = []
        for page in pages:
            greeting = page.locator("li[data-author=bot]").first
            expect(greeting).to_be_visible(timeout=PATIENCE_MS)
            ids.append(json.loads(page.evaluate(f"localStorage['{SESSION_KEY}']"))["id"])
        assert len(held.routes) == 1
        assert ids[0] == ids[1]
        context.close()

    def test_erased_in_one_the_other_shows_nothing_of_it(self, page: Page, desk: LiveDesk):
        page.goto(f"{desk.base}/chat")
        say(page, "消す話")
        expect_answer(page, "消す話")
        other = page.context.new_page()
        other.goto(f"{desk.base}/chat")
        expect_answer(other, "消す話")

        page.locator("#erase").click()
        page.locator("#erase-confirm").click()

        for each in (page, other):
            expect(each.locator("[data-notice=erased]")).to_be_visible(timeout=PATIENCE_MS)
            expect(each.locator("#chat-messages")).not_to_contain_text("消す話")
        assert page.evaluate("localStorage.length") == 0


class TestStreams:
    def test_held_back_the_page_polls(self, page: Page, browser: Browser, desk: LiveDesk):
        held = Held()
        page.route("**/events", held.hold)
        page.goto(f"{desk.base}/chat")
        say(page, "応募がない")
        expect_answer(page, "応募がない")
        session = page.evaluate(f"localStorage['{SESSION_KEY}']")
        phone = browser.new_context(locale="ja-JP")
        phone.add_init_script(f"localStorage['{SESSION_KEY}'] = {json.dumps(session)}")
        second = phone.new_page()
        second.goto(f"{desk.base}/chat")

        say(second, "電話から")

        expect_answer(page, "電話から")
        assert held.routes
        for route in held.routes:
            route.abort()
        phone.close()


class TestLeaving:
    def test_with_words_on_their_way_the_browser_asks(self, browser: Browser, desk: LiveDesk):
        context = browser.new_context(locale="ja-JP")
        page = context.new_page()
        page.goto(f"{desk.base}/chat")
        say(page, "応募がない")
        expect_answer(page, "応募がない")
        page.route("**/messages", lambda route: route.abort())
        say(page, "まだ届いていない")
        asked: list[str] = []

        def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        page.on("dialog", stay)
        page.close(run_before_unload=True)
        expect(page.locator("li[data-author=user]", has_text="まだ届いていない")).to_be_visible()
        page.wait_for_timeout(300)
        assert asked == ["beforeunload"]

        page.unroute("**/messages")
        expect_answer(page, "まだ届いていない")
        page.close(run_before_unload=True)
        page.wait_for_event("close") if not page.is_closed() else None
        assert asked == ["beforeunload"]
        context.close()


class TestWithoutScripts:
    def test_the_talk_goes_on_by_forms_and_a_reload_doubles_nothing(
        self, browser: Browser, desk: LiveDesk
    ):
        context = browser.new_context(java_script_enabled=False, locale="ja-JP")
        page = context.new_page()
        page.goto(f"{desk.base}/chat")
        page.locator("#plain-text").fill("応募がない")
        page.locator("form button[type=submit]").click()
        expect(page.locator("main")).to_contain_text("echo: 応募がない")
        expect(page.locator("main")).to_contain_text("JavaScript が動いていません")

        page.reload()
        page.locator("#plain-text").fill("燕市です")
        page.get_by_role("button", name="送信").click()
        expect(page.locator("main")).to_contain_text("echo: 燕市です")
        page.go_back()
        page.get_by_role("button", name="送信").click()
        page.goto(f"{desk.base}/chat")
        page.get_by_role("link", name="前の相談の続きを見る").click()

        said = page.locator("section[data-author=user] .words")
        expect(said).to_have_text(["応募がない", "燕市です"])
        page.get_by_role("button", name="この相談を消す").click()
        expect(page.locator("main")).to_contain_text("相談の内容を消しました")
        page.goto(f"{desk.base}/chat/plain")
        expect(page).to_have_url(f"{desk.base}/chat")
        context.close()
