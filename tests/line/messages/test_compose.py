"""Turns as LINE messages: LINE takes them, nothing is lost, every choice can be made."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.chat.models import Author, Message
from desk.line.messages import Bubble, Link, as_text, line_messages, link_message, problems
from desk.line.messages.plain import words_of
from tests.advisor.consultation.conftest import knowledge
from tests.line.messages.test_measure import FAMILY, IVS, YOSHI
from tests.line.messages.turns import Turn, real_turns

WORDING = knowledge().wording
SIGNS = st.sampled_from([*"人の手が足りない。、\n「」 ", YOSHI, IVS, FAMILY, "か\u3099", "\0", "a"])
WORDS = st.lists(SIGNS, max_size=40).map("".join)
TIMES = st.sampled_from([1, 1, 1, 30])
TEXTS = st.builds(lambda words, times: words * times, WORDS, TIMES)
ADDRESSES = st.one_of(
    st.none(), WORDS, st.just("https://example.jp/燕"), st.just("https://example.jp/" + "人" * 200)
)
CHOICES = st.lists(
    st.fixed_dictionaries(
        {"title": TEXTS, "payload": st.one_of(st.none(), TEXTS)},
        optional={"value": st.sampled_from(["unknown", 0, True])},
    ),
    max_size=16,
)
LARGE_TEXTS = st.builds(lambda words: words * 200, WORDS)
SCALARS = st.one_of(
    st.none(), TEXTS, st.integers(-9, 9), st.booleans(), st.floats(), st.just("2023-06-01")
)
SOURCES = st.fixed_dictionaries({}, optional={"title": TEXTS, "url": ADDRESSES, "date": SCALARS})
CONTACTS = st.one_of(
    SCALARS,
    st.fixed_dictionaries({}, optional={"name": TEXTS, "url": ADDRESSES, "phone": SCALARS}),
)
LISTS = st.one_of(SCALARS, st.lists(SCALARS, max_size=4))
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "program_id": WORDS, "title": TEXTS, "rank": SCALARS, "status": SCALARS,
        "reason": SCALARS, "amount_yen": SCALARS, "amount_working": SCALARS, "unknown": LISTS,
        "unknown_texts": LISTS, "successors": LISTS, "contact": CONTACTS, "cautions": LISTS,
        "source": SOURCES, "status_note": SCALARS, "first_step": SCALARS,
    },
)  # fmt: skip
PROFILES = st.fixed_dictionaries(
    {},
    optional={
        "name": SCALARS, "level": SCALARS, "level_text": SCALARS, "confidence": SCALARS,
        "evidence": LISTS,
    },
)  # fmt: skip
KINDS = st.sampled_from(
    ["diagnosis", "recommendations", "program", "amount", "receipt", "referral", "later"]
)
CARDS = st.fixed_dictionaries(
    {"kind": KINDS},
    optional={
        "title": SCALARS, "text": st.one_of(TEXTS, LARGE_TEXTS), "status": SCALARS, "source": SOURCES, "as_of": SCALARS,
        "yen": SCALARS, "working": SCALARS, "case_number": SCALARS, "hub_name": SCALARS,
        "promised_on": SCALARS, "on": SCALARS, "first_step": SCALARS, "weakest": LISTS,
        "contacts": st.lists(CONTACTS, max_size=4), "items": st.lists(ITEMS, max_size=14),
        "dimensions": st.dictionaries(WORDS, PROFILES, max_size=9),
    },
)  # fmt: skip
BUBBLES = st.builds(
    Bubble,
    author=st.sampled_from(["bot", "staff", "system"]),
    author_name=WORDS,
    text=st.one_of(TEXTS, TEXTS, LARGE_TEXTS),
    quick_replies=CHOICES,
    question=st.one_of(
        st.none(), st.fixed_dictionaries({"choices": CHOICES}, optional={"left": SCALARS})
    ),
    card=st.one_of(st.none(), CARDS),
)


def bare(text: str) -> str:
    """The text without blanks and null characters, which joining and cutting may change."""
    return re.sub(r"[\s\0]", "", text)


def said(messages: list[dict[str, Any]]) -> str:
    return bare("".join(words_of(message) for message in messages))


def items(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item["action"] for item in messages[-1].get("quickReply", {}).get("items", [])]


def choice(title: str, payload: str | None = None, value: object = 1) -> dict[str, Any]:
    return {"title": title, "payload": payload or f"/{title}", "value": value}


def asked(count: int) -> Bubble:
    choices = [choice(f"{number}番の町") for number in range(count)]
    return Bubble(
        text="どちらですか。",
        question={"choices": [*choices, choice("わからない", value="unknown")]},
    )


class TestWhateverComes:
    @settings(max_examples=150, deadline=None)
    @given(st.lists(BUBBLES, max_size=8))
    def test_line_takes_it(self, bubbles: list[Bubble]) -> None:
        messages = line_messages(bubbles, WORDING)

        assert messages == [] or problems(messages) == []
        assert messages == [] or problems(as_text(messages)) == []

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.tuples(WORDS, st.sampled_from([1, 30, 100])), max_size=9))
    def test_no_text_is_lost(self, found: list[tuple[str, int]]) -> None:
        texts = [words * times for words, times in found]

        messages = line_messages([Bubble(text=text) for text in texts], WORDING)

        assert said(messages) == bare("".join(texts))

    @settings(max_examples=100, deadline=None)
    @given(st.lists(WORDS.filter(bare), max_size=20), st.lists(BUBBLES, max_size=2))
    def test_every_choice_can_be_pressed_or_is_written(
        self, titles: list[str], others: list[Bubble]
    ) -> None:
        choices = [choice(title, f"/{number}") for number, title in enumerate(titles)]
        turn = [*others, Bubble(text="どちら", question={"choices": choices})]

        messages = line_messages(turn, WORDING)

        pressed = {bare(action["label"]) for action in items(messages)}
        assert {bare(title) for title in titles if bare(title) not in said(messages)} <= pressed


class TestRealTurns:
    @pytest.mark.parametrize("turn", real_turns())
    def test_every_turn_of_the_bot_arrives_whole(self, turn: Turn) -> None:
        messages = line_messages(turn, WORDING)

        assert problems(messages) == []
        assert problems(as_text(messages)) == []
        assert sum(m["type"] == "flex" for m in messages) == sum(bool(b.card) for b in turn)
        for bubble in turn:
            assert bare(bubble.text) in said(messages)
        for each in [c for b in turn if b.question for c in b.question["choices"]]:
            assert f"p:{each['payload']}" in [action.get("data") for action in items(messages)]

    def test_they_hold_every_kind_of_card(self) -> None:
        kinds = {bubble.card["kind"] for turn in real_turns() for bubble in turn if bubble.card}

        assert kinds == {
            "diagnosis", "recommendations", "program", "amount", "receipt", "referral"
        }  # fmt: skip


class TestTexts:
    def test_texts_stay_apart_where_there_is_room(self) -> None:
        messages = line_messages([Bubble(text="一。"), Bubble(text="二。")], WORDING)

        assert [m["text"] for m in messages] == ["一。", "二。"]

    def test_six_texts_become_five_by_joining_the_shortest_neighbours(self) -> None:
        texts = ["あ" * 9, "い" * 9, "う", "え", "お" * 9, "か" * 9]

        messages = line_messages([Bubble(text=text) for text in texts], WORDING)

        assert [m["text"] for m in messages] == [*texts[:2], "う\n\nえ", *texts[4:]]

    def test_a_text_of_5001_units_goes_on_in_the_next_message(self) -> None:
        text = "あ" * 2999 + "。" + YOSHI * 1000 + "い"

        messages = line_messages([Bubble(text=text)], WORDING)

        assert [m["text"] for m in messages] == ["あ" * 2999 + "。", YOSHI * 1000 + "い"]

    def test_more_than_five_messages_hold_ends_with_a_word_about_it(self) -> None:
        messages = line_messages([Bubble(text="あ" * 26_000)], WORDING)

        assert problems(messages) == []
        assert messages[-1]["text"].endswith("（長いので、ここまでにします）")

    def test_staff_are_named(self) -> None:
        staff = Bubble(author="staff", author_name="佐藤 花子", text="お待たせしました。")

        messages = line_messages([staff], WORDING)

        assert messages == [{"type": "text", "text": "〔担当者 佐藤 花子〕\nお待たせしました。"}]

    def test_nothing_to_show_gives_no_message(self) -> None:
        assert line_messages([Bubble(text=" "), Bubble(card={"kind": "later"})], WORDING) == []
        assert line_messages([], WORDING) == []

    def test_how_many_questions_are_left_is_told(self) -> None:
        bubble = Bubble(text="どちらですか。", question={"choices": [], "left": 3})

        messages = line_messages([bubble], WORDING)

        assert messages == [{"type": "text", "text": "どちらですか。（あと3問ほど）"}]


class TestChoices:
    def test_stand_under_the_last_message_only(self) -> None:
        first = Bubble(text="あ", quick_replies=[choice("はい")])

        messages = line_messages([first, Bubble(text="い")], WORDING)

        assert "quickReply" not in messages[0]
        assert items(messages) == [
            {"type": "postback", "label": "はい", "data": "p:/はい", "displayText": "はい"}
        ]

    def test_of_the_question_come_before_the_buttons_of_the_turn(self) -> None:
        turn = [Bubble(text="あ", quick_replies=[choice("くわしく"), choice("0番の町")]), asked(1)]

        labels = [action["label"] for action in items(line_messages(turn, WORDING))]

        assert labels == ["0番の町", "わからない", "くわしく"]

    def test_thirteen_fit(self) -> None:
        messages = line_messages([asked(12)], WORDING)

        assert len(items(messages)) == 13
        assert len(messages) == 1

    def test_of_fourteen_all_are_listed_and_not_knowing_stays(self) -> None:
        messages = line_messages([asked(13)], WORDING)

        labels = [action["label"] for action in items(messages)]
        assert labels == [*(f"{number}番の町" for number in range(12)), "わからない"]
        assert "・12番の町" in messages[-1]["text"]

    def test_a_long_title_is_cut_on_the_label_and_whole_when_pressed_and_in_the_text(self) -> None:
        title = "決まった機会があるが、みんなが使えるわけではない"

        messages = line_messages(
            [Bubble(text="ありますか。", quick_replies=[choice(title)])], WORDING
        )

        action = items(messages)[0]
        assert action["label"] == "決まった機会があるが、みんなが使えるわ…"
        assert action["displayText"] == title
        assert f"・{title}" in messages[-1]["text"]

    def test_a_payload_is_never_cut(self) -> None:
        payload = "/" + "a" * 297
        turn = [
            Bubble(text="あ", quick_replies=[choice("一", payload), choice("二", payload + "a")])
        ]

        first, second = items(line_messages(turn, WORDING))

        assert first["data"] == f"p:{payload}"
        assert second == {"type": "message", "label": "二", "text": "二"}

    def test_more_come_last_and_only_where_there_is_room(self) -> None:
        more = [choice(WORDING("line.correct"))]

        few = line_messages([asked(2)], WORDING, more=more)
        many = line_messages([asked(12)], WORDING, more=more)

        assert items(few)[-1]["label"] == "前の答えを直す"
        assert len(items(many)) == 13
        assert "前の答えを直す" not in said(many)

    def test_the_same_choice_stands_once(self) -> None:
        turn = [Bubble(text="あ", quick_replies=[choice("はい"), choice("はい")])]

        assert len(items(line_messages(turn, WORDING))) == 1


LARGE = {"kind": "program", "title": "支援", "text": "人。" * 3000, "status": "open"}


class TestCardsThatDoNotFit:
    def test_a_card_of_more_than_30_kilobytes_becomes_text(self) -> None:
        messages = line_messages([Bubble(text="あ", card=LARGE)], WORDING)

        assert {m["type"] for m in messages} == {"text"}
        assert "人。" * 3000 in said(messages)
        assert "受付中" in said(messages)

    def test_six_cards_become_five_messages_without_losing_one(self) -> None:
        turn = [Bubble(card={"kind": "amount", "yen": yen}) for yen in range(6)]

        messages = line_messages(turn, WORDING)

        assert len(messages) == 5
        assert all(f"{yen}円" in said(messages) for yen in range(6))


class TestLinks:
    def test_a_button_leads_to_the_address(self) -> None:
        message = link_message("回答があります。", "ページを開く", "https://example.jp/line/open/x")

        assert problems([message]) == []
        assert message["altText"] == "回答があります。"
        button = message["contents"]["footer"]["contents"][0]
        assert button["action"] == {
            "type": "uri", "label": "ページを開く", "uri": "https://example.jp/line/open/x"
        }  # fmt: skip

    def test_an_address_that_no_button_takes_stands_in_the_text(self) -> None:
        address = "https://example.jp/" + "人" * 200

        message = link_message("回答があります。", "開く", address, [choice("続き")])

        assert message["text"] == f"回答があります。\n{address}"
        assert problems([message]) == []


class TestLinkAtTheEnd:
    LINK = Link(text="続きはこちらで。", label="開く", uri="https://example.jp/line/open/x")

    def test_has_the_quick_replies_of_the_turn(self) -> None:
        messages = line_messages([asked(2)], WORDING, link=self.LINK)

        assert problems(messages) == []
        assert [m["type"] for m in messages] == ["text", "flex"]
        assert len(items(messages)) == 3

    def test_leaves_room_for_itself(self) -> None:
        cards = [Bubble(card={"kind": "amount", "yen": yen}) for yen in range(4)]

        messages = line_messages([Bubble(text="あ"), *cards], WORDING, link=self.LINK)

        assert problems(messages) == []
        assert len(messages) == 5
        assert messages[-1]["altText"] == "続きはこちらで。"
        assert all(f"{yen}円" in said(messages) for yen in range(4))

    def test_stands_alone_where_nothing_else_is_said(self) -> None:
        assert len(line_messages([], WORDING, link=self.LINK)) == 1

    @settings(max_examples=50, deadline=None)
    @given(st.lists(BUBBLES, max_size=6))
    def test_is_there_whatever_comes(self, bubbles: list[Bubble]) -> None:
        messages = line_messages(bubbles, WORDING, link=self.LINK)

        assert problems(messages) == []
        assert messages[-1]["altText"] == "続きはこちらで。"


def test_a_stored_message_is_read_as_it_is() -> None:
    row = Message(
        author=Author.STAFF,
        author_name="佐藤",
        text="はい",
        content={"quick_replies": [choice("一")], "card": {"kind": "receipt"}},
    )

    assert Bubble.from_row(row) == Bubble(
        author="staff",
        author_name="佐藤",
        text="はい",
        quick_replies=[choice("一")],
        card={"kind": "receipt"},
    )
