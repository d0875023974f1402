"""What owners write in LINE becomes one message of theirs, answered once, by one reply."""

from uuid import uuid4

import pytest

from desk.chat.ports import DialogueEngineError, EngineTurn
from desk.line.models import EventState, SendKind, SendState
from tests.line.conftest import LineDesk
from tests.line.fake.faults import Fault
from tests.line.fake.webhooks import sign

OPENING = 2


class TestGathering:
    async def test_bubbles_typed_in_a_row_are_one_message(self, desk: LineDesk):
        await desk.user.says("人が")
        await desk.pass_time(1.0)
        await desk.user.says("足りません")
        await desk.pass_time(1.0)
        assert desk.engine.asked == []

        await desk.pass_time(0.6)

        assert [asked["text"] for asked in desk.engine.asked] == ["人が\n足りません"]
        assert len(desk.account.replies) == 1

    async def test_a_pause_makes_two_messages(self, desk: LineDesk):
        await desk.say("一つ目")
        await desk.say("二つ目")

        assert [asked["text"] for asked in desk.engine.asked] == ["一つ目", "二つ目"]
        assert len(desk.account.replies) == 2

    async def test_order_is_that_of_lines_clock(self, desk: LineDesk):
        first = desk.user.text("先に書いた")
        desk.clock.advance(0.5)
        second = desk.user.text("あとに書いた")

        await desk.account.webhook.deliver([second])
        await desk.account.webhook.deliver([first])
        await desk.pass_time(1.6)

        assert [asked["text"] for asked in desk.engine.asked] == ["先に書いた\nあとに書いた"]

    async def test_a_sticker_between_them_separates(self, desk: LineDesk):
        batch = [desk.user.text("一")]
        for make in (lambda: desk.user.media("sticker"), lambda: desk.user.text("二")):
            desk.clock.advance(0.1)
            batch.append(make())
        await desk.account.webhook.deliver(batch)
        await desk.pass_time(1.6)

        assert [asked["text"] for asked in desk.engine.asked] == ["一", "二"]

    async def test_more_than_fits_into_one_message_becomes_two(self, desk: LineDesk):
        for letter in "あいう":
            await desk.user.says(letter * 900)
            desk.clock.advance(0.1)
        await desk.pass_time(1.6)

        assert [len(asked["text"]) for asked in desk.engine.asked] == [1801, 900]

    async def test_one_text_that_is_too_long_is_answered_politely_and_kept(self, desk: LineDesk):
        await desk.say("あ" * 2001)

        assert desk.engine.asked == []
        assert "2000文字" in desk.user.texts[-1]
        row = (await desk.events())[0]
        assert row.state == EventState.IGNORED
        assert "あ" * 2001 in row.raw

    async def test_nothing_but_blanks_is_nothing(self, desk: LineDesk):
        await desk.say("　 \n")

        assert desk.engine.asked == []
        assert desk.account.replies == []

    async def test_half_a_character_does_no_harm(self, desk: LineDesk):
        event = desk.user.text("x")
        event["message"]["text"] = "半分\ud83d"

        raw = desk.account.webhook.raw([{**event, "message": {**event["message"], "text": "@"}}])
        raw = raw.replace(b'"@"', b'"\\u534a\\ud83d"')
        await desk.account.webhook.send_raw(raw, sign(desk.account.secrets[0], raw))
        await desk.pass_time(1.6)

        assert [asked["text"] for asked in desk.engine.asked] == ["半\ufffd"]


class TestAnswer:
    async def test_greeting_and_privacy_notice_come_with_the_first_answer(self, desk: LineDesk):
        await desk.say("人が足りません")

        assert len(desk.account.replies) == 1
        shown = "\n".join(desk.user.texts)
        assert "相談ナビ" in shown
        assert "窓口には送りません" in shown
        assert desk.user.texts[-1] == "echo: 人が足りません"

        await desk.say("もう一つ")
        assert desk.user.texts[-1] == "echo: もう一つ"
        assert len(desk.account.replies[-1].messages) == 1

    async def test_whole_turn_of_six_bubbles_is_one_reply_of_at_most_five(self, desk: LineDesk):
        desk.engine.answers = [EngineTurn(messages=[{"text": f"泡{n}"} for n in range(6)])]

        await desk.say("たくさん")

        assert len(desk.account.replies) == 1
        assert len(desk.account.replies[0].messages) <= 5
        assert desk.account.pushes == []
        assert all(f"泡{n}" in "\n".join(desk.user.texts) for n in range(6))

    async def test_answer_of_more_than_5000_units_arrives_whole(self, desk: LineDesk):
        long = "𠮷" * 2500 + "終"
        desk.engine.answers = [EngineTurn(messages=[{"text": long}])]

        await desk.say("長く")

        shown = "".join(desk.user.texts)
        assert shown.count("𠮷") == 2500
        assert "終" in shown

    async def test_long_labels_of_joined_signs_are_taken(self, desk: LineDesk):
        family = "👨‍👩‍👧‍👦"
        button = {"title": family * 20, "payload": "/help"}
        desk.engine.answers = [EngineTurn(messages=[{"text": "どうぞ", "buttons": [button]}])]

        await desk.say("はい")

        label = desk.user.quick_replies[0]["label"]
        assert len(label) <= 20
        assert not label.endswith("\u200d")

    async def test_answers_are_in_the_conversation_too(self, desk: LineDesk):
        await desk.say("人が足りません")

        said = [(m.author, m.text) for m in await desk.messages()][OPENING:]
        assert said == [("user", "人が足りません"), ("bot", "echo: 人が足りません")]
        sends = await desk.sends()
        assert [(s.kind, s.state) for s in sends] == [(SendKind.REPLY, SendState.SENT)]
        assert sends[0].request_id == desk.account.replies[0].request_id

    async def test_profile_is_never_asked_for(self, desk: LineDesk):
        await desk.say("人が足りません")

        assert desk.account.calls_to("profile") == []

    async def test_loading_shows_while_the_answer_is_made(self, desk: LineDesk):
        await desk.say("人が足りません")

        assert len(desk.account.calls_to("loading")) == 1

    async def test_refused_loading_changes_nothing(self, desk: LineDesk):
        desk.account.fail(Fault.RESET_BEFORE, on="loading")

        await desk.say("人が足りません")

        assert desk.user.texts[-1] == "echo: 人が足りません"


