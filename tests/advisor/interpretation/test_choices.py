"""Free words as one of the offered choices, yes and no among them."""

from dataclasses import replace

import pytest

from advisor.answer_text import consists_of
from advisor.interpretation import interpret
from advisor.knowledge import KnowledgeBase
from tests.advisor.interpretation.conftest import DONT_KNOW, UNCLEAR, outcome, read


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

    @pytest.mark.parametrize("text", ["いいえ", "ないなあ", "いや、全然", "まったくしていません"])
    def test_a_plain_no_is_the_lowest_level(self, small: KnowledgeBase, text: str) -> None:
        assert read(small, "F4.leaving_reason", text) == 0
        assert read(small, "F4.future_talk", text) == 0

    def test_a_plain_no_needs_a_level_of_nothing(self, small: KnowledgeBase) -> None:
        question = small.questions["F4.leaving_reason"]
        question = replace(question, choices=question.choices[:2])

        assert outcome(interpret(question, "いいえ", small)) == UNCLEAR

    def test_no_before_something_else_is_not_a_plain_no(self, small: KnowledgeBase) -> None:
        text = "いや、飲み会の帰りぎわにそれらしいことは"
        assert read(small, "F4.leaving_reason", text, intent="deny") == UNCLEAR

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
