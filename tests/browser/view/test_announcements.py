"""What a screen reader is told: exactly this, once, and nothing of what was there before."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.view.advised import FIRST_WORDS
from tests.browser.view.conftest import AdvisedDesk, Owner
from tests.browser.view.states import joined

pytestmark = [pytest.mark.browser, pytest.mark.criteria("4.1.3", "3.3.1", "1.3.1")]
SAID_BACK = "働く人が続かないことと、募集しても人が集まらないことの両方でお困りなのですね。"
RECORD = """() => {
    globalThis.told = [];
    const live = '[role=log],[role=status],[role=alert],[aria-live]';
    const note = (region, text) => text.trim() && told.push([region.id || 'counter', text]);
    const watch = (region) => new MutationObserver((changes) => {
        for (const change of changes) {
            if (region.getAttribute('role') !== 'log') continue;
            for (const node of change.addedNodes) note(region, node.textContent);
        }
        if (region.getAttribute('role') !== 'log') note(region, region.textContent);
    }).observe(region, {childList: true, characterData: true, subtree: true});
    document.querySelectorAll(live).forEach(watch);
}"""


def record(page: Page) -> None:
    page.evaluate(RECORD)


def told(page: Page, region: str = "") -> Any:
    heard = page.evaluate("globalThis.told")
    return [text for name, text in heard if not region or name == region]


def test_answer_is_told_once_with_its_choices_and_the_own_words_are_not(owner: Owner) -> None:
    page = owner.open().page
    record(page)

    owner.say(FIRST_WORDS)
    expect(owner.question).to_have_attribute("data-key", "municipality")

    assert told(page, "chat-announcer") == [
        f"相談ナビ（AI）：{SAID_BACK}",
        "相談ナビ（AI）：いくつか伺います。途中でやめても大丈夫です。",
        told(page, "chat-announcer")[-1],
    ]
    assert told(page, "chat-announcer")[-1].startswith("相談ナビ（AI）：")
    assert told(page, "chat-announcer")[-1].endswith("\n答えの候補：わからない\nあと7問ほど")
    assert FIRST_WORDS not in "".join(told(page))


def test_history_is_not_told_again(owner: Owner) -> None:
    page = owner.begin().page
    page.add_init_script(f"document.addEventListener('DOMContentLoaded', {RECORD})")
    page.add_init_script(
        "new MutationObserver((_, self) => { if (document.querySelector('#chat-announcer')) "
        f"{{ self.disconnect(); ({RECORD})(); }} }}).observe(document, "
        "{childList: true, subtree: true})"
    )

    page.reload()
    expect(owner.question).to_have_attribute("data-key", "municipality")

    assert told(page, "chat-announcer") == []
    assert page.locator("#chat-announcer").inner_text() == ""


def test_cards_are_told_in_one_line_each(owner: Owner) -> None:
    page = owner.begin().page
    record(page)

    owner.until("full_profile")

    cards = [text for text in told(page, "chat-announcer") if "お話から見えた" in text]
    assert len(cards) == 1
    assert "\nお話から見えた、人まわりの様子。気になるところ：" in cards[0]
    measures = [text for text in told(page, "chat-announcer") if "\n合いそうな支援。" in text]
    assert len(measures) == 1
    assert "1番 " in measures[0]
    assert "3番 " in measures[0]


def test_person_is_told_by_name_and_as_a_person(owner: Owner) -> None:
    owner.received()
    record(owner.page)

    joined(owner)

    announced = told(owner.page, "chat-announcer")
    assert "担当者 担当 hanako：担当の者です。お話を伺います。" in announced
    assert [text for text in announced if text.startswith("お知らせ：")]
    assert "担当者 担当 hanakoがお答えします" not in announced


def test_failure_is_an_alert_and_says_what_can_be_done(
    context_of: Any, advised: AdvisedDesk
) -> None:
    page = context_of(viewport={"width": 390, "height": 844}).new_page()
    owner = Owner(page, advised).begin()
    record(page)
    page.route(
        "**/api/chat/conversations/*/messages",
        lambda route: route.continue_(post_data=route.request.post_data.replace("燕", "\\udc00")),
    )

    owner.field.fill("燕市")
    page.locator("#chat-send").click()
    expect(page.locator("li[data-state=failed]")).to_be_visible()

    assert told(page, "chat-alert") == [
        "送れませんでした。送れない内容が含まれています。書き直して送ってください。"
    ]
    page.unroute("**/api/chat/conversations/*/messages")
    page.get_by_role("button", name="書き直す").click()
    expect(owner.field).to_have_value("燕市")
    expect(owner.field).to_be_focused()


def test_waiting_for_the_network_stands_with_the_message_and_ends_by_itself(
    context_of: Any, advised: AdvisedDesk
) -> None:
    page = context_of(viewport={"width": 390, "height": 844}).new_page()
    owner = Owner(page, advised).begin()

    page.context.set_offline(offline=True)
    owner.field.fill("燕市。25人")
    page.locator("#chat-send").click()
    expect(page.locator(".delivery-problem")).to_have_text(
        "インターネットにつながっていません。つながったら送ります。"
    )
    page.context.set_offline(offline=False)

    expect(page.locator("li[data-author=user] .bubble", has_text="燕市。25人")).to_have_count(1)
    expect(page.locator(".delivery-problem")).to_have_count(0)
    expect(page.locator("li[data-author=bot]", has_text="燕市、25人")).to_be_visible(timeout=20_000)
