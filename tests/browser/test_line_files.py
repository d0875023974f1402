"""Pictures and files that an owner sends by LINE, on the pages of staff, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import ColumnElement, func, select

from desk.attachments.models import Attachment, FileState
from desk.chat.models import Conversation
from desk.config import SecondFactorRule
from desk.db import Base
from desk.vault.service import open_database
from tests.browser.conftest import screenshot
from tests.browser.live_desk import LiveDesk, console_page, running_desk
from tests.line.fake.clock import real_time
from tests.line.fake.files import EXE, JPEG, PDF
from tests.line.fake.line import FakeLine
from tests.line.fake.serving import running_fake_line
from tests.product import wait_until

pytestmark = pytest.mark.browser
ACCOUNT = "bureau"


@pytest.fixture(scope="module")
def line() -> Iterator[FakeLine]:
    with running_fake_line(real_time) as line:
        yield line


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, line: FakeLine) -> Iterator[LiveDesk]:
    data: Path = tmp_path_factory.mktemp("files")
    table = data / "line.yml"
    table.write_text(yaml.safe_dump({"accounts": {ACCOUNT: line.settings()}}), encoding="utf-8")
    table.chmod(0o600)
    expect.set_options(timeout=20_000)
    with running_desk(data, require_totp=SecondFactorRule.NONE, line_file=table) as desk:
        line.account.webhook.url = f"{desk.base}/line/webhook/{ACCOUNT}"
        yield desk
    expect.set_options(timeout=5_000)


def number_of(desk: LiveDesk, table: type[Base], *conditions: ColumnElement[bool]) -> int:
    """How many rows there are."""

    async def count() -> int:
        database = open_database(desk.settings)
        async with database.read() as tx:
            query = select(func.count()).select_from(table).where(*conditions)
            found = (await tx.execute(query)).scalar_one()
        await database.close()
        return int(found)

    return desk.arrange(count())


def assert_accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_staff_see_in_talk_and_case_what_came_and_save_it(
    browser: Browser, desk: LiveDesk, line: FakeLine
):
    owner = line.user("佐藤 花子")
    desk.arrange(owner.says("人が足りません"))
    wait_until(lambda: number_of(desk, Conversation) == 1, 20)
    case = desk.open_case()
    token = desk.session_of("hanako")

    with console_page(browser, desk, token, f"/console/cases/{case}/talk") as page:
        expect(page.locator("#talk")).to_have_attribute("data-connection", "live")
        expect(page.locator("#talk-files-part")).to_be_hidden()
        desk.arrange(owner.sends("file"))
        came = page.locator("#talk-files li[data-state=fetched]")
        expect(came).to_contain_text("見積.pdf（1KB）")
        with page.expect_download() as waited:
            came.get_by_role("link", name="保存").press("Enter")
        assert waited.value.suggested_filename == "見積.pdf"
        assert Path(waited.value.path()).read_bytes() == PDF
        assert_accessible(page)

    desk.arrange(owner.sends("image"))
    desk.arrange(owner.sends("file", content=EXE, fileName="invoice.pdf"))
    is_done = Attachment.state != FileState.WAITING
    wait_until(lambda: number_of(desk, Attachment, is_done) == 3, 20)
    with console_page(browser, desk, token, f"/console/cases/{case}") as page:
        files = page.locator("#files li")
        expect(files).to_have_count(3)
        expect(page.locator("#files li[data-state=waiting]")).to_have_count(0)
        expect(page.locator("#files li[data-state=refused]")).to_contain_text("invoice.pdf")
        refused = page.locator("#files li[data-state=refused]")
        expect(refused).to_contain_text("受け取っていません")
        expect(refused.get_by_role("link")).to_have_count(0)
        assert_accessible(page)
        page.locator("#files").scroll_into_view_if_needed()
        screenshot(page, "console-line-files")
        picture = page.locator("#files li", has_text="写真")
        with page.expect_download() as waited:
            picture.get_by_role("link", name="保存").click()
        assert Path(waited.value.path()).read_bytes() == JPEG
        assert waited.value.suggested_filename.endswith(".jpg")
    assert "担当者に伝えました" in owner.texts[-1]
