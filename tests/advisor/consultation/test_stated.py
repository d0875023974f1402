"""Facts that owners state unasked are noted, said back and not asked again; questions state none."""

import pytest

from advisor.consultation.stated import stated_facts
from tests.advisor.consultation.conftest import Interview, knowledge


def stated(text: str, *, is_question: bool = False) -> dict[str, object]:
    found = stated_facts(text, knowledge(), is_question=is_question)
    return {question.key: choice.value for question, choice in found}


class TestStatedFacts:
    @pytest.mark.parametrize(
        ("text", "fact"),
        [
            ("副業の人でもいいから手伝ってほしい", "accepts_external_talent"),
            ("大手を定年になった人に知恵を借りたい", "accepts_external_talent"),
            ("ＤＸをうちの連中に学ばせたい", "wants_dx_training"),
            ("若いのを他社で修業させたい", "wants_upskilling_by_secondment"),
            ("四十代の未経験の人でも採りたい", "hires_midcareer_or_ice_age"),
            ("近くの大学の先生とは付き合いがある", "has_university_partner"),
        ],
    )
    def test_words_that_leave_no_doubt_state_a_fact(self, text: str, fact: str) -> None:
        assert stated(text).get(fact) is True

    @pytest.mark.parametrize(
        "text",
        [
            "副業の人に手伝ってもらうつもりはない",
            "副業の話はよく聞く",
            "手伝ってほしい。副業は禁止している",
            "人が足りない",
        ],
    )
    def test_denied_or_scattered_words_state_nothing(self, text: str) -> None:
        assert stated(text) == {}

    def test_the_clause_that_asks_states_nothing(self) -> None:
        text = "人が足りない。外部の人に手伝ってもらうのはいくらかかる？"

        assert stated(text, is_question=True) == {}
        assert stated(text) != {}


class TestInTheTalk:
    def test_a_stated_wish_is_said_back_and_never_asked(self, interview: Interview) -> None:
        interview.concern("core_talent", text="右腕がいない。外部の人に手伝ってほしい")

        assert interview.state.situation.facts["accepts_external_talent"] is True
        assert "外の方に手伝ってほしい、と伺いました。" in interview.texts[0]
