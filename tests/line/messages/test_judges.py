"""The same messages before other judges: LINE's OpenAPI file, its SDK, and the fake of LINE."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.line.menu import load_menu
from desk.line.messages import Bubble, as_text, line_messages, link_message
from tests.line.fake import messages as fake
from tests.line.fake import richmenus, spec
from tests.line.fake.sdk import sdk_problems
from tests.line.messages.test_compose import BUBBLES, WORDING
from tests.line.messages.turns import Turn, real_turns

needs_spec = pytest.mark.skipif(not spec.has_spec(), reason="LINE's OpenAPI file is not here")


@pytest.mark.parametrize("turn", real_turns())
def test_the_fake_and_the_sdk_take_every_turn(turn: Turn) -> None:
    messages = line_messages(turn, WORDING)
    body = {"replyToken": "token", "messages": messages}

    assert fake.problems(messages) == []
    assert fake.problems(as_text(messages)) == []
    assert sdk_problems("ReplyMessageRequest", body) == []


@needs_spec
@pytest.mark.parametrize("turn", real_turns())
def test_the_openapi_file_takes_every_turn(turn: Turn) -> None:
    for messages in (line_messages(turn, WORDING), as_text(line_messages(turn, WORDING))):
        body = {"replyToken": "token", "messages": messages}

        assert spec.request_problems("ReplyMessageRequest", body) == []


@settings(max_examples=100, deadline=None)
@given(st.lists(BUBBLES, max_size=6))
def test_the_fake_takes_whatever_comes(bubbles: list[Bubble]) -> None:
    messages = line_messages(bubbles, WORDING)

    assert messages == [] or fake.problems(messages) == []
    assert messages == [] or fake.problems(as_text(messages)) == []


def test_a_link_is_taken() -> None:
    message = link_message("回答があります。", "開く", "https://example.jp/line/open/x")

    assert fake.problems([message]) == []
    assert sdk_problems("ReplyMessageRequest", {"replyToken": "t", "messages": [message]}) == []


def test_the_rich_menu_is_taken() -> None:
    menu, _ = load_menu()

    assert richmenus.problems(menu.as_json()) == []
