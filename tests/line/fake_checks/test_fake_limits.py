"""The fake counts as LINE does: each limit just below, at and above its border."""

import json

import pytest

from tests.line.fake import limits
from tests.line.fake.messages import problems

TALL = "𠮷"
"""One code point outside the basic plane: 2 in UTF-16."""
VARIANT = "葛\U000e0100"
"""A kanji with a selector: one grapheme, 2 code points, 3 in UTF-16."""
FAMILY = "👨‍👩‍👧‍👦"
"""One grapheme of 7 code points, 11 in UTF-16."""


def text(words: str) -> dict[str, object]:
    return {"type": "text", "text": words}


def quick(label: str, **action: str) -> dict[str, object]:
    made = {"type": "postback", "label": label, "data": "p:1", **action}
    return {**text("x"), "quickReply": {"items": [{"type": "action", "action": made}]}}


def carousel(*columns: dict[str, object]) -> dict[str, object]:
    template = {"type": "carousel", "columns": list(columns)}
    return {"type": "template", "altText": "一覧", "template": template}


def column(**more: object) -> dict[str, object]:
    action = {"type": "uri", "label": "開く", "uri": "https://example.jp/"}
    return {"text": "説明", "actions": [action], **more}


def bubble(*contents: dict[str, object], **more: object) -> dict[str, object]:
    body = {"type": "box", "layout": "vertical", "contents": list(contents)}
    return {"type": "bubble", "body": body, **more}


def flex(contents: dict[str, object], alt: str = "診断") -> dict[str, object]:
    return {"type": "flex", "altText": alt, "contents": contents}


def places(*messages: object) -> list[str]:
    return [problem.property for problem in problems(list(messages))]


class TestMeasures:
    @pytest.mark.parametrize(
        ("words", "utf16", "graphemes", "label"),
        [
            ("𠮷野家", 4, 3, 3),
            (VARIANT + "城", 4, 2, 3),
            (FAMILY, 11, 1, 7),
            ("🍎", 2, 1, 1),
            ("が", 1, 1, 1),
            ("か\u3099", 2, 1, 2),
        ],
    )
    def test_the_same_text_is_as_long_as_its_unit_says(
        self, words: str, utf16: int, graphemes: int, label: int
    ) -> None:
        assert limits.utf16(words) == utf16
        assert limits.graphemes(words) == graphemes
        assert limits.label(words) == label

    def test_a_kanji_in_an_address_is_nine_characters(self) -> None:
        assert limits.uri("https://example.jp/燕") == len("https://example.jp/") + 9
        assert limits.uri("https://example.jp/%E7%87%95") == len("https://example.jp/") + 9


class TestTexts:
    @pytest.mark.parametrize("end", ["あ", TALL, VARIANT, FAMILY])
    def test_a_text_is_counted_in_utf16_at_the_border(self, end: str) -> None:
        fits = "あ" * (5000 - limits.utf16(end)) + end

        assert places(text(fits)) == []
        assert places(text("あ" + fits)) == ["messages[0].text"]

    def test_no_message_and_six_are_refused_with_lines_own_words(self) -> None:
        assert str(problems([])[0]) == "messages: Size must be between 1 and 5"
        assert places(*[text("x")] * 5) == []
        assert str(problems([text("x")] * 6)[0]) == "messages: Size must be between 1 and 5"

    def test_every_problem_is_told_with_its_place(self) -> None:
        found = problems([{"type": "text", "text": ""}, {"type": "bogus"}])

        assert found[0].message == "May not be empty"
        assert found[0].property == "messages[0].text"
        assert found[1].message.startswith("Must be one of the following values: [text, ")
        assert found[1].property == "messages[1].type"


class TestActions:
    @pytest.mark.parametrize("end", ["あ", TALL])
    def test_a_quick_reply_has_twenty_characters(self, end: str) -> None:
        assert places(quick("あ" * 19 + end)) == []
        assert places(quick("あ" * 20 + end)) == ["messages[0].quickReply.items[0].action.label"]

    @pytest.mark.parametrize("wide", [FAMILY, VARIANT])
    def test_a_label_has_to_fit_in_graphemes_and_in_code_points(self, wide: str) -> None:
        assert places(quick(wide + "あ" * (20 - len(wide)))) == []
        assert len(places(quick(wide + "あ" * (21 - len(wide))))) == 1

    def test_spoken_text_has_300_and_data_300(self) -> None:
        fits = quick("x", displayText="🍎" * 300, data="d" * 300)
        longer = quick("x", displayText="🍎" * 301, data="d" * 301)

        assert places(fits) == []
        assert [place.rpartition(".")[2] for place in places(longer)] == ["data", "displayText"]

    def test_an_address_is_counted_encoded(self) -> None:
        base = "https://example.jp/"
        fits = base + "燕" * 109
        button = {"type": "button", "action": {"type": "uri", "label": "開く", "uri": fits}}
        longer = {"type": "button", "action": {**button["action"], "uri": f"{fits}燕"}}  # type: ignore[dict-item]

        assert limits.uri(fits) == 1000
        assert places(flex(bubble(button))) == []
        assert places(flex(bubble(longer))) == [
            "messages[0].contents.body.contents[0].action.uri",
        ]

    def test_thirteen_quick_replies_and_no_more(self) -> None:
        one = quick("x")
        items = one["quickReply"]["items"]  # type: ignore[index]

        assert places({**one, "quickReply": {"items": items * 13}}) == []
        assert places({**one, "quickReply": {"items": items * 14}}) == [
            "messages[0].quickReply.items"
        ]

    def test_buttons_of_flex_have_forty(self) -> None:
        def button(label: str) -> dict[str, object]:
            action = {"type": "message", "label": label, "text": "x"}
            return flex(bubble({"type": "button", "action": action}))

        assert places(button("あ" * 40)) == []
        assert len(places(button("あ" * 41))) == 1


