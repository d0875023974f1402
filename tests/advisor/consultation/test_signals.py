"""Danger, abuse, hurry, and asking why."""

import pytest

from advisor.consultation import Phase
from tests.advisor.consultation.conftest import Interview


class TestDanger:
    @pytest.mark.parametrize(
        "text", ["もう死にたい", "会社をたたむしかない。消えてしまいたい", "ｼﾆﾀｲけど…首をつるしか"]
    )
    def test_whoever_helps_at_once_is_named_and_nothing_is_sold(
        self, interview: Interview, text: str
    ) -> None:
        interview.concern("hiring")

        entities = [{"entity": "concern", "value": "core_talent"}]
        interview.say(text, "state_concern", entities=entities)

        card = interview.card("referral")
        assert card["to"] == "lifeline"
        assert [contact["phone"] for contact in card["contacts"]] == [
            "0120-279-338",
            "0120-783-556",
        ]
        assert "119番" in interview.words
        assert interview.question is None

    def test_a_button_is_never_a_cry_for_help(self, interview: Interview) -> None:
        interview.say("死にたい", "help", is_button=True)

        assert "119番" not in interview.words


class TestAbuse:
    def test_the_first_time_it_stays_calm_and_asks_again(self, interview: Interview) -> None:
        waiting = interview.concern("hiring").question

        interview.say("ふざけんなポンコツ", "complaint")

        assert "お気持ちを害してしまい" in interview.words
        assert interview.question == waiting

    def test_while_nothing_waits_a_person_is_offered(self, interview: Interview) -> None:
        interview.say("黙れ", "complaint")

        assert interview.titles == ["担当者に相談"]

    def test_the_second_time_it_closes_politely(self, interview: Interview) -> None:
        interview.concern("hiring").say("バカ", "complaint").say("アホか", "complaint")

        assert "今日はここまでにいたします" in interview.words
        assert interview.question is None
        assert interview.state.phase is Phase.DONE

    def test_afterwards_the_owner_may_come_back(self, interview: Interview) -> None:
        interview.say("バカ", "complaint").say("アホか", "complaint").concern("hiring")

        assert interview.question is not None

    def test_a_trouble_told_in_anger_is_heard(self, interview: Interview) -> None:
        interview.concern("engagement", text="くそっ、バカみたいにみんな辞める")

        assert interview.question is not None
        assert "働く人が続かないこと" in interview.words


class TestHurry:
    def test_fewer_questions_are_asked(self, interview: Interview) -> None:
        interview.concern("engagement", "hiring", text="急いでいます。人が続かないし来ない")

        assert "お急ぎですね" in interview.words
        asked = 0
        while interview.question is not None and interview.question.key != "full_profile":
            asked += 1
            interview.choose(interview.question.id, "unknown")
        assert asked <= 3
        assert interview.card("recommendations")["items"]

    def test_without_a_trouble_the_trouble_is_asked(self, interview: Interview) -> None:
        interview.say("手短にお願いします", "affirm")

        assert "いちばん困っているのは" in interview.words

    def test_in_the_middle_it_goes_straight_to_what_fits(self, interview: Interview) -> None:
        interview.concern("hiring").choose("municipality", "unknown").choose(
            "prefecture", "unknown"
        )
        interview.choose("employees", "unknown")

        interview.say("時間がないので早く教えて", "complaint")

        assert interview.card("recommendations")["items"]

    def test_during_the_hand_off_its_question_stays(self, interview: Interview) -> None:
        interview.say("担当者", "talk_to_human").place("燕市")
        waiting = interview.question

        interview.say("急いでいます", "inform_company")

        assert interview.question == waiting

    def test_it_is_said_once(self, interview: Interview) -> None:
        interview.concern("hiring", text="急いでます").say("急いでるんだけど", "complaint")

        assert "お急ぎですね" not in interview.words


class TestWhy:
    def test_why_a_point_is_asked_is_told_with_its_source(self, interview: Interview) -> None:
        interview.concern("engagement").answer_until("F4")
        waiting = interview.question

        interview.say("なんでそんなこと聞くの", "complaint")

        assert "入った方に続けてもらう工夫" in interview.words
        assert "出典：" in interview.words
        assert interview.question == waiting

    def test_why_a_fact_is_asked_is_told(self, interview: Interview) -> None:
        waiting = interview.concern("hiring").question

        interview.say("どうして？", "complaint")

        assert "合う支援や窓口が変わるため" in interview.words
        assert interview.question == waiting

    def test_why_a_measure_was_named_is_told_with_its_source(self, interview: Interview) -> None:
        interview.concern("engagement", text="若い人が続かない").answer_until("full_profile")
        interview.choose("full_profile", "unknown")

        interview.say("なぜ？", "complaint")

        assert "お伝えしたわけです" in interview.words
        assert "若い人が続かない" in interview.words
        assert "出典：" in interview.words

    def test_in_the_hand_off_it_is_no_question_of_advice(self, interview: Interview) -> None:
        interview.say("担当者", "talk_to_human").place("燕市")

        interview.say("なぜ？", "complaint")

        assert "お伝えしたわけです" not in interview.words

    def test_before_anything_was_named_it_is_left_to_the_intent(self, interview: Interview) -> None:
        interview.say("なぜ？", "help")

        assert "使い方" not in interview.responses
        assert interview.words

    def test_a_question_about_a_program_is_no_why(self, interview: Interview) -> None:
        entities = [{"entity": "program", "value": "yorozu"}]

        interview.say("よろずってなんで無料", "ask_program", entities=entities)

        assert interview.card("program")["program_id"] == "yorozu"

    @pytest.mark.parametrize(
        "text", ["地域の人事部って何ですか", "それってなんですか", "何でもいい"]
    )
    def test_asking_what_is_no_why(self, interview: Interview, text: str) -> None:
        interview.concern("hiring")

        interview.say(text, "ask_hub")

        assert "支援や窓口が変わるため" not in interview.words

    def test_asking_whether_it_fits_is_about_the_program_spoken_of(
        self, interview: Interview
    ) -> None:
        entities = [{"entity": "program", "value": "shin_geneki"}]
        interview.say("新現役交流会って", "ask_program", entities=entities)

        interview.say("うちでも使える？", "ask_recommendation")

        card = interview.card("program")
        assert (card["program_id"], card["aspect"]) == ("shin_geneki", "eligibility")

    def test_a_long_message_with_the_word_is_no_why(self, interview: Interview) -> None:
        interview.concern(
            "engagement", text="どうしてみんな三年もたたずに辞めていくのかわかりません"
        )

        assert "働く人が続かないこと" in interview.words


class TestHowToApply:
    def test_the_first_step_is_on_the_card(self, interview: Interview) -> None:
        entities = [
            {"entity": "program", "value": "jinzai_share"},
            {"entity": "aspect", "value": "how_to_apply"},
        ]

        interview.say("何から始める？", "ask_program", entities=entities)

        assert "産業雇用安定センター" in interview.card("program")["first_step"]
