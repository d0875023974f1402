"""The hand-off to a hub, from the first consent to the receipt."""

from datetime import date

import pytest

from advisor.consultation import CheckCase, OpenCase, Phase, after_receipt
from tests.advisor.consultation.conftest import Interview


def to_contact(interview: Interview) -> Interview:
    """Go on to the question for the contact's name, at the bureau."""
    interview.concern("hiring", text="応募がない").say("人と話したい", "talk_to_human")
    interview.place("高崎市").choose("share_info_consent", True)
    interview.answer_until("company_name").say("山田金属", "out_of_scope", confidence=0.4)
    return interview.choose("contact_consent", True)


class TestConsents:
    def test_who_will_read_is_named_before_the_consent(self, interview: Interview) -> None:
        interview.say("人と話したい", "talk_to_human").place("燕市")

        hub = interview.kb.hubs["tsubame"]
        assert f"{hub.name}に送ります" in interview.words
        assert hub.secretariat in interview.words
        assert interview.question is not None
        assert interview.question.key == "share_info_consent"

    def test_authorities_are_asked_for_when_a_measure_tells_them(
        self, interview: Interview
    ) -> None:
        interview.concern("surplus").say("教えて", "ask_recommendation")
        assert "jinzai_share" in interview.state.shown
        interview.choose("full_profile", False).place("燕市")
        interview.choose("share_info_consent", True).choose("bank_share_consent", True)

        assert "都県や労働局にも内容が伝わることがあります" in interview.words
        assert interview.question is not None
        assert interview.question.key == "authority_share_consent"

    def test_send_it_is_no_consent_that_banks_may_read(self, interview: Interview) -> None:
        interview.say("人と話したい", "talk_to_human").place("燕市")
        interview.choose("share_info_consent", True).say("送る", "affirm")

        assert interview.question is not None
        assert interview.question.key == "bank_share_consent"
        assert "bank_share_consent" not in interview.state.answers
        interview.say("それでいいっすよ", "affirm")
        assert interview.state.answers["bank_share_consent"] is True

    def test_a_consent_can_be_taken_back_by_going_back(self, interview: Interview) -> None:
        interview.say("人と話したい", "talk_to_human").place("燕市")
        interview.choose("share_info_consent", True).say("戻る", "go_back")

        assert interview.question is not None
        assert interview.question.key == "share_info_consent"
        assert "share_info_consent" not in interview.state.answers
        assert interview.state.phase is Phase.HANDOFF


