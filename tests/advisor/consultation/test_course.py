"""What is asked, said and shown, turn by turn."""

from datetime import date

import pytest

from advisor.consultation import CheckCase, OpenCase, Phase
from tests.advisor.consultation.conftest import Interview


class TestHearing:
    def test_two_troubles_are_said_back_before_the_first_question(self, interview: Interview):
        interview.concern("engagement", "hiring", text="若い子が続かなくて応募もない")

        said = interview.texts[0]
        assert interview.kb.concerns["engagement"].heard in said
        assert interview.kb.concerns["hiring"].heard in said
        assert interview.question is not None
        assert interview.question.key == "municipality"

    def test_what_was_said_at_once_is_not_asked(self, interview: Interview):
        interview.say(
            "燕の金属加工、25人。若い子が続かない",
            "state_concern",
            entities=[
                {"entity": "concern", "value": "engagement"},
                {"entity": "municipality", "value": "燕市"},
                {"entity": "employees", "value": 25},
                {"entity": "industry", "value": "金属加工", "class": "E"},
            ],
        )

        asked = []
        while interview.question and interview.question.key != "full_profile":
            asked.append(interview.question.key)
            interview.choose(interview.question.id, interview.question.choices[0]["value"])
        assert not {"municipality", "prefecture", "employees", "industry"} & set(asked)

    def test_correction_of_a_number_replaces_it(self, interview: Interview):
        employees = [{"entity": "employees", "value": 30}]
        interview.say("30人です", "inform_company", entities=employees)
        employees = [{"entity": "employees", "value": 25}]
        interview.say("さっきのは間違い、25人", "inform_company", entities=employees)

        assert interview.state.situation.facts["employees"] == 25

    def test_several_answers_in_one_message_are_all_taken(self, interview: Interview):
        interview.concern("hiring")
        interview.say(
            "燕市。25人",
            "inform_company",
            entities=[
                {"entity": "municipality", "value": "燕市"},
                {"entity": "employees", "value": 25},
            ],
        )

        facts = interview.state.situation.facts
        assert (facts["municipality"], facts["employees"]) == ("燕市", 25)
        assert facts["prefecture"] == "新潟県"


class TestPlaces:
    def test_ambiguous_area_is_asked_back_with_its_places(self, interview: Interview):
        interview.concern("hiring").place("燕三条")

        assert interview.question is not None
        assert interview.question.key == "municipality"
        assert len(interview.question.choices) >= 2
        assert "municipality" not in interview.state.situation.facts
        first = interview.question.choices[0]["value"]
        interview.choose("municipality", first)
        assert "municipality" in interview.state.situation.facts

    def test_company_outside_gets_a_referral_and_no_case(self, interview: Interview):
        interview.concern("hiring").place("大阪市").say("担当者と話したい", "talk_to_human")

        assert interview.card("referral")["to"] == "outside"
        assert interview.reply.effect is None

    def test_place_not_known_and_prefecture_not_known_goes_to_the_bureau(
        self, interview: Interview
    ):
        interview.say("人と話したい", "talk_to_human")
        interview.choose("municipality", "unknown").choose("prefecture", "unknown")

        assert interview.question is not None
        assert interview.question.key == "share_info_consent"
        assert interview.kb.hubs["bureau"].name in str(interview.reply.utterances)


