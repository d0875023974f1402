"""A desk with the real adviser, and an owner's page in every state that the chat has."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from desk.config import Settings
from tests.browser.answers import MOST_QUESTIONS, PRESSED, TYPED
from tests.browser.live_desk import LiveDesk, running_desk
from tests.browser.view.advised import FIRST_WORDS, AdvisedEngine

SHOWN: list[dict[str, Any]] = []
"""What the tests showed of success criteria, for the accessibility report."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Note how each test ended that shows success criteria."""
    report = yield
    marker = item.get_closest_marker("criteria")
    if marker is not None and (report.when == "call" or report.failed):
        name = item.nodeid.removeprefix("tests/browser/view/")
        SHOWN.append({"test": name, "criteria": marker.args, "outcome": report.outcome})
    return report


def pytest_sessionfinish() -> None:
    """Leave the results where JINJIBU_ACCESSIBILITY_RESULTS says."""
    path = os.environ.get("JINJIBU_ACCESSIBILITY_RESULTS")
    if path:
        Path(path).write_text(json.dumps(SHOWN, ensure_ascii=False, indent=1), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class AdvisedDesk:
    """A running desk and its engine."""

    live: LiveDesk
    engine: AdvisedEngine

    @property
    def chat(self) -> str:
        return f"{self.live.base}/chat"


@pytest.fixture(scope="session")
def advised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdvisedDesk]:
    engines: list[AdvisedEngine] = []

    def engine_of(settings: Settings) -> AdvisedEngine:
        engines.append(AdvisedEngine(settings))
        return engines[0]

    expect.set_options(timeout=10_000)
    with running_desk(tmp_path_factory.mktemp("advised"), engine_of=engine_of) as live:
        yield AdvisedDesk(live, engines[0])
    expect.set_options(timeout=5_000)


class Owner:
    """What an owner does in the chat."""

    def __init__(self, page: Page, desk: AdvisedDesk) -> None:
        self.page = page
        self.desk = desk

    @property
    def field(self) -> Locator:
        return self.page.locator("#chat-input")

    @property
    def bubbles(self) -> Locator:
        return self.page.locator("#chat-messages > li.message")

    @property
    def question(self) -> Locator:
        """The question that waits for an answer."""
        return self.page.locator(".choices[data-kind=question][data-open=true]").last

    def key(self) -> str:
        return str(self.question.get_attribute("data-key"))

    def open(self) -> "Owner":
        self.page.goto(self.desk.chat)
        expect(self.bubbles).to_have_count(2)
        return self

    def say(self, text: str) -> "Owner":
        before = self._answers()
        self.field.fill(text)
        self.page.locator("#chat-send").click()
        self._wait(before)
        return self

    def choose(self, title: str) -> "Owner":
        before = self._answers()
        self.question.get_by_role("button", name=title, exact=True).click()
        self._wait(before)
        return self

    def answer(self) -> str:
        """Answer what is asked now; gives the question's key."""
        key = self.key()
        if key in TYPED:
            self.say(TYPED[key])
        elif key in PRESSED:
            self.choose(PRESSED[key])
        else:
            choices = self.question.locator("button.choice")
            self.choose(str(choices.nth(-2).locator("span").first.text_content()))
        return key

    def until(self, key: str) -> "Owner":
        """Answer until `key` is asked."""
        for _ in range(MOST_QUESTIONS):
            if self.key() == key:
                return self
            self.answer()
        raise AssertionError(f"{key} was never asked")

    def begin(self) -> "Owner":
        """The first question is asked."""
        self.open().say(FIRST_WORDS)
        expect(self.question).to_have_attribute("data-key", "municipality")
        return self

    def advised(self) -> "Owner":
        """Diagnosis and recommendations are shown."""
        self.begin().until("full_profile")
        expect(self.page.locator("[data-card=recommendations]")).to_be_visible()
        return self

    def received(self) -> str:
        """The case is sent; gives its number."""
        self.advised().until("send_case").choose("送る")
        receipt = self.page.locator("[data-card=receipt]")
        expect(receipt).to_be_visible()
        found = re.search(r"TSU-2611-\d{4}", receipt.inner_text())
        assert found is not None
        return found.group()

    def _answers(self) -> int:
        return self.page.locator("#chat-messages > li[data-author=bot]").count()

    def _wait(self, before: int) -> None:
        self.page.wait_for_function(
            "n => document.querySelectorAll('#chat-messages > li[data-author=bot]').length > n",
            arg=before,
        )
        expect(self.page.locator("#chat-typing")).to_have_text("")


@pytest.fixture
def owner(page: Page, advised: AdvisedDesk) -> Owner:
    return Owner(page, advised)


@pytest.fixture
def context_of(browser: Browser) -> Iterator[Any]:
    """Makes browser contexts with other settings; they are closed with the test."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        usual = {"locale": "ja-JP", "timezone_id": "Asia/Tokyo"}
        made.append(browser.new_context(**{**usual, **options}))
        return made[-1]

    yield make
    for context in made:
        context.close()
