"""The console's page of LINE and a case from there, in a real browser."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from desk.auth.models import Role
from desk.cases.service import CaseDraft, CaseService
from desk.chat import repository as chat
from desk.chat.models import Author, Conversation, Message
from desk.config import SecondFactorRule
from desk.db import new_id, now
from desk.line.models import LineSend, LineUser, SendKind, SendReason, SendState
from desk.vault.service import open_database
from tests.browser.conftest import screenshot
from tests.browser.live_desk import LiveDesk, console_page, running_desk
from tests.line.fake.clock import real_time
from tests.line.fake.line import FakeLine
from tests.line.fake.serving import running_fake_line

pytestmark = pytest.mark.browser
ACCOUNT = "bureau"


@pytest.fixture(scope="module")
def line() -> Iterator[FakeLine]:
    with running_fake_line(real_time) as line:
        line.account.quota, line.account.used = 200, 121
        line.account.webhook.url = f"https://desk.example/line/webhook/{ACCOUNT}"
        yield line


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, line: FakeLine) -> Iterator[LiveDesk]:
    data: Path = tmp_path_factory.mktemp("line")
    table = data / "line.yml"
    table.write_text(yaml.safe_dump({"accounts": {ACCOUNT: line.settings()}}), encoding="utf-8")
    table.chmod(0o600)
    expect.set_options(timeout=20_000)
    more = {"line_file": table, "public_url": "https://desk.example"}
    with running_desk(data, require_totp=SecondFactorRule.NONE, **more) as desk:
        yield desk
    expect.set_options(timeout=5_000)


@pytest.fixture
def case(desk: LiveDesk, line: FakeLine) -> UUID:
    """A case whose owner writes in LINE, and an answer of which nobody knows if it arrived."""

    async def arrange() -> UUID:
        database = open_database(desk.settings)
        async with database.write() as tx:
            talk = Conversation(
                id=new_id(),
                token_hash=new_id().hex,
                channel="line",
                expires_at=now() + timedelta(days=1),
            )
            tx.add(talk)
            await tx.flush()
            asked = Message(
                id=new_id(), author=Author.USER, text="人が足りません", client_message_id=new_id()
            )
            await chat.append(tx, talk, asked)
            user_id = line.user().id
            user = LineUser(id=new_id(), account=ACCOUNT, user_id=user_id, conversation_id=talk.id)
            tx.add(user)
            await tx.flush()
            tx.add(
                LineSend(
                    account=ACCOUNT,
                    line_user_id=user.id,
                    conversation_id=talk.id,
                    kind=SendKind.REPLY,
                    reason=SendReason.ANSWER,
                    messages={"messages": [], "seqs": [2]},
                    state=SendState.UNCERTAIN,
                    last_error="no answer (ReadTimeout)",
                )
            )
        cases = CaseService(database, today=desk.settings.today_jst, promise_business_days=3)
        draft = CaseDraft(
            conversation_id=talk.id,
            handoff_number=1,
            turn_id=str(asked.id),
            hub_id="matsumoto",
            prefix="MAT",
            headline="人が足りません",
            snapshot={},
            consent={},
        )
        await cases.open_case(draft)
        newest = max(await cases.list_cases("matsumoto"), key=lambda each: each.number)
        await database.close()
        return newest.id

    return desk.arrange(arrange())


def assert_fits(page: Page) -> None:
    """Nothing sticks out of the window's side."""
    wide = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll("body *")]
          .filter((node) => node.getBoundingClientRect().right > innerWidth)
          .map((node) => `${node.tagName} ${node.className} ${node.getBoundingClientRect().right}`)"""
    )
    assert wide == []


def assert_accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_bureau_settles_an_uncertain_reply_by_keyboard(
    browser: Browser, desk: LiveDesk, case: UUID
):
    token = desk.session_of("kyoku", Role.BUREAU)
    with console_page(browser, desk, token, "/console/line") as page:
        expect(page.locator("[data-quota]")).to_contain_text("121 / 200（残り79）")
        row = page.locator("[data-send-id]")
        expect(row).to_have_count(1)
        expect(row.get_by_role("link")).to_have_attribute(
            "href", f"/console/cases/{case}#transcript"
        )
        assert_accessible(page)
        assert_fits(page)
        screenshot(page, "console-line")
        row.get_by_text("もう一度送る…").press("Enter")
        expect(row.get_by_label("届いていないことを")).to_be_visible()
        assert_accessible(page)
        row.get_by_role("button", name="届いたことを確かめた").press("Enter")
        expect(page.locator("#no-open")).to_be_visible()
        assert_accessible(page)


@pytest.mark.parametrize("width", [390, 1280])
def test_staff_read_beside_the_reply_what_happens_in_line(
    browser: Browser, desk: LiveDesk, case: UUID, width: int
):
    token = desk.session_of("hanako")
    with console_page(browser, desk, token, f"/console/cases/{case}") as page:
        page.set_viewport_size({"width": width, "height": 1000})
        expect(page.locator("#case-line")).to_contain_text("LINE")
        assert_accessible(page)
        page.goto(f"{desk.base}/console/cases/{case}/talk")
        expect(page.locator("#line-reply")).to_contain_text("「回答があります」とリンクが届き")
        expect(page.locator("#line-left")).to_contain_text("残り79")
        expect(page.get_by_label("返事を書く")).to_have_accessible_description(
            re.compile("「回答があります」とリンクが届き")
        )
        assert_accessible(page)
        assert_fits(page)
        if width == 1280:
            page.locator("#reply-send").scroll_into_view_if_needed()
            screenshot(page, "console-line-talk")
