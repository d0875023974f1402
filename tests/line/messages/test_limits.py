"""The limits table: what is just within passes, what is just beyond does not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from desk.line.messages import problems
from desk.line.messages.limits import is_link
from tests.line.messages.test_measure import FAMILY, YOSHI

Message = dict[str, Any]


def text(words: str, **more: Any) -> Message:
    return {"type": "text", "text": words, **more}


def quick(count: int = 1, **action: Any) -> Message:
    item = {"type": "action", "action": {**postback(), **action}}
    return text("a", quickReply={"items": [item] * count})


def postback(**fields: Any) -> Message:
    return {"type": "postback", "label": "a", "data": "p:/a", **fields}


def uri(length: int) -> Message:
    start = "https://example.jp/"
    return {"type": "uri", "label": "a", "uri": start + "a" * (length - len(start))}


def flex(contents: Message, alt: str = "a") -> Message:
    return {"type": "flex", "altText": alt, "contents": contents}


def bubble(*components: Message, **more: Any) -> Message:
    body = {"type": "box", "layout": "vertical", "contents": list(components) or [words("a")]}
    return {"type": "bubble", "body": body, **more}


def words(said: str) -> Message:
    return {"type": "text", "text": said}


def carousel(count: int) -> Message:
    return {"type": "carousel", "contents": [bubble()] * count}


def template(**fields: Any) -> Message:
    return {"type": "template", "altText": "a", "template": fields}


def buttons(length: int, **more: Any) -> Message:
    return template(type="buttons", text="a" * length, actions=[postback()], **more)


def columns(*found: Message) -> Message:
    return template(type="carousel", columns=list(found))


def tile(length: int, actions: int = 1, **more: Any) -> Message:
    return {"text": "a" * length, "actions": [postback()] * actions, **more}


def image_tile(label: str) -> Message:
    return {"imageUrl": "https://example.jp/a.png", "action": postback(label=label)}


def sized(size: int) -> Message:
    """A bubble of so many bytes with escapes, of which each kanji takes six."""
    frame = len(json.dumps(bubble(words("人" * 4000))))
    return flex(bubble(words("人" * 4000 + "a" * (size - frame))))


BORDERS: list[tuple[Callable[[int], Message], int]] = [
    (lambda n: text("あ" * n), 5000),
    (lambda n: text(YOSHI * 2499 + "a" * (n - 4998)), 5000),
    (lambda n: flex(bubble(), alt="あ" * n), 1500),
    (lambda n: flex(bubble(), alt=YOSHI * 749 + "a" * (n - 1498)), 1500),
    (quick, 13),
    (lambda n: quick(label="あ" * n), 20),
    (lambda n: quick(label=FAMILY * 2 + "a" * (n - 14)), 20),
    (lambda n: quick(data="a" * n), 300),
    (lambda n: quick(displayText="a" * n), 300),
    (lambda n: quick(displayText=FAMILY * 42 + "a" * (n - 294)), 300),
    (lambda n: quick(fillInText="a" * n), 300),
    (lambda n: quick(type="message", text="a" * n), 300),
    (lambda n: quick(type="clipboard", clipboardText="a" * n), 1000),
    (lambda n: quick(**uri(n)), 1000),
    (lambda n: quick(type="uri", uri="https://a.jp/" + "人" * 109 + "a" * (n - 994)), 1000),
    (lambda n: flex(bubble({"type": "button", "action": postback(label="あ" * n)})), 40),
    (lambda n: flex(carousel(n)), 12),
    (sized, 30_000),
    (lambda n: text("a", sender={"name": "a" * n}), 20),
    (buttons, 160),
    (lambda n: buttons(n, title="a"), 60),
    (lambda n: buttons(1, title="a" * n), 40),
    (lambda n: template(type="buttons", text="a", actions=[postback()] * n), 4),
    (lambda n: template(type="confirm", text="a" * n, actions=[postback()] * 2), 240),
    (lambda n: template(type="confirm", text="a", actions=[postback()] * n), 2),
    (lambda n: columns(tile(n)), 120),
    (lambda n: columns(tile(n, title="a"), tile(1, title="a")), 60),
    (lambda n: columns(tile(1, actions=n)), 3),
    (lambda n: columns(*[tile(1)] * n), 10),
    (lambda n: template(type="image_carousel", columns=[image_tile("a" * n)]), 12),
    (lambda n: template(type="image_carousel", columns=[image_tile("a")] * n), 10),
]


@pytest.mark.parametrize(("make", "most"), BORDERS)
def test_the_limit_itself_passes_and_one_more_does_not(
    make: Callable[[int], Message], most: int
) -> None:
    assert problems([make(most)]) == []

    assert len(problems([make(most + 1)])) == 1


@pytest.mark.parametrize("count", [1, 5])
def test_one_to_five_messages_pass(count: int) -> None:
    assert problems([text("a")] * count) == []


@pytest.mark.parametrize("count", [0, 6])
def test_none_and_six_messages_do_not(count: int) -> None:
    assert problems([text("a")] * count) == [f"messages: {count}, must be 1 to 5"]


REFUSED: list[Message] = [
    text(""),
    text(" \n"),
    text("\ud842"),
    text("a\0"),
    {"type": "text"},
    {"type": "bogus"},
    quick(label=""),
    quick(data=""),
    quick(displayText=""),
    quick(displayText="a", text="a"),
    quick(type="location"),
    quick(type="uri", uri="mailto:a@example.jp"),
    quick(type="uri", uri="javascript:alert(1)"),
    quick(type="uri", uri="https://a.jp/a b"),
    quick(type="uri", uri="tel:not-a-number"),
    quick(type="uri", uri="https://["),
    text("a", quickReply={"items": []}),
    text("a", quickReply={"items": [{"type": "button", "action": postback()}]}),
    flex(bubble(), alt=""),
    flex({"type": "bubble"}),
    flex({"type": "page"}),
    {"type": "flex", "altText": "a"},
    flex(bubble(words(""))),
    flex(bubble({"type": "text", "text": "a", "color": "red"})),
    flex(bubble({"type": "box", "layout": "vertical", "contents": []})),
    flex(bubble({"type": "box", "layout": "grid", "contents": [words("a")]})),
    flex(bubble({"type": "box", "layout": "baseline", "contents": [{"type": "separator"}]})),
    flex(bubble({"type": "image", "url": ""})),
    flex(bubble({"type": "image", "url": "http://a.jp/a.png"})),
    flex(bubble({"type": "button"})),
    flex(bubble({"type": "chart"})),
    flex(bubble(size="huge")),
    flex({"type": "carousel", "contents": [bubble(size="kilo"), bubble(size="mega")]}),
    flex({"type": "carousel", "contents": [bubble(words("人" * 3000)) for _ in range(3)]}),
    text("a", sender={"name": "LINE窓口"}),
    columns(tile(1), tile(1, title="a")),
    columns(tile(1, actions=1), tile(1, actions=2)),
    template(type="bogus"),
    {"type": "image", "originalContentUrl": "https://a.jp/a.png"},
]


@pytest.mark.parametrize("message", REFUSED)
def test_what_line_refuses_is_named(message: Message) -> None:
    assert problems([message])


def test_quick_replies_that_a_later_message_hides_are_named() -> None:
    assert problems([quick(), text("a")]) == [
        "messages[0].quickReply: only those of the last message are shown"
    ]


def test_a_problem_says_where_and_how_much() -> None:
    assert problems([text("a"), text("あ" * 5001)]) == [
        "messages[1].text: 5001 UTF-16 units, at most 5000"
    ]


@pytest.mark.parametrize("value", ["https://example.jp/燕", "tel:0256-00-0000", "tel:+81256000000"])
def test_usable_links(value: str) -> None:
    assert is_link(value)


@pytest.mark.parametrize("value", [None, 3, "", "example.jp", "https://", "https://燕.jp/"])
def test_unusable_links(value: object) -> None:
    assert not is_link(value)
