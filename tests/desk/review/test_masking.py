"""What is masked, what stays, and what may leave."""

import pytest

from desk.chat.masking import MASK
from desk.review.errors import MarkLeftError, PersonalLeftError
from desk.review.masking import mask, neutral


class TestMask:
    @pytest.mark.parametrize(
        ("said", "masked", "hidden"),
        [
            ("事務の山田花子さんが辞めた", "事務の〔名前〕さんが辞めた", ["山田花子"]),
            ("佐藤 太郎さんと鈴木さんが", "〔名前〕さんと〔名前〕さんが", ["佐藤太郎", "鈴木"]),
            ("経理の田中が辞めた", "経理の〔名前〕が辞めた", ["田中"]),
            ("マイケルさんが国に帰る", "〔名前〕さんが国に帰る", ["マイケル"]),
            ("電話は０９０−１２３４−５６７８です", "電話は〔電話〕です", ["090−1234−5678"]),
            ("メールはtaro@example.co.jpまで", "メールは〔メール〕まで", ["taro@example.co.jp"]),
            ("燕市吉田東町1-2-3の工場", "燕市〔住所〕の工場", ["吉田東町1-2-3"]),
            ("昭和55年3月4日生まれの社員", "〔生年月日〕の社員", ["昭和55年3月4日生まれ"]),
        ],
    )
    def test_it_hides_what_names_a_person(self, said: str, masked: str, hidden: list[str]):
        found = mask(said)

        assert found.text == masked
        assert [words for _, words in found.hidden] == hidden
        assert found.left == frozenset()

    @pytest.mark.parametrize(
        "said",
        [
            "若い子が続かない",
            "ｵｳﾎﾞｶﾞﾅｲ",
            "松本市の金属加工、25人です",
            "副業の補助金は月いくらですか",
        ],
    )
    def test_it_leaves_the_rest_as_it_was_typed(self, said: str):
        assert mask(said).text == said
        assert mask(said).hidden == []

    def test_accounts_and_what_was_masked_on_entry_are_numbers(self):
        assert mask("普通口座 1234567へ").text == "普通口座 〔番号〕へ"
        assert mask(f"マイナンバーは{MASK}").text == "マイナンバーは〔番号〕"


class TestNeutral:
    def test_names_become_a_letter_and_lines_one(self):
        assert neutral("〔名前〕さんが\n辞めたい") == "Aさんが 辞めたい"

    @pytest.mark.parametrize("mark", ["電話", "メール", "住所", "生年月日", "番号"])
    def test_other_marks_are_refused(self, mark: str):
        with pytest.raises(MarkLeftError):
            neutral(f"連絡は〔{mark}〕へ")

    def test_what_still_names_somebody_is_refused(self):
        with pytest.raises(PersonalLeftError):
            neutral("田中さんが辞めた")
