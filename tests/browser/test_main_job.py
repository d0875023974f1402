"""The main job in a real browser: from the first sentence to the case in the queue."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from desk.chat.models import Message
from desk.config import Settings
from desk.vault.service import open_database
from tests.apart import run_apart
from tests.browser.answers import MOST_QUESTIONS, PRESSED, TYPED
from tests.browser.conftest import screenshot
from tests.product import Product

pytestmark = [pytest.mark.server, pytest.mark.browser]
FIRST_WORDS = "若い子が続かなくて、求人を出しても全然応募がないんです"
PASSWORD = "tsubame-no-su-2026"


@pytest.fixture(scope="module")
def staff(product: Product) -> dict[str, str]:
    """Logins of two hubs and their one-time passwords."""
    passwords = {}
    for login, hub in (("hanako", "tsubame"), ("ichiro", "matsumoto")):
        printed = product.jinjibu("user", "add", login, "--name", f"担当 {login}", "--hub", hub)
        found = re.search(r"one-time password: (\S+)", printed)
        assert found, printed
        passwords[login] = found.group(1)
    return passwords


def stored_texts(product: Product) -> list[str]:
    """Every message in the product's database, opened."""

    async def read() -> list[str]:
        database = open_database(Settings(_env_file=None, data=product.data))
        try:
            async with database.read() as tx:
                return [message.text for message in await tx.scalars(select(Message))]
        finally:
            await database.close()

    return run_apart(read())


def send(page: Page, text: str) -> None:
    page.locator("#chat-input").fill(text)
    page.locator("#chat-send").click()


def open_question(page: Page) -> Locator:
    """The question that waits for an answer."""
    return page.locator(".choices[data-kind=question][data-open=true]").last


def count_of(page: Page) -> int:
    return page.locator("#chat-messages > li.message[data-author=bot]").count()


def answer_all(page: Page) -> list[str]:
    """Answer what is asked, up to reading back; gives the keys in order."""
    asked: list[str] = []
    while not asked or asked[-1] != "send_case":
        assert len(asked) < MOST_QUESTIONS, asked
        key = open_question(page).get_attribute("data-key")
        assert key is not None
        before = count_of(page)
        if key == "send_case":
            asked.append(key)
            continue
        assert key not in asked or key[0] in "PF", f"{key} was asked twice"
        asked.append(key)
        if key in TYPED:
            send(page, TYPED[key])
        elif key in PRESSED:
            open_question(page).get_by_role("button", name=PRESSED[key], exact=True).click()
        else:
            open_question(page).locator("button.choice").nth(-2).click()
        page.wait_for_function(
            "n => document.querySelectorAll('#chat-messages > li.message[data-author=bot]')"
            ".length > n",
            arg=before,
        )
        expect(page.locator("#chat-typing")).to_have_text("")
        if key == "full_profile":
            screenshot(page, "chat-consent")
        elif key == "municipality":
            screenshot(page, "chat-question")
        if page.locator("[data-card=recommendations]").count() and "full_profile" not in asked:
            page.locator("[data-card=diagnosis]").last.scroll_into_view_if_needed()
            screenshot(page, "chat-diagnosis")
            page.locator("[data-card=recommendations]").last.scroll_into_view_if_needed()
            screenshot(page, "chat-recommendation")
    return asked


