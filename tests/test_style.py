"""The code keeps to the limits of CONTRIBUTING.md: size, wording apart, plain names."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
JAPANESE = re.compile("[\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9d]")
MACHINE_PATH = re.compile(
    r"(?<![\w.:/*-])/(?:root|home|Users|work)/[\w.]|[A-Z]:\\Users\\|\bfile:///(?!\$|\{)"
)
MIGRATIONS = "desk/migrations/versions/"
"""Generated from the tables, one step a file, and never changed afterwards."""
LOCK_FILES = {"uv.lock", "bot/uv.lock"}
LONGEST_NAME = 100


def repository_files() -> list[str]:
    """Files of the repository, committed or about to be, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return sorted(n for n in {*listed.stdout.split("\0")} if n and (ROOT / n).is_file())


def modules(*folders: str) -> list[str]:
    """Python files under these folders."""
    return [n for n in repository_files() if n.endswith(".py") and n.startswith(folders)]


CODE = modules("advisor/", "bot/", "desk/")
TESTS = modules("tests/")
SCRIPTS = [n for n in repository_files() if n.startswith("web_widget/") and n.endswith(".js")]


def parse(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), name)


def spoken_strings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Every string that the program works with: docstrings stand alone and are left out."""
    alone = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node


class TestSize:
    def test_there_is_code_to_look_at(self) -> None:
        assert {"advisor/situation.py", "bot/channels/desk_channel.py", "desk/app.py"} <= {*CODE}
        assert SCRIPTS
        assert "tests/test_style.py" in TESTS

    @pytest.mark.parametrize("name", [*CODE, *SCRIPTS, *TESTS])
    def test_files_stay_short(self, name: str) -> None:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()

        assert len(lines) < LONGEST_FILE, f"{name}: split it by use case"

    @pytest.mark.parametrize("name", [n for n in CODE if not n.startswith(MIGRATIONS)])
    def test_functions_stay_short(self, name: str) -> None:
        functions = [
            node
            for node in ast.walk(parse(name))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]

        long = [
            f"{name}:{node.lineno} {node.name}"
            for node in functions
            if (node.end_lineno or node.lineno) - node.lineno + 1 >= LONGEST_FUNCTION
        ]

        assert long == []


class TestWording:
    @pytest.mark.parametrize("name", modules("advisor/", "bot/actions/", "desk/"))
    def test_no_japanese_stands_in_the_code(self, name: str) -> None:
        found = [
            f"{name}:{node.lineno} {node.value!r}"
            for node in spoken_strings(parse(name))
            if JAPANESE.search(node.value)
        ]

        assert found == [], "put the words into knowledge/, domain.yml or a template"

    def test_strings_are_told_from_docstrings(self) -> None:
        tree = ast.parse('"""\u4eba"""\nx = "\u4eba"\ny = f"\u4eba{x}"\n"""\u4eba"""\n')

        assert [node.lineno for node in spoken_strings(tree)] == [2, 3]


class TestFiles:
    def test_names_are_short_ascii(self) -> None:
        names = repository_files()

        assert [n for n in names if not n.isascii() or " " in n or len(n) > LONGEST_NAME] == []

    @pytest.mark.parametrize("name", [n for n in repository_files() if n not in LOCK_FILES])
    def test_speak_of_no_machine(self, name: str) -> None:
        content = (ROOT / name).read_bytes()
        if b"\0" in content:
            return
        lines = enumerate(content.decode("utf-8").splitlines(), start=1)

        assert [f"{name}:{i}" for i, line in lines if MACHINE_PATH.search(line)] == []

    @pytest.mark.parametrize("start", ["home/me", "root", "Users/me", "work"])
    def test_paths_of_a_machine_are_recognised(self, start: str) -> None:
        assert MACHINE_PATH.search(f"see /{start}/file")
        assert not MACHINE_PATH.search(f"see https://example.jp/{start}/file")

    @pytest.mark.parametrize("name", sorted(LOCK_FILES))
    def test_locks_point_at_the_public_registry(self, name: str) -> None:
        text = (ROOT / name).read_text(encoding="utf-8")

        hosts = set(re.findall(r'(?:url|registry) = "https?://([^/"]+)', text))

        assert hosts <= {"pypi.org", "files.pythonhosted.org"}