QUESTION = {
    "id": "employees",
    "kind": "fact",
    "key": "employees",
    "choices": [{"title": "5人", "payload": '/choose{"question": "employees"}', "value": 5}],
}


class TestButtons:
    async def test_pressed_button_reaches_the_bot_with_its_title(self, desk: LineDesk):
        bubble = {"text": "何人ですか", "custom": {"question": QUESTION}}
        desk.engine.answers = [EngineTurn(messages=[bubble])]
        await desk.say("はい")

        await desk.user.taps("5人")
        await desk.settle()  # Nobody waits for more bubbles.

        assert desk.engine.asked[-1]["payload"] == '/choose{"question": "employees"}'
        assert desk.engine.asked[-1]["text"] == "5人"

    async def test_button_that_was_never_shown_is_refused_politely(self, desk: LineDesk):
        await desk.say("はい")

        await desk.user.posts_back('p:/open_case{"x": 1}')
        await desk.settle()

        assert len(desk.engine.asked) == 1
        assert "いまは使えません" in desk.user.texts[-1]
        assert {row.state for row in await desk.events()} == {EventState.HANDLED}

    async def test_other_postbacks_are_left(self, desk: LineDesk):
        await desk.user.posts_back(f"x:{uuid4()}")
        await desk.settle()

        assert desk.account.calls == []


class TestEngineAway:
    async def test_owner_is_not_told_twice_and_gets_the_answer_by_reply(self, desk: LineDesk):
        desk.engine.answers = [DialogueEngineError("away")]
        await desk.user.says("人が足りません")
        desk.clock.advance(1.6)

        await desk.settle(without=["chat.answer"])
        assert desk.account.replies == []

        await desk.change_due("chat.answer")
        await desk.settle()
        assert desk.user.texts[-1] == "echo: 人が足りません"
        assert len(desk.account.replies) == 1

    async def test_given_up_message_is_told_and_a_case_is_opened(self, desk: LineDesk):
        desk.engine.answers = [DialogueEngineError("away")] * 3

        await desk.say("人が足りません")

        assert "担当の部署が確かめます" in desk.user.texts[-1]
        assert len(desk.account.replies) == 1


class TestCrash:
    async def test_message_that_was_stored_before_a_crash_is_not_stored_again(self, desk: LineDesk):
        await desk.say("一")
        await desk.change_events(state=EventState.WAITING, message_id=None)
        await desk.again("line.handle")

        await desk.pass_time(1.6)

        assert len(desk.engine.asked) == 1
        assert len(desk.account.replies) == 1

    async def test_later_bubble_is_not_lost_when_the_first_run_died(self, desk: LineDesk):
        await desk.say("一")
        await desk.change_events(state=EventState.WAITING, message_id=None)
        await desk.user.says("二")

        await desk.pass_time(1.6)

        assert [asked["text"] for asked in desk.engine.asked] == ["一", "二"]
        assert desk.user.texts[-1] == "echo: 二"

    async def test_event_that_cannot_be_done_lets_the_next_one_through(
        self, desk: LineDesk, monkeypatch: pytest.MonkeyPatch
    ):
        chat = desk.app.state.chat
        receive = chat.receive

        async def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(chat, "receive", broken)
        await desk.user.says("壊れる")
        for _ in range(12):
            await desk.pass_time(1200)
        assert (await desk.events())[0].state == EventState.FAILED

        monkeypatch.setattr(chat, "receive", receive)
        await desk.say("通る")
        assert desk.user.texts[-1] == "echo: 通る"
