"""Free words as contact data: addresses, phone numbers, names."""

from dataclasses import replace

import pytest

from advisor.interpretation import interpret
from advisor.knowledge import KnowledgeBase
from advisor.model import AnswerType
from tests.advisor.interpretation.conftest import DONT_KNOW, UNCLEAR, outcome, read


class TestContact:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("ｔａｒｏ＠example.co.jp です", "taro@example.co.jp"),
            ("メールはa.b+c@x-y.jpへ", "a.b+c@x-y.jp"),
            ("a@b", UNCLEAR),
            ("a@example..jp", UNCLEAR),
            ("なし", UNCLEAR),
            ("わからない", DONT_KNOW),
        ],
    )
    def test_email(self, small: KnowledgeBase, text: str, value: object) -> None:
        assert read(small, "contact_email", text) == value

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("０２５６－１２－３４５６", "0256-12-3456"),
            ("0256(12)3456", "0256-12-3456"),
            ("09012345678です", "09012345678"),
            ("090ー1234ー5678", "090-1234-5678"),
            ("+81 90 1234 5678", "09012345678"),
            ("+81-(0)256-12-3456", "0256123456"),
            ("12345", UNCLEAR),
            ("012345678901234", UNCLEAR),
            ("わからない", DONT_KNOW),
        ],
    )
    def test_phone(self, small: KnowledgeBase, text: str, value: object) -> None:
        assert read(small, "contact_phone", text) == value

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("山田太郎と申します", "山田太郎"),
            ("私は佐藤です。", "佐藤"),
            ("株式会社つばめ製作所です", "株式会社つばめ製作所"),
            ("です", "です"),
            ("いいえ", UNCLEAR),
            ("123", UNCLEAR),
            ("あ" * 61, UNCLEAR),
            ("わかりません", DONT_KNOW),
        ],
    )
    def test_name(self, small: KnowledgeBase, text: str, value: object) -> None:
        assert read(small, "contact_name", text) == value

    def test_a_refusal_is_no_name(self, small: KnowledgeBase) -> None:
        assert read(small, "contact_name", "それは勘弁", intent="deny") == UNCLEAR

    def test_text_is_read_like_a_name(self, small: KnowledgeBase) -> None:
        question = replace(small.questions["contact_name"], type=AnswerType.TEXT)

        assert outcome(interpret(question, "部品の加工", small)) == "部品の加工"
