"""The components together, trained on a few sentences."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler
from rasa.shared.nlu.constants import ENTITIES, INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.classifier_component import example_metadata
from bot.nlu.lookup import read_lookup
from bot.nlu.satisfaction import is_satisfied
from bot.nlu.text import normalise

ROOT = Path(__file__).resolve().parent.parent.parent
Parse = Callable[[str], Message]
OUTPUT = {"text", "text_tokens", "intent", "intent_ranking", "entities"}


def concerns(message: Message) -> set[str]:
    return {item["value"] for item in message.get(ENTITIES) if item["entity"] == "concern"}


def first(message: Message, kind: str) -> dict[str, Any] | None:
    return next((item for item in message.get(ENTITIES) if item["entity"] == kind), None)


class TestTrainingData:
    def test_metadata_of_sentences_reaches_the_components(
        self, training_data: TrainingData
    ) -> None:
        stated = [
            example_metadata(message).get("concerns") for message in training_data.nlu_examples
        ]

        assert ["engagement", "hiring"] in stated

    def test_no_entities_are_written_on_training_sentences(
        self, pipeline: list[Any], training_data: TrainingData
    ) -> None:
        assert not training_data.entity_examples


class TestIntentClassifier:
    def test_names_the_intent_of_a_sentence_like_one_it_learnt(self, parse: Parse) -> None:
        assert parse("求人を出しても応募がありません").get(INTENT)["name"] == "state_concern"

    def test_confidences_of_the_ranking_are_probabilities(self, parse: Parse) -> None:
        ranking = parse("人材シェアって何").get("intent_ranking")

        assert ranking[0] == parse("人材シェアって何").get(INTENT)
        assert sum(item["confidence"] for item in ranking) == pytest.approx(1.0)
        assert [i["confidence"] for i in ranking] == sorted(
            (i["confidence"] for i in ranking), reverse=True
        )

    def test_a_trouble_beside_the_facts_of_the_company_is_a_trouble(self, parse: Parse) -> None:
        message = parse("求人を出しても応募がありません。日立市で金属加工、12人です")

        assert message.get(INTENT)["name"] == "state_concern"
        assert parse("日立市で金属加工、12人です").get(INTENT)["name"] == "inform_company"

    @pytest.mark.parametrize("text", ["", "   ", "🙂🙂🙂", "？？？", "・・・"])
    def test_text_without_words_is_out_of_scope_and_unsure(self, parse: Parse, text: str) -> None:
        intent = parse(text).get(INTENT)

        assert intent["name"] == "out_of_scope"
        assert intent["confidence"] < 0.5

    def test_a_symbol_that_a_sentence_consists_of_is_known(self, parse: Parse) -> None:
        assert parse("👍").get(INTENT)["name"] == "affirm"


class TestConcernClassifier:
    def test_finds_two_concerns_in_one_message(self, parse: Parse) -> None:
        message = parse("若い子がすぐ辞めてしまうし、募集しても応募がない")

        assert concerns(message) == {"engagement", "hiring"}

    def test_span_is_the_clause_in_the_original_text(self, parse: Parse) -> None:
        text = "🙂若い子がすぐ辞めてしまうし、募集ｼﾃﾓ応募がない"

        message = parse(text)

        spans = {
            item["value"]: text[item["start"] : item["end"]]
            for item in message.get(ENTITIES)
            if item["entity"] == "concern"
        }
        assert spans["engagement"] == "🙂若い子がすぐ辞めてしまうし"
        assert spans["hiring"] == "募集ｼﾃﾓ応募がない"

    def test_leaves_out_what_the_owner_says_is_all_right(self, parse: Parse) -> None:
        assert concerns(parse("採用は足りてるけど、社員の育成が追いつかない")) == {"reskilling"}

    def test_states_none_when_all_is_well(self, parse: Parse) -> None:
        assert concerns(parse("採用は間に合っています")) == set()

    def test_states_none_in_a_greeting(self, parse: Parse) -> None:
        assert concerns(parse("こんにちは")) == set()


class TestProgramClassifier:
    def test_a_name_decides(self, parse: Parse) -> None:
        message = parse("しんげんえき交流会はいくらかかりますか")

        program = first(message, "program")
        assert program is not None
        assert program["value"] == "shin_geneki"
        assert first(message, "aspect")["value"] == "amount"

    def test_an_indirect_mention_is_understood(self, parse: Parse) -> None:
        program = first(parse("大手のOBに会うにはいくらかかりますか"), "program")

        assert program is not None
        assert program["value"] == "shin_geneki"

    def test_no_aspect_outside_questions_about_measures(self, parse: Parse) -> None:
        assert first(parse("求人を出しても応募がない"), "aspect") is None


class TestParsedMessage:
    def test_output_is_plain_json_without_our_own_work(self, parse: Parse) -> None:
        message = parse("燕市で金属加工、25人。求人を出しても応募がない")

        output = message.as_dict(only_output_properties=True)

        assert set(output) <= OUTPUT
        json.dumps({key: value for key, value in output.items() if key != "text_tokens"})

    def test_each_entity_but_concern_stands_once(self, parse: Parse) -> None:
        message = parse("燕市で金属加工、25人。求人を出しても応募がないし、若い子が続かない")

        kinds = [item["entity"] for item in message.get(ENTITIES) if item["entity"] != "concern"]
        assert len(kinds) == len(set(kinds))

    def test_text_stays_as_it_was_typed(self, parse: Parse) -> None:
        assert parse("ﾂﾊﾞﾒｼ　２５人").get("text") == "ﾂﾊﾞﾒｼ　２５人"

    def test_takes_two_thousand_characters(self, parse: Parse) -> None:
        assert parse("若い子が続かなくて求人を出しても来ない。" * 100).get(INTENT)["name"]


class TestSlashGuard:
    @pytest.mark.parametrize(
        "text",
        ["/affirm", " /affirm", '/affirm{"employees": 3}', "/affirm@1.0", "/ 求人を出しても来ない"],
    )
    def test_typed_text_names_no_intent_to_rasa(self, parse: Parse, text: str) -> None:
        message = parse(text)

        handled = RegexMessageHandler().process([message])[0]

        assert handled is message
        assert len(message.get("text")) == len(text)

    def test_other_text_stays(self, parse: Parse) -> None:
        assert parse("1/2に減った").get("text") == "1/2に減った"


class TestConfig:
    def test_pipeline_of_the_project_is_the_one_tested(self, pipeline: list[Any]) -> None:
        config = read_lookup(ROOT / "config.yml")

        names = [item["name"].rpartition(".")[2] for item in config["pipeline"]]

        assert names == [type(component).__name__ for component in pipeline]


class TestIsSatisfied:
    @pytest.mark.parametrize(
        "clause",
        [
            "採用は足りてるけど",
            "人手は間に合っています",
            "給料に不満はないんだが",
            "そこは問題ない",
        ],
    )
    def test_all_is_well(self, clause: str) -> None:
        assert is_satisfied(normalise(clause).text)

    @pytest.mark.parametrize(
        "clause",
        [
            "人が足りない",
            "足りてるのかどうか",
            "足りているとは言えない",
            "大丈夫でしょうか",
            "うまくいっていない",
        ],
    )
    def test_all_is_not_well(self, clause: str) -> None:
        assert not is_satisfied(normalise(clause).text)
