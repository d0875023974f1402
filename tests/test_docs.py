"""The documentation says what the code does: folders, settings, options, links, decisions."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import typer.main

from desk.cli import app
from desk.config import Settings

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.ja.md")
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(?P<marks>#+) ", re.MULTILINE)
FOLDER_ROW = re.compile(r"^\| `(?P<folder>[\w.]+)/` \|", re.MULTILINE)
OPTION = re.compile(r"--[a-z][a-z-]*")
EXAMPLE_LINE = re.compile(r"^# (?P<name>JINJIBU_[A-Z_]+)=(?P<value>.*)$", re.MULTILINE)
ADR_PARTS = ["Context", "Decision", "Consequences", "Alternatives", "References"]
SENTENCE_END = re.compile(r"[.?!][\")]*(?:\s|$)")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def repository_files() -> list[Path]:
    """Files of the repository, committed or about to be, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    names = sorted({Path(name) for name in listed.stdout.split("\0") if name})
    return [name for name in names if (ROOT / name).exists()]


def documents() -> list[str]:
    """Every Markdown file of the repository."""
    return [name.as_posix() for name in repository_files() if name.suffix == ".md"]


def without_code(text: str) -> str:
    """A document without its code blocks, in which `#` begins no heading."""
    return FENCE.sub("", text)


def shell_blocks(text: str) -> list[list[str]]:
    """The commands of each shell block, without comments and empty lines."""
    blocks = [match["body"] for match in FENCE.finditer(text) if match["language"] == "sh"]
    return [
        [line for raw in body.splitlines() if (line := re.sub(r"(^|\s+)#.*$", "", raw))]
        for body in blocks
    ]


def run_options() -> set[str]:
    """Options of the command that ./run calls."""
    command = typer.main.get_command(app)
    up = command.commands["up"]  # type: ignore[attr-defined]
    return {option for parameter in up.params for option in parameter.opts} | {"--help"}


class TestReadme:
    @pytest.mark.parametrize("name", READMES)
    def test_begins_with_the_two_commands(self, name: str) -> None:
        first = shell_blocks(read(name))[0]

        assert [line.split()[0] for line in first] == ["./run", "./check"]

    @pytest.mark.parametrize("name", READMES)
    def test_names_every_top_level_folder_and_no_other(self, name: str) -> None:
        folders = {path.parts[0] for path in repository_files() if len(path.parts) > 1}

        listed = FOLDER_ROW.findall(read(name))

        assert sorted(listed) == sorted(f for f in folders if not f.startswith("."))

    @pytest.mark.parametrize("name", READMES)
    def test_names_every_option_of_run(self, name: str) -> None:
        rows = [line for line in read(name).splitlines() if line.startswith("| `--")]

        assert {OPTION.findall(row)[0] for row in rows} == run_options()

    def test_says_the_same_in_both_languages(self) -> None:
        english, japanese = (without_code(read(name)) for name in READMES)

        assert HEADING.findall(english) == HEADING.findall(japanese)

    def test_has_the_same_commands_in_both_languages(self) -> None:
        english, japanese = (shell_blocks(read(name)) for name in READMES)

        assert english == japanese

    def test_shows_the_same_pictures_in_both_languages(self) -> None:
        english, japanese = (re.findall(r"!\[[^\]]*\]\(([^)]+)\)", read(name)) for name in READMES)

        assert english == japanese


class TestRun:
    def test_help_names_every_option_and_no_other(self) -> None:
        shown = subprocess.run(
            ["./run", "--help"], cwd=ROOT, capture_output=True, check=True, text=True
        )

        listed = {OPTION.findall(line)[0] for line in shown.stdout.splitlines() if "--" in line}

        assert listed == run_options()


class TestSettings:
    def test_example_has_every_setting_and_no_other(self) -> None:
        names = [match["name"] for match in EXAMPLE_LINE.finditer(read(".env.example"))]

        assert sorted(names) == sorted(f"JINJIBU_{f.upper()}" for f in Settings.model_fields)

    def test_example_sets_nothing(self) -> None:
        lines = [line for line in read(".env.example").splitlines() if line]

        assert [line for line in lines if not line.startswith("#")] == []

    @pytest.mark.parametrize("field", sorted(Settings.model_fields))
    def test_example_shows_the_default(self, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [name for name in os.environ if name.startswith("JINJIBU_")]:
            monkeypatch.delenv(name)
        default = getattr(Settings(_env_file=None), field)
        shown = {m["name"]: m["value"] for m in EXAMPLE_LINE.finditer(read(".env.example"))}
        value = shown[f"JINJIBU_{field.upper()}"]

        if value:
            monkeypatch.setenv(f"JINJIBU_{field.upper()}", value)
        read_back = getattr(Settings(_env_file=None), field)

        if isinstance(default, Path):
            assert (ROOT / read_back) == (ROOT / default)
        else:
            assert read_back == default
            assert bool(value) or default in ("", None)

    def test_page_on_settings_lists_every_setting_and_no_other(self) -> None:
        rows = re.findall(r"^\| `(JINJIBU_[A-Z_]+)`", read("docs/settings.md"), re.MULTILINE)

        assert sorted(rows) == sorted(f"JINJIBU_{f.upper()}" for f in Settings.model_fields)


class TestDecisions:
    def decisions(self) -> list[Path]:
        files = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
        return [path for path in files if not path.name.startswith("0000")]

    def test_are_numbered_without_a_gap(self) -> None:
        numbers = [int(path.name[:4]) for path in self.decisions()]

        assert numbers == list(range(1, len(numbers) + 1))

    def test_are_all_in_the_list(self) -> None:
        listed = re.findall(r"^\| \[\d{4}\]\(([^)]+)\)", read("docs/adr/README.md"), re.MULTILINE)

        assert listed == [path.name for path in self.decisions()]

    def test_have_the_parts_of_the_template(self) -> None:
        for path in self.decisions():
            text = path.read_text(encoding="utf-8")

            assert re.match(rf"# {path.name[:4]}\. ", text), path.name
            assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ADR_PARTS, path.name

    def test_have_a_short_context_and_a_decision_to_quote(self) -> None:
        for path in self.decisions():
            parts = re.split(r"^## .*$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            context, decision = parts[1].strip(), parts[2].strip()

            assert 1 <= len(SENTENCE_END.findall(context)) <= 4, path.name
            assert decision.startswith("> "), path.name


class TestLinks:
    @pytest.mark.parametrize("document", documents())
    def test_lead_to_files_that_exist(self, document: str) -> None:
        targets = [match["target"] for match in LINK.finditer(without_code(read(document)))]
        inside = [t.partition("#")[0] for t in targets if "://" not in t and not t.startswith("#")]

        missing = [t for t in inside if not (ROOT / document).parent.joinpath(t).exists()]

        assert missing == []

    def test_lead_to_nothing_outside_the_repository(self) -> None:
        for document in documents():
            for match in LINK.finditer(without_code(read(document))):
                assert not match["target"].startswith("/"), f"{document}: {match['target']}"


class TestChangelog:
    def test_names_the_version_of_the_package(self) -> None:
        version = re.search(r'^version = "([^"]+)"$', read("pyproject.toml"), re.MULTILINE)

        assert version is not None
        assert f"## [{version[1]}]" in read("CHANGELOG.md")
