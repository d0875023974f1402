"""The commands `jinjibu user …`."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from desk.auth.models import StaffUser
from desk.auth.service import AuthService
from desk.cli_users import app
from desk.config import Settings
from desk.db import Database

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder and a database without rows, named by the environment."""
    monkeypatch.setenv("JINJIBU_DATA", str(tmp_path))
    monkeypatch.setenv("JINJIBU_DATABASE_URL", database_url)
    return tmp_path


def _log_in(login: str, password: str) -> StaffUser:
    async def work() -> StaffUser:
        settings = Settings()
        database = Database(settings.resolved_database_url)
        try:
            return await AuthService(database, settings).authenticate(login, password)
        finally:
            await database.close()

    return asyncio.run(work())


def _run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


def _secret(result: Result) -> str:
    found = re.search(r"^one-time password: (\S+)$", result.stdout, re.MULTILINE)
    assert found
    return found.group(1)


class TestAdd:
    def test_it_prints_a_one_time_password_that_works(self) -> None:
        result = _run("add", "hanako", "--name", "Hanako", "--hub", "matsumoto")

        assert result.exit_code == 0
        assert _log_in("hanako", _secret(result)).must_change_password

    def test_a_lasting_password_can_be_piped_in(self) -> None:
        arguments = ("add", "boss", "--name", "Boss", "--role", "admin", "--password-stdin")

        result = _run(*arguments, typed=f"{PASSWORD}\n")

        assert result.exit_code == 0
        assert PASSWORD not in result.output
        assert not _log_in("boss", PASSWORD).must_change_password

    def test_a_refusal_is_explained(self) -> None:
        result = _run("add", "hanako", "--name", "Hanako", "--hub", "osaka")

        assert result.exit_code == 1
        assert "There is no hub 'osaka'. Known: " in result.stderr


class TestList:
    def test_it_prints_one_line_an_account(self) -> None:
        _run("add", "hanako", "--name", "Hanako", "--hub", "matsumoto")
        _run("add", "boss", "--name", "Boss", "--role", "admin")

        lines = _run("list").stdout.splitlines()

        assert lines == [
            "boss\tadmin\t-\tactive\tBoss",
            "hanako\tstaff\tmatsumoto\tactive\tHanako",
        ]


class TestDisable:
    def test_the_account_is_out_of_use(self) -> None:
        _run("add", "hanako", "--name", "Hanako", "--hub", "matsumoto")

        assert _run("disable", "hanako").exit_code == 0

        assert "disabled" in _run("list").stdout

    def test_an_unknown_login_is_refused(self) -> None:
        result = _run("disable", "nobody")

        assert result.exit_code == 1
        assert "no account" in result.stderr


class TestResetPassword:
    def test_the_new_one_time_password_works(self) -> None:
        _run("add", "hanako", "--name", "Hanako", "--hub", "matsumoto")

        result = _run("reset-password", "hanako")

        assert _log_in("hanako", _secret(result)).must_change_password


class TestDatabase:
    def test_a_database_without_tables_is_explained(
        self, make_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JINJIBU_DATABASE_URL", make_database(empty=True))

        result = _run("list")

        assert result.exit_code == 1
        assert "jinjibu migrate" in result.stderr

    def test_a_missing_database_is_explained(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JINJIBU_DATA", str(tmp_path / "nowhere"))
        monkeypatch.delenv("JINJIBU_DATABASE_URL")

        result = _run("list")

        assert result.exit_code == 1
        assert "jinjibu migrate" in result.stderr
