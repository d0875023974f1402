"""What was found, what fits, and questions about one measure."""

from datetime import date

import pytest

from advisor.consultation import Phase
from tests.advisor.consultation.conftest import Interview

PERSON = "担当者に相談"
BEFORE_ANY_MEASURE = date(1990, 1, 1)


@pytest.fixture
def advised(interview: Interview) -> Interview:
    """An owner who was shown the measures and wants no full profile."""
    interview.concern("hiring", text="求人を出しても応募がない").place("燕市")
    return interview.answer_until("full_profile").choose("full_profile", "unknown")


def shown(interview: Interview) -> list[str]:
    return [item["program_id"] for item in interview.card("recommendations")["items"]]


class TestSummary:
    def test_the_weak_point_is_told_with_the_owners_own_words(self, interview: Interview) -> None:
        interview.concern("hiring", text="求人を出しても応募がない").place("燕市")
        interview.answer_until("full_profile")

        assert interview.kb.concerns["hiring"].finding in interview.words
        assert "求人を出しても応募がない" in interview.words

    def test_too_many_people_are_not_called_too_few(self, interview: Interview) -> None:
        interview.concern("surplus").place("松本市").answer_until("full_profile")

        assert interview.kb.concerns["surplus"].finding in interview.words
        assert interview.kb.dimensions["F1"].weak_text not in interview.words

    def test_a_trouble_from_the_menu_is_told_without_a_quote(self, interview: Interview) -> None:
        interview.say("こんにちは", "greet").press("人が集まらない")
        interview.say("合う支援は", "ask_recommendation")

        lines = interview.words.splitlines()
        assert any(interview.kb.concerns["hiring"].finding in line for line in lines)
        assert "「」" not in interview.words

    def test_a_trouble_that_answers_do_not_bear_out_is_still_named(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").place("燕市")
        for _ in range(20):
            assert interview.question is not None
            if interview.question.key == "full_profile":
                break
            best = max(interview.question.choices, key=lambda c: isinstance(c["value"], int))
            interview.choose(interview.question.id, best["value"])

        assert interview.kb.concerns["hiring"].heard in interview.words
        assert interview.kb.dimensions["F1"].strong_text in interview.words

    def test_what_was_not_asked_is_named(self, interview: Interview) -> None:
        interview.concern("hiring").say("もう教えて", "ask_recommendation")

        assert interview.kb.dimensions["P1"].plain_name in interview.words

    def test_nothing_is_left_unnamed_after_the_full_profile(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").answer_until("full_profile")
        interview.choose("full_profile", True)
        for _ in range(40):
            if interview.question is None:
                break
            interview.choose(interview.question.id, interview.question.choices[0]["value"])

        assert interview.responses[:2] == ["summary", "diagnosis_card"]
        assert interview.responses[-1] == "offer_person"
        assert "気になるものがあれば番号で" in interview.words


class TestWhenAdviceComes:
    def test_asking_for_it_without_a_trouble_asks_for_the_trouble(
        self, interview: Interview
    ) -> None:
        interview.say("補助金を教えて", "ask_recommendation")

        assert "いちばん困っている" in interview.words

    def test_asking_for_it_in_the_middle_ends_the_questions(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").say("もういいから教えて", "ask_recommendation")

        assert shown(interview)
        assert interview.state.phase is Phase.ADVISED

    def test_asking_for_it_with_the_trouble_asks_what_decides_first(
        self, interview: Interview
    ) -> None:
        entities = [{"entity": "concern", "value": "hiring"}]

        interview.say("応募がない。使える支援は", "ask_recommendation", entities=entities)

        assert "いくつか伺います" in interview.words
        assert interview.question is not None
        assert interview.question.key == "municipality"

    def test_a_new_trouble_after_the_advice_is_advised_on_at_once(self, advised: Interview) -> None:
        advised.concern("side_job_out", text="副業を認めたい")

        assert advised.kb.concerns["side_job_out"].heard in advised.texts[0]
        assert shown(advised)

    def test_without_any_measure_on_the_day_a_person_is_offered(self) -> None:
        interview = Interview(on=BEFORE_ANY_MEASURE)

        interview.concern("hiring").say("教えて", "ask_recommendation")

        assert "合う支援を決められませんでした" in interview.words
        assert interview.titles == [PERSON]
        assert interview.question is None


class TestDiagnosisByWish:
    def test_it_asks_for_the_trouble_first(self, interview: Interview) -> None:
        interview.say("診断して", "start_diagnosis")

        assert "いちばん困っている" in interview.words

    def test_it_goes_on_with_the_questions(self, interview: Interview) -> None:
        interview.concern("hiring").say("またあとで", "goodbye").say("やあ", "greet")

        interview.press("質問に答える")

        assert interview.question is not None
        assert interview.question.key == "municipality"

    def test_after_the_advice_it_is_the_full_profile(self, advised: Interview) -> None:
        advised.say("会社全体を診て", "start_diagnosis")

        assert advised.state.is_full_profile
        assert advised.question is not None
        assert advised.question.kind == "maturity"


class TestMoreMeasures:
    def test_further_ones_are_shown_once_and_then_there_are_no_more(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring", "engagement", "reskilling").say("教えて", "ask_recommendation")
        first = set(shown(interview))

        interview.choose("full_profile", "unknown").say("ほかの支援は", "ask_recommendation")
        assert "ほかには、次の" in interview.words
        assert first.isdisjoint(shown(interview))

        interview.choose("full_profile", "unknown").say("まだある", "ask_recommendation")
        assert "先ほどお見せしたもので全部です" in interview.words
        assert interview.titles == [PERSON]

    def test_who_declined_is_not_offered_a_person_under_further_ones(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring", "engagement", "reskilling").say("教えて", "ask_recommendation")
        interview.choose("full_profile", False).place("高崎市")
        interview.choose("share_info_consent", False)

        interview.say("ほかの支援は", "ask_recommendation")

        assert interview.responses == ["more_recommendations"]
        assert interview.question is None


class TestAmount:
    def test_an_amount_is_told_once_the_costs_are_known_and_counts_as_a_told_fact(self) -> None:
        interview = Interview(on=date(2023, 6, 15))
        situation = interview.state.situation.with_fact("planned_costs_yen", 1_000_000)
        interview.state = interview.state.having(situation=situation)

        interview.concern("side_job_out").say("いくら出る", "ask_recommendation")

        amounts = {
            item["program_id"]: item["amount_yen"]
            for item in interview.card("recommendations")["items"]
        }
        assert amounts["side_job_a"] == 500_000
        told = {fact for u in interview.reply.utterances for fact in getattr(u, "facts", ())}
        assert "programs/side_job_a/amount" in told


class TestOneMeasure:
    def test_one_that_is_named_is_answered_with_its_source(self, interview: Interview) -> None:
        entities = [{"entity": "program", "value": "seminar"}]

        interview.say("セミナーって何", "ask_program", entities=entities)

        card = interview.card("program")
        assert (card["program_id"], card["aspect"]) == ("seminar", "overview")
        assert card["source"]["title"]
        assert interview.kb.programs["seminar"].name in interview.words

    def test_the_one_spoken_of_last_is_meant_when_none_is_named(self, interview: Interview) -> None:
        entities = [{"entity": "program", "value": "seminar"}]

        interview.say("セミナーって何", "ask_program", entities=entities)
        interview.press("いくらか")

        assert interview.card("program")["aspect"] == "amount"
        interview.say("いつやるの", "ask_program", entities=[{"entity": "aspect", "value": "flow"}])
        assert interview.card("program")["program_id"] == "seminar"

    def test_three_other_aspects_are_offered_beside_a_person(self, interview: Interview) -> None:
        entities = [
            {"entity": "program", "value": "seminar"},
            {"entity": "aspect", "value": "amount"},
        ]

        interview.say("セミナーはいくら", "ask_program", entities=entities)

        assert interview.titles == [
            "うちでも使えるか",
            "どう進むか",
            "連絡先",
            "うちに合うか調べる",
            PERSON,
        ]

    def test_an_answer_in_the_middle_of_a_question_offers_nothing_else(
        self, interview: Interview
    ) -> None:
        entities = [{"entity": "program", "value": "seminar"}]

        interview.concern("hiring").say("セミナーって何", "ask_program", entities=entities)

        assert interview.card("program")["program_id"] == "seminar"
        assert interview.titles == []
        assert interview.question is not None

    def test_one_for_individuals_is_said_to_be_none_for_the_company(
        self, interview: Interview
    ) -> None:
        entities = [{"entity": "program", "value": "career_up"}]

        interview.say("キャリアアップ支援は", "ask_program", entities=entities)

        assert "会社が申し込むものではありません" in interview.words

    def test_trouble_that_weighs_on_two_dimensions_is_told_once(self, interview: Interview) -> None:
        interview.concern("hr_system").answer_until("full_profile")

        assert interview.words.count("評価や給料の決め方が、まだ整っていないようです") == 1

    def test_which_one_is_meant_is_asked_back_with_names(self, interview: Interview) -> None:
        interview.say("それっていくら", "ask_program")

        assert interview.words == "どの支援のことでしょうか。"
        interview.press(interview.titles[0])
        assert interview.card("program")["program_id"] == "shin_geneki"

    def test_asked_in_between_it_is_the_only_question(self, interview: Interview) -> None:
        interview.concern("hiring").say("それよりいくらもらえる？", "ask_program")

        assert interview.responses == ["which_program"]
        assert interview.question is None
        assert interview.state.pending == "municipality"
        interview.say("燕市", "inform_company")
        assert interview.state.situation.facts["municipality"] == "燕市"

    def test_which_of_those_shown_is_asked_back_when_there_are_several(
        self, advised: Interview
    ) -> None:
        names = [advised.kb.programs[name].plain_name for name in advised.state.shown]

        advised.say("9番はどう", "ask_program")

        assert advised.titles == names

    def test_the_only_one_shown_is_meant(self, interview: Interview) -> None:
        interview.state = interview.state.having(shown=("hub",))

        interview.say("それっていくら", "ask_program")

        assert interview.card("program")["program_id"] == "hub"

    def test_details_are_a_button_under_each_one(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕市").answer_until("full_profile")
        second = shown(interview)[1]

        interview.press("2をくわしく")

        assert interview.card("program")["program_id"] == second


class TestThreeSentences:
    def test_the_diagnosis_is_told_in_at_most_three_lines_before_its_card(
        self, interview: Interview
    ) -> None:
        interview.concern("engagement", "hiring", "reskilling", text="辞める、来ない、育たない")
        interview.answer_until("full_profile")

        said = next(u for u in interview.reply.utterances if u.response == "summary")
        assert 1 <= len(said.arguments["lines"].splitlines()) <= 3
