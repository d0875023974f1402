"""The commands `jinjibu audit …`."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from desk.cli_audit import app
from desk.cli_users import app as users
from desk.config import Settings
from desk.db import Database
from desk.migrate import migrate


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a migrated database and one account, named by the environment."""
    monkeypatch.setenv("JINJIBU_DATA", str(tmp_path))
    monkeypatch.delenv("JINJIBU_DATABASE_URL", raising=False)
    asyncio.run(_migrate())
    for login in ("boss", "second"):
        CliRunner().invoke(users, ["add", login, "--name", "Boss", "--role", "admin"])
    return tmp_path


async def _migrate() -> None:
    database = Database(Settings().resolved_database_url)
    await migrate(database)
    await database.close()


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def _sql(data: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data / "jinjibu.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


class TestVerify:
    def test_a_whole_log_ends_with_0(self) -> None:
        result = _run("verify")

        assert result.exit_code == 0
        assert "whole: 2 entries" in result.stdout

    def test_the_first_broken_entry_is_named_and_the_command_ends_with_1(self, data: Path) -> None:
        _sql(
            data,
            "DROP TRIGGER audit_entry_no_update",
            "UPDATE audit_entry SET action = 'x' WHERE seq = 2",
        )

        result = _run("verify")

        assert result.exit_code == 1
        assert "Entry 2 was changed" in result.stderr

    def test_a_removed_tail_is_found_with_the_exported_head(self, data: Path) -> None:
        (data / "heads").write_text(_run("head").stdout)
        first = json.loads(_run("list").stdout.splitlines()[0])
        assert first["action"] == "staff_user_created"
        _sql(
            data,
            "DROP TRIGGER audit_entry_no_delete",
            "DELETE FROM audit_entry WHERE seq = 2",
            "UPDATE audit_head SET seq = 1, hash = (SELECT hash FROM audit_entry)",
        )

        assert _run("verify").exit_code == 0
        result = _run("verify", "--anchor", str(data / "heads"))

        assert result.exit_code == 1
        assert "Entry 2 is missing: the log was cut" in result.stderr

    @pytest.mark.parametrize("content", [None, "no head"])
    def test_a_file_that_is_no_list_of_heads_ends_with_2(
        self, data: Path, content: str | None
    ) -> None:
        if content is not None:
            (data / "heads").write_text(content)

        assert _run("verify", "--anchor", str(data / "heads")).exit_code == 2

    def test_a_database_without_tables_ends_with_2(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JINJIBU_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")

        result = _run("verify")

        assert result.exit_code == 2
        assert "jinjibu migrate" in result.stderr


class TestList:
    def test_it_prints_what_was_done_to_one_thing(self) -> None:
        lines = [json.loads(line) for line in _run("list").stdout.splitlines()]

        chosen = _run("list", "--subject", lines[1]["subject"]).stdout.splitlines()

        assert [json.loads(line)["seq"] for line in chosen] == [2]
        assert lines[1]["actor"] == "operator"

    def test_it_goes_on_after_a_number(self) -> None:
        lines = _run("list", "--after", "1").stdout.splitlines()

        assert [json.loads(line)["seq"] for line in lines] == [2]