class TestAsides:
    def test_question_in_the_middle_is_answered_and_the_waiting_one_asked_again(
        self, interview: Interview
    ):
        interview.concern("hiring")
        waiting = interview.question

        interview.say("個人情報はどうなるの", "ask_privacy")

        assert interview.question == waiting
        assert len(interview.texts) == 1

    def test_weak_guess_does_not_interrupt_a_name(self, interview: Interview):
        to_name(interview)

        interview.say("助川", "help", confidence=0.6)

        assert interview.state.answers["contact_name"] == "助川"

    def test_going_back_asks_the_last_question_again(self, interview: Interview):
        interview.concern("hiring").place("燕市")

        interview.say("前の質問に戻る", "go_back")

        assert interview.question is not None
        assert interview.question.key == "municipality"
        assert "municipality" not in interview.state.situation.facts

    def test_restart_forgets_everything_but_the_number_of_handoffs(self, interview: Interview):
        interview.concern("hiring").place("燕市").say("最初から", "restart")

        assert not interview.state.situation.facts
        assert not interview.state.situation.concerns

    def test_second_misunderstanding_offers_a_person(self, interview: Interview):
        interview.concern("hiring")

        interview.say("ほげほげ", "state_concern", confidence=0.1)
        assert interview.responses[0] == "not_understood_words"
        interview.say("ふがふが", "state_concern", confidence=0.1)

        assert interview.responses[0] == "not_understood_again"
        assert interview.question is not None


class TestLaborTrouble:
    def test_right_desks_first_and_no_program(self, interview: Interview):
        interview.say("残業代を払えと訴えられた", "labor_trouble")

        card = interview.card("referral")
        assert card["to"] == "labor_bureau"
        assert len(card["contacts"]) == 3
        assert interview.question is None

    def test_person_is_given_only_when_asked_for(self, interview: Interview):
        interview.say("解雇でもめている", "labor_trouble").say("担当者に相談", "talk_to_human")

        assert interview.question is not None
        assert interview.question.key == "municipality"


class TestAdvice:
    def test_diagnosis_is_told_in_words_before_the_chart_and_then_the_measures(
        self, interview: Interview
    ):
        interview.concern("engagement", text="若い子が続かない").place("燕市")
        interview.answer_until("full_profile")

        assert interview.responses == ["summary", "diagnosis_card", "recommendations"]
        profile = interview.card("diagnosis")["dimensions"]
        assert list(profile) == ["P1", "P2", "P3", "F1", "F2", "F3", "F4", "F5"]
        assert any(d["level"] is None for d in profile.values())

    def test_every_recommendation_says_why_from_which_source_and_of_which_date(
        self, interview: Interview
    ):
        interview.concern("core_talent").place("長岡市").answer_until("full_profile")

        items = interview.card("recommendations")["items"]
        assert items
        for item in items:
            assert item["reason"]
            assert item["first_step"]
            assert item["source"]["title"]
            assert item["source"]["date"]

    def test_full_profile_covers_all_eight_and_does_not_offer_itself_again(
        self, interview: Interview
    ):
        interview.concern("hiring").place("燕市").answer_until("full_profile")

        interview.choose("full_profile", True)
        for _ in range(40):
            if interview.question is None:
                break
            values = [c["value"] for c in interview.question.choices]
            assert interview.question.key != "full_profile"
            interview.choose(interview.question.id, values[0])

        levels = [d["level"] for d in interview.card("diagnosis")["dimensions"].values()]
        assert None not in levels

    def test_ended_measure_is_told_only_with_its_successors(self, interview: Interview):
        interview.concern("core_talent").place("松本市").answer_until("full_profile")

        for item in interview.card("recommendations")["items"]:
            assert item["status"] != "ended" or item["successors"]

    def test_measures_of_june_2023_stand_as_they_were(self):
        interview = Interview(on=date(2023, 6, 15))
        interview.concern("side_job_out").place("松本市").answer_until("full_profile")

        items = {i["program_id"]: i for i in interview.card("recommendations")["items"]}
        assert items["side_job_a"]["status"] == "open"

    def test_question_by_rank_is_about_the_shown_measure(self, interview: Interview):
        interview.concern("hiring").place("燕市").answer_until("full_profile")
        second = interview.card("recommendations")["items"][1]["program_id"]

        aspect = [{"entity": "aspect", "value": "amount"}]
        interview.say("2番って金かかる？", "ask_program", entities=aspect)

        card = interview.card("program")
        assert (card["program_id"], card["aspect"]) == (second, "amount")

    def test_measure_for_individuals_is_never_offered_as_the_companys_own(
        self, interview: Interview
    ):
        interview.concern("reskilling").place("燕市").answer_until("full_profile")

        offered = {i["program_id"] for i in interview.card("recommendations")["items"]}
        assert "career_up" not in offered


