"""The strict YAML loader."""

from pathlib import Path

import pytest

from advisor.errors import KnowledgeError
from advisor.loading import load_yaml, parse_yaml


def problems_of(text: str) -> str:
    with pytest.raises(KnowledgeError) as error:
        parse_yaml(text, shown_path="x.yml")
    return str(error.value)


class TestParseYaml:
    def test_plain_values_are_read(self) -> None:
        data = parse_yaml(
            'a: 1\nb: [true, null, 0.5, "01", 燕市]\n"2023": {c: -3}\n', shown_path="x.yml"
        )

        assert data == {"a": 1, "b": [True, None, 0.5, "01", "燕市"], "2023": {"c": -3}}

    @pytest.mark.parametrize("word", ["yes", "no", "on", "off", "Yes", "TRUE", "False"])
    def test_yes_and_no_words_are_refused(self, word: str) -> None:
        assert f"x.yml: line 1: YAML reads {word} as a yes/no word" in problems_of(f"a: {word}\n")

    @pytest.mark.parametrize("number", ["012", "0x1F", "1_000", "12:30", "+5", "0b1"])
    def test_numbers_in_other_notations_are_refused(self, number: str) -> None:
        assert f"write '{number}' in quotes" in problems_of(f"a: {number}\n")

    @pytest.mark.parametrize("number", [".5", "1.", "1.5e+3", ".inf"])
    def test_floats_in_other_notations_are_refused(self, number: str) -> None:
        assert f"write '{number}' in quotes" in problems_of(f"a: {number}\n")

    @pytest.mark.parametrize("day", ["2023-06-01", "2023-06-01 10:00:00"])
    def test_dates_are_refused(self, day: str) -> None:
        assert "as a date" in problems_of(f"a: {day}\n")

    def test_empty_values_and_tildes_are_refused(self) -> None:
        text = problems_of("a:\nb: ~\n")

        assert "write null" in text
        assert "line 2: YAML reads ~ as nothing" in text

    def test_duplicate_keys_are_refused_with_both_lines(self) -> None:
        assert "line 3: duplicate key 'b', first at line 2" in problems_of("a: 1\nb: 2\nb: 3\n")

    def test_keys_that_are_not_text_are_refused(self) -> None:
        assert "write '2023-06-01' in quotes" in problems_of("2023-06-01: 1\n")

    def test_merge_keys_are_refused(self) -> None:
        assert "key << is not text" in problems_of("a: &x {b: 1}\nc:\n  <<: *x\n")

    def test_python_tags_are_refused(self) -> None:
        assert "not valid YAML" in problems_of("a: !!python/object:os.system x\n")

    def test_broken_syntax_is_told_with_its_line(self) -> None:
        assert "x.yml: line 2: not valid YAML" in problems_of("a: [\n")

    def test_several_documents_are_refused(self) -> None:
        assert "not valid YAML" in problems_of("a: 1\n---\nb: 2\n")

    def test_control_characters_are_refused(self) -> None:
        assert "not valid YAML" in problems_of("a: \x07\n")

    def test_all_problems_of_a_file_are_collected(self) -> None:
        assert problems_of("a: no\na: 012\n").count("[ERROR]") == 3


class TestLoadYaml:
    def test_a_file_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "x.yml"
        path.write_text("名前: 燕\n", encoding="utf-8")

        assert load_yaml(path) == {"名前": "燕"}

    def test_a_missing_file_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(KnowledgeError, match="cannot be read"):
            load_yaml(tmp_path / "none.yml")
