"""The queue and the search in a real browser: single keys, several cases at once, views."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.live_desk import LiveDesk, console_page, running_desk
from tests.browser.test_talk import FIRST_WORDS, owner_bubble, say

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("JINJIBU_QUEUE_PICTURES")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDesk]:
    data: Path = tmp_path_factory.mktemp("queue")
    expect.set_options(timeout=20_000)
    with running_desk(data) as desk:
        yield desk
    expect.set_options(timeout=5_000)


@pytest.fixture
def three(page: Page, desk: LiveDesk) -> None:
    """Three more cases of one conversation."""
    page.goto(f"{desk.base}/chat")
    say(page, FIRST_WORDS)
    expect(owner_bubble(page, f"echo: {FIRST_WORDS}")).to_be_visible()
    for number in (1, 2, 3):
        desk.open_case(handoff_number=number)


def assert_accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def picture(page: Page, name: str) -> None:
    """Keep pictures of both widths, when asked to."""
    if PICTURES:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)


class TestKeys:
    def test_rows_are_walked_chosen_and_claimed_and_it_is_undone(
        self, browser: Browser, desk: LiveDesk, three: None
    ) -> None:
        with console_page(
            browser, desk, desk.session_of("hanako"), "/console?status=received"
        ) as staff:
            numbers = staff.locator(".cell-number a")
            expect(staff.locator('[data-filter="received"] .count')).to_have_text("3件")
            assert_accessible(staff)
            picture(staff, "queue")
            staff.keyboard.press("j")
            expect(numbers.nth(0)).to_be_focused()
            staff.keyboard.press("j")
            expect(numbers.nth(1)).to_be_focused()
            staff.keyboard.press("k")
            expect(numbers.nth(0)).to_be_focused()
            staff.keyboard.press("x")
            expect(staff.locator('input[name="chosen"]').nth(0)).to_be_checked()
            staff.keyboard.press("j")
            staff.keyboard.press("x")
            staff.keyboard.press("c")
            expect(staff.locator("#bulk-done")).to_contain_text("2件")
            assert_accessible(staff)
            picture(staff, "bulk")
            staff.locator("#bulk-undo button").click()
            expect(staff.locator("#bulk-done")).to_contain_text("元にもどしました：2件")

    def test_o_and_enter_open_the_case(self, browser: Browser, desk: LiveDesk, three: None) -> None:
        for key in ("o", "Enter"):
            with console_page(browser, desk, desk.session_of("hanako"), "/console") as staff:
                staff.keyboard.press("j")
                staff.keyboard.press(key)
                expect(staff.locator("#case-status")).to_be_visible()

    def test_keys_are_letters_while_somebody_types_and_in_the_help(
        self, browser: Browser, desk: LiveDesk, three: None
    ) -> None:
        with console_page(browser, desk, desk.session_of("hanako"), "/console") as staff:
            staff.keyboard.press("/")
            expect(staff.locator("#q")).to_be_focused()
            staff.keyboard.type("jxc?/")
            expect(staff.locator("#q")).to_have_value("jxc?/")
            expect(staff.locator("#keys-help")).to_be_hidden()
            staff.locator("h1").click()
            staff.keyboard.press("?")
            expect(staff.locator("#keys-help")).to_be_visible()
            assert_accessible(staff)
            staff.keyboard.press("x")
            staff.keyboard.press("Escape")
            expect(staff.locator("#keys-help")).to_be_hidden()
            expect(staff.locator('input[name="chosen"]:checked')).to_have_count(0)

    def test_composing_japanese_moves_nothing(
        self, browser: Browser, desk: LiveDesk, three: None
    ) -> None:
        with console_page(browser, desk, desk.session_of("hanako"), "/console") as staff:
            for options in ("{isComposing: true}", "{ctrlKey: true}"):
                staff.evaluate(
                    "options => document.body.dispatchEvent(new KeyboardEvent('keydown',"
                    f" {{key: 'j', bubbles: true, ...{options}}}))",
                    None,
                )
            expect(staff.locator(".cell-number a:focus")).to_have_count(0)

    def test_switched_off_they_do_nothing(
        self, browser: Browser, desk: LiveDesk, three: None
    ) -> None:
        with console_page(browser, desk, desk.session_of("saburo"), "/console") as staff:
            staff.locator("#keys-switch").click()
            expect(staff.locator("#keys")).to_have_attribute("data-on", "0")
            staff.keyboard.press("j")
            staff.keyboard.press("?")
            expect(staff.locator(".cell-number a:focus")).to_have_count(0)
            expect(staff.locator("#keys-help")).to_be_hidden()


class TestWholePage:
    def test_the_box_shows_in_the_rows_and_a_row_taken_out_takes_it_back(
        self, browser: Browser, desk: LiveDesk, three: None
    ) -> None:
        with console_page(browser, desk, desk.session_of("hanako"), "/console") as staff:
            rows = staff.locator('input[name="chosen"]')
            staff.locator("#whole-page").check()
            expect(staff.locator('input[name="chosen"]:checked')).to_have_count(rows.count())
            rows.nth(0).uncheck()
            expect(staff.locator("#whole-page")).not_to_be_checked()

    def test_enter_in_a_field_claims_nothing(
        self, browser: Browser, desk: LiveDesk, three: None
    ) -> None:
        with console_page(browser, desk, desk.session_of("hanako"), "/console") as staff:
            staff.locator("#whole-page").check()
            staff.locator("#b-labels").fill("製造")
            staff.locator("#b-labels").press("Enter")
            expect(staff.locator("#bulk")).to_be_visible()
            expect(staff.locator("#bulk-done")).to_have_count(0)


class TestSearch:
    def test_words_are_found_marked_and_lead_to_the_message(
        self, browser: Browser, desk: LiveDesk, three: None
    ) -> None:
        with console_page(browser, desk, desk.session_of("hanako"), "/console") as staff:
            staff.keyboard.press("/")
            staff.keyboard.type(FIRST_WORDS[:4])
            staff.keyboard.press("Enter")
            expect(staff.locator('[data-part="talk"] mark').first).to_have_text(FIRST_WORDS[:4])
            assert_accessible(staff)
            picture(staff, "search")
            staff.locator('[data-part="talk"] a').first.click()
            expect(staff.locator(".message:target")).to_contain_text(FIRST_WORDS)
