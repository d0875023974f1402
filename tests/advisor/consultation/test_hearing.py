"""What a message says beside answering is taken up and said back, never guessed."""

from typing import Any

import pytest

from tests.advisor.consultation.conftest import Interview


def entity(name: str, value: Any, **more: str) -> dict[str, Any]:
    return {"entity": name, "value": value, **more}


class TestTroubles:
    def test_three_troubles_are_said_back_in_one_sentence(self, interview: Interview) -> None:
        interview.concern("hiring", "engagement", "reskilling")

        for concern in ("hiring", "engagement", "reskilling"):
            assert interview.kb.concerns[concern].heard in interview.texts[0]
        assert len(interview.texts) == 1

    def test_a_trouble_is_said_back_once(self, interview: Interview) -> None:
        interview.concern("hiring").concern("hiring")

        assert interview.kb.concerns["hiring"].heard not in interview.words
        assert [s.concern for s in interview.state.situation.concerns] == ["hiring"]

    def test_a_trouble_that_comes_to_mind_during_a_question_is_taken_up_and_the_question_stays(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").place("燕市")
        waiting = interview.question

        interview.concern("engagement", text="あと、若い子が続かない")

        assert interview.kb.concerns["engagement"].heard in interview.texts[0]
        assert waiting is not None
        assert interview.question is not None
        assert interview.question.id == waiting.id

    def test_words_of_an_answer_are_not_taken_as_a_new_trouble(self, interview: Interview) -> None:
        interview.concern("hiring")

        interview.say(
            "燕市。人が続かない会社です",
            "inform_company",
            entities=[entity("municipality", "燕市"), entity("concern", "engagement")],
        )

        assert [s.concern for s in interview.state.situation.concerns] == ["hiring"]

    def test_a_trouble_picked_from_the_menu_is_not_quoted_as_the_owners_words(
        self, interview: Interview
    ) -> None:
        interview.say("こんにちは", "greet").press("人が集まらない")

        (statement,) = interview.state.situation.concerns
        assert (statement.concern, statement.quote) == ("hiring", "")

    def test_a_long_message_is_quoted_in_part(self, interview: Interview) -> None:
        interview.concern("hiring", text="応募が来ない。" * 20)

        (statement,) = interview.state.situation.concerns
        assert statement.quote.startswith("応募が来ない")
        assert statement.quote.endswith("…")
        assert len(statement.quote) == 60

    def test_a_trouble_that_nobody_knows_is_not_understood(self, interview: Interview) -> None:
        interview.concern("weather")

        assert interview.responses == ["not_understood"]


class TestCompany:
    def test_a_prefecture_is_said_back_and_the_municipality_asked(
        self, interview: Interview
    ) -> None:
        interview.say(
            "長野県の会社で応募がない",
            "state_concern",
            entities=[entity("concern", "hiring"), entity("prefecture", "長野県")],
        )

        assert "長野県" in interview.texts[0]
        assert interview.question is not None
        assert interview.question.key == "municipality"

    def test_size_and_place_are_said_back_together(self, interview: Interview) -> None:
        interview.say(
            "燕市、25人",
            "inform_company",
            entities=[entity("municipality", "燕市"), entity("employees", 25)],
        )

        assert "燕市" in interview.texts[0]
        assert "25人" in interview.texts[0]

    @pytest.mark.parametrize(
        "stated",
        [entity("industry", "金属加工", **{"class": "E"}), entity("industry", "食品")],
    )
    def test_an_industry_is_noted_only_with_its_class(
        self, interview: Interview, stated: dict[str, Any]
    ) -> None:
        interview.say("こういう仕事です", "inform_company", entities=[stated])

        assert interview.state.situation.facts.get("industry") == stated.get("class")

    def test_the_same_said_twice_is_nothing_new(self, interview: Interview) -> None:
        entities = [entity("municipality", "燕市"), entity("employees", 25)]
        interview.say("燕市、25人", "inform_company", entities=entities)

        interview.say("だから燕市の25人", "inform_company", entities=entities)

        assert "ですね" not in interview.words
        assert interview.titles[-1] == "担当者に相談"


class TestPlaces:
    def test_a_name_for_several_places_is_asked_back_and_not_guessed(
        self, interview: Interview
    ) -> None:
        interview.say(
            "燕三条で人が足りない",
            "state_concern",
            entities=[entity("concern", "hiring"), entity("municipality", "燕三条")],
        )

        assert "燕三条" in interview.texts[0]
        assert "municipality" not in interview.state.situation.facts
        assert interview.question is not None
        titles = [choice["title"] for choice in interview.question.choices]
        assert titles == ["新潟県燕市", "新潟県三条市", "わからない"]

    def test_a_name_that_is_no_place_is_not_taken_for_one(self, interview: Interview) -> None:
        interview.say(
            "ほげ村で人が足りない",
            "state_concern",
            entities=[entity("concern", "hiring"), entity("municipality", "ほげ村")],
        )

        assert "ほげ村" not in interview.words
        assert interview.question is not None
        assert interview.question.key == "municipality"
