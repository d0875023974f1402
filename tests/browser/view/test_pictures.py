"""Pictures for README.ja.md, of real states of the chat; written when JINJIBU_SCREENSHOTS=1.

Whether the pictures are taken or not, each state has to come about and to fit its window.
"""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import screenshot
from tests.browser.view.conftest import AdvisedDesk, Owner
from tests.browser.view.states import joined

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
WINDOW = {"viewport": {"width": 1280, "height": 860}}


def owner_in(context_of: Any, advised: AdvisedDesk, **options: Any) -> Owner:
    page: Page = context_of(**options).new_page()
    page.set_default_timeout(20_000)
    return Owner(page, advised)


def show(owner: Owner, selector: str, name: str) -> None:
    """Bring the top of a card into sight and keep the picture."""
    node = owner.page.locator(selector).last
    expect(node).to_be_visible()
    # At the end nothing is new any more, and the button that leads there goes away.
    owner.page.locator("#chat-scroll").evaluate("node => { node.scrollTop = node.scrollHeight; }")
    expect(owner.page.locator("#chat-jump")).to_be_hidden()
    node.evaluate("node => node.closest('li').scrollIntoView({block: 'start'})")
    assert owner.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(owner.page, name)


def test_phone(context_of: Any, advised: AdvisedDesk) -> None:
    owner = owner_in(context_of, advised, **PHONE).open()
    screenshot(owner.page, "chat-390-start")
    owner.say("若い子が続かなくて、求人を出しても全然応募がないんです").say("燕市。25人")
    screenshot(owner.page, "chat-390-question")
    owner.until("full_profile")
    show(owner, "[data-card=diagnosis]", "chat-390-diagnosis")
    show(owner, "[data-card=recommendations]", "chat-390-recommendations")
    owner.until("send_case").choose("送る")
    show(owner, "[data-card=receipt]", "chat-390-receipt")
    joined(owner)
    expect(owner.page.locator("li[data-author=staff]")).to_be_visible()
    screenshot(owner.page, "chat-390-person")


def test_window(context_of: Any, advised: AdvisedDesk) -> None:
    owner = owner_in(context_of, advised, **WINDOW).begin().say("燕市。25人")
    screenshot(owner.page, "chat-1280-question")
    owner.until("full_profile")
    show(owner, "[data-card=diagnosis]", "chat-1280-diagnosis")


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("dark", {"color_scheme": "dark"}),
        ("forced", {"color_scheme": "dark", "forced_colors": "active"}),
    ],
)
def test_other_colours(
    context_of: Any, advised: AdvisedDesk, name: str, media: dict[str, Any]
) -> None:
    owner = owner_in(context_of, advised, **PHONE).advised()
    owner.page.emulate_media(**media)
    show(owner, "[data-card=diagnosis]", f"chat-390-{name}")
