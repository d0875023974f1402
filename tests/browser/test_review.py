"""A reviewer labels three lines by the keyboard, without a mouse."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from desk.auth.models import Role
from desk.chat.ports import EngineTurn
from desk.review.models import ReviewLabel, ReviewLine
from desk.vault.service import open_database
from tests.browser.conftest import screenshot
from tests.browser.live_desk import LiveDesk, console_page, running_desk
from tests.product import OwnerClient

pytestmark = pytest.mark.browser
SAID = ("事務の山田花子さんがすぐ辞めそうで", "求人に誰も来ない", "担当の方と話せますか")
FORM = "#review-form"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDesk]:
    data: Path = tmp_path_factory.mktemp("review")
    expect.set_options(timeout=20_000)
    with running_desk(data, review_second_percent=0.0) as desk:
        with OwnerClient(desk.base) as owner:
            for text in SAID:
                understood = {"intent": "complaint", "confidence": 0.3, "entities": []}
                answer = EngineTurn(messages=[{"text": "はい"}], understanding=understood)
                desk.engine.answers.append(answer)
                owner.say(text)
        desk.open_case()
        yield desk
    expect.set_options(timeout=5_000)


def check_axe(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def labels(desk: LiveDesk) -> list[tuple[str, list[str], str]]:
    """Intent, concerns and text of every line that was labelled, in order."""

    async def read() -> list[tuple[str, list[str], str]]:
        database = open_database(desk.settings)
        async with database.read() as tx:
            query = select(ReviewLabel, ReviewLine).join(ReviewLine)
            rows = await tx.execute(query.order_by(ReviewLine.said_at))
            found = [
                (label.said["intent"], label.said["concerns"], str(line.text))
                for label, line in rows
            ]
        await database.close()
        return found

    return desk.arrange(read())


def test_three_lines_are_labelled_by_keyboard(browser: Browser, desk: LiveDesk) -> None:
    token = desk.session_of("review-lead", Role.LEAD)
    with console_page(browser, desk, token, "/console/review") as page:
        check_axe(page)
        page.locator("#review-start").press("Enter")
        expect(page.locator("#review-said")).to_have_text(SAID[0])
        expect(page.locator("#review-text")).to_have_value("事務の〔名前〕さんがすぐ辞めそうで")
        check_axe(page)

        page.keyboard.press("q")
        expect(page.locator("#review-announcer")).to_contain_text("離職")
        page.keyboard.press("1")
        expect(page.locator(f"{FORM} [value=state_concern]")).to_be_checked()
        screenshot(page, "console-review")
        page.keyboard.press("Enter")

        expect(page.locator("#review-said")).to_have_text(SAID[1])
        page.keyboard.press("o")
        page.keyboard.press("q")
        page.keyboard.press("q")  # Taken back.
        expect(page.locator(f"{FORM} [value=engagement]")).not_to_be_checked()
        text = page.locator("#review-text")
        text.press("End")
        text.press_sequentially(" 1q")
        expect(text).to_have_value("求人に誰も来ない 1q")
        expect(page.locator(f"{FORM} [value=engagement]")).not_to_be_checked()
        expect(page.locator(f"{FORM} [name=choice]:checked")).to_have_count(0)
        text.fill("求人に誰も来ない")
        page.keyboard.press("Tab")
        page.keyboard.press("1")
        page.keyboard.press("Enter")

        expect(page.locator("#review-said")).to_have_text(SAID[2])
        page.keyboard.press("5")
        page.keyboard.press("Enter")
        expect(page.locator("#review-empty")).to_be_visible()
        check_axe(page)

    assert labels(desk) == [
        ("state_concern", ["engagement"], "事務の〔名前〕さんがすぐ辞めそうで"),
        ("state_concern", ["hiring"], "求人に誰も来ない"),
        ("talk_to_human", [], "担当の方と話せますか"),
    ]


def test_keys_can_be_switched_off_and_stay_so(browser: Browser, desk: LiveDesk) -> None:
    token = desk.session_of("second-lead", Role.LEAD)
    with console_page(browser, desk, token, "/console/review/next") as page:
        page.locator("#review-keys").uncheck()
        page.reload()
        expect(page.locator("#review-keys")).not_to_be_checked()
        page.locator("h1").click()
        page.keyboard.press("1")
        page.keyboard.press("Enter")

        expect(page.locator(f"{FORM} [name=choice]:checked")).to_have_count(0)
        expect(page.locator("#review-said")).to_be_visible()


def test_wrong_answer_is_marked_from_the_case(browser: Browser, desk: LiveDesk) -> None:
    token = desk.session_of("second-lead", Role.LEAD)
    with console_page(browser, desk, token, "/console") as page:
        page.locator("#queue a").first.click()
        page.get_by_role("link", name="この案内は誤り").last.click()
        expect(page.locator("#before li")).to_have_count(2)
        expect(page.locator("#before")).to_contain_text("事務のAさんがすぐ辞めそうで")
        check_axe(page)
        page.locator("#right").fill("窓口は平日の9時から17時まで。")
        page.locator("#must_say").fill("平日の9時から")
        page.locator("#source_url").fill("https://www.city.example.jp/")
        page.locator("#source_on").fill("2026-11-20")
        page.get_by_role("button", name="直すべき案内に加える").click()
        expect(page.locator("#tasks li")).to_contain_text("窓口は平日の9時から17時まで。")
        check_axe(page)
        page.goto(f"{desk.base}/console/review/figures")
        check_axe(page)
