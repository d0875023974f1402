"""Free words as the answer to where the company is."""

import pytest

from advisor.interpretation import InterpretationKind, interpret
from advisor.knowledge import KnowledgeBase
from tests.advisor.interpretation.conftest import DONT_KNOW, UNCLEAR, outcome, read


class TestPlaces:
    @pytest.mark.parametrize(
        ("text", "value", "prefecture"),
        [
            ("燕市。25人", "燕市", "新潟県"),
            ("燕", "燕市", "新潟県"),
            ("つばめです", "燕市", "新潟県"),
            ("新潟の三条です", "三条市", "新潟県"),
            ("うちは三条だよ", "三条市", "新潟県"),
            ("東京都府中市", "府中市", "東京都"),
            ("山梨の昭和にあります", "昭和町", "山梨県"),
            ("広島県府中市", "広島県府中市", None),
            ("大阪市", "大阪市", None),
            ("大阪のほうです", "大阪府", "大阪府"),
            ("わかりません", DONT_KNOW, None),
            ("金属加工です", UNCLEAR, None),
            ("新潟県です", UNCLEAR, "新潟県"),
        ],
    )
    def test_municipalities(
        self, small: KnowledgeBase, text: str, value: object, prefecture: str | None
    ) -> None:
        found = interpret(small.questions["municipality"], text, small)

        assert outcome(found) == value
        assert found.prefecture == prefecture

    @pytest.mark.parametrize(
        ("text", "candidates"),
        [
            ("府中市", ("東京都府中市", "広島県府中市")),
            ("昭和", ("群馬県昭和村", "山梨県昭和町")),
            ("燕三条", ("新潟県燕市", "新潟県三条市")),
            ("昭和で旅館をしています", ("群馬県昭和村", "山梨県昭和町")),
            ("新潟", ("新潟県新潟市",)),
        ],
    )
    def test_what_can_mean_several_places_is_asked_back(
        self, small: KnowledgeBase, text: str, candidates: tuple[str, ...]
    ) -> None:
        found = interpret(small.questions["municipality"], text, small)

        assert found.kind is InterpretationKind.UNCLEAR
        assert found.candidates == candidates

    def test_entities_of_the_understanding_go_first(self, small: KnowledgeBase) -> None:
        entities = [
            {"entity": "municipality", "value": "昭和町"},
            {"entity": "prefecture", "value": "山梨県"},
        ]

        found = interpret(small.questions["municipality"], "あそこ", small, entities=entities)

        assert (found.value, found.prefecture) == ("昭和町", "山梨県")

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("新潟", "新潟県"),
            ("山梨県です", "山梨県"),
            ("三条のあたり", "新潟県"),
            ("さあ", DONT_KNOW),
            ("あっち", UNCLEAR),
        ],
    )
    def test_prefectures(self, small: KnowledgeBase, text: str, value: object) -> None:
        assert read(small, "prefecture", text) == value

    def test_a_prefecture_entity_goes_first(self, small: KnowledgeBase) -> None:
        entities = [{"entity": "prefecture", "value": "群馬県"}]

        assert read(small, "prefecture", "新潟の隣", entities=entities) == "群馬県"
