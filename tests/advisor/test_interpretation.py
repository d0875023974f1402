"""Free words as the answer to the question that was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from advisor.answer_text import consists_of
from advisor.interpretation import Interpretation, InterpretationKind, interpret
from advisor.knowledge import KnowledgeBase
from advisor.model import AnswerType
from advisor.numerals import NumberReader

DONT_KNOW = "dont know"
UNCLEAR = "unclear"


def read(
    kb: KnowledgeBase,
    question: str,
    text: str,
    *,
    intent: str | None = None,
    entities: Sequence[Mapping[str, Any]] = (),
) -> object:
    found = interpret(kb.questions[question], text, kb, intent=intent, entities=entities)
    return outcome(found)


def outcome(found: Interpretation) -> object:
    if found.kind is InterpretationKind.VALUE:
        return found.value
    return DONT_KNOW if found.kind is InterpretationKind.UNKNOWN else UNCLEAR


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("25人くらい", 25),
            ("二十五名", 25),
            ("１０人前後", 10),
            ("25", 25),
            ("６〜２０人", 13),
            ("20〜30人", 25),
            ("20人から30人くらい", 25),
            ("二十人から三十人", 25),
            ("5、6人", 5),
            ("社員8人とパート12人で20人", 20),
            ("私含めて三人です", 3),
            ("創業50年で30人", 30),
            ("百二十人", 120),
            ("千人", 1000),
            ("1万人", 10_000),
            ("2千人くらい", 2000),
            ("一〇人", 10),
            ("1,200名", 1200),
            ("ひとりでやってる", 1),
            ("夫婦だけ", 2),
            ("十人くらいだっぺ", 10),
            ("ﾊﾟｰﾄ入れて15人", 15),
            ("5人くらいまで", 5),
            ("②", 35),
            ("30と20と10", UNCLEAR),
            ("30人から20人に減った", 30),
            ("0人", UNCLEAR),
            ("99999999人", UNCLEAR),
            ("燕市です", UNCLEAR),
            ("創業50年", UNCLEAR),
            ("わからない", DONT_KNOW),
            ("さあ", DONT_KNOW),
            ("数はちょっと把握していないなあ", DONT_KNOW),
        ],
    )
    def test_people_are_counted(self, small: KnowledgeBase, text: str, value: object) -> None:
        assert read(small, "employees", text) == value

    def test_an_entity_of_the_understanding_goes_first(self, small: KnowledgeBase) -> None:
        entities = [{"entity": "employees", "value": 12}]

        assert read(small, "employees", "10年前から12人", entities=entities) == 12

    def test_an_entity_that_is_no_number_is_passed_over(self, small: KnowledgeBase) -> None:
        entities = [{"entity": "employees", "value": "many"}]

        assert read(small, "employees", "12人", entities=entities) == 12

    @pytest.mark.parametrize(
        ("word", "value"), [("二百三", 203), ("万", 10_000), ("三万五千", 35_000), ("12", 12)]
    )
    def test_numerals(self, small: KnowledgeBase, word: str, value: int) -> None:
        assert NumberReader(small).read(word) == value


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


class TestYesAndNo:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("はい", True),
            ("うん", True),
            ("ええ、そうですね", True),
            ("ぜひお願いします", True),
            ("手伝ってほしいです", True),
            ("副業の人に頼みたいんだけど", True),
            ("1", True),
            ("いいえ", False),
            ("ううん", False),
            ("2", False),
            ("いや、いまはいい", False),
            ("考えていないですね", False),
            ("ちょっと抵抗があるなあ", False),
            ("手伝ってほしいとは思わない", False),
            ("抵抗があるわけじゃない", UNCLEAR),
            ("3", DONT_KNOW),
            ("4", UNCLEAR),
            ("よくわからない", DONT_KNOW),
            ("どちらとも言えない", DONT_KNOW),
            ("まだ何とも言えないけど", DONT_KNOW),
            ("それはいくらかかるの", UNCLEAR),
            ("手伝ってもらえると", True),
        ],
    )
    def test_facts(self, small: KnowledgeBase, text: str, value: object) -> None:
        assert read(small, "accepts_external_talent", text) == value

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("いる", True),
            ("いますよ", True),
            ("いない", False),
            ("いません", False),
            ("みんな忙しくて暇な人はいない", False),
        ],
    )
    def test_short_words_count_at_the_end_only(
        self, small: KnowledgeBase, text: str, value: object
    ) -> None:
        assert read(small, "workforce_surplus_now", text) == value

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("どうぞ", True),
            ("大丈夫です", True),
            ("はい、お願いします", True),
            ("送ってよいです", True),
            ("送らないでください", False),
            ("やめておきます", False),
            ("何を送るんですか", UNCLEAR),
            ("送るとどうなる", UNCLEAR),
        ],
    )
    def test_consent_is_never_guessed(self, small: KnowledgeBase, text: str, value: object) -> None:
        assert read(small, "share_info_consent", text) == value

    def test_fine_is_a_yes_to_a_consent_only(self, small: KnowledgeBase) -> None:
        assert read(small, "accepts_external_talent", "大丈夫です") == UNCLEAR

    def test_the_intent_helps_where_words_are_not_listed(self, small: KnowledgeBase) -> None:
        assert read(small, "full_profile", "そうすっか", intent="affirm") is True
        assert read(small, "full_profile", "よすわ", intent="deny") is False
        assert read(small, "full_profile", "むむ", intent="dont_know") == DONT_KNOW


class TestChoices:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("ないなあ", 0),
            ("ない", 0),
            ("いいえ", 0),
            ("ときどき", 2),
            ("たまに", 2),
            ("たまに飲みの席で話すくらい", 2),
            ("年に一回面談してる", 4),
            ("②", 2),
            ("２番", 2),
            ("二番目のやつ", 2),
            ("上から3番目", 0),
            ("一番上", 4),
            ("最後", 0),
            ("4", DONT_KNOW),
            ("5", UNCLEAR),
            ("わからない", DONT_KNOW),
            ("天気がいいですね", UNCLEAR),
            ("はい", UNCLEAR),
            ("ときどき話すことはしません", UNCLEAR),
        ],
    )
    def test_maturity(self, small: KnowledgeBase, text: str, value: object) -> None:
        assert read(small, "F4.future_talk", text) == value

    def test_two_choices_named_alike_are_unclear(self, small: KnowledgeBase) -> None:
        assert read(small, "F1.right_hand", "一人いるけど何人もいる") == 4
        question = small.questions["F1.right_hand"]
        first, second = question.choices[0], question.choices[1]
        choices = (replace(first, title="右にいる人"), replace(second, title="左にいる人"))
        question = replace(question, choices=choices)

        assert outcome(interpret(question, "右にいる人と左にいる人", small)) == UNCLEAR
        assert outcome(interpret(question, "前にいる人", small)) == UNCLEAR

    def test_a_plain_no_needs_one_choice_that_says_no(self, small: KnowledgeBase) -> None:
        assert read(small, "F4.leaving_reason", "いいえ") == UNCLEAR
        assert read(small, "F4.future_talk", "全然", intent="deny") == 0

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("金属加工です", "E"),
            ("旅館をやっています", "M"),
            ("飲食", "M"),
            ("製造", "E"),
            ("1", "E"),
            ("林業", UNCLEAR),
        ],
    )
    def test_industry(self, small: KnowledgeBase, text: str, value: object) -> None:
        assert read(small, "industry", text) == value

    @pytest.mark.parametrize(
        "entity",
        [
            {"entity": "industry", "value": "林業", "class": "A"},
            {"entity": "industry", "value": "林業", "industry_class": "A"},
            {"entity": "industry", "value": "A"},
        ],
    )
    def test_the_class_of_an_entity_is_taken(
        self, small: KnowledgeBase, entity: dict[str, str]
    ) -> None:
        assert read(small, "industry", "林業です", entities=[entity]) == "A"

    def test_an_entity_without_a_class_is_passed_over(self, small: KnowledgeBase) -> None:
        entities = [{"entity": "industry", "value": "林業"}]

        assert read(small, "industry", "林業です", entities=entities) == UNCLEAR

    def test_a_question_without_choices_is_unclear(self, small: KnowledgeBase) -> None:
        question = replace(small.questions["industry"], choices=())

        assert outcome(interpret(question, "1", small)) == UNCLEAR
        assert read(small, "industry", "。") == UNCLEAR


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


class TestConsistsOf:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [("はいはい", True), ("はいお願い", True), ("はいいいえ", False), ("", False)],
    )
    def test_only_the_words_one_after_the_other(self, text: str, expected: bool) -> None:
        assert consists_of(text, ["はい", "お願い", ""]) is expected


class TestRealQuestions:
    @pytest.mark.parametrize("style", ["{}", "{}です", "{}かな", "えーと、{}", "{}よ"])
    def test_every_wording_of_every_choice_is_understood(
        self, real: KnowledgeBase, style: str
    ) -> None:
        missed = []
        for question in real.questions.values():
            for choice in question.choices:
                for words in (choice.title, *choice.also):
                    text = style.format(words)
                    if outcome(interpret(question, text, real)) != choice.value:
                        missed.append((question.id, text))

        assert missed == []
