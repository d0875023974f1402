"""Asking a question and reading what the owner writes as its answer."""

from dataclasses import replace
from typing import Any

import pytest

from advisor.consultation import Consultation, Heard, respond
from tests.advisor.consultation.conftest import TODAY, Interview, knowledge


def place(name: str) -> list[dict[str, Any]]:
    return [{"entity": "municipality", "value": name}]


def prefecture(name: str) -> list[dict[str, Any]]:
    return [{"entity": "prefecture", "value": name}]


class TestNotKnowing:
    @pytest.mark.parametrize(
        ("text", "intent"), [("どうだったかな", "dont_know"), ("さあ", "out_of_scope")]
    )
    def test_it_is_taken_as_an_answer_and_not_asked_again(
        self, interview: Interview, text: str, intent: str
    ) -> None:
        interview.concern("hiring").place("燕市")
        assert interview.question is not None
        first = interview.question.id

        interview.say(text, intent)

        assert first in interview.state.situation.unknown
        assert interview.question is not None
        assert interview.question.id != first

    def test_a_place_not_known_asks_for_the_prefecture(self, interview: Interview) -> None:
        interview.concern("hiring").say("わかりません", "out_of_scope")

        assert interview.question is not None
        assert interview.question.key == "prefecture"

    def test_no_to_the_choice_of_two_ways_means_neither(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").answer_until("full_profile")

        interview.say("いや、いい", "deny")

        assert "続きはいつでも" in interview.words
        assert interview.question is None
        assert interview.titles == ["担当者に相談"]


class TestFreeWords:
    def test_words_of_a_choice_are_read_as_that_choice(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").say("25人くらい", "inform_company")

        assert interview.state.situation.facts["employees"] == 25
        assert interview.state.situation.quotes["employees"] == "25人くらい"

    def test_what_is_no_answer_is_asked_again(self, interview: Interview) -> None:
        interview.concern("hiring")
        waiting = interview.question

        interview.say("うーんとですね", "inform_company", confidence=0.4)

        assert interview.responses == ["not_understood_words"]
        assert interview.question == waiting

    def test_where_there_are_choices_they_are_pointed_to(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").say("25人", "inform_company")
        assert interview.question is not None
        assert len(interview.question.choices) > 1

        interview.say("うーんとですね", "inform_company", confidence=0.4)

        assert interview.responses == ["not_understood"]

    @pytest.mark.parametrize(
        ("words", "people"),
        [("つばめ　25", 25), ("燕市、２５", 25), ("燕25", 25), ("燕 9999", 9999)],
    )
    def test_number_behind_the_place_is_the_number_of_people(
        self, interview: Interview, words: str, people: int
    ) -> None:
        interview.concern("hiring").say(words, "inform_company", confidence=0.3)

        assert interview.state.situation.facts["municipality"] == "燕市"
        assert interview.state.situation.facts["employees"] == people
        assert f"燕市、{people}人" in interview.words

    @pytest.mark.parametrize("words", ["ほげ 25", "25", "燕市 25 人と 3", "燕市 123456"])
    def test_number_is_not_guessed_otherwise(self, interview: Interview, words: str) -> None:
        interview.concern("hiring").say(words, "inform_company", confidence=0.3)

        assert "employees" not in interview.state.situation.facts

    def test_any_is_fine_is_a_question_left_open(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").say("25人", "inform_company")
        waiting = interview.question
        assert waiting is not None

        interview.say("なんでもええ", "help", confidence=0.9)

        assert waiting.id in interview.state.situation.unknown

    def test_a_person_is_offered_when_it_is_not_understood_twice(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring")

        interview.say("ほげ", "deny", confidence=0.1).say("ふが", "deny", confidence=0.1)

        assert interview.titles == ["担当者に相談"]

    def test_size_said_instead_of_the_place_is_kept_and_the_place_asked_again(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring")
        size = [{"entity": "employees", "value": 25}]

        interview.say("社員は二十五名", "inform_company", entities=size)

        assert "25人" in interview.texts[0]
        assert interview.question is not None
        assert interview.question.key == "municipality"

    def test_a_town_said_instead_of_the_prefecture_answers_it_in_passing(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").choose("municipality", "unknown")

        interview.say("つばめのほう", "inform_company", entities=place("燕市"))

        assert interview.state.situation.facts["prefecture"] == "新潟県"
        assert "燕市" in interview.texts[0]
        assert interview.question is not None
        assert interview.question.key not in {"municipality", "prefecture"}


class TestPrefectureForPlace:
    def test_a_prefecture_alone_asks_for_the_town(self, interview: Interview) -> None:
        interview.concern("hiring").say("長野県です", "inform_company")

        assert "長野県ですね。市町村まで" in interview.words
        assert interview.question is not None
        assert interview.question.key == "municipality"

    def test_who_names_the_prefecture_again_does_not_want_to_say_more(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").say("長野県です", "inform_company")

        interview.say("長野県", "inform_company", entities=prefecture("長野県"))

        assert "municipality" in interview.state.situation.unknown
        assert interview.state.situation.facts["prefecture"] == "長野県"
        assert interview.question is not None
        assert interview.question.key == "employees"

    def test_a_town_said_with_another_prefecture_replaces_the_prefecture(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").say("長野県です", "inform_company")

        interview.say("間違えた、新潟の三条です", "inform_company")

        facts = interview.state.situation.facts
        assert (facts["municipality"], facts["prefecture"]) == ("三条市", "新潟県")


class TestButtons:
    def test_a_button_of_an_earlier_question_changes_that_answer(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").place("燕市").choose("employees", 15)
        entities: list[dict[str, Any]] = [
            {"entity": "question", "value": "employees"},
            {"entity": "value", "value": 35},
        ]

        interview.say("21〜50人", "choose", is_button=True, entities=entities)

        assert interview.state.situation.facts["employees"] == 35

    def test_a_button_of_a_question_that_is_gone_is_not_understood(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring")
        entities: list[dict[str, Any]] = [
            {"entity": "question", "value": "moon"},
            {"entity": "value", "value": 1},
        ]

        interview.say("はい", "choose", is_button=True, entities=entities)

        assert interview.responses == ["not_understood_words"]
        assert interview.question is not None
        assert interview.question.key == "municipality"

    def test_a_place_of_an_old_button_that_can_mean_several_is_asked_back(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring")
        entities: list[dict[str, Any]] = [
            {"entity": "question", "value": "municipality"},
            {"entity": "value", "value": "府中市"},
        ]

        interview.say("府中市", "choose", is_button=True, entities=entities)

        assert "「府中市」はいくつかあります" in interview.words
        assert interview.question is not None
        titles = [choice["title"] for choice in interview.question.choices]
        assert titles == ["東京都府中市", "広島県府中市", "わからない"]


class TestGoingBack:
    def test_there_is_nothing_to_go_back_to_at_the_start(self, interview: Interview) -> None:
        interview.say("戻る", "go_back")

        assert interview.words == "まだ、戻れるお答えがありません。"
        assert interview.question is None

    def test_the_first_question_is_asked_again_when_nothing_was_answered(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").say("戻る", "go_back")

        assert "まだ、戻れるお答えがありません" in interview.words
        assert interview.question is not None
        assert interview.question.key == "municipality"

    def test_the_answer_is_forgotten_also_when_it_was_not_known(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").choose("employees", "unknown")

        interview.say("戻る", "go_back")

        assert interview.question is not None
        assert interview.question.key == "employees"
        assert "employees" not in interview.state.situation.unknown


class TestKnowledgeThatChanged:
    def test_a_waiting_question_that_is_gone_is_let_go(self) -> None:
        questions = {k: q for k, q in knowledge().questions.items() if k != "industry"}
        kb = replace(knowledge(), questions=questions)
        state = Consultation(pending="industry")

        reply = respond(state, Heard(text="ほげ", intent="deny", confidence=0.1), kb, on=TODAY)

        assert [getattr(u, "response", "") for u in reply.utterances] == ["not_understood"]

    def test_the_consultation_goes_on_with_what_is_heard_next(self) -> None:
        questions = {k: q for k, q in knowledge().questions.items() if k != "industry"}
        interview = Interview(kb=replace(knowledge(), questions=questions))
        interview.state = Consultation(pending="industry")

        interview.concern("hiring")

        assert interview.question is not None
        assert interview.question.key == "municipality"