class TestNames:
    def test_number_and_place_in_a_name_say_nothing_of_the_company(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").place("燕市").say("80人です", "inform_company")
        interview.say("人と話したい", "talk_to_human").answer_until("company_name")
        entities = [
            {"entity": "employees", "value": 21},
            {"entity": "municipality", "value": "高崎市"},
        ]

        interview.say("高崎第21製作所", "inform_company", confidence=0.6, entities=entities)

        facts = interview.state.situation.facts
        assert facts["company_name"] == "高崎第21製作所"
        assert (facts["employees"], facts["municipality"]) == (80, "燕市")


class TestAskingForAPerson:
    def test_it_is_acknowledged_and_said_why_the_place_is_asked(self, interview: Interview) -> None:
        interview.concern("hiring").say("もういいわ誰か電話くれ", "talk_to_human")

        assert "担当者におつなぎします" in interview.words
        assert "場所を教えてください" in interview.words
        assert interview.question is not None
        assert interview.question.key == "municipality"

    def test_nothing_is_said_of_the_place_where_it_is_known(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").say("人と話したい", "talk_to_human")

        assert "担当者におつなぎします" in interview.words
        assert "場所" not in interview.words

    def test_who_wants_a_call_is_asked_for_the_number_first(self, interview: Interview) -> None:
        interview.say("誰か電話くれ", "talk_to_human").place("燕市")
        interview.answer_until("contact_name").say("山田", "out_of_scope", confidence=0.4)

        assert interview.question is not None
        assert interview.question.key == "contact_phone"
        interview.say("0256-00-0000", "inform_company", confidence=0.4)
        assert interview.question is not None
        assert interview.question.key == "send_case"

    @pytest.mark.parametrize(
        ("words", "key"),
        [("0256-00-0000", "contact_phone"), ("yamada@example.jp", "contact_email")],
    )
    def test_number_given_unasked_is_a_yes(
        self, interview: Interview, words: str, key: str
    ) -> None:
        interview.say("人と話したい", "talk_to_human").place("燕市")
        interview.answer_until("contact_consent").say(words, "check_case")

        assert interview.state.answers["contact_consent"] is True
        assert interview.question is not None
        assert interview.question.key == "contact_name"
        interview.say("山田", "out_of_scope", confidence=0.4)
        assert interview.state.answers[key] == words
        assert interview.question.key == "send_case"

    def test_yes_in_words_is_followed_by_the_usual_questions(self, interview: Interview) -> None:
        interview.say("人と話したい", "talk_to_human").place("燕市")
        interview.answer_until("contact_consent").say("連絡してよい", "affirm")
        interview.say("山田", "out_of_scope", confidence=0.4)

        assert interview.question is not None
        assert interview.question.key == "contact_email"

    def test_who_gives_no_number_is_asked_for_the_address(self, interview: Interview) -> None:
        interview.say("誰か電話くれ", "talk_to_human").place("燕市")
        interview.answer_until("contact_phone").choose("contact_phone", "unknown")

        assert interview.question is not None
        assert interview.question.key == "contact_email"


class TestHubWithoutIntake:
    def test_the_bureau_is_named_with_the_reason_before_the_consent(
        self, interview: Interview
    ) -> None:
        interview.without_intake = frozenset({"tsubame"})
        interview.say("人と話したい", "talk_to_human").place("燕市")

        hub, bureau = interview.kb.hubs["tsubame"], interview.kb.hubs["bureau"]
        assert f"「{hub.name}」は、いま新しい相談の受け付けを止めています" in interview.words
        assert f"{bureau.name}に送ります" in interview.words
        assert hub.secretariat not in interview.words.replace(hub.name, "")

    def test_the_case_goes_where_the_owner_agreed_to(self, interview: Interview) -> None:
        interview.without_intake = frozenset({"tsubame"})
        interview.say("人と話したい", "talk_to_human").place("燕市")
        interview.choose("share_info_consent", True)
        interview.without_intake = frozenset()
        interview.answer_until("send_case").choose("send_case", True)

        assert interview.reply.effect == OpenCase(hub_id="bureau")

    def test_a_hub_that_stops_after_the_consent_still_gets_the_case(
        self, interview: Interview
    ) -> None:
        interview.say("人と話したい", "talk_to_human").place("燕市")
        interview.choose("share_info_consent", True)
        interview.without_intake = frozenset({"tsubame"})
        interview.answer_until("send_case").choose("send_case", True)

        assert interview.reply.effect == OpenCase(hub_id="tsubame")

    def test_a_bank_is_not_asked_about_that_gets_no_case(self, interview: Interview) -> None:
        bank_hub = next(
            hub
            for hub in interview.kb.hubs.values()
            if hub.municipality
            and hub.secretariat in {m.name for m in hub.members if m.kind == "bank"}
        )
        interview.without_intake = frozenset({bank_hub.id})
        interview.say("人と話したい", "talk_to_human").place(str(bank_hub.municipality))

        assert interview.question is not None
        assert interview.question.key == "share_info_consent"


class TestContact:
    def test_a_phone_number_is_asked_only_without_an_address(self, interview: Interview) -> None:
        to_contact(interview).say("山田太郎", "out_of_scope", confidence=0.4)

        interview.choose("contact_email", "unknown")

        assert interview.question is not None
        assert interview.question.key == "contact_phone"

    def test_what_is_sent_is_read_back_with_the_contact(self, interview: Interview) -> None:
        to_contact(interview).say("山田太郎", "out_of_scope", confidence=0.4)
        interview.say("taro@example.jp", "out_of_scope", confidence=0.4)

        assert "お困りのこと：応募がない" in interview.words
        assert "会社：山田金属、高崎市" in interview.words
        assert "ご連絡先：山田太郎、taro@example.jp" in interview.words

    def test_a_name_that_is_not_given_is_not_read_back(self, interview: Interview) -> None:
        to_contact(interview).choose("contact_name", "unknown")

        interview.say("taro@example.jp", "out_of_scope", confidence=0.4)

        assert "ご連絡先：taro@example.jp" in interview.words


class TestSending:
    def test_a_no_at_the_end_sends_nothing_and_forgets_the_contact(
        self, interview: Interview
    ) -> None:
        to_contact(interview).say("山田太郎", "out_of_scope", confidence=0.4)
        interview.say("taro@example.jp", "out_of_scope", confidence=0.4)

        interview.choose("send_case", False)

        assert interview.reply.effect is None
        assert "何も送っていません" in interview.words
        assert not interview.state.answers

    def test_who_declined_can_ask_for_a_person_again(self, interview: Interview) -> None:
        interview.say("人と話したい", "talk_to_human").place("燕市")
        interview.choose("share_info_consent", False).say("やっぱりお願い", "talk_to_human")

        assert not interview.state.has_declined
        assert interview.question is not None
        assert interview.question.key == "share_info_consent"

    def test_enough_for_today_opens_nothing_and_leaves_the_way_to_a_person(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").place("燕市").answer_until("full_profile")

        interview.choose("full_profile", "unknown")

        assert "続きはいつでも" in interview.words
        assert interview.titles == ["担当者に相談"]
        assert interview.reply.effect is None

    def test_the_receipt_names_number_hub_and_day_and_the_next_case_is_another(
        self, interview: Interview
    ) -> None:
        to_contact(interview).answer_until("send_case").choose("send_case", True)
        assert interview.reply.effect == OpenCase(hub_id="bureau")

        interview.reply = after_receipt(
            interview.state,
            interview.kb,
            case_number="BUR-2611-0001",
            hub_id="bureau",
            promised_on=date(2026, 11, 30),
        )

        assert "受付番号はBUR-2611-0001です" in interview.words
        assert "11月30日" in interview.words
        assert interview.card("receipt")["promised_on"] == "2026-11-30"
        assert interview.reply.state.handoff_number == 2
        assert interview.reply.state.phase is Phase.DONE
        assert not interview.reply.state.answers


class TestLookingUp:
    def test_without_a_number_all_cases_of_the_conversation_are_looked_up(
        self, interview: Interview
    ) -> None:
        interview.say("さっきの相談どうなった", "check_case")

        assert interview.reply.effect == CheckCase(case_number=None)

    def test_looking_up_in_the_middle_keeps_the_question(self, interview: Interview) -> None:
        interview.concern("hiring").say("前の相談はどうなった", "check_case")

        assert interview.reply.effect == CheckCase(case_number=None)
        assert interview.question is not None
        assert interview.question.key == "municipality"


class TestDelayedReceipt:
    def test_a_later_day_than_usual_is_explained(self, interview: Interview) -> None:
        reply = after_receipt(
            interview.state,
            interview.kb,
            case_number="TSU-2611-0001",
            hub_id="tsubame",
            promised_on=date(2026, 12, 10),
            is_delayed=True,
        )

        assert reply.utterances[-1].response == "receipt_delayed"
