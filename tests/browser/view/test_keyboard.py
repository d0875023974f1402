"""The whole way by keyboard: order, focus that is seen and not covered, no trap, the way back."""

from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from tests.browser.view.advised import FIRST_WORDS
from tests.browser.view.conftest import AdvisedDesk, Owner
from tests.browser.view.states import STATES

pytestmark = pytest.mark.browser
FOCUS = """() => {
    const node = document.activeElement;
    if (!node || node === document.body) return null;
    const style = getComputedStyle(node);
    const box = node.getBoundingClientRect();
    const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
    const y = Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 1);
    const hit = document.elementFromPoint(x, y);
    return {
        name: node.id || node.dataset.payload || node.textContent.trim().slice(0, 20) || node.tagName,
        outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
        seen: node === hit || node.contains(hit) || Boolean(hit && hit.contains(node)),
        inside: box.bottom > 0 && box.top < innerHeight,
    };
}"""


def walk(page: Page, key: str = "Tab", most: int = 60) -> list[dict[str, Any]]:
    """Press the key until the focus leaves the page or comes round; what had the focus."""
    visited: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press(key)
        focus = page.evaluate(FOCUS)
        if focus is None or (visited and focus["name"] == visited[0]["name"]):
            return visited
        visited.append(focus)
    raise AssertionError(f"the focus does not come to an end: {[v['name'] for v in visited]}")


@pytest.mark.criteria("2.1.1", "2.4.3")
def test_consultation_is_held_without_a_mouse(owner: Owner) -> None:
    page = owner.open().page
    owner.field.focus()

    page.keyboard.type(FIRST_WORDS)
    page.keyboard.press("Enter")
    expect(owner.question).to_have_attribute("data-key", "municipality")
    expect(owner.field).to_be_focused()
    page.keyboard.type("燕市。25人")
    page.keyboard.press("Enter")
    expect(page.locator("li[data-author=bot]", has_text="燕市、25人")).to_be_visible()
    expect(owner.question).not_to_have_attribute("data-key", "municipality")
    asked = owner.key()
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.classList.contains('choice')"):
            break
    page.keyboard.press("Space")

    expect(page.locator(f".choices[data-key='{asked}'] .choice-chosen")).to_have_count(1)
    assert page.evaluate("document.activeElement.closest('.choices').dataset.key") == asked


@pytest.mark.criteria("2.1.2", "2.4.3", "2.4.7", "2.4.11")
@pytest.mark.parametrize("state", ["empty", "question", "cards", "receipt"])
def test_focus_goes_everywhere_is_seen_and_is_not_covered(owner: Owner, state: str) -> None:
    STATES[state](owner)
    page = owner.page
    page.set_viewport_size({"width": 390, "height": 700})
    page.locator("h1").focus()

    forward = walk(page)

    assert {"chat-scroll", "chat-input", "chat-send", "talk-to-human", "erase"} <= {
        each["name"] for each in forward
    }
    assert [each["name"] for each in forward if each["outline"] < 2] == []
    assert [each["name"] for each in forward if not (each["seen"] and each["inside"])] == []


@pytest.mark.criteria("2.1.1", "2.1.2", "2.4.3")
def test_dialog_holds_the_focus_and_gives_it_back(owner: Owner) -> None:
    page = owner.begin().page
    page.locator("#erase").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#erase-dialog")).to_be_visible()
    expect(page.locator("#erase-cancel")).to_be_focused()

    page.keyboard.press("Escape")

    expect(page.locator("#erase-dialog")).to_be_hidden()
    expect(page.locator("#erase")).to_be_focused()


@pytest.fixture
def host(page: Page, advised: AdvisedDesk) -> Page:
    """A page of another organisation with the button, on the same host for the test."""
    body = (
        "<!doctype html><html lang=ja><head><meta charset=utf-8><title>市役所</title></head><body>"
        "<h1>市のページ</h1><p><a href='#x'>リンク</a></p>"
        f"<script src='{advised.live.base}/static/widget/loader.js' data-site='tsubame'></script>"
        "</body></html>"
    )

    def serve(route: Route) -> None:
        route.fulfill(content_type="text/html; charset=utf-8", body=body)

    page.route("**/host.html", serve)
    page.goto(f"{advised.live.base}/host.html")
    return page


def panel_of(host: Page) -> FrameLocator:
    return host.frame_locator("iframe").first


@pytest.mark.criteria("2.1.1", "2.1.2", "2.4.3", "3.2.1")
def test_panel_is_opened_and_closed_by_keyboard_and_the_focus_returns(host: Page) -> None:
    launcher = host.get_by_role("button", name="相談")
    launcher.focus()
    host.keyboard.press("Enter")
    expect(panel_of(host).locator("#chat-input")).to_be_focused(timeout=20_000)
    expect(launcher).to_have_attribute("aria-expanded", "true")

    host.keyboard.press("Escape")

    expect(host.locator("iframe")).to_be_hidden()
    expect(launcher).to_be_focused()
    expect(launcher).to_have_attribute("aria-expanded", "false")
