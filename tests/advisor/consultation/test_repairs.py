"""What owners say again, take back or say in other words is repaired without a dead end."""

from datetime import date

from tests.advisor.consultation.conftest import Interview

PREFECTURE = [{"entity": "prefecture", "value": "群馬県"}]
GUESS = [{"entity": "program", "value": "side_job_b", "confidence_entity": 0.5}]


class TestSaidAgain:
    def test_a_known_trouble_after_the_advice_leads_on(self, interview: Interview) -> None:
        interview.concern("hiring").answer_until("full_profile").choose("full_profile", "unknown")

        interview.concern("hiring", text="とにかく応募が来ないんです")

        assert interview.responses == ["what_next"]
        assert interview.buttons

    def test_a_known_trouble_after_the_referral_tells_where_to_ask_once_more(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").place("名古屋市")

        interview.concern("hiring", text="運転手が足りないんです")

        assert interview.card("referral")["to"] == "outside"


class TestTwoOfAName:
    def test_the_prefecture_chooses_between_them(self, interview: Interview) -> None:
        interview.concern("hiring").place("高山村")

        interview.say("群馬のほうです", "inform_company", entities=PREFECTURE)

        facts = interview.state.situation.facts
        assert (facts["municipality"], facts["prefecture"]) == ("高山村", "群馬県")

    def test_going_back_forgets_the_prefecture_too(self, interview: Interview) -> None:
        interview.concern("hiring").place("高山村").choose("municipality", "長野県高山村")

        interview.say("戻る", "go_back").place("高山村")

        assert interview.question is not None
        assert interview.question.key == "municipality"
        assert "prefecture" not in interview.state.situation.facts


class TestShortQuestionsDuringTheOffer:
    def advised(self, interview: Interview) -> Interview:
        return interview.concern("hiring").answer_until("full_profile")

    def test_why_is_answered_and_the_offer_stays(self, interview: Interview) -> None:
        self.advised(interview).say("なぜ？", "complaint")

        assert "why_measure" in interview.responses
        assert interview.question is not None
        assert interview.question.key == "full_profile"

    def test_whether_it_can_be_used_is_answered_and_the_offer_stays(
        self, interview: Interview
    ) -> None:
        entities = [{"entity": "program", "value": "joint_fair"}]
        self.advised(interview).say("合説って何", "ask_program", entities=entities)

        interview.say("うちでも使える？", "ask_recommendation")

        assert interview.card("program")["aspect"] == "eligibility"
        assert interview.question is not None
        assert interview.question.key == "full_profile"


class TestOutOfScopeAgain:
    def test_a_person_is_offered_the_second_time(self, interview: Interview) -> None:
        interview.say("天気は", "out_of_scope")
        first = interview.titles

        interview.say("野球は", "out_of_scope")

        assert "担当者に相談" not in first
        assert "担当者に相談" in interview.titles


class TestPhone:
    def test_a_number_is_an_answer_whatever_it_was_taken_for(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").say("担当者と話したい", "talk_to_human")
        interview.answer_until("company_name").say("山田金属", "inform_company")
        interview.choose("contact_consent", True).say("山田太郎", "inform_company")
        interview.choose("contact_email", "unknown")

        interview.say("0256-00-0000", "check_case")

        assert interview.state.answers["contact_phone"] == "0256-00-0000"

    def test_a_sure_question_is_no_name(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").say("担当者と話したい", "talk_to_human")
        interview.answer_until("company_name")

        interview.say("ここに書いたことは誰が見ますか", "ask_privacy")

        assert "company_name" not in interview.state.situation.facts
        assert interview.question is not None
        assert interview.question.key == "company_name"


class TestBareQuestions:
    def test_a_guessed_program_does_not_change_what_is_spoken_of(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").answer_until("full_profile")
        first = interview.state.shown[0]

        interview.say("いくらかかるの？", "ask_program", entities=GUESS)

        assert interview.card("program")["program_id"] == first

    def test_a_described_program_is_meant(self, interview: Interview) -> None:
        entities = [{"entity": "program", "value": "shin_geneki", "confidence_entity": 0.5}]
        interview.concern("hiring").answer_until("full_profile")

        interview.say(
            "大企業のOBを紹介してくれるやつ、うちでも使える？", "ask_program", entities=entities
        )

        assert interview.card("program")["program_id"] == "shin_geneki"

    def test_why_is_answered_though_a_program_was_guessed(self, interview: Interview) -> None:
        interview.concern("hiring").answer_until("full_profile")

        interview.say("なぜそれがいいの？", "ask_program", entities=GUESS)

        assert "why_measure" in interview.responses


class TestQuotes:
    def test_a_long_message_is_quoted_by_the_clause_of_each_trouble(
        self, interview: Interview
    ) -> None:
        text = "えーと長岡で酒を造っていて若い人が来ないのもそうなんですが来ても三年もたないしもう頭が痛くて"
        start = text.index("若い人")
        end = text.index("来ても")
        entities = [{"entity": "concern", "value": "hiring", "start": start, "end": end}]

        interview.say(text, "state_concern", entities=entities)

        (statement,) = interview.state.situation.concerns
        assert statement.quote == "若い人が来ないのもそうなんですが"


class TestNotKnowing:
    def test_words_that_name_a_choice_are_no_lack_of_knowledge(self, interview: Interview) -> None:
        interview.concern("reskilling").place("燕市").answer_until("wants_dx_training")

        interview.say("デジタルを覚えてほしいね", "dont_know")

        assert interview.state.situation.facts["wants_dx_training"] is True


class TestImpatience:
    def test_it_is_no_answer_to_a_consent(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").say("急いでいる", "inform_company")
        interview.say("担当者と話したい", "talk_to_human").answer_until("share_info_consent")

        interview.say("時間がないんで早くして", "deny")

        assert interview.question is not None
        assert interview.question.key == "share_info_consent"
        assert not interview.state.has_declined


class TestCostsUnasked:
    def test_they_give_the_amount_of_the_program_spoken_of(self) -> None:
        interview = Interview(on=date(2023, 6, 20))
        entities = [{"entity": "program", "value": "side_job_a"}]
        interview.concern("side_job_out").say("類型Aって何", "ask_program", entities=entities)
        interview.state = interview.state.having(pending=None)

        interview.say("80万円くらい", "inform_company")

        assert interview.card("amount")["yen"] == 400000

    def test_without_a_program_they_give_none(self, interview: Interview) -> None:
        interview.say("80万円くらい", "out_of_scope", confidence=0.1)

        assert interview.responses == ["not_understood"]


class TestNotKnowingWhereNothingIsOffered:
    def test_a_name_need_not_be_told(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").say("担当者と話したい", "talk_to_human")
        interview.answer_until("company_name")

        interview.say("さあ、どうだろう", "dont_know")

        assert "company_name" not in interview.state.situation.facts
        assert interview.question is not None
        assert interview.question.key == "contact_consent"

    def test_a_button_in_between_is_no_answer(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市")

        interview.say("担当者に相談", "talk_to_human", is_button=True)

        assert interview.question is not None
        assert interview.question.key == "share_info_consent"


class TestTroubleBesideAQuestion:
    HIRING = ({"entity": "concern", "value": "hiring"},)

    def test_it_is_taken_up_and_the_question_is_answered(self, interview: Interview) -> None:
        interview.say(
            "求人に応募がないんですが、話した内容は誰が見ますか",
            "ask_privacy",
            entities=list(self.HIRING),
        )

        heard, answer = interview.texts[:2]
        assert "人が集まらない" in heard
        assert "同意" in answer
        assert [c.concern for c in interview.state.situation.concerns] == ["hiring"]
        assert interview.question is not None

    def test_while_a_question_waits_it_is_asked_again(self, interview: Interview) -> None:
        interview.concern("engagement")
        waiting = interview.question

        interview.say(
            "採用も困っているけど、これは秘密ですか", "ask_privacy", entities=list(self.HIRING)
        )

        concerns = {c.concern for c in interview.state.situation.concerns}
        assert concerns == {"engagement", "hiring"}
        assert waiting is not None
        assert interview.question is not None
        assert interview.question.id == waiting.id
