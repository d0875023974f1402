"""Free questions that a published passage answers."""

from collections.abc import Iterator

import pytest

from advisor.consultation import Say
from advisor.consultation.library import fact_of
from advisor.retrieval.library import Library
from advisor.retrieval.passages import Passage, collect_passages
from advisor.told import version_of
from tests.advisor.consultation.conftest import TODAY, Interview, knowledge


@pytest.fixture(scope="module")
def passages() -> dict[str, Passage]:
    return {passage.key: passage for passage in collect_passages(knowledge())}


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    return Library(knowledge())


class TestTell:
    def test_a_described_program_is_answered_with_its_card(
        self, interview: Interview, passages: dict[str, Passage]
    ) -> None:
        passage = passages["programs/shin_geneki/answers/results"]

        interview.say("OBと会う会は何社が使ったの", "ask_program", passage=passage)

        card = interview.card("program")
        assert (card["program_id"], card["aspect"]) == ("shin_geneki", "results")
        assert "4,175社" in card["text"]

    def test_a_named_program_is_answered_by_its_own_texts(
        self, interview: Interview, passages: dict[str, Passage]
    ) -> None:
        passage = passages["programs/shin_geneki/answers/results"]
        entities = [{"entity": "program", "value": "yorozu"}]

        interview.say("よろずは", "ask_program", passage=passage, entities=entities)

        assert interview.card("program")["program_id"] == "yorozu"

    def test_a_caution_is_told_after_the_status_with_source_and_date(
        self, interview: Interview, passages: dict[str, Passage]
    ) -> None:
        passage = passages["programs/jinzai_share/cautions/3"]

        interview.say("申し込んだ内容は役所にも伝わるの", "out_of_scope", passage=passage)

        (text,) = interview.texts
        assert text.startswith("いま受け付けているかは確かめられていません（要確認）")
        assert "都県と労働局にも共有される場合があります" in text
        assert text.endswith(
            "出典：関東経済産業局における人材確保支援に係る取組について（令和5年6月）"
        )

    def test_after_a_caution_the_program_is_the_one_spoken_of(
        self, interview: Interview, passages: dict[str, Passage]
    ) -> None:
        interview.say("？", "out_of_scope", passage=passages["programs/jinzai_share/cautions/3"])

        interview.say(
            "それ、いくら", "ask_program", entities=[{"entity": "aspect", "value": "amount"}]
        )

        assert interview.card("program")["program_id"] == "jinzai_share"

    def test_what_the_service_says_of_itself_needs_no_source_line(
        self, interview: Interview
    ) -> None:
        passage = Passage(key="topics/help", text="使い方です。", context="", source=None)

        interview.say("？", "out_of_scope", passage=passage)

        assert interview.texts == ["使い方です。"]

    def test_every_passage_can_be_told_and_is_noted_as_told(
        self, passages: dict[str, Passage]
    ) -> None:
        for passage in passages.values():
            interview = Interview().say("？", "out_of_scope", passage=passage)

            assert interview.words, passage.key
            for said in interview.reply.utterances:
                if isinstance(said, Say) and said.facts:
                    assert version_of(said.facts[0], knowledge(), on=TODAY), passage.key
            assert version_of(fact_of(passage), knowledge(), on=TODAY), passage.key


class TestWhere:
    def test_a_question_about_the_model_gets_the_point_it_names(
        self, interview: Interview, passages: dict[str, Passage]
    ) -> None:
        interview.say("やる気と定着って何", "ask_model", passage=passages["dimensions/F4"])

        assert "力を出し続けられること" in interview.words
        assert "要確認" in interview.words

    def test_a_question_about_the_model_in_general_gets_the_topic(
        self, interview: Interview, passages: dict[str, Passage]
    ) -> None:
        interview.say("3P5Fって", "ask_model", passage=passages["topics/hub"])

        assert "8つをふだんの言葉に直して" in interview.words

    def test_a_question_about_one_hub_gets_that_hub(
        self, interview: Interview, passages: dict[str, Passage]
    ) -> None:
        interview.say("塩尻の事務局は", "ask_hub", passage=passages["hubs/shiojiri"])

        assert "MEGURU" in interview.words

    def test_without_a_passage_the_hub_is_told_as_before(self, interview: Interview) -> None:
        interview.say("地域の人事部って", "ask_hub")

        assert "地域のみんなで支える取り組み" in interview.words

    def test_in_the_middle_of_a_question_it_is_asked_again(
        self, interview: Interview, passages: dict[str, Passage]
    ) -> None:
        waiting = interview.concern("hiring").question

        interview.say("会費は", "state_concern", confidence=0.2, passage=passages["topics/cost"])

        assert "利用料はかかりません" in interview.words
        assert interview.question == waiting

    def test_while_nothing_waits_it_goes_before_not_understood(
        self, interview: Interview, passages: dict[str, Passage]
    ) -> None:
        interview.say("会費は", "affirm", confidence=0.2, passage=passages["topics/cost"])

        assert "利用料はかかりません" in interview.words
        assert interview.state.misses == 0

    def test_without_one_out_of_scope_is_refused(self, interview: Interview) -> None:
        interview.say("明日の天気は", "out_of_scope")

        assert "それは私にはわかりません" in interview.words


class TestLibrary:
    def test_it_finds_what_surely_answers(self, library: Library) -> None:
        found = library.find_sure("新現役交流会で何社が決まったの")

        assert found is not None
        assert found.key == "programs/shin_geneki/answers/results"

    @pytest.mark.parametrize("question", ["", "明日の天気は", "IT導入補助金の上限は", "はい"])
    def test_what_nothing_published_answers_is_not_found(
        self, library: Library, question: str
    ) -> None:
        assert library.find_sure(question) is None


class TestPlace:
    def test_the_prefecture_in_a_chosen_name_stands_above_one_said_before(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").say(
            "長野の会社です",
            "inform_company",
            entities=[{"entity": "prefecture", "value": "長野県"}],
        )
        interview.say("燕三条です", "inform_company")

        interview.choose("municipality", "新潟県燕市")

        facts = interview.state.situation.facts
        assert (facts["municipality"], facts["prefecture"]) == ("燕市", "新潟県")
        assert interview.question is not None
        assert interview.question.key != "municipality"

    def test_an_ambiguous_place_is_asked_back_by_its_name_and_once(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring")

        interview.say("燕三条です", "inform_company")

        assert "「燕三条」はいくつかあります" in interview.words
        assert "あとで確かめます" not in interview.words

    def test_a_village_told_with_its_prefecture_is_noted_with_it(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").say("長野県南牧村", "inform_company")

        facts = interview.state.situation.facts
        assert (facts["municipality"], facts["prefecture"]) == ("南牧村", "長野県")

    @pytest.mark.parametrize(("number", "is_noted"), [(0, False), (1, True), (1_000_000, False)])
    def test_a_number_of_people_that_cannot_be_is_not_noted(
        self, interview: Interview, number: int, is_noted: bool
    ) -> None:
        interview.concern("hiring").say(
            "…", "inform_company", entities=[{"entity": "employees", "value": number}]
        )

        assert ("employees" in interview.state.situation.facts) is is_noted
