"""The commands as they are called: arguments, streams, exit codes."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from advisor.__main__ import JST, main, use_utf8
from advisor.commands.explain import print_explanations
from advisor.knowledge import KnowledgeBase
from advisor.logic import Comparison, Operator
from advisor.model import Criterion
from advisor.situation import Situation

ROOT = Path(__file__).resolve().parents[3]
KNOWLEDGE = str(ROOT / "knowledge")
HIRING = (
    Situation()
    .with_concern("hiring", "応募がない")
    .with_fact("municipality", "燕市", "燕です")
    .with_fact("employees", 12)
    .with_unknown("hires_midcareer_or_ice_age")
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A stored situation."""
    path = tmp_path / "situation.json"
    path.write_text(json.dumps(HIRING.to_json()), encoding="utf-8")
    return path


def run(*arguments: str, on: str = "2026-11-22") -> int:
    return main([*arguments, "--knowledge", KNOWLEDGE, "--on", on])


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


class TestAsk:
    def test_it_goes_on_from_a_file(
        self, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        type_in(monkeypatch, "やめる\n")

        code = run("ask", "--situation", str(file))

        assert code == 0
        assert "応募がない" in capsys.readouterr().out

    def test_it_speaks_json(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        type_in(monkeypatch, '{"stop": true}\n')

        code = run("ask", "--json", "--full")

        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert code == 0
        assert [line["type"] for line in lines] == ["question", "result"]

    def test_the_date_is_today_in_japan_unless_given(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        type_in(monkeypatch, "")
        before = datetime.now(JST).date().isoformat()

        main(["ask", "--json", "--knowledge", KNOWLEDGE])

        result = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert before <= result["on"] <= datetime.now(JST).date().isoformat()

    def test_a_file_that_cannot_be_written_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        type_in(monkeypatch, "")

        code = run("ask", "--save", str(tmp_path / "no" / "x.json"))

        assert code == 1
        assert "x.json: cannot be written" in capsys.readouterr().err

    def test_a_refused_file_is_told_with_every_problem(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "wrong.json"
        path.write_text('{"fact": {}, "levels": {"x": 1}}', encoding="utf-8")

        code = run("ask", "--situation", str(path))

        assert code == 1
        assert capsys.readouterr().err.count("[ERROR]") == 2


class TestExplain:
    def test_every_program_is_told_in_sentences(
        self, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = run("explain", str(file))

        said = capsys.readouterr().out
        assert code == 0
        assert said.startswith("2026年11月22日\n\n■ ")
        for part in (
            "順位：1番目にお伝えする支援です",
            "条件 ○ ",
            "条件 ？ ",
            "（「燕です」）",
            "→ わからないとのことでした",
            "→ まだ伺っていません",
            "条件：公表された資料に、条件は書かれていません",
            "応える強さ",
            "いまの必要",
            "決め手：",
            "「副業・兼業支援補助金 類型B（受け入れ型）」の代わりになります",
            "「プロフェッショナル人材戦略拠点」が代わりになります",
            "額の目安：",
        ):
            assert part in said

    def test_one_program_is_told_alone(
        self, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = run("explain", str(file), "--program", "hub")

        assert code == 0
        assert capsys.readouterr().out.count("■ ") == 1

    def test_a_choice_is_told_in_its_words(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "situation.json"
        situation = HIRING.with_fact("wants_dx_training", True, "習わせたい")
        path.write_text(json.dumps(situation.to_json()), encoding="utf-8")

        run("explain", str(path))

        assert "→ 学んでもらいたい（「習わせたい」）" in capsys.readouterr().out

    def test_a_size_is_told_in_people(self, real: KnowledgeBase) -> None:
        small = Comparison(fact="employees", op=Operator.LE, value=20)
        criterion = Criterion(id="small", text="小さな会社", condition=small, source="seed_2023_06")
        yorozu = replace(real.programs["yorozu"], criteria=(criterion,))
        base = replace(real, programs={**real.programs, "yorozu": yorozu})
        stdout = io.StringIO()

        print_explanations(
            base, stdout, on=date(2026, 11, 22), situation=HIRING, program_id="yorozu"
        )

        assert "→ 12人\n" in stdout.getvalue()

    def test_what_stands_in_for_an_ended_one_says_by_whose_fit_it_is_ranked(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "situation.json"
        situation = Situation().with_concern("side_job_out").with_fact("municipality", "三条市")
        path.write_text(json.dumps(situation.to_json()), encoding="utf-8")

        run("explain", str(path), "--program", "yorozu")

        said = capsys.readouterr().out
        assert "終了した「副業・兼業支援補助金 類型A（送り出し型）」の代わりとして、" in said
        assert "「社員の副業を認める進め方」に応える強さ 60/100\n" in said

    def test_an_amount_is_told_with_its_working(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "situation.json"
        situation = HIRING.with_fact("planned_costs_yen", 1_500_000).with_fact("people_taken_in", 2)
        path.write_text(json.dumps(situation.to_json()), encoding="utf-8")

        run("explain", str(path), "--program", "side_job_b", on="2023-06-15")

        assert "1,500,000円 × 1/2 = 750,000円" in capsys.readouterr().out

    def test_before_everything_no_status_has_a_source(
        self, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = run("explain", str(file), on="1990-01-01")

        said = capsys.readouterr().out
        assert code == 0
        assert "この日には、まだ公表されていません" in said
        assert "出典" not in said

    def test_json_holds_every_program(
        self,
        file: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        type_in(monkeypatch, file.read_text(encoding="utf-8"))

        code = run("explain", "-", "--json")

        data = json.loads(capsys.readouterr().out)
        assert code == 0
        assert data["on"] == "2026-11-22"
        assert [p["rank"] for p in data["programs"][:4]] == [1, 2, 3, None]
        hub = next(p for p in data["programs"] if p["program_id"] == "hub")
        assert hub["criteria"][0]["truth"] == "true"
        assert {f["quote"] for f in hub["criteria"][0]["facts"]} == {"燕です"}
        assert hub["fit"]["stated"] > 0

    def test_json_before_everything_has_no_dates(
        self, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("explain", str(file), "--json", on="1990-01-01")

        programs = json.loads(capsys.readouterr().out)["programs"]
        assert {p["status"]["since"] for p in programs} == {None}

    def test_json_tells_an_amount(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "situation.json"
        situation = HIRING.with_fact("planned_costs_yen", 1_000_000)
        path.write_text(json.dumps(situation.to_json()), encoding="utf-8")

        run("explain", str(path), "--json", "--program", "side_job_b", on="2023-06-15")

        (program,) = json.loads(capsys.readouterr().out)["programs"]
        assert program["amount"]["state"] == "computed"
        assert program["amount"]["yen"] == 500_000

    @pytest.mark.parametrize(
        ("program", "words"),
        [
            ("hubb", "unknown program 'hubb'. Did you mean 'hub'?"),
            ("career_up", "'career_up' is not a program for companies."),
        ],
    )
    def test_a_program_that_cannot_be_explained_is_refused(
        self, file: Path, capsys: pytest.CaptureFixture[str], program: str, words: str
    ) -> None:
        code = run("explain", str(file), "--program", program)

        assert code == 1
        assert words in capsys.readouterr().err


class TestSurroundings:
    def test_a_knowledge_folder_with_problems_is_not_used(
        self, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = main(["explain", str(file), "--knowledge", str(tmp_path)])

        assert code == 1
        assert "sources.yml: file: missing" in capsys.readouterr().err

    @pytest.mark.parametrize("command", [["explain"], ["ask", "--json", "--situation"]])
    def test_a_reader_that_closes_the_output_early_leaves_no_traceback(
        self, file: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
    ) -> None:
        read_end, write_end = os.pipe()
        os.close(read_end)
        type_in(monkeypatch, "")
        with os.fdopen(write_end, "w", encoding="utf-8") as stdout:
            monkeypatch.setattr(sys, "stdout", stdout)

            code = run(*command, str(file))

        assert code == 1

    def test_streams_survive_what_is_not_utf8(self) -> None:
        stream = io.TextIOWrapper(io.BytesIO("人".encode("shift_jis")), encoding="ascii")

        use_utf8(stream, io.StringIO())

        assert stream.encoding == "utf-8"
        assert "\N{REPLACEMENT CHARACTER}" in stream.read()

    @pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
    def test_ask_runs_as_a_process(self, tmp_path: Path, locale: str) -> None:
        path = tmp_path / "situation.json"

        done = subprocess.run(
            [sys.executable, "-m", "advisor", "ask", "--on", "2026-11-22", "--save", str(path)],
            input="8 若い人が続かない\n燕市\nやめる\n".encode(),
            capture_output=True,
            cwd=ROOT,
            env={"LC_ALL": locale, "PYTHONUTF8": "0"},
            check=False,
        )

        assert (done.returncode, done.stderr) == (0, b"")
        assert "■ 合いそうな支援" in done.stdout.decode()
        assert "若い人が続かない" in path.read_text(encoding="utf-8")

    def test_explain_runs_as_a_process(self, file: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "advisor", "explain", str(file), "--on", "2026-11-22"],
            capture_output=True,
            cwd=ROOT,
            check=False,
        )

        assert (done.returncode, done.stderr) == (0, b"")
        assert "■ 「地域の人事部」の伴走支援（hub）" in done.stdout.decode()
