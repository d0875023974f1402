"""LINE's OpenAPI files, made strict, refuse what they let pass as published."""

from typing import Any

import jsonschema_rs
import pytest
import yaml

from tests.line.fake import spec
from tests.line.fake.line import FakeLine
from tests.line.fake.sdk import sdk_problems

pytestmark = pytest.mark.skipif(not spec.has_spec(), reason=spec.MISSING)
BROKEN: dict[str, dict[str, Any]] = {
    "a text without text": {"type": "text"},
    "a bogus type": {"type": "bogus"},
    "a carousel without columns": {
        "type": "template",
        "altText": "x",
        "template": {"type": "carousel"},
    },
    "a box without layout": {
        "type": "flex",
        "altText": "x",
        "contents": {"type": "bubble", "body": {"type": "box", "contents": []}},
    },
    "data of 301": {
        "type": "text",
        "text": "x",
        "quickReply": {
            "items": [
                {
                    "type": "action",
                    "action": {"type": "postback", "label": "x", "data": "d" * 301},
                }
            ]
        },
    },
    "a name that LINE does not know": {"type": "text", "text": "x", "quickReplies": {}},
}
GOOD: dict[str, dict[str, Any]] = {
    "text with sender": {"type": "text", "text": "x", "sender": {"name": "窓口"}},
    "confirm": {
        "type": "template",
        "altText": "x",
        "template": {
            "type": "confirm",
            "text": "x",
            "actions": [{"type": "message", "label": "x", "text": "x"}] * 2,
        },
    },
    "carousel of bubbles": {
        "type": "flex",
        "altText": "x",
        "contents": {
            "type": "carousel",
            "contents": [
                {
                    "type": "bubble",
                    "size": "kilo",
                    "body": {
                        "type": "box",
                        "layout": "vertical",
                        "spacing": "md",
                        "contents": [
                            {"type": "text", "text": "x", "wrap": True, "weight": "bold"},
                            {"type": "separator", "margin": "md"},
                            {"type": "filler"},
                        ],
                    },
                    "footer": {
                        "type": "box",
                        "layout": "horizontal",
                        "contents": [
                            {
                                "type": "button",
                                "action": {"type": "uri", "label": "x", "uri": "https://a.jp"},
                            }
                        ],
                    },
                }
            ],
        },
    },
}


def push(message: dict[str, Any]) -> dict[str, Any]:
    return {"to": "U" + "0" * 32, "messages": [message]}


class TestRequests:
    @pytest.mark.parametrize("name", BROKEN)
    def test_broken_messages_are_refused(self, name: str) -> None:
        assert spec.request_problems("PushMessageRequest", push(BROKEN[name]))

    @pytest.mark.parametrize("name", GOOD)
    def test_good_messages_pass_both_judges(self, name: str) -> None:
        assert spec.request_problems("PushMessageRequest", push(GOOD[name])) == []
        assert sdk_problems("PushMessageRequest", push(GOOD[name])) == []

    def test_the_file_as_published_would_let_the_broken_pass(self) -> None:
        text = (spec.FOLDER / "messaging-api.yml").read_text()
        document = yaml.load(text, yaml.CSafeLoader)  # noqa: TID251 (see spec.py)
        root = {"$ref": f"{spec.REF}PushMessageRequest", "components": document["components"]}
        published = jsonschema_rs.Draft202012Validator(root)

        assert published.is_valid(push(BROKEN["a text without text"]))
        assert published.is_valid(push(BROKEN["a bogus type"]))

    @pytest.mark.parametrize(
        "name", ["a text without text", "a bogus type", "a carousel without columns"]
    )
    def test_the_sdk_refuses_too(self, name: str) -> None:
        assert sdk_problems("PushMessageRequest", push(BROKEN[name]))


class TestWebhooks:
    def test_every_event_of_the_fake_is_as_lines_own(self) -> None:
        line = FakeLine()
        user = line.user()
        made = [user.text("x", quoted="1"), user.follow(), user.postback("p:1", date="2026-11-24")]
        kinds = ("image", "video", "audio", "file", "location", "sticker")
        made += [user.media(kind) for kind in kinds]
        made += [user.unsend(made[0]), user.unfollow()]

        body = {"destination": line.account.bot_user_id, "events": made}

        assert spec.webhook_problems(body) == []

    @pytest.mark.parametrize("missing", ["quoteToken", "id", "text"])
    def test_an_incomplete_text_is_noticed(self, missing: str) -> None:
        line = FakeLine()
        event = line.user().text("x")
        del event["message"][missing]

        assert spec.webhook_problems({"destination": "U" + "0" * 32, "events": [event]})

    def test_of_an_unknown_kind_the_common_part_is_checked(self) -> None:
        line = FakeLine()
        event = line.user().event("fancy", fancy={"x": 1})
        body = {"destination": line.account.bot_user_id, "events": [event]}
        assert spec.webhook_problems(body) == []

        del event["deliveryContext"]

        assert spec.webhook_problems(body)
