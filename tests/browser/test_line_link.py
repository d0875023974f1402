"""From LINE to our own page by a one-time link, in a browser: the same conversation goes on."""

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from tests.browser.live_desk import LiveDesk, running_desk
from tests.line.fake.clock import real_time
from tests.line.fake.line import FakeLine
from tests.line.fake.serving import running_fake_line
from tests.line.fake.users import User

pytestmark = pytest.mark.browser
FIRST_WORDS = "若い人が続かなくて困っています"
SECONDS = 30


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeLine]:
    with running_fake_line(real_time) as line:
        yield line


@pytest.fixture(scope="module")
def desk(fake: FakeLine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDesk]:
    data: Path = tmp_path_factory.mktemp("line")
    table = data / "line.yml"
    table.write_text(yaml.safe_dump({"accounts": {"main": fake.settings()}}), encoding="utf-8")
    os.chmod(table, 0o600)  # noqa: PTH101
    expect.set_options(timeout=20_000)
    with running_desk(data, line_file=table) as desk:
        fake.account.webhook.url = f"{desk.base}/line/webhook/main"
        fake.account.webhook.patience_seconds = SECONDS
        yield desk
    expect.set_options(timeout=5_000)


@pytest.fixture
def user(fake: FakeLine) -> User:
    return fake.user()


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)


def link_of(desk: LiveDesk, user: User) -> str:
    """The link that the user gets for the word for it."""

    def links() -> list[str]:
        return [action["uri"] for action in user.actions if action["type"] == "uri"]

    before = len(links())
    desk.arrange(user.says("続き"))
    until(lambda: len(links()) > before)
    return links()[0]


def begin(desk: LiveDesk, user: User) -> None:
    desk.arrange(user.says(FIRST_WORDS))
    until(lambda: f"echo: {FIRST_WORDS}" in user.texts)


def test_conversation_goes_on_in_the_chat(page: Page, desk: LiveDesk, user: User):
    begin(desk, user)

    page.goto(link_of(desk, user))
    page.get_by_role("button", name="相談の続きを開く").click()

    expect(page).to_have_url(f"{desk.base}/chat")
    bubbles = page.locator("#chat-messages > li.message")
    expect(bubbles.filter(has_text=f"echo: {FIRST_WORDS}")).to_be_visible()
    page.locator("#chat-input").fill("ここで書きます")
    page.locator("#chat-send").click()
    expect(bubbles.filter(has_text="echo: ここで書きます")).to_be_visible()
    assert not any("ここで書きます" in text for text in user.texts)


def test_used_link_says_how_to_get_a_new_one(page: Page, desk: LiveDesk, user: User):
    begin(desk, user)
    link = link_of(desk, user)
    page.goto(link)
    page.get_by_role("button", name="相談の続きを開く").click()
    expect(page).to_have_url(f"{desk.base}/chat")

    page.goto(link)

    expect(page.get_by_role("alert")).to_contain_text("もう使えません")
    expect(page.get_by_role("button")).to_have_count(0)


def test_conversation_goes_on_without_scripts(browser: Browser, desk: LiveDesk, user: User):
    begin(desk, user)
    context = browser.new_context(locale="ja-JP", java_script_enabled=False)
    page = context.new_page()

    page.goto(link_of(desk, user))
    page.get_by_role("button", name="相談の続きを開く").click()

    expect(page).to_have_url(re.compile("/chat/plain$"))
    expect(page.locator("body")).to_contain_text(f"echo: {FIRST_WORDS}")
    context.close()
