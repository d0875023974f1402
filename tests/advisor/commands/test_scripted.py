"""The interview over lines of JSON."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from advisor.commands.ask import Outlet
from advisor.commands.scripted import converse
from advisor.knowledge import KnowledgeBase
from advisor.situation import Situation

NOW = date(2026, 11, 22)
SEED_DAY = date(2023, 6, 15)
HIRING = Situation().with_concern("hiring", "応募がない")
WANTS_OUTSIDERS = (
    Situation()
    .with_concern("core_talent")
    .with_fact("municipality", "燕市")
    .with_fact("prefecture", "新潟県")
    .with_fact("employees", 25)
    .with_fact("accepts_external_talent", value=True)
    .with_level("F1.applicants", 1)
)


def send(
    kb: KnowledgeBase,
    *lines: object,
    on: date = NOW,
    situation: Situation | None = None,
    is_full: bool = False,
    save: Path | None = None,
) -> list[dict[str, Any]]:
    """Send lines (text as it is, the rest as JSON) and read every line that came back."""
    sent = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    stdout = io.StringIO()
    outlet = Outlet(
        stdin=io.StringIO("".join(f"{line}\n" for line in sent)), stdout=stdout, save=save
    )
    code = converse(kb, outlet, on=on, situation=situation or Situation(), is_full=is_full)
    assert code == 0
    return [json.loads(line) for line in stdout.getvalue().splitlines()]


def errors(answers: list[dict[str, Any]]) -> list[str]:
    return [item["message"] for item in answers if item["type"] == "error"]


def asked(answers: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in answers if item["type"] == "question"]


class TestQuestions:
    def test_the_first_question_offers_every_concern(self, real: KnowledgeBase) -> None:
        first = send(real)[0]

        assert (first["type"], first["id"], first["kind"]) == ("question", "concerns", "concerns")
        assert [choice["value"] for choice in first["choices"]] == list(real.concerns)

    def test_a_question_tells_id_kind_key_text_choices_and_how_many_are_left(
        self, real: KnowledgeBase
    ) -> None:
        situation = HIRING.with_unknown("municipality").with_unknown("prefecture")

        question = send(real, {"value": 12}, situation=situation)[0]

        assert question == {
            "type": "question",
            "id": "employees",
            "kind": "fact",
            "key": "employees",
            "text": real.questions["employees"].text,
            "choices": [
                {"value": choice.value, "title": choice.title}
                for choice in real.questions["employees"].choices
            ],
            "left": question["left"],
        }
        assert question["left"] >= 1

    def test_a_maturity_question_has_its_dimension_as_key(self, real: KnowledgeBase) -> None:
        question = send(real, situation=WANTS_OUTSIDERS.without("F1.applicants"))[0]

        assert (question["id"], question["kind"]) == ("F1.applicants", "maturity")
        assert question["key"] == "F1"

    def test_costs_are_asked_as_an_amount(self, real: KnowledgeBase) -> None:
        answers = send(
            real, {"value": 1_500_000}, {"value": 2}, on=SEED_DAY, situation=WANTS_OUTSIDERS
        )

        assert [a["kind"] for a in answers[:2]] == ["amount", "amount"]
        amounts = [item["amount_yen"] for item in answers[-1]["recommendations"]["items"]]
        assert 750_000 in amounts

    def test_full_asks_the_profile(self, real: KnowledgeBase) -> None:
        lines = [{"value": "燕市"}, {"value": 12}, *([{"value": "unknown"}] * 16)]

        answers = send(real, *lines, is_full=True)

        assert len(asked(answers)) == 18
        assert answers[-1]["situation"]["facts"]["full_profile"] is True


class TestAnswers:
    @pytest.mark.parametrize(
        "line",
        [
            {"value": "hiring"},
            {"value": ["hiring"]},
            {"text": "4"},
            {"concerns": [{"concern": "hiring"}]},
        ],
    )
    def test_a_concern_can_be_named_in_several_ways(
        self, real: KnowledgeBase, line: object
    ) -> None:
        answers = send(real, line)

        assert errors(answers) == []
        assert asked(answers) == ["concerns", "municipality"]

    def test_what_is_known_beforehand_is_not_asked(self, real: KnowledgeBase) -> None:
        known = {
            "concerns": [{"concern": "hiring", "quote": "応募がない"}],
            "facts": {"municipality": "燕市", "employees": 12},
        }

        answers = send(real, known)

        assert not {"municipality", "employees"} & {*asked(answers)}
        assert answers[-1]["situation"]["concerns"] == known["concerns"]

    def test_facts_alone_leave_the_concerns_to_be_asked(self, real: KnowledgeBase) -> None:
        answers = send(real, {"facts": {"employees": 12}})

        assert asked(answers) == ["concerns", "concerns"]

    @pytest.mark.parametrize("line", [{"concerns": []}, {"value": []}, {"text": "0"}])
    def test_no_concern_asks_for_the_full_profile(self, real: KnowledgeBase, line: object) -> None:
        assert send(real, line)[-1]["situation"]["facts"] == {"full_profile": True}

    @pytest.mark.parametrize(
        ("line", "level"), [({"value": 0}, 0), ({"text": "3"}, 1), ({"text": "全然来ない"}, 0)]
    )
    def test_a_level_can_be_told_by_value_number_or_words(
        self, real: KnowledgeBase, line: object, level: int
    ) -> None:
        situation = WANTS_OUTSIDERS.without("F1.applicants")

        answers = send(real, line, situation=situation)

        assert answers[-1]["situation"]["levels"] == {"F1.applicants": level}

    def test_not_knowing_is_a_value(self, real: KnowledgeBase) -> None:
        answers = send(real, {"value": "unknown"}, situation=HIRING)

        assert answers[-1]["situation"]["unknown"] == ["municipality"]
        assert asked(answers)[1] == "prefecture"

    def test_a_prefecture_is_stored_by_its_full_name(self, real: KnowledgeBase) -> None:
        situation = HIRING.with_unknown("municipality")

        answers = send(real, {"value": "新潟"}, situation=situation)

        assert answers[-1]["situation"]["facts"] == {"prefecture": "新潟県"}

    def test_an_ambiguous_place_is_asked_back_with_its_candidates(
        self, real: KnowledgeBase
    ) -> None:
        answers = send(real, {"value": "南牧"}, {"value": "長野県南牧村"}, situation=HIRING)

        assert answers[1]["type"] == "message"
        assert [c["value"] for c in answers[2]["choices"]] == ["群馬県南牧村", "長野県南牧村"]
        assert answers[-1]["situation"]["facts"]["municipality"] == "南牧村"

    def test_back_asks_the_question_before(self, real: KnowledgeBase) -> None:
        answers = send(real, {"value": "hiring"}, {"value": "燕市"}, {"back": True})

        assert asked(answers) == ["concerns", "municipality", "employees", "municipality"]

    def test_stop_gives_the_result_so_far(self, real: KnowledgeBase) -> None:
        answers = send(real, {"stop": True}, {"value": "燕市"}, situation=HIRING)

        assert [a["type"] for a in answers] == ["question", "result"]


class TestErrors:
    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("not json", "must be one JSON object a line"),
            ("[" * 100_000, "must be one JSON object a line"),
            (r'{"text": "\ud800"}', "must be one JSON object a line"),
            ("3", "must be a JSON object"),
            ({"valu": 3}, "Did you mean 'value'?"),
            ({}, "exactly one of"),
            ({"value": 1, "text": "x"}, "exactly one of"),
            ({"back": 1}, '"back" must be true'),
            ({"stop": False}, '"stop" must be true'),
            ({"back": True}, "no answer to take back"),
            ({"value": "hirin"}, "Did you mean 'hiring'?"),
            ({"value": 4}, "must be the id of a concern"),
            ({"value": [["hiring"]]}, "must be the id of a concern"),
            ({"text": 4}, '"text" must be text'),
            ({"text": "人が来ない"}, '"strategy_alignment"'),
            ({"concerns": {}}, '"concerns" must be a list'),
            ({"facts": []}, '"facts" an object'),
            ({"concerns": ["hiring"]}, "each concern must be"),
            ({"concerns": [{"concern": "hiring", "words": "x"}]}, "each concern must be"),
            ({"concerns": [{"concern": "hiring", "quote": 3}]}, "each concern must be"),
            ({"concerns": [{"concern": "hirin"}]}, "Did you mean 'hiring'?"),
            ({"concerns": [{}]}, "must be the id of a concern"),
            ({"facts": {"employes": 3}}, "Did you mean 'employees'?"),
            ({"facts": {"employees": "3"}}, "facts.employees: must be a whole number"),
            ({"facts": {"municipality": "南牧"}}, "群馬県南牧村, 長野県南牧村"),
        ],
    )
    def test_a_line_that_cannot_be_used_is_refused_and_the_question_asked_again(
        self, real: KnowledgeBase, line: object, words: str
    ) -> None:
        answers = send(real, line)

        (message,) = errors(answers)
        assert words in message
        assert asked(answers) == ["concerns", "concerns"]

    @pytest.mark.parametrize(
        ("value", "words"),
        [(True, "must be a whole number"), (0, "from 1"), ("12", "must be a whole number")],
    )
    def test_a_size_that_is_no_number_is_refused(
        self, real: KnowledgeBase, value: object, words: str
    ) -> None:
        situation = HIRING.with_fact("municipality", "燕市")

        assert words in errors(send(real, {"value": value}, situation=situation))[0]

    def test_a_level_that_is_not_offered_is_refused_with_those_that_are(
        self, real: KnowledgeBase
    ) -> None:
        situation = WANTS_OUTSIDERS.without("F1.applicants")

        (message,) = errors(send(real, {"value": 2}, situation=situation))

        assert "must be one of 4, 3, 1, 0" in message

    def test_an_unknown_place_is_refused(self, real: KnowledgeBase) -> None:
        (message,) = errors(send(real, {"value": "ふにゃふにゃ"}, situation=HIRING))

        assert "cannot be read as an answer to 'municipality'" in message

    def test_costs_below_zero_are_refused(self, real: KnowledgeBase) -> None:
        (message,) = errors(send(real, {"value": -1}, on=SEED_DAY, situation=WANTS_OUTSIDERS))

        assert "must be a whole number from 0" in message

    def test_a_place_that_contradicts_the_known_prefecture_is_refused(
        self, real: KnowledgeBase
    ) -> None:
        situation = HIRING.with_unknown("municipality").with_fact("prefecture", "長野県")

        answers = send(real, {"facts": {"municipality": "燕市"}}, situation=situation)

        assert "'燕市' is 新潟県燕市" in errors(answers)[0]
        assert "municipality" not in answers[-1]["situation"]["facts"]


class TestResult:
    def test_the_last_line_holds_situation_diagnosis_recommendations_and_date(
        self, real: KnowledgeBase
    ) -> None:
        result = send(real, situation=HIRING)[-1]

        assert result["type"] == "result"
        assert result["on"] == "2026-11-22"
        assert Situation.from_json(result["situation"]) == HIRING
        assert result["diagnosis"]["concerns"] == ["hiring"]
        assert [item["rank"] for item in result["recommendations"]["items"]] == [1, 2, 3]

    def test_it_tells_whether_more_answers_could_change_it(self, real: KnowledgeBase) -> None:
        assert send(real, situation=HIRING)[-1]["settled"] is False
        assert send(real, situation=WANTS_OUTSIDERS)[-1]["settled"] is True

    def test_what_was_said_is_saved(self, real: KnowledgeBase, tmp_path: Path) -> None:
        path = tmp_path / "situation.json"

        answers = send(real, {"value": "hiring"}, save=path)

        assert json.loads(path.read_text(encoding="utf-8")) == answers[-1]["situation"]