@contextmanager
def logged_in(browser: Browser, product: Product, login: str, secret: str) -> Iterator[Page]:
    """A page of a staff member who has just changed the one-time password."""
    context = browser.new_context(
        locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    page.goto(f"{product.base}/console")
    page.locator("#login").fill(login)
    page.locator("#password").fill(secret)
    page.locator("#login-form button[type=submit]").click()
    page.locator("#current").fill(secret)
    page.locator("#new").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.locator("form button[type=submit]").last.click()
    page.goto(f"{product.base}/console?filter=all")
    yield page
    context.close()


class TestMainJob:
    def test_owner_of_a_metal_works_reaches_the_right_hub_and_no_other(
        self, page: Page, browser: Browser, product: Product, staff: dict[str, str]
    ):
        page.goto(f"{product.base}/chat")
        expect(page.locator("#chat-messages > li.message")).to_have_count(2)

        send(page, FIRST_WORDS)
        said_back = page.locator("#chat-messages .bubble", has_text="働く人が続かないことと、")
        expect(said_back).to_be_visible()
        asked = answer_all(page)

        assert asked[0] == "municipality"
        profile = page.locator("[data-card=diagnosis]").last
        expect(profile.locator("svg")).to_be_visible()
        expect(profile.locator("tbody tr")).to_have_count(8)
        expect(profile.locator(".anchor").first).to_be_visible()
        measures = page.locator("[data-card=recommendations]").last
        expect(measures.locator("li.program")).to_have_count(3)
        for measure in measures.locator("li.program").all():
            expect(measure).to_contain_text("出典")
            expect(measure).to_contain_text("理由")
        open_question(page).get_by_role("button", name="送る", exact=True).click()
        receipt = page.locator("[data-card=receipt]")
        expect(receipt).to_be_visible()
        number = re.search(r"TSU-2611-\d{4}", receipt.inner_text())
        assert number is not None
        receipt.scroll_into_view_if_needed()
        screenshot(page, "chat-receipt")

        with logged_in(browser, product, "hanako", staff["hanako"]) as console:
            row = console.locator(f"[data-case-number='{number.group()}']")
            expect(row).to_contain_text("若い子が続かなくて")
            screenshot(console, "console-queue")
            row.get_by_role("link").first.click()
            expect(console.locator("#words")).to_contain_text(FIRST_WORDS)
            expect(console.locator("#transcript")).to_contain_text(FIRST_WORDS)
            expect(console.locator("#transcript")).to_contain_text("山田金属")
            screenshot(console, "console-case")
            case_address = console.url

        with logged_in(browser, product, "ichiro", staff["ichiro"]) as other:
            expect(other.locator(f"[data-case-number='{number.group()}']")).to_have_count(0)
            refused = other.goto(case_address)
            assert refused is not None
            assert refused.status == 404

    def test_conversation_goes_on_after_a_reload(self, page: Page, product: Product):
        page.goto(f"{product.base}/chat")
        expect(page.locator("#chat-messages > li.message")).to_have_count(2)
        send(page, "人手が足りません")
        expect(open_question(page)).to_have_attribute("data-key", "municipality")

        page.reload()

        expect(page.locator("#chat-messages")).to_contain_text("人手が足りません")
        send(page, "長岡市です")
        expect(page.locator("#chat-messages > li.message").last).not_to_contain_text("読み取れ")

    def test_report_can_be_read_and_stored_words_are_erased_on_wish(
        self, page: Page, product: Product
    ):
        page.goto(f"{product.base}/chat")
        send(page, "あとで消す相談です。求人を出しても人が来ません")
        expect(open_question(page)).to_be_visible()
        assert any("あとで消す相談" in text for text in stored_texts(product))

        page.locator("#erase").click()
        page.locator("#erase-confirm").click()
        expect(page.locator("#chat-messages")).not_to_contain_text("あとで消す相談")

        assert not any("あとで消す相談" in text for text in stored_texts(product))


class TestWithoutScripts:
    def test_first_question_is_answered_without_javascript(
        self, browser: Browser, product: Product
    ):
        context = browser.new_context(
            java_script_enabled=False, locale="ja-JP", timezone_id="Asia/Tokyo"
        )
        page = context.new_page()
        page.goto(f"{product.base}/chat")

        page.locator("#plain-text").fill("若い人が辞めてしまう")
        page.locator("form button[type=submit]").click()

        expect(page.locator("main")).to_contain_text("働く人が続かないこと")
        context.close()