class TestTemplates:
    def test_a_column_has_120_alone_and_60_if_any_column_has_a_title(self) -> None:
        assert places(carousel(column(text="あ" * 120))) == []
        assert len(places(carousel(column(text="あ" * 121)))) == 1
        assert places(carousel(column(text="あ" * 60, title="題"))) == []
        assert len(places(carousel(column(text="あ" * 61, title="題")))) == 1

    def test_ten_columns_of_one_shape(self) -> None:
        assert places(carousel(*[column()] * 10)) == []
        assert len(places(carousel(*[column()] * 11))) == 1
        assert places(carousel(column(), column(title="題"))) == ["messages[0].template.columns"]

    def test_a_confirm_has_two_buttons(self) -> None:
        action = {"type": "message", "label": "はい", "text": "はい"}

        def confirm(count: int) -> dict[str, object]:
            template = {"type": "confirm", "text": "よいですか", "actions": [action] * count}
            return {"type": "template", "altText": "x", "template": template}

        assert places(confirm(2)) == []
        assert len(places(confirm(1))) == len(places(confirm(3))) == 1

    def test_the_alternative_text_has_1500(self) -> None:
        body = bubble({"type": "text", "text": "x"})

        assert places(flex(body, alt=TALL * 750)) == []
        assert places(flex(body, alt=TALL * 750 + "あ")) == ["messages[0].altText"]


class TestFlex:
    def test_a_bubble_has_thirty_thousand_bytes(self) -> None:
        empty = bubble({"type": "text", "text": "x"})
        room = 30_000 - len(json.dumps(empty, separators=(",", ":"))) + 1
        kanji, rest = divmod(room, 3)
        words = "燕" * kanji + "x" * rest

        assert places(flex(bubble({"type": "text", "text": words}))) == []
        assert places(flex(bubble({"type": "text", "text": words + "x"}))) == [
            "messages[0].contents"
        ]

    def test_twelve_bubbles_of_one_size(self) -> None:
        one = bubble({"type": "text", "text": "x"})
        small = {**one, "size": "micro"}

        def carousel_of(*bubbles: object) -> dict[str, object]:
            return flex({"type": "carousel", "contents": list(bubbles)})

        assert places(carousel_of(*[one] * 12)) == []
        assert places(carousel_of(*[one] * 13)) == ["messages[0].contents.contents"]
        assert places(carousel_of(one, small)) == ["messages[0].contents.contents"]

    @pytest.mark.parametrize(
        ("component", "place"),
        [
            ({"type": "text", "text": ""}, ".text"),
            ({"type": "text", "text": "x", "color": "red"}, ".color"),
            ({"type": "text", "text": "x", "size": "huge"}, ".size"),
            ({"type": "text", "text": "x", "flex": -1}, ".flex"),
            ({"type": "box", "contents": []}, ".layout"),
            ({"type": "box", "layout": "vertical"}, ".contents"),
            ({"type": "box", "layout": "vertical", "contents": [], "width": "10"}, ".width"),
            ({"type": "button", "action": {"type": "uri", "label": "x"}}, ".action.uri"),
            ({"type": "bogus"}, ".type"),
        ],
    )
    def test_values_that_the_file_leaves_open_are_checked(
        self, component: dict[str, object], place: str
    ) -> None:
        assert places(flex(bubble(component))) == [f"messages[0].contents.body.contents[0]{place}"]

    @pytest.mark.parametrize(("height", "count"), [("sm", 0), ("md", 0), ("40px", 1)])
    def test_a_button_is_small_or_medium(self, height: str, count: int) -> None:
        action = {"type": "message", "label": "x", "text": "x"}
        button = {"type": "button", "action": action, "height": height}

        assert len(places(flex(bubble(button)))) == count

    def test_a_button_does_not_go_into_a_baseline_box(self) -> None:
        action = {"type": "message", "label": "x", "text": "x"}
        button = {"type": "button", "action": action}
        row = {"type": "box", "layout": "baseline", "contents": [button]}

        assert places(flex(bubble(row))) == [
            "messages[0].contents.body.contents[0].contents[0].type"
        ]
