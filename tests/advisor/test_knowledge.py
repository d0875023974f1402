"""Loading and validating the knowledge folder."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from advisor import labels
from advisor.__main__ import main
from advisor.errors import (
    KnowledgeError,
    ParameterNotFoundError,
    UnknownIdError,
    WordingError,
)
from advisor.knowledge import KnowledgeBase, load_knowledge, read_knowledge
from advisor.loading import load_yaml

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken_knowledge").glob("*.yml"))
REAL = HERE.parents[1] / "knowledge"


def break_folder(folder: Path, failure: Path) -> list[str]:
    """Apply one failure to a valid folder; give the words that its problem must contain."""
    spec = load_yaml(failure)
    target = folder / spec["file"]
    if "text" in spec:
        target.write_text(spec["text"], encoding="utf-8")
    else:
        text = target.read_text(encoding="utf-8")
        assert spec["old"] in text, f"{failure.name}: 'old' is not in {spec['file']}"
        target.write_text(text.replace(spec["old"], spec["new"], 1), encoding="utf-8")
    expected: list[str] = spec["expect"]
    return expected


class TestValidator:
    def test_there_are_enough_broken_files(self) -> None:
        assert len(BROKEN) >= 12

    def test_the_small_base_has_no_problems(self, small_folder: Path) -> None:
        _, problems = read_knowledge(small_folder, complete=False)

        assert problems == []

    @pytest.mark.parametrize("failure", BROKEN, ids=[path.stem for path in BROKEN])
    def test_a_broken_file_is_told_with_its_place_and_what_would_be_right(
        self, small_folder: Path, failure: Path
    ) -> None:
        expected = break_folder(small_folder, failure)

        _, problems = read_knowledge(small_folder, complete=False)

        lines = [str(problem) for problem in problems]
        assert any(all(word in line for word in expected) for line in lines), lines
        assert all(line.startswith("[ERROR] knowledge/") for line in lines)

    def test_all_problems_are_collected(self, small_folder: Path) -> None:
        for name in ("unknown_fact", "parameter_overlap", "duplicate_key"):
            break_folder(small_folder, HERE / "broken_knowledge" / f"{name}.yml")

        with pytest.raises(KnowledgeError) as error:
            load_knowledge(small_folder, complete=False)

        text = str(error.value)
        assert "employes" in text
        assert "overlaps" in text
        assert "duplicate key" in text

    def test_a_missing_file_is_told(self, small_folder: Path) -> None:
        for name in ("sources.yml", "contacts.yml", "model/dimensions.yml", "model/concerns.yml"):
            (small_folder / name).unlink()
        (small_folder / "places" / "municipalities.yml").unlink()
        (small_folder / "places" / "areas.yml").unlink()

        _, problems = read_knowledge(small_folder, complete=False)

        missing = {p.path for p in problems if "this file is required" in p.message}
        assert "knowledge/sources.yml" in missing
        assert "knowledge/places/areas.yml" in missing

    def test_a_folder_that_is_not_there_is_all_missing_files(self, tmp_path: Path) -> None:
        _, problems = read_knowledge(tmp_path / "knowledge", complete=True)

        assert any("topics.yml" in problem.path for problem in problems)

    def test_a_file_that_is_not_utf8_is_told(self, small_folder: Path) -> None:
        (small_folder / "topics.yml").write_bytes("topics: 窓口".encode("shift_jis"))

        _, problems = read_knowledge(small_folder, complete=False)

        assert any("cannot be read as UTF-8" in problem.message for problem in problems)

    def test_a_complete_base_needs_every_label(self, small_folder: Path) -> None:
        _, problems = read_knowledge(small_folder, complete=True)

        lines = "\n".join(map(str, problems))
        assert "there must be a program 'employment_stability'" in lines
        assert "there must be a dimension 'P1'" in lines
        assert "there must be a question for the fact 'has_university_partner'" in lines
        assert "questions/P2.yml: questions: must be at least 2 questions" in lines
        assert "there must be a hub 'daigo'" in lines
        assert "there must be a topic 'labor'" in lines

    def test_former_names_are_read_strictly_but_not_used(self, small_folder: Path) -> None:
        (small_folder / "places" / "former_names.yml").write_text("a: 1\na: 2\n")

        _, problems = read_knowledge(small_folder, complete=False)

        assert [problem.path for problem in problems] == ["knowledge/places/former_names.yml"]

    def test_an_amount_may_stand_on_frames_alone(self, small_folder: Path) -> None:
        path = small_folder / "programs" / "joint_course.yml"
        text = path.read_text(encoding="utf-8").replace("  share: course_share\n", "", 1)
        path.write_text(text, encoding="utf-8")

        _, problems = read_knowledge(small_folder, complete=False)

        assert problems == []

    def test_a_value_without_end_holds_until_the_next_one(self, small_folder: Path) -> None:
        path = small_folder / "parameters" / "course_cap.yml"
        later = '  "2024-04-01": {value: 10, source: seed}\n'
        path.write_text(path.read_text(encoding="utf-8") + later, encoding="utf-8")

        base = load_knowledge(small_folder, complete=False)

        assert base.parameter("course_cap", on=date(2024, 3, 31)).value == 30_000_000
        assert base.parameter("course_cap", on=date(2024, 4, 1)).value == 10

    def test_conditions_may_be_nested(self, small_folder: Path) -> None:
        path = small_folder / "programs" / "workshop.yml"
        nested = (
            "{not: {any: [{fact: employees, op: gt, value: 20}, "
            "{all: [{fact: industry, op: ne, value: E}]}]}}"
        )
        text = path.read_text(encoding="utf-8")
        text = text.replace("{fact: employees, op: le, value: 20}", nested)
        path.write_text(text, encoding="utf-8")

        base, problems = read_knowledge(small_folder, complete=False)

        assert problems == []
        assert base.domains["industry"] == ("", "E", "M")


class TestRealKnowledge:
    def test_it_has_no_problems(self) -> None:
        _, problems = read_knowledge(REAL)

        assert [str(problem) for problem in problems] == []

    def test_every_dimension_has_at_least_two_questions(self, real: KnowledgeBase) -> None:
        assert all(len(real.maturity[name]) >= 2 for name in labels.DIMENSIONS)


class TestCommand:
    def test_validate_prints_the_problems_and_fails(
        self, small_folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = main(["validate", str(small_folder)])

        assert code == 1
        assert "[ERROR] knowledge/programs: dx_reskilling: missing" in capsys.readouterr().out

    def test_validate_prints_counts_when_all_is_well(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = main(["validate", str(REAL)])

        assert code == 0
        assert "no problems" in capsys.readouterr().out


class TestKnowledgeBase:
    def test_wording_fills_placeholders(self, small: KnowledgeBase) -> None:
        assert "燕" in small.wording("advice.hub_title", hub="燕")

    def test_wording_without_a_value_is_an_error(self, small: KnowledgeBase) -> None:
        with pytest.raises(WordingError, match="no value for"):
            small.wording("advice.hub_title")

    def test_unknown_wording_is_an_error_with_a_suggestion(self, small: KnowledgeBase) -> None:
        with pytest.raises(WordingError, match=r"Did you mean 'advice\.hub_title'"):
            small.wording("advice.hub_titel")

    def test_an_unknown_list_is_an_error(self, small: KnowledgeBase) -> None:
        with pytest.raises(WordingError, match="Did you mean 'yes_words'"):
            small.word_list("yes_word")

    def test_an_unknown_program_is_an_error(self, small: KnowledgeBase) -> None:
        with pytest.raises(UnknownIdError, match="Did you mean 'seminar'"):
            small.get_program("seminer")

    @pytest.mark.parametrize("day", ["2023-03-31", "2023-08-17"])
    def test_a_parameter_holds_on_its_first_and_last_day(
        self, small: KnowledgeBase, day: str
    ) -> None:
        value = small.parameter("side_job_share", on=date.fromisoformat(day))

        assert value.value == Fraction(1, 2)

    @pytest.mark.parametrize("day", ["2023-03-30", "2023-08-18"])
    def test_no_parameter_outside_its_dates_is_an_error(
        self, small: KnowledgeBase, day: str
    ) -> None:
        with pytest.raises(ParameterNotFoundError, match="no value is published"):
            small.parameter("side_job_share", on=date.fromisoformat(day))

    def test_an_unknown_parameter_is_an_error(self, small: KnowledgeBase) -> None:
        with pytest.raises(UnknownIdError, match="side_job_share"):
            small.parameter("side_job_shares", on=date(2023, 6, 15))

    def test_the_fingerprint_changes_with_the_content(self, small_folder: Path) -> None:
        before = load_knowledge(small_folder, complete=False).fingerprint
        again = load_knowledge(small_folder, complete=False).fingerprint
        topics = small_folder / "topics.yml"
        topics.write_text(topics.read_text(encoding="utf-8") + "# note\n", encoding="utf-8")

        after = load_knowledge(small_folder, complete=False).fingerprint

        assert before == again
        assert before != after

    def test_domains_hold_values_around_each_threshold(self, small: KnowledgeBase) -> None:
        assert small.domains["employees"] == (19, 20, 21)
        assert small.domains["hires_midcareer_or_ice_age"] == (False, True)
        assert small.domains["municipality"] == ("", "燕市")