class TestHandoff:
    def test_each_consent_is_asked_apart_and_the_case_opened_only_after_reading_back(
        self, interview: Interview
    ):
        to_name(interview)
        interview.say("山田太郎", "out_of_scope", confidence=0.4)
        interview.say("taro@example.jp", "out_of_scope", confidence=0.4)

        assert interview.question is not None
        assert interview.question.key == "send_case"
        assert interview.responses[0] == "read_back"
        assert interview.reply.effect is None
        interview.choose("send_case", True)
        assert interview.reply.effect == OpenCase(hub_id="tsubame")

    def test_declining_opens_nothing_and_is_not_asked_again(self, interview: Interview):
        interview.concern("hiring").place("燕市").answer_until("full_profile")
        interview.choose("full_profile", False).choose("share_info_consent", False)

        assert interview.reply.effect is None
        assert interview.state.has_declined
        assert interview.state.phase is Phase.ADVISED
        interview.say("ありがとう", "thank")
        assert interview.question is None

    def test_no_contact_wanted_asks_for_no_name(self, interview: Interview):
        interview.concern("hiring").place("燕市").answer_until("full_profile")
        interview.choose("full_profile", False).choose("share_info_consent", True)
        interview.choose("bank_share_consent", False).say("山田金属", "out_of_scope")

        interview.choose("contact_consent", False)

        assert interview.question is not None
        assert interview.question.key == "send_case"

    def test_hub_run_by_a_bank_gets_nothing_without_consent_for_banks(self, interview: Interview):
        interview.concern("hiring").place("三島市").say("担当者に相談", "talk_to_human")

        interview.choose("bank_share_consent", False).choose("share_info_consent", True)
        interview.answer_until("send_case").choose("send_case", True)

        assert interview.reply.effect == OpenCase(hub_id="bureau")

    def test_hub_run_by_a_bank_gets_the_case_with_that_consent(self, interview: Interview):
        interview.concern("hiring").place("三島市").say("担当者に相談", "talk_to_human")

        interview.choose("bank_share_consent", True).choose("share_info_consent", True)
        interview.answer_until("send_case").choose("send_case", True)

        assert interview.reply.effect == OpenCase(hub_id="mishima")

    @pytest.mark.parametrize(
        ("place", "hub"),
        [
            ("燕市", "tsubame"),
            ("長岡市", "nagaoka"),
            ("塩尻市", "shiojiri"),
            ("日立市", "hitachi"),
            ("常陸太田市", "hitachiota"),
            ("大子町", "daigo"),
            ("高崎市", "bureau"),
        ],
    )
    def test_case_goes_to_the_hub_of_the_place(self, interview: Interview, place: str, hub: str):
        interview.say("担当者と話したい", "talk_to_human").place(place)
        interview.answer_until("send_case").choose("send_case", True)

        assert interview.reply.effect == OpenCase(hub_id=hub)

    def test_state_of_a_case_is_looked_up_by_its_number(self, interview: Interview):
        number = [{"entity": "case_number", "value": "TSU-2611-0001"}]

        interview.say("TSU-2611-0001どうなった", "check_case", entities=number)

        assert interview.reply.effect == CheckCase(case_number="TSU-2611-0001")


def to_name(interview: Interview) -> None:
    """Go on to the question for the contact's name."""
    interview.concern("hiring").place("燕市").answer_until("full_profile")
    interview.choose("full_profile", False).choose("share_info_consent", True)
    interview.choose("bank_share_consent", False).say("山田金属", "out_of_scope", confidence=0.4)
    interview.choose("contact_consent", True)
    assert interview.question is not None
    assert interview.question.key == "contact_name"
