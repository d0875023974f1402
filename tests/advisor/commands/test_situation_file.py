"""Situations from outside: what is accepted, and what is said about the rest."""

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.commands.situation_file import (
    SituationRefusedError,
    load_situation,
    parse_situation,
)
from advisor.knowledge import KnowledgeBase
from advisor.situation import Situation

GOOD = (
    Situation()
    .with_concern("hiring", "応募がない")
    .with_fact("municipality", "燕市", "燕です")
    .with_fact("industry", "E")
    .with_fact("employees", 12)
    .with_fact("full_profile", value=True)
    .with_fact("planned_costs_yen", 0)
    .with_level("F1.applicants", 0)
    .with_unknown("F1.right_hand")
    .with_unknown("people_taken_in")
)


def refused(data: object, kb: KnowledgeBase) -> list[str]:
    """Read a situation that has problems, and give them as they are printed."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    with pytest.raises(SituationRefusedError) as caught:
        parse_situation(text, kb, shown_path="x.json")
    return [str(problem) for problem in caught.value.problems]


class TestAccepted:
    def test_what_was_saved_is_read_back(self, real: KnowledgeBase, tmp_path: Path) -> None:
        path = tmp_path / "situation.json"
        path.write_text(json.dumps(GOOD.to_json()), encoding="utf-8")

        assert load_situation(path, real) == GOOD

    def test_the_last_line_of_a_script_is_read_too(self, real: KnowledgeBase) -> None:
        line = json.dumps({"type": "result", "on": "2026-11-22", "situation": GOOD.to_json()})

        assert parse_situation(line, real, shown_path="-") == GOOD

    def test_every_key_may_be_missing(self, real: KnowledgeBase) -> None:
        assert parse_situation("{}", real, shown_path="-") == Situation()

    @pytest.mark.parametrize(
        "facts",
        [
            {"municipality": "南牧村", "prefecture": "長野県"},
            {"municipality": "横浜市"},
            {"municipality": "大阪市"},
            {"prefecture": "大阪府"},
        ],
    )
    def test_a_place_that_is_clear_is_accepted(
        self, real: KnowledgeBase, facts: dict[str, Any]
    ) -> None:
        found = parse_situation(json.dumps({"facts": facts}), real, shown_path="-")

        assert dict(found.facts) == facts


class TestRefused:
    @pytest.mark.parametrize(
        ("data", "problem"),
        [
            ("{", "file: must be JSON"),
            ("[" * 100_000, "file: must be JSON"),
            (r'{"quotes": {"employees": "\ud800"}}', "file: must be JSON"),
            ("[]", "file: must hold a JSON object, found a list"),
            ("null", "file: must hold a JSON object, found null"),
            ("3", "file: must hold a JSON object, found a number"),
            ({"type": "result"}, "file: must hold a JSON object, found null"),
            ('{"facts": {"employees": 3, "employees": 4}}', "employees: stands twice"),
            ({"fact": {}}, "fact: unknown key. Did you mean 'facts'?"),
            ({"facts": []}, "facts: must be an object, found a list"),
            ({"facts": {"employes": 3}}, "unknown fact 'employes'. Did you mean 'employees'?"),
            ({"facts": {"F1.applicants": 3}}, "its level belongs under levels"),
            ({"facts": {"employees": "12"}}, "from 1 to 999999, found '12'"),
            ({"facts": {"employees": True}}, "from 1 to 999999, found True"),
            ({"facts": {"employees": 0}}, "from 1 to 999999, found 0"),
            ({"facts": {"employees": 1.5}}, "from 1 to 999999, found 1.5"),
            ({"facts": {"full_profile": "yes"}}, "must be true or false, found 'yes'"),
            ({"facts": {"industry": "Z"}}, 'must be one of "E", "D"'),
            ({"facts": {"company_name": " "}}, "must be text, found ' '"),
            ({"facts": {"company_name": 3}}, "must be text, found 3"),
            ({"facts": {"planned_costs_yen": -1}}, "from 0 to 1000000000000, found -1"),
            ({"facts": {"people_taken_in": 0}}, "from 1 to 999999, found 0"),
            ({"facts": {"prefecture": "新潟縣庁"}}, "facts: unknown prefecture '新潟縣庁'"),
            ({"facts": {"municipality": "南牧村"}}, "is 群馬県南牧村, 長野県南牧村; give"),
            ({"facts": {"municipality": "燕市", "prefecture": "長野県"}}, "'燕市' is 新潟県燕市"),
            ({"facts": {"municipality": "燕々市"}}, "unknown municipality '燕々市'. Did you"),
            ({"levels": 3}, "levels: must be an object, found a number"),
            ({"levels": {"F1.aplicants": 3}}, "Did you mean 'F1.applicants'?"),
            ({"levels": {"F1.applicants": 5}}, "from 0 to 4, found 5"),
            ({"levels": {"F1.applicants": True}}, "from 0 to 4, found True"),
            ({"unknown": {}}, "unknown: must be a list, found an object"),
            ({"unknown": [3]}, "unknown[0]: must be the id of a fact or question, found a number"),
            ({"unknown": ["employes"]}, "Did you mean 'employees'?"),
            (
                {"unknown": ["employees"], "facts": {"employees": 3}},
                "'employees' stands under facts too",
            ),
            ({"unknown": ["employees"], "levels": []}, "levels: must be an object"),
            ({"concerns": "hiring"}, "concerns: must be a list, found text"),
            ({"concerns": ["hiring"]}, "concerns[0]: must be"),
            ({"concerns": [{"concern": "hirin"}]}, "Did you mean 'hiring'?"),
            ({"concerns": [{"quote": "x"}]}, "must be the id of a concern, found None"),
            ({"concerns": [{"concern": "hiring", "quote": 3}]}, "quote: must be text"),
            ({"concerns": [{"concern": "hiring", "words": ""}]}, "words: unknown key"),
            ({"quotes": {"employes": "x"}}, "Did you mean 'employees'?"),
            ({"quotes": {"employees": True}}, "must be text, found true or false"),
        ],
    )
    def test_a_wrong_part_is_named_with_what_is_right(
        self, real: KnowledgeBase, data: object, problem: str
    ) -> None:
        found = refused(data, real)

        assert any(problem in line for line in found), found
        assert all(line.startswith("[ERROR] x.json: ") for line in found)

    def test_every_problem_is_told_at_once(self, real: KnowledgeBase) -> None:
        data = {"fact": {}, "levels": {"F9.x": 1}, "concerns": [{"concern": "x"}]}

        assert len(refused(data, real)) == 3

    def test_a_missing_file_is_named(self, real: KnowledgeBase, tmp_path: Path) -> None:
        with pytest.raises(SituationRefusedError, match=r"no\.json: file: cannot be read"):
            load_situation(tmp_path / "no.json", real)

    def test_a_file_in_another_encoding_is_refused(
        self, real: KnowledgeBase, tmp_path: Path
    ) -> None:
        path = tmp_path / "situation.json"
        path.write_bytes('{"concerns": "人"}'.encode("shift_jis"))

        with pytest.raises(SituationRefusedError, match="must be UTF-8"):
            load_situation(path, real)
