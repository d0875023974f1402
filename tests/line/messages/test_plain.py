"""The way out when LINE refuses a card: the same in plain text."""

from typing import Any

from desk.line.messages import as_text, link_message, problems
from desk.line.messages.plain import packed, shortest_pair

REPLY = {
    "type": "action",
    "action": {
        "type": "postback",
        "label": "みじかい…",
        "data": "p:/a",
        "displayText": "みじかい答え",
    },
}
SAY = {"type": "action", "action": {"type": "message", "label": "はい", "text": "はい"}}


def text(words: str, *replies: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"type": "text", "text": words}
    return {**message, "quickReply": {"items": list(replies)}} if replies else message


class TestAsText:
    def test_texts_stay(self) -> None:
        assert as_text([text("一"), text("二")]) == [text("一"), text("二")]

    def test_quick_replies_become_lines(self) -> None:
        assert as_text([text("どちら", REPLY, SAY)]) == [
            text("どちら"),
            text("・みじかい答え\n・はい"),
        ]

    def test_choices_that_stand_in_the_text_are_not_repeated(self) -> None:
        assert as_text([text("どちら\n・みじかい答え", REPLY)]) == [text("どちら\n・みじかい答え")]

    def test_a_link_keeps_its_address(self) -> None:
        message = link_message("回答があります。", "開く", "https://example.jp/line/open/x")

        assert as_text([message]) == [
            text("回答があります。\n開く\nhttps://example.jp/line/open/x")
        ]

    def test_a_card_without_words_says_its_gist(self) -> None:
        empty = {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": []}}

        assert as_text([{"type": "flex", "altText": "受け付けました", "contents": empty}]) == [
            text("受け付けました")
        ]

    def test_of_five_with_choices_the_shortest_are_joined(self) -> None:
        messages = [text("あ" * 9), text("い"), text("う"), text("え" * 9), text("お" * 9, SAY)]

        found = as_text(messages)

        assert problems(found) == []
        assert [m["text"] for m in found][1] == "い\n\nう"
        assert found[-1] == text("・はい")

    def test_nothing_gives_nothing(self) -> None:
        assert as_text([]) == []


class TestPacking:
    def test_no_two_are_joined_that_would_be_too_long(self) -> None:
        assert shortest_pair(["あ" * 2500, "い" * 2499]) is None
        assert shortest_pair(["あ" * 2500, "い" * 2498]) == 0

    def test_what_is_no_text_parts_them(self) -> None:
        assert shortest_pair(["あ", None, "い"]) is None
        assert shortest_pair([]) is None

    def test_pieces_that_fit_only_cut_elsewhere_are_not_lost(self) -> None:
        texts = ["あ" * 4000] * 6

        assert "".join(packed(texts)).replace("\n", "") == "あ" * 24_000

    def test_too_much_is_cut_with_a_word(self) -> None:
        found = packed(["あ" * 30_000], "（続く）")

        assert len(found) == 5
        assert found[-1].endswith("（続く）")
        assert problems([text(each) for each in found]) == []
