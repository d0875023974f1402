"""Japanese input: conversion, characters beyond the BMP, the length of a message."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from desk.chat.models import Message
from desk.vault.service import open_database
from tests.browser.view.conftest import AdvisedDesk, Owner

pytestmark = pytest.mark.browser
RARE = "葛\U000e0100城市の𠮷野家、髙﨑と申します👨‍👩‍👧。はじめまして"


def own(page: Page) -> int:
    return page.locator("#chat-messages > li[data-author=user]").count()


def stored_words(advised: AdvisedDesk) -> list[str]:
    """What owners wrote, as the database has it, oldest first."""

    async def read() -> list[str]:
        database = open_database(advised.live.settings)
        query = select(Message.text).where(Message.author == "user").order_by(Message.id)
        async with database.read() as tx:
            found = list(await tx.scalars(query))
        await database.close()
        return found

    return advised.live.arrange(read())


class TestConversion:
    def test_enter_of_a_real_conversion_sends_nothing(self, owner: Owner) -> None:
        """Chromium's own input method events, by the DevTools protocol."""
        page = owner.open().page
        owner.field.focus()
        session = page.context.new_cdp_session(page)
        for text in ("ひ", "ひと", "人", "人手"):
            composition = {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
            session.send("Input.imeSetComposition", composition)
        key = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
        session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
        session.send("Input.insertText", {"text": "人手"})
        session.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})

        expect(owner.field).to_have_value("人手")
        assert own(page) == 0
        page.wait_for_timeout(100)
        owner.field.press("Enter")
        expect(owner.field).to_have_value("")
        expect(page.locator("#chat-messages > li[data-author=user]")).to_have_count(1)

    def test_enter_sends_nothing_while_one_of_the_signs_says_conversion(self, owner: Owner) -> None:
        page = owner.open().page
        owner.field.fill("かくにんします")

        for details in ({"isComposing": True}, {"keyCode": 229}):
            owner.field.dispatch_event("keydown", {"key": "Enter", "bubbles": True, **details})

        expect(owner.field).to_have_value("かくにんします")
        assert own(page) == 0

    def test_enter_that_follows_the_end_of_conversion_as_in_safari_sends_nothing(
        self, owner: Owner
    ) -> None:
        page = owner.open().page
        owner.field.fill("かくにんします")

        handled = owner.field.evaluate(
            """node => {
                const enter = () => node.dispatchEvent(
                    new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true}));
                node.dispatchEvent(new CompositionEvent('compositionstart', {bubbles: true}));
                node.dispatchEvent(
                    new CompositionEvent('compositionend', {data: '確認', bubbles: true}));
                return !enter();
            }"""
        )

        assert handled is False
        expect(owner.field).to_have_value("かくにんします")
        assert own(page) == 0
        page.wait_for_timeout(100)
        owner.field.press("Enter")
        expect(page.locator("#chat-messages > li[data-author=user]")).to_have_count(1)

    def test_shift_and_enter_makes_a_line(self, owner: Owner) -> None:
        page = owner.open().page
        owner.field.fill("一行目")

        owner.field.press("Shift+Enter")
        owner.field.press_sequentially("二行目")

        expect(owner.field).to_have_value("一行目\n二行目")
        assert own(page) == 0


class TestCharacters:
    def test_rare_characters_reach_the_database_and_come_back(
        self, owner: Owner, advised: AdvisedDesk
    ) -> None:
        page = owner.open().page
        owner.say(RARE)

        assert page.locator("li[data-author=user] .bubble").first.text_content() == RARE
        assert stored_words(advised)[-1] == RARE
        page.reload()
        expect(owner.bubbles.first).to_be_visible()
        assert page.locator("li[data-author=user] .bubble").first.text_content() == RARE


class TestLength:
    def test_two_thousand_characters_are_counted_as_the_server_counts(self, owner: Owner) -> None:
        page = owner.open().page
        text = "𠮷" * 1_999 + "。"

        owner.field.fill(text)
        expect(page.locator("#chat-counter")).to_have_text("あと0文字")
        page.locator("#chat-send").click()

        bubble = page.locator("li[data-author=user] .bubble")
        expect(bubble).to_have_text(text)
        expect(page.locator("li[data-state=sent]")).to_have_count(1)

    def test_one_more_is_not_sent_and_not_lost(self, owner: Owner) -> None:
        page = owner.open().page
        text = "𠮷" * 2_000 + "。"

        owner.field.fill(text)
        expect(page.locator("#chat-counter")).to_have_text("1文字多すぎます")
        expect(owner.field).to_have_attribute("aria-invalid", "true")
        page.locator("#chat-send").click()

        expect(page.locator("p.visually-hidden[role=status]")).to_have_text(
            "2,000文字までにしてください。"
        )
        expect(owner.field).to_have_value(text)
        assert own(page) == 0

    def test_counter_is_spoken_at_steps_only(self, owner: Owner) -> None:
        page = owner.open().page
        page.evaluate(
            """() => {
                globalThis.spoken = [];
                const node = document.querySelector('#chat-counter + [role=status]');
                new MutationObserver(() => globalThis.spoken.push(node.textContent))
                    .observe(node, {childList: true, characterData: true, subtree: true});
            }"""
        )

        owner.field.fill("あ" * 1_799)
        for _ in range(60):
            owner.field.press("a")

        assert page.evaluate("globalThis.spoken") == ["あと200文字", "あと150文字"]
        expect(page.locator("#chat-counter")).to_have_text("あと141文字")
