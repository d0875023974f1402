"""Answers that are put right later: from their own button, up to the last yes."""

import json

import pytest

from advisor.consultation import OpenCase, Phase, after_receipt
from tests.advisor.consultation.conftest import TODAY, Interview


def correct(interview: Interview, key: str) -> Interview:
    """Press 「答えを直す」 under the answer to a question."""
    payload = "/choose" + json.dumps({"question": key})
    entities = [{"entity": "question", "value": key}]
    return interview.say(payload, "choose", confidence=1.0, is_button=True, entities=entities)


def asked(interview: Interview) -> str:
    assert interview.question is not None, interview.words
    return interview.question.key


def to_last_yes(interview: Interview) -> Interview:
    interview.say("人と話したい", "talk_to_human").place("燕市")
    return interview.answer_until("send_case")


class TestQuestions:
    def test_button_stands_at_what_can_be_put_right(self, interview: Interview) -> None:
        interview.concern("hiring")
        assert interview.question is not None
        assert interview.question.correction == '/choose{"question": "municipality"}'

        interview.place("燕市").answer_until("full_profile")
        assert interview.question.correction is None
        interview.choose("full_profile", False).answer_until("send_case")
        assert interview.question.correction is None

    def test_question_is_asked_again_and_the_new_answer_counts(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市")
        interview.say("25人", "inform_company", entities=[{"entity": "employees", "value": 25}])
        before = asked(interview)

        correct(interview, "employees")
        assert asked(interview) == "employees"
        assert "employees" not in interview.state.situation.facts
        interview.say("40人", "inform_company", entities=[{"entity": "employees", "value": 40}])

        assert interview.state.situation.facts["employees"] == 40
        assert asked(interview) == before
        assert interview.state.history.count("employees") == 1

    def test_after_the_advice_the_advice_is_given_anew(self, interview: Interview) -> None:
        interview.concern("engagement").place("燕市").answer_until("full_profile")
        level = next(iter(interview.state.situation.levels))

        correct(interview, level)
        assert interview.question is not None
        assert interview.question.id == level
        interview.choose(level, interview.question.choices[0]["value"]).answer_until("full_profile")

        assert "recommendations" in interview.responses
        assert interview.state.phase is Phase.ADVISED

    def test_unknown_question_is_not_understood(self, interview: Interview) -> None:
        correct(interview.concern("hiring"), "nothing_of_the_kind")

        assert asked(interview) == "municipality"


class TestHandOff:
    def test_contact_is_put_right_without_asking_the_rest_again(self, interview: Interview) -> None:
        to_last_yes(interview)
        correct(interview, "company_name")
        assert asked(interview) == "company_name"
        interview.say("山田金属工業", "out_of_scope", confidence=0.4)

        assert asked(interview) == "send_case"
        assert "山田金属工業" in interview.words

    def test_another_place_needs_every_consent_anew(self, interview: Interview) -> None:
        to_last_yes(interview)
        correct(interview, "municipality").place("松本市")

        assert asked(interview) == "share_info_consent"
        assert interview.kb.hubs["matsumoto"].name in interview.words
        interview.answer_until("send_case").choose("send_case", True)
        assert interview.reply.effect == OpenCase(hub_id="matsumoto")

    @pytest.mark.parametrize("word", ["はい", "送ってください"])
    def test_place_that_slips_into_the_last_yes_sends_nothing_to_a_hub_without_consent(
        self, interview: Interview, word: str
    ) -> None:
        to_last_yes(interview)
        place = [("prefecture", "長野県"), ("municipality", "松本市")]
        entities = [{"entity": entity, "value": value} for entity, value in place]
        interview.say(f"{word}。長野県松本市です", "affirm", entities=entities)

        assert interview.reply.effect is None
        assert asked(interview) == "share_info_consent"
        assert interview.kb.hubs["matsumoto"].name in interview.words

    def test_consent_for_banks_counts_for_the_banks_that_were_named(
        self, interview: Interview
    ) -> None:
        interview.say("人と話したい", "talk_to_human").place("燕市")
        interview.choose("share_info_consent", True).choose("bank_share_consent", True)
        place = [("prefecture", "茨城県"), ("municipality", "日立市")]
        entities = [{"entity": entity, "value": value} for entity, value in place]
        interview.say("茨城県日立市の山田金属", "out_of_scope", confidence=0.4, entities=entities)

        assert asked(interview) == "share_info_consent"
        interview.choose("share_info_consent", True)
        assert asked(interview) == "bank_share_consent"
        assert "常陽銀行" in interview.words

    def test_what_was_sent_is_not_put_right_here(self, interview: Interview) -> None:
        to_last_yes(interview).choose("send_case", True)
        sent = after_receipt(
            interview.state, interview.kb, case_number="TSU-1", hub_id="tsubame", promised_on=TODAY
        )
        interview.state = sent.state

        correct(interview, "employees")

        assert "もう窓口にお送りしました" in interview.words
        assert interview.titles == [interview.kb.wording("button_person")]
        assert interview.state == sent.state
