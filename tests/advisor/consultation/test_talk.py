"""What is said back when a message leads nowhere else: greetings, topics, nonsense."""

from dataclasses import replace

import pytest

from advisor.consultation import Phase
from tests.advisor.consultation.conftest import Interview, knowledge

MENU = [
    "人が集まらない",
    "人が続かない",
    "人が育たない",
    "任せられる人がいない",
    "給料や評価の決め方",
    "仕事が減って人が余る",
]
PERSON = "担当者に相談"


class TestGreeting:
    def test_a_greeting_at_the_start_shows_the_most_frequent_troubles(
        self, interview: Interview
    ) -> None:
        interview.say("こんにちは", "greet")

        assert "こんにちは" in interview.words
        assert interview.titles == [*MENU, PERSON]

    def test_a_greeting_after_a_good_bye_offers_to_go_on(self, interview: Interview) -> None:
        interview.concern("hiring").say("今日はこのへんで", "goodbye").say("おはよう", "greet")

        assert "伺っています" in interview.words
        assert interview.titles == ["質問に答える", PERSON]

    def test_a_greeting_in_the_middle_of_a_question_asks_it_again(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring")
        waiting = interview.question

        interview.say("こんにちは", "greet")

        assert interview.question == waiting
        assert interview.titles == []

    def test_thanks_after_the_advice_leave_the_measures_at_hand(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").answer_until("full_profile")
        interview.choose("full_profile", "unknown").say("ありがとう", "thank")

        assert "お役に立てていれば" in interview.words
        assert interview.titles == ["合う支援を見る", PERSON]

    def test_good_bye_lets_the_waiting_question_go(self, interview: Interview) -> None:
        interview.concern("hiring").say("また今度", "goodbye")

        assert interview.state.pending is None
        assert interview.question is None
        assert interview.titles == [PERSON]

    def test_good_bye_does_not_offer_a_person_again_to_who_declined(
        self, interview: Interview
    ) -> None:
        interview.say("人と話したい", "talk_to_human").place("燕市")
        interview.choose("share_info_consent", False).say("さようなら", "goodbye")

        assert interview.titles == []


class TestComplaint:
    def test_an_apology_and_a_person(self, interview: Interview) -> None:
        interview.say("使えないな", "complaint")

        assert "申し訳ありません" in interview.words
        assert interview.titles == [PERSON]

    def test_a_complaint_about_a_question_keeps_the_question(self, interview: Interview) -> None:
        interview.concern("hiring").say("何度も聞くな", "complaint")

        assert interview.question is not None
        assert interview.question.key == "municipality"


class TestTopics:
    @pytest.mark.parametrize(
        ("intent", "topic"),
        [("ask_model", "model"), ("help", "help"), ("bot_challenge", "bot")],
    )
    def test_the_published_text_is_told_with_its_source_and_date(
        self, interview: Interview, intent: str, topic: str
    ) -> None:
        interview.say("教えて", intent)

        text, source = interview.texts[0].rsplit("\n", 1)
        assert interview.kb.topics[topic].text in text
        assert interview.kb.sources[interview.kb.topics[topic].source or ""].title in source

    def test_a_topic_without_a_source_claims_none(self) -> None:
        help_topic = replace(knowledge().topics["help"], source=None)
        topics = {**knowledge().topics, "help": help_topic}
        interview = Interview(kb=replace(knowledge(), topics=topics))

        interview.say("何ができるの", "help")

        assert interview.texts == [help_topic.text]

    def test_what_is_out_of_scope_is_said_to_be_with_what_can_be_asked(
        self, interview: Interview
    ) -> None:
        interview.say("明日の天気は", "out_of_scope")

        assert interview.texts == [interview.kb.topics["out_of_scope"].text]
        assert interview.titles == MENU


class TestOwnHub:
    def test_the_hub_is_explained_when_no_place_is_known(self, interview: Interview) -> None:
        interview.say("地域の人事部って何", "ask_hub")

        assert interview.kb.topics["hub"].text in interview.words
        assert interview.titles == MENU
        assert len(interview.texts) == 1

    def test_the_hub_of_a_place_in_the_question_is_named(self, interview: Interview) -> None:
        entities = [{"entity": "municipality", "value": "燕市"}]

        interview.say("燕市の窓口は", "ask_hub", entities=entities)

        hub = interview.kb.hubs["tsubame"]
        assert f"燕市には、{hub.name}があります" in interview.words
        assert hub.secretariat in interview.words

    def test_the_bureau_serves_a_known_place_without_a_hub(self, interview: Interview) -> None:
        interview.concern("hiring").place("高崎市").say("うちの窓口は", "ask_hub")

        assert f"高崎市のご相談は、{interview.kb.hubs['bureau'].name}で" in interview.words
        assert interview.question is not None

    def test_no_hub_is_named_for_a_place_that_can_mean_several(self, interview: Interview) -> None:
        entities = [{"entity": "municipality", "value": "府中市"}]

        interview.say("府中市の窓口は", "ask_hub", entities=entities)

        assert interview.responses == [None]
        assert interview.titles == MENU


class TestSmallTalk:
    def test_a_yes_to_nothing_asks_for_the_trouble(self, interview: Interview) -> None:
        interview.say("はい", "affirm")

        assert "いちばん困っている" in interview.words
        assert interview.titles == [*MENU, PERSON]

    def test_a_no_to_nothing_after_the_advice_offers_what_can_be_done(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").place("燕市").answer_until("full_profile")
        interview.choose("full_profile", "unknown").say("いいえ", "deny")

        assert "ほかに気になること" in interview.words
        assert interview.titles == ["合う支援を見る", PERSON]


class TestNotUnderstood:
    def test_the_menu_is_offered_and_the_second_time_a_person_is_named(
        self, interview: Interview
    ) -> None:
        interview.say("ほげほげ", "deny", confidence=0.1)
        assert "うまく読み取れませんでした" in interview.words
        assert interview.titles == [*MENU, PERSON]

        interview.say("ふがふが", "inform_company", confidence=0.1)

        assert "担当者が直接伺う" in interview.words
        assert interview.titles == [*MENU, PERSON]

    def test_an_understood_message_starts_the_count_anew(self, interview: Interview) -> None:
        interview.say("ほげほげ", "deny", confidence=0.1).say("うん", "affirm")

        interview.say("ふがふが", "deny", confidence=0.1)

        assert interview.responses == ["not_understood"]


class TestLaborTrouble:
    def test_facts_said_afterwards_sell_no_program(self, interview: Interview) -> None:
        interview.say("解雇でもめている", "labor_trouble")
        place = [{"entity": "municipality", "value": "燕市"}]

        interview.say("燕市です", "inform_company", entities=place)

        assert "燕市ですね" in interview.words
        assert interview.question is None
        assert PERSON in interview.titles

    def test_another_trouble_can_be_brought(self, interview: Interview) -> None:
        interview.say("残業代で訴えられた", "labor_trouble").press("ほかの相談をする")

        assert "はじめから伺います" in interview.words
        assert interview.state.phase is Phase.OPEN
        assert not interview.state.has_labor_trouble

    def test_a_trouble_with_people_is_taken_up_all_the_same(self, interview: Interview) -> None:
        interview.say("解雇でもめている", "labor_trouble").concern("hiring")

        assert interview.question is not None
        assert interview.question.key == "municipality"
