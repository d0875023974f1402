"""Industry, case number, measures by name, and the entities made of facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.nlu.case_number import find_case_number
from bot.nlu.fact_extractor import facts_as_entities
from bot.nlu.facts import FactFinder
from bot.nlu.lookup import AliasTable, LookupFileError, read_lookup
from bot.nlu.text import normalise

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def finder() -> FactFinder:
    folder = FactFinder.from_folders(
        lookup=ROOT / "bot/data/lookup", places=ROOT / "knowledge/places"
    )
    return FactFinder(folder.tables)


def entities(finder: FactFinder, text: str) -> dict[str, dict[str, Any]]:
    normalised = normalise(text)
    return {
        item["entity"]: item for item in facts_as_entities(finder.find(normalised.text), normalised)
    }


class TestFindCaseNumber:
    @pytest.mark.parametrize(
        "text",
        [
            "TBM-2611-0042",
            "tbm-2611-0042の件",
            "ＴＢＭ－２６１１－００４２",
            "TBM26110042",
            "tbm 2611 0042",
        ],
    )
    def test_gives_the_canonical_number(self, text: str) -> None:
        found = find_case_number(normalise(text).text)

        assert found is not None
        assert found.value == "TBM-2611-0042"

    @pytest.mark.parametrize("text", ["03-1234-5678", "TBM-26", "2611-0042", "ISO9001"])
    def test_finds_none_in_other_numbers(self, text: str) -> None:
        assert find_case_number(normalise(text).text) is None


class TestIndustry:
    @pytest.mark.parametrize(
        ("text", "words", "code"),
        [
            ("製造業", "製造業", "E"),
            ("燕で金属加工、25人", "金属加工", "E"),
            ("長野県塩尻市の建設会社", "建設会社", "D"),
            ("うちは旅館、パート入れて18人", "旅館", "M"),
            ("三島で印刷屋をやってます", "印刷屋", "E"),
            ("埼玉県所沢市の運送屋です", "運送屋", "H"),
            ("IT関係", "IT関係", "G"),
            ("うちは介護施設で職員が40人", "介護施設", "P"),
            ("食品の卸をしております", "卸", "I"),
            ("製造じゃなくて卸売のほうが正しいです", "卸売", "I"),
        ],
    )
    def test_gives_words_and_division(
        self, finder: FactFinder, text: str, words: str, code: str
    ) -> None:
        industry = entities(finder, text)["industry"]

        assert industry["value"] == words
        assert industry["class"] == code

    @pytest.mark.parametrize(
        "text",
        [
            "IT人材がほしい",
            "病院に行きたい",
            "ものづくり補助金について",
            "会計事務所から言われた",
            "足場から落ちた",
        ],
    )
    def test_leaves_out_businesses_of_others(self, finder: FactFinder, text: str) -> None:
        assert "industry" not in entities(finder, text)


class TestPlaces:
    def test_gives_municipality_and_stated_prefecture(self, finder: FactFinder) -> None:
        found = entities(finder, "茨城県日立市、機械部品、５８人")

        assert found["municipality"]["value"] == "日立市"
        assert found["prefecture"]["value"] == "茨城県"
        assert found["employees"]["value"] == 58

    def test_says_that_a_name_is_ambiguous(self, finder: FactFinder) -> None:
        place = entities(finder, "府中市です")["municipality"]

        assert place["value"] == "府中市"
        assert place["ambiguous"] is True
        assert len(place["candidates"]) == 2

    def test_gives_a_prefecture_alone(self, finder: FactFinder) -> None:
        assert set(entities(finder, "新潟県です")) == {"prefecture"}

    def test_offsets_are_those_of_the_original(self, finder: FactFinder) -> None:
        text = "🙂 ﾂﾊﾞﾒ市で２５人"

        employees = entities(finder, text)["employees"]

        assert text[employees["start"] : employees["end"]] == "２５人"


class TestAliasTable:
    def test_longest_name_wins(self) -> None:
        table = AliasTable({"a": {"names": ["人材"]}, "b": {"names": ["人材シェア"]}})

        assert [alias.target for alias in table.find("人材シェアとは")] == ["b"]

    def test_ignores_marks_that_names_carry(self) -> None:
        table = AliasTable({"a": {"names": ["副業・兼業支援補助金"]}})
        text = "副業 兼業支援補助金は"

        alias = table.find(text)[0]

        assert text[alias.span.start : alias.span.end] == "副業 兼業支援補助金"

    def test_finds_names_written_in_kana(self) -> None:
        table = AliasTable({"a": {"names": ["人材シェア"]}}, readings=True)

        assert [alias.target for alias in table.find("じんざいしぇあって何")] == ["a"]

    def test_refuses_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(LookupFileError, match="no such file"):
            read_lookup(tmp_path / "programs.yml")

    def test_refuses_a_file_that_is_no_mapping(self, tmp_path: Path) -> None:
        (tmp_path / "programs.yml").write_text("- a\n", encoding="utf-8")

        with pytest.raises(LookupFileError, match="mapping"):
            read_lookup(tmp_path / "programs.yml")
