"""Cards in LINE: what the page shows stands there too, in words, with links and telephones."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from desk.chat.sites import contrast
from desk.line.messages import Bubble, as_text, flex, line_messages, problems
from desk.line.messages.plain import words_of
from tests.line.messages.test_compose import WORDING

Node = Mapping[str, Any]
SOURCE = {
    "title": "関東経済産業局 資料",
    "url": "https://example.jp/資料.pdf",
    "date": "2023-06-01",
    "precision": "month",
    "level": "B",
}
ITEM = {
    "program_id": "shin_geneki",
    "title": "新現役交流会",
    "rank": 2,
    "status": "unverified",
    "status_note": "最近の日程は確かめられていません",
    "reason": "先が見えないを減らすのが近道だからです。",
    "unknown": ["age"],
    "unknown_texts": ["働く人が300人以下であること"],
    "amount_yen": 1_000_000,
    "amount_working": "2,000,000円 × 1/2",
    "cautions": ["謝礼は話し合いで決まります。"],
    "first_step": "手伝ってほしいことを決める",
    "contact": "関東経済産業局",
    "successors": [],
    "source": SOURCE,
}
RECOMMENDATIONS = {"kind": "recommendations", "on": "2026-11-24", "items": [ITEM]}
DIAGNOSIS = {
    "kind": "diagnosis",
    "weakest": ["F4"],
    "dimensions": {
        "P1": {"name": "会社の目標と人の計画", "level": 3, "confidence": 0.9, "evidence": []},
        "F4": {
            "name": "働く人のやる気と定着",
            "level": 0,
            "level_text": "辞める理由を聞いていない",
            "confidence": 0.2,
            "evidence": ["先が見えないって言われた", "二つめ", "三つめ"],
        },
        "F5": {"name": "働く時間や場所の工夫", "level": None, "evidence": []},
    },
}


def shown(card: Node, text: str = "") -> dict[str, Any]:
    messages = line_messages([Bubble(text=text, card=card)], WORDING)
    assert problems(messages) == []
    return messages[-1]


def parts(node: Any) -> Iterator[Node]:
    if isinstance(node, Mapping):
        yield node
        for value in node.values():
            yield from parts(value)
    elif isinstance(node, list):
        for value in node:
            yield from parts(value)


def actions(message: Node, kind: str) -> list[Node]:
    return [part for part in parts(message) if part.get("type") == kind]


class TestDiagnosis:
    def test_every_dimension_stands_in_words_and_as_a_bar(self) -> None:
        words = words_of(shown(DIAGNOSIS)).splitlines()

        assert "1. 会社の目標と人の計画 おおむね" in words
        assert "2. 働く人のやる気と定着 これから" in words
        assert "この段階の目安：辞める理由を聞いていない" in words
        assert "「先が見えないって言われた」" in words
        assert "手がかり：少し" in words
        widths = [part["width"] for part in parts(shown(DIAGNOSIS)) if "width" in part]
        assert widths == ["80%", "20%"]

    def test_what_was_not_asked_says_so_and_has_no_bar(self) -> None:
        words = words_of(shown(DIAGNOSIS))

        assert "3. 働く時間や場所の工夫\nまだ伺っていません" in words

    def test_more_quotes_than_on_the_page_are_left_out(self) -> None:
        assert "三つめ" not in words_of(shown(DIAGNOSIS))

    def test_the_notification_says_what_is_weak(self) -> None:
        alt = shown(DIAGNOSIS)["altText"]

        assert alt == "お話から見えた、人まわりの様子。気になるところ：働く人のやる気と定着"

    def test_without_weak_points_the_notification_says_how_it_stands(self) -> None:
        alt = shown({**DIAGNOSIS, "weakest": []})["altText"]

        assert "会社の目標と人の計画：おおむね" in alt


class TestRecommendations:
    def test_nothing_of_the_page_is_missing(self) -> None:
        words = words_of(shown(RECOMMENDATIONS))

        for part in (
            "2. 新現役交流会", "要確認", "先が見えないを減らす", "1,000,000円",
            "2,000,000円 × 1/2", "最近の日程は確かめられていません",
            "働く人が300人以下であること", "手伝ってほしいことを決める", "関東経済産業局",
            "謝礼は話し合いで決まります。", "出典：関東経済産業局 資料（2023年6月）",
            "2026年11月24日時点",
        ):  # fmt: skip
            assert part in words, part

    def test_a_button_asks_for_more_in_the_words_of_the_page(self) -> None:
        (action,) = actions(shown(RECOMMENDATIONS), "postback")

        assert action == {
            "type": "postback",
            "label": "くわしく",
            "data": 'p:/ask_program{"program": "shin_geneki", "aspect": "overview"}',
            "displayText": "新現役交流会について、くわしく",
        }

    def test_the_source_is_a_link(self) -> None:
        (action,) = actions(shown(RECOMMENDATIONS), "uri")

        assert action["uri"] == "https://example.jp/%E8%B3%87%E6%96%99.pdf"

    def test_an_ended_measure_names_what_can_be_used_now(self) -> None:
        ended = {**ITEM, "status": "ended", "successors": ["hub", {"title": "よろず"}]}
        hub = {"program_id": "hub", "title": "地域の人事部"}

        words = words_of(shown({**RECOMMENDATIONS, "items": [ended, hub]}))

        assert "終了" in words
        assert "いま使えるもの\n地域の人事部、よろず" in words

    def test_an_open_one_does_not_explain_its_state(self) -> None:
        item = {**ITEM, "status": "open"}

        words = words_of(shown({**RECOMMENDATIONS, "items": [item]}))

        assert "受付中" in words
        assert "最近の日程" not in words

    @pytest.mark.parametrize("count", [2, 6])
    def test_several_are_a_carousel(self, count: int) -> None:
        message = shown({**RECOMMENDATIONS, "items": [ITEM] * count})

        assert message["contents"]["type"] == "carousel"
        assert len(message["contents"]["contents"]) == count

    def test_more_than_a_carousel_holds_go_on_in_the_next(self) -> None:
        card = {"kind": "recommendations", "items": [{"title": str(n)} for n in range(14)]}

        messages = line_messages([Bubble(card=card)], WORDING)

        assert len(messages[0]["contents"]["contents"]) == 12
        assert [words_of(m).count("\n") for m in messages] == [22, 2]

    def test_the_notification_lists_them(self) -> None:
        assert shown(RECOMMENDATIONS)["altText"] == "合いそうな支援。2番 新現役交流会"

    def test_keys_of_conditions_are_not_shown(self) -> None:
        item = {name: value for name, value in ITEM.items() if name != "unknown_texts"}

        assert "age" not in words_of(shown({**RECOMMENDATIONS, "items": [item]}))


class TestSmallCards:
    def test_a_program_tells_status_source_and_date(self) -> None:
        card = {
            "kind": "program", "title": "支援", "text": "本文です。", "status": "not_yet",
            "source": SOURCE, "as_of": "2026-11-24", "first_step": "まず電話",
        }  # fmt: skip

        words = words_of(shown(card))

        assert words.splitlines()[:3] == ["支援", "これから", "本文です。"]
        assert "はじめにすること\nまず電話" in words
        assert words.endswith("2026年11月24日時点\n要確認")

    def test_what_the_message_says_already_is_not_repeated(self) -> None:
        card = {"kind": "program", "title": "支援", "text": "本文です。"}

        assert "本文です。" not in words_of(shown(card, text="くわしく：本文です。"))

    def test_an_amount_stands_out_with_its_working(self) -> None:
        card = {
            "kind": "amount", "title": "類型B", "yen": 400_000, "working": "800,000円 × 1/2",
            "status": "open", "source": {"title": "要領", "date": "2023"},
        }  # fmt: skip

        message = shown(card)

        assert words_of(message).splitlines() == [
            "類型B 金額の目安", "受付中", "400,000円", "計算", "800,000円 × 1/2",
            "出典：要領（2023年）",
        ]  # fmt: skip
        assert message["altText"] == "類型B 金額の目安。400,000円。受付中"

    def test_a_receipt_tells_number_hub_and_day(self) -> None:
        card = {
            "kind": "receipt", "case_number": "K-2026-000123", "hub": "tsubame",
            "hub_name": "つばめいと", "promised_on": "2026-11-26",
        }  # fmt: skip

        message = shown(card)

        assert words_of(message).splitlines() == [
            "受け付けました", "受付番号", "K-2026-000123", "担当する窓口", "つばめいと",
            "お返事の予定", "2026年11月26日（木）までにご連絡します",
        ]  # fmt: skip
        assert "受付番号：K-2026-000123" in message["altText"]

    def test_a_referral_can_be_called(self) -> None:
        contacts = [
            {
                "name": "労働局",
                "url": "https://example.jp/",
                "phone": "0120-000-000",
                "note": "無料",
            },
            "社会保険労務士会",
        ]

        message = shown({"kind": "referral", "contacts": contacts})

        uris = [action["uri"] for action in actions(message, "uri")]
        assert uris == ["https://example.jp/", "tel:0120000000"]
        assert message["altText"] == "相談先：労働局 0120-000-000、社会保険労務士会"
        text = as_text([message])[0]["text"]
        assert "労働局\nhttps://example.jp/\n電話 0120-000-000\n無料\n社会保険労務士会" in text


class TestLooks:
    @pytest.mark.parametrize("color", [flex.INK, flex.MUTED, flex.LINK, flex.MARK])
    def test_words_can_be_read_on_the_ground(self, color: str) -> None:
        assert contrast(color, flex.GROUND) >= 4.5

    @pytest.mark.parametrize("color", [flex.BAR, flex.BAR_WEAK])
    def test_bars_stand_out_of_their_track(self, color: str) -> None:
        assert contrast(color, flex.TRACK) >= 3

    def test_the_ground_is_ours_also_where_line_is_dark(self) -> None:
        bubble = shown(DIAGNOSIS)["contents"]

        assert bubble["styles"]["body"] == {"backgroundColor": "#ffffff"}

    def test_every_text_wraps_and_grows_with_the_letter_size(self) -> None:
        texts = [part for part in parts(shown(RECOMMENDATIONS)) if part.get("type") == "text"]

        assert texts
        assert all(part["wrap"] and part["scaling"] for part in texts)
