"""Notes for a colleague, doubles and who has a case, by keyboard in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from desk.auth.models import Role
from tests.browser.live_desk import LiveDesk, console_page, running_desk
from tests.browser.test_talk import FIRST_WORDS, owner_bubble, reply, say, take

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDesk]:
    data: Path = tmp_path_factory.mktemp("casework")
    expect.set_options(timeout=20_000)
    with running_desk(data) as desk:
        yield desk
    expect.set_options(timeout=5_000)


@pytest.fixture
def case(page: Page, desk: LiveDesk) -> str:
    """The address of the case of a conversation that `page` has begun."""
    page.goto(f"{desk.base}/chat")
    say(page, FIRST_WORDS)
    expect(owner_bubble(page, f"echo: {FIRST_WORDS}")).to_be_visible()
    return f"/console/cases/{desk.open_case()}"


def claim(page: Page) -> None:
    page.locator("#claim-form button").click()
    expect(page.locator("#case-assignee")).to_contain_text("担当 taro")


def assert_accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


class TestMentions:
    def test_a_note_reaches_the_chosen_colleague_without_a_mouse(
        self, browser: Browser, desk: LiveDesk, case: str
    ):
        jiro = desk.session_of("jiro")
        with console_page(browser, desk, desk.session_of("hanako"), case) as staff:
            staff.locator("#note").focus()
            staff.keyboard.type("火曜に電話してください")
            staff.keyboard.press("Tab")
            staff.keyboard.press("Enter")
            staff.get_by_label("担当 jiro").focus()
            staff.keyboard.press("Space")
            assert_accessible(staff)
            staff.keyboard.press("Tab")
            staff.keyboard.press("Enter")
            expect(staff.locator("#notes")).to_contain_text("担当 jiro あて")

        with console_page(browser, desk, jiro, "/console") as colleague:
            # A screen reader hears what the number counts.
            name = re.compile(r"あなた宛て\s*1\s*件の未読")
            colleague.get_by_role("link", name=name).press("Enter")
            expect(colleague.locator("#unread")).to_contain_text("火曜に電話してください")
            assert_accessible(colleague)
            colleague.get_by_role("button", name="読んで、相談を開く").press("Enter")
            expect(colleague).to_have_url(f"{desk.base}{case}#notes")
            expect(colleague.locator("#unread-mentions")).to_have_count(0)


class TestDoubles:
    def test_a_lead_merges_two_cases_after_reading_what_happens(
        self, browser: Browser, desk: LiveDesk, case: str
    ):
        other = f"/console/cases/{desk.open_case(handoff_number=2)}"
        with console_page(browser, desk, desk.session_of("lead", Role.LEAD), case) as lead:
            expect(lead.locator("#doubles")).to_contain_text("同じ会話")
            assert_accessible(lead)
            lead.locator("#doubles").get_by_role("link", name="にまとめる…").press("Enter")
            expect(lead.get_by_role("heading", level=1)).to_have_text("二つの相談をまとめる")
            expect(lead.locator("#in-common")).to_contain_text("同じ会話")
            assert_accessible(lead)
            lead.get_by_label("まとめる理由").fill("同じ会話から二度届いた")
            lead.keyboard.press("Tab")
            lead.keyboard.press("Enter")
            expect(lead).to_have_url(f"{desk.base}{other}?done=merged")

            lead.goto(f"{desk.base}{case}")
            expect(lead.locator("#merged-into")).to_contain_text("別の相談にまとめました")
            lead.locator("#merged-into a").press("Enter")
            expect(lead).to_have_url(f"{desk.base}{other}")
            expect(lead.locator("#log")).to_contain_text("同じ会話から二度届いた")


class TestResponsible:
    def test_who_comes_into_the_talk_gets_the_case_and_sees_it(
        self, browser: Browser, desk: LiveDesk, case: str
    ):
        with console_page(browser, desk, desk.session_of("hanako"), f"{case}/talk") as staff:
            line = staff.locator("#talk-responsible")
            expect(line).to_contain_text("担当はまだいません")
            take(staff)
            expect(line).to_have_text("あなたが担当です")
            staff.goto(f"{desk.base}{case}")
            expect(staff.locator("#case-assignee")).to_have_text("担当 hanako（あなた）")

    def test_who_is_late_is_told_and_may_still_reply(
        self, page: Page, browser: Browser, desk: LiveDesk, case: str
    ):
        rival = desk.session_of("taro")
        hanako = desk.session_of("hanako")
        with (
            console_page(browser, desk, rival, case) as colleague,
            console_page(browser, desk, hanako, f"{case}/talk", may_be_refused=True) as staff,
        ):
            expect(staff.locator("#talk-responsible")).to_contain_text("担当はまだいません")
            # The page has asked before the colleague claims, and its request comes after.
            staff.route("**/take", lambda route: (claim(colleague), route.continue_()))
            staff.locator("#take").click()
            expect(staff.locator("#talk-alert")).to_contain_text(
                "先にほかの担当者がこの相談を引き受けました"
            )
            expect(staff.locator("#talk-responsible")).to_contain_text("担当は 担当 taro さん")
            staff.unroute("**/take")
            take(staff)
            reply(staff, "taroに替わってお答えします")
        expect(owner_bubble(page, "taroに替わってお答えします", "staff")).to_be_visible()
