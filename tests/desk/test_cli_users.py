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
from desk.vault.keys import KeyFile
from desk.vault.service import open_database

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder and a database without rows, named by the environment."""
    monkeypatch.setenv("JINJIBU_DATA", str(tmp_path))
    monkeypatch.setenv("JINJIBU_DATABASE_URL", database_url)
    KeyFile(tmp_path / "keys.json").create()
    return tmp_path


def _log_in(login: str, password: str) -> StaffUser:
    async def work() -> StaffUser:
        settings = Settings()
        database = open_database(settings)
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


class TestSecondFactor:
    def test_a_lost_app_is_taken_away_from_the_machine_too(self) -> None:
        _run("add", "boss", "--name", "Boss", "--role", "admin")

        result = _run("reset-second-factor", "boss")

        assert result.exit_code == 0
        assert "anew" in result.stdout
        assert _run("reset-second-factor", "nobody").exit_code == 1


class TestEndSessions:
    def test_it_says_how_many_there_were(self) -> None:
        _run("add", "boss", "--name", "Boss", "--role", "admin")

        assert "0 sessions of boss" in _run("end-sessions", "boss").stdout


class TestRole:
    def test_the_account_gets_the_role(self) -> None:
        _run("add", "boss", "--name", "Boss", "--role", "admin")
        _run("add", "hanako", "--name", "Hanako", "--hub", "matsumoto")

        assert _run("role", "hanako", "--role", "bureau").exit_code == 0
        assert "hanako\tbureau\t-" in _run("list").stdout

    def test_a_refusal_is_explained(self) -> None:
        _run("add", "boss", "--name", "Boss", "--role", "admin")

        result = _run("role", "boss", "--role", "auditor")

        assert result.exit_code == 1
        assert "last administrator" in result.stderr


class TestOrganisation:
    @pytest.fixture(autouse=True)
    def organisation(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JINJIBU_OIDC_ISSUER", "https://login.example")
        monkeypatch.setenv("JINJIBU_OIDC_CLIENT_ID", "desk")
        _run("add", "hanako", "--name", "Hanako", "--hub", "matsumoto")

    @pytest.mark.parametrize(
        "option", [("--email", "hanako@example.jp"), ("--subject", "person-1"), ("--email", "")]
    )
    def test_an_account_is_tied_or_untied(self, option: tuple[str, str]) -> None:
        assert _run("organisation", "hanako", *option).exit_code == 0

    @pytest.mark.parametrize(
        "options", [(), ("--email", "a@b.jp", "--subject", "x"), ("--email", "no address")]
    )
    def test_anything_else_is_refused(self, options: tuple[str, ...]) -> None:
        assert _run("organisation", "hanako", *options).exit_code == 1

    def test_without_an_organisation_there_is_nothing_to_tie(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("JINJIBU_OIDC_ISSUER")

        result = _run("organisation", "hanako", "--subject", "person-1")

        assert result.exit_code == 1
        assert "JINJIBU_OIDC_ISSUER" in result.stderr


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
