"""The private channel: text never names an intent, repeated turns are found again."""

import pytest
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.channels.desk_channel import (
    BadTurnError,
    DeskChannel,
    TurnOutput,
    _find_turn,
    _message,
    _parse_payload,
)


def body(**changes):
    return {"conversation_id": "c", "message_id": "m", "text": "", "payload": None, **changes}


class TestTypedText:
    @pytest.mark.parametrize("text", ["/restart", '  /choose{"value": 1}', "/"])
    def test_leading_slash_is_only_text(self, text):
        message = _message(body(text=text), TurnOutput())

        assert not message.text.startswith("/")
        assert message.parse_data is None

    def test_other_text_stays_as_typed(self):
        assert _message(body(text="1/2でいい"), TurnOutput()).text == "1/2でいい"


class TestPayload:
    def test_intent_and_values_are_read(self):
        parsed = _parse_payload('/choose{"question": "F4.a", "value": 2}', "ときどき")

        assert parsed["intent"] == {"name": "choose", "confidence": 1.0}
        assert [(e["entity"], e["value"]) for e in parsed["entities"]] == [
            ("question", "F4.a"),
            ("value", 2),
        ]

    def test_intent_alone_is_enough(self):
        assert _parse_payload("/talk_to_human", "")["entities"] == []

    @pytest.mark.parametrize("payload", ["choose", "/Choose", "/choose{", "/choose{]}", "/a b"])
    def test_anything_else_is_refused(self, payload):
        with pytest.raises(BadTurnError):
            _parse_payload(payload, "")


class TestRepeatedTurn:
    def tracker(self):
        events = [
            ActionExecuted("action_listen"),
            UserUttered("a", {"name": "greet"}, message_id="1"),
            ActionExecuted("action_consult"),
            BotUttered("x"),
            BotUttered("y"),
            ActionExecuted("action_listen"),
            UserUttered("b", {"name": "thank"}, message_id="2"),
            ActionExecuted("action_consult"),
            BotUttered("z"),
        ]
        return DialogueStateTracker.from_events("c", events, [])

    @pytest.mark.parametrize(("message_id", "texts"), [("1", ["x", "y"]), ("2", ["z"])])
    def test_recorded_answers_of_the_turn_are_found_in_order(self, message_id, texts):
        found = _find_turn(self.tracker(), message_id)

        assert found is not None
        assert [answer.text for answer in found[1]] == texts

    def test_turn_that_was_not_done_is_not_found(self):
        assert _find_turn(self.tracker(), "3") is None


class TestCredentials:
    def test_channel_without_a_token_is_refused(self):
        with pytest.raises(Exception, match="credentials"):
            DeskChannel.from_credentials({})
