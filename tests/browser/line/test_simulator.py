"""The page of the LINE simulator: what is typed arrives, what the bot sends is drawn."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import screenshot
from tests.browser.line.conftest import Simulator
from tests.line.fake import samples
from tests.line.fake.messages import problems
from tests.line.fake.samples import MENU, png
from tests.product import wait_until

pytestmark = pytest.mark.browser


def befriend(simulator: Simulator) -> None:
    simulator.page.get_by_role("button", name="友だちに追加する").click()
    expect(simulator.page.get_by_role("button", name="ブロックする")).to_be_visible()


def test_the_samples_are_messages_that_line_takes() -> None:
    made = [samples.diagnosis(), samples.recommendations(), *samples.templates()]

    assert problems(made) == []


class TestTalk:
    def test_typed_words_go_to_the_bot_and_its_answer_appears(self, simulator: Simulator) -> None:
        simulator.bot.script["こんにちは"] = [{"type": "text", "text": "ご用件をどうぞ。"}]
        befriend(simulator)

        simulator.say("こんにちは")

        log = simulator.page.get_by_role("log")
        expect(log.get_by_text("ご用件をどうぞ。")).to_be_visible()
        expect(log.get_by_text("応答（無料）")).to_be_visible()
        kinds = [event["type"] for event in simulator.bot.events]
        assert kinds == ["follow", "message"]

    def test_quick_replies_belong_to_the_last_message_and_vanish(
        self, simulator: Simulator
    ) -> None:
        asked = [
            samples.quick_replies("一つ目", "古い"),
            samples.quick_replies("二つ目", "はい", "いいえ"),
        ]
        simulator.bot.script["質問"] = asked
        befriend(simulator)
        simulator.say("質問")
        quick = simulator.page.get_by_role("list", name="クイックリプライ")
        expect(quick.get_by_role("button")).to_have_text(["はい", "いいえ"])

        quick.get_by_role("button", name="はい").click()

        expect(quick.get_by_role("button")).to_have_count(0)
        expect(simulator.page.get_by_role("log").get_by_text("はい", exact=True)).to_be_visible()
        expect(simulator.page.get_by_text("postback 200")).to_be_visible()
        assert simulator.bot.events[-1]["postback"] == {"data": "p:はい"}

    def test_a_message_that_is_unsent_disappears_and_the_bot_is_told(
        self, simulator: Simulator
    ) -> None:
        befriend(simulator)
        simulator.say("電話は025-000-0000です")

        simulator.page.get_by_role("button", name="送信取消").click()

        expect(simulator.page.get_by_text("送信を取り消しました")).to_be_visible()
        expect(simulator.page.get_by_role("log").get_by_text("025-000-0000")).to_have_count(0)
        expect(simulator.page.get_by_text("unsend 200")).to_be_visible()

    def test_enter_sends_and_does_not_while_a_kanji_is_chosen(self, simulator: Simulator) -> None:
        befriend(simulator)
        words = simulator.page.get_by_label("メッセージ", exact=True)
        words.fill("かんじ")

        words.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "keyCode": 229})
        assert words.input_value() == "かんじ"
        words.press("Enter")

        expect(simulator.page.get_by_role("log").get_by_text("かんじ")).to_be_visible()
        assert words.input_value() == ""

    def test_people_have_talks_of_their_own(self, simulator: Simulator) -> None:
        befriend(simulator)
        simulator.say("花子です")
        page = simulator.page
        expect(page.get_by_role("log").get_by_text("花子です")).to_be_visible()

        page.get_by_role("button", name=re.compile("鈴木 一郎")).click()

        expect(page.get_by_role("log").get_by_text("花子です")).to_have_count(0)
        expect(page.get_by_role("button", name="友だちに追加する")).to_be_visible()

    def test_who_blocks_sees_nothing_more(self, simulator: Simulator) -> None:
        befriend(simulator)
        simulator.page.get_by_role("button", name="ブロックする").click()
        expect(simulator.page.get_by_role("button", name="ブロックを解く")).to_be_visible()
        user = next(iter(simulator.account.users.values()))

        body = {"to": user.id, "messages": [{"type": "text", "text": "見えません"}]}
        answer = simulator.bot.call("message/push", body)

        assert answer.status_code == 200
        expect(simulator.page.get_by_text("push 1件 200")).to_be_visible()
        expect(simulator.page.get_by_role("log").get_by_text("見えません")).to_have_count(0)


class TestTheRichMenu:
    def test_its_areas_can_be_pressed_and_it_closes(self, simulator: Simulator) -> None:
        menus, page = simulator.account.rich_menus, simulator.page
        menu_id = menus.create(MENU)
        menus.upload(menu_id, "image/png", png(800, 270))
        menus.show(menu_id, None)
        befriend(simulator)

        page.get_by_role("button", name="相談する").click()

        expect(page.get_by_role("log").get_by_text("相談する")).to_be_visible()
        toggle = page.get_by_role("button", name="メニュー")
        toggle.click()
        expect(toggle).to_have_attribute("aria-expanded", "false")
        expect(page.get_by_role("button", name="相談する")).to_have_count(0)


class TestRendering:
    @pytest.fixture
    def drawn(self, simulator: Simulator) -> Simulator:
        befriend(simulator)
        simulator.bot.script["カード"] = [samples.diagnosis(), samples.recommendations()]
        simulator.say("カード")
        expect(simulator.page.get_by_role("group", name="おすすめの支援（3件）")).to_be_visible()
        return simulator

    def test_bars_are_as_wide_as_they_say(self, drawn: Simulator) -> None:
        widths = drawn.page.evaluate(
            """() => [...document.querySelectorAll(".bubble .box .box .box .filler")].map(f => {
                const bar = f.parentElement, track = bar.parentElement;
                return Math.round(100 * bar.offsetWidth / track.offsetWidth);
            })"""
        )

        assert widths == [35, 20, 60, 80]

    def test_cards_have_lines_widths_and_colours(self, drawn: Simulator) -> None:
        cards = drawn.page.locator(".scroller .bubble")
        assert [card.bounding_box()["width"] for card in cards.all()] == [260, 260, 260]  # type: ignore[index]
        first = cards.first
        expect(first.get_by_text("副業・兼業人材の活用支援")).to_have_css("font-weight", "700")
        link = first.get_by_role("link", name="くわしく見る")
        expect(link).to_have_css("background-color", "rgb(10, 110, 55)")
        expect(link).to_have_attribute("href", "https://example.jp/support")
        heights = {card.bounding_box()["height"] for card in cards.all()}  # type: ignore[index]
        assert len(heights) == 1

    def test_a_button_of_a_card_speaks_for_the_person(self, drawn: Simulator) -> None:
        drawn.page.get_by_role("button", name="これを相談する").nth(1).click()

        log = drawn.page.get_by_role("log")
        expect(log.get_by_text("2番目を相談したい")).to_be_visible()

    def test_templates_are_drawn_and_can_be_pressed(self, simulator: Simulator) -> None:
        befriend(simulator)
        simulator.bot.script["案内"] = samples.templates()
        simulator.say("案内")

        simulator.page.get_by_role("button", name="送ってよい").click()

        expect(simulator.page.get_by_text("postback 200")).to_be_visible()
        assert simulator.bot.events[-1]["postback"] == {"data": "p:yes"}

    def test_words_of_the_bot_are_never_markup(self, simulator: Simulator) -> None:
        befriend(simulator)
        bad = "<img src=x onerror=alert(1)> https://example.jp/a?b=1 です"
        simulator.bot.script["x"] = [{"type": "text", "text": bad}]
        simulator.say("x")

        log = simulator.page.get_by_role("log")
        expect(log.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
        expect(log.get_by_role("link")).to_have_attribute("href", "https://example.jp/a?b=1")

    def test_the_animation_shows_until_a_message_comes(self, simulator: Simulator) -> None:
        befriend(simulator)
        user = next(iter(simulator.account.users.values()))

        simulator.bot.call("chat/loading/start", {"chatId": user.id, "loadingSeconds": 60})
        expect(simulator.page.get_by_text("入力中…")).to_be_visible()
        body = {"to": user.id, "messages": [{"type": "text", "text": "はい"}]}
        simulator.bot.call("message/push", body)

        expect(simulator.page.get_by_text("入力中…")).to_have_count(0)


class TestTrouble:
    def test_a_fault_is_set_seen_and_taken_back(self, simulator: Simulator) -> None:
        page = simulator.page
        befriend(simulator)
        page.get_by_label("LINEの側で").select_option("error_after")
        page.get_by_label("どの呼び出し").select_option("reply")
        page.get_by_role("button", name="こうする").click()
        expect(page.get_by_text("いま：error_after on reply × 1")).to_be_visible()
        simulator.bot.script["x"] = [{"type": "text", "text": "届いています"}]

        simulator.say("x")

        expect(page.get_by_role("log").get_by_text("届いています")).to_be_visible()
        expect(page.get_by_text("reply 1件 500 届いている")).to_be_visible()
        expect(page.get_by_text("いま：何も起きません")).to_be_visible()

    def test_expired_tokens_are_refused(self, simulator: Simulator) -> None:
        befriend(simulator)
        simulator.say("待って")
        expect(simulator.page.get_by_text("message.text 200")).to_be_visible()
        simulator.page.get_by_role("button", name="返信トークンを期限切れにする").click()
        token = simulator.bot.events[-1]["replyToken"]
        kept = simulator.account.tokens[token]
        wait_until(lambda: not kept.is_valid(simulator.line.clock()), 5)

        body = {"replyToken": token, "messages": [{"type": "text", "text": "遅い"}]}
        answer = simulator.bot.call("message/reply", body)

        assert answer.json() == {"message": "Invalid reply token"}

    def test_the_monthly_limit_can_be_reached(self, simulator: Simulator) -> None:
        befriend(simulator)
        page = simulator.page
        page.get_by_label("今月のプッシュ").fill("200")
        page.get_by_role("button", name="この数にする").click()
        wait_until(lambda: simulator.account.used == 200, 5)
        user = next(iter(simulator.account.users.values()))

        body = {"to": user.id, "messages": [{"type": "text", "text": "x"}]}
        answer = simulator.bot.call("message/push", body)

        assert answer.json() == {"message": "You have reached your monthly limit."}
        expect(page.get_by_text("push 1件 429")).to_be_visible()

    def test_the_last_webhook_can_be_sent_twice(self, simulator: Simulator) -> None:
        befriend(simulator)
        simulator.say("一度だけ")
        expect(simulator.page.get_by_text("message.text 200")).to_be_visible()

        simulator.page.get_by_role("button", name="最後の通知を重ねて送る").click()

        expect(simulator.page.get_by_text("【重複】message.text 200")).to_be_visible()
        assert simulator.bot.events[-1] == simulator.bot.events[-2]

    def test_what_was_not_taken_is_redelivered(self, simulator: Simulator) -> None:
        befriend(simulator)
        page = simulator.page
        address = simulator.account.webhook.url
        simulator.account.webhook.url = "http://127.0.0.1:1/"
        simulator.say("届かない")
        expect(page.get_by_text("could not connect")).to_be_visible()
        simulator.account.webhook.url = address

        page.get_by_role("button", name="失敗した通知を再送する（1件）").click()

        expect(page.get_by_text("【再送】message.text 200")).to_be_visible()
        assert simulator.bot.events[-1]["deliveryContext"] == {"isRedelivery": True}


class TestAccess:
    @pytest.mark.parametrize("width", [1280, 390])
    def test_axe_finds_nothing(self, simulator: Simulator, width: int) -> None:
        page = simulator.page
        page.set_viewport_size({"width": width, "height": 900})
        befriend(simulator)
        cards = [samples.diagnosis(), samples.recommendations(), *samples.templates()[:1]]
        simulator.bot.script["カード"] = [
            *cards,
            samples.quick_replies("続けますか。", "はい", "いいえ"),
        ]
        simulator.say("カード")
        page.get_by_role("button", name="スタンプ").click()
        expect(page.get_by_text("スタンプ 446/1988")).to_be_visible()
        page.get_by_role("log").evaluate("log => { log.scrollTop = 0 }")

        found = Axe().run(page)

        assert found.response["violations"] == [], found.generate_report()
        screenshot(page, f"line-simulator-{width}")

    def test_nothing_is_wider_than_a_phone(self, simulator: Simulator) -> None:
        page = simulator.page
        page.set_viewport_size({"width": 320, "height": 700})
        befriend(simulator)
        simulator.bot.script["カード"] = [samples.diagnosis(), samples.recommendations()]
        simulator.say("カード")
        expect(page.get_by_role("group", name="おすすめの支援（3件）")).to_be_visible()

        wide = page.evaluate("document.documentElement.scrollWidth")

        assert wide <= 320
