"""The commands `jinjibu notify …` and `jinjibu reconcile`."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import desk.models  # noqa: F401 (every table must be known)
from desk.cli import app
from desk.config import Settings
from desk.db import Database
from desk.jobs import service as jobs
from desk.jobs.models import JobState
from desk.notify.webhook import read_secret
from desk.vault.keys import KeyFile
from tests.desk.notify.helpers import SECRET, ServerProcess

HOOK = "https://hook.example.jp/in"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder and a database without rows, named by the environment."""
    monkeypatch.setenv("JINJIBU_DATA", str(tmp_path))
    monkeypatch.setenv("JINJIBU_DATABASE_URL", database_url)
    monkeypatch.setenv("JINJIBU_NOTIFY_SECRETS", json.dumps({"hook": SECRET, "token": "t"}))
    KeyFile(tmp_path / "keys.json").create()
    return tmp_path


async def _let_a_job_die() -> None:
    database = Database(Settings().resolved_database_url)
    async with database.write() as tx:
        await jobs.enqueue(tx, "chat.forget", {}, max_attempts=1)
        (job,) = await jobs.lease(tx, "w")
        assert await jobs.fail(tx, job, "gone")
        assert job.state in set(JobState)
    await database.close()


def _run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


class TestAdd:
    def test_it_prints_the_id_and_the_list_shows_the_target(self) -> None:
        added = _run("notify", "add", "matsumoto", "mail", "staff@city.example.jp")

        assert added.exit_code == 0
        listed = _run("notify", "list")
        assert listed.stdout == (
            f"{added.stdout.strip()}\tmatsumoto\tmail\ton\tstaff@city.example.jp\thub\n"
        )
        silent, without_lead = listed.stderr.splitlines()[-2:]
        assert silent.startswith("Told nowhere, only in the console: bureau")
        assert "matsumoto" not in silent
        assert without_lead.startswith("No target of the lead: ")
        assert "matsumoto" in without_lead

    def test_a_target_of_the_lead_says_so(self) -> None:
        mail = ("mail", "lead@city.example.jp", "--level", "lead")

        _run("notify", "add", "matsumoto", *mail)

        listed = _run("notify", "list")
        assert listed.stdout.endswith("\tlead@city.example.jp\tlead\n")
        assert "matsumoto" not in listed.stderr.splitlines()[-1]
        assert "matsumoto" in listed.stderr.splitlines()[-2]

    def test_a_webhook_names_its_secret(self) -> None:
        assert _run("notify", "add", "bureau", "webhook", HOOK).exit_code == 1

        result = _run("notify", "add", "bureau", "webhook", HOOK, "--secret", "hook")

        assert result.exit_code == 0
        assert SECRET not in _run("notify", "list").output

    def test_a_kintone_has_app_and_fields(self) -> None:
        result = _run(
            *("notify", "add", "nagaoka", "kintone", "https://city.cybozu.com", "--app", "7"),
            *("--field", "case_number=receipt", "--field", "url=link", "--secret", "token"),
        )

        assert result.exit_code == 0
        assert "https://city.cybozu.com app 7" in _run("notify", "list").stdout

    def test_a_refusal_is_explained(self) -> None:
        result = _run("notify", "add", "osaka", "mail", "staff@city.example.jp")

        assert result.exit_code == 1
        assert "There is no hub 'osaka'. Known: " in result.stderr

    def test_a_field_without_a_code_is_refused(self) -> None:
        result = _run("notify", "add", "bureau", "kintone", "https://a.jp", "--field", "url")

        assert result.exit_code == 2

    def test_a_database_without_tables_is_explained(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JINJIBU_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")

        result = _run("notify", "list")

        assert result.exit_code == 1
        assert "jinjibu migrate" in result.stderr


class TestRemove:
    def test_the_target_is_gone(self) -> None:
        target = _run("notify", "add", "bureau", "mail", "a@meti.example.jp").stdout.strip()

        assert _run("notify", "remove", target).exit_code == 0

        assert _run("notify", "list").stdout == ""
        assert _run("notify", "remove", target).exit_code == 1


class TestTry:
    def test_it_prints_what_the_mail_server_answered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        server = ServerProcess("smtp_server.py", security="none")
        monkeypatch.setenv("JINJIBU_SMTP_HOST", "localhost")
        monkeypatch.setenv("JINJIBU_SMTP_PORT", str(server.port))
        monkeypatch.setenv("JINJIBU_SMTP_SECURITY", "none")
        monkeypatch.setenv("JINJIBU_SMTP_FROM", "navi@desk.example.jp")
        taken = _run("notify", "add", "bureau", "mail", "a@meti.example.jp").stdout.strip()
        refused = _run("notify", "add", "bureau", "mail", "unknown@meti.example.jp")

        good = _run("notify", "test", taken)
        bad = _run("notify", "test", refused.stdout.strip())
        server.stop()

        assert (good.exit_code, bad.exit_code) == (0, 1)
        assert "queued as 4711" in good.stdout
        assert "Not taken: 550 5.1.1 no such person here" in bad.stderr


class TestSecret:
    def test_it_prints_one_that_can_be_used(self) -> None:
        first, second = (_run("notify", "secret").stdout.strip() for _ in range(2))

        assert len(read_secret(first)) == 32
        assert first != second


class TestKeptSecrets:
    def test_a_kept_secret_can_be_named_at_once_and_is_never_printed(self) -> None:
        kept = _run("notify", "keep-secret", "new_hook", typed=f"{SECRET}\n")
        added = _run("notify", "add", "bureau", "webhook", HOOK, "--secret", "new_hook")
        listed = _run("notify", "secrets")

        assert (kept.exit_code, added.exit_code, listed.exit_code) == (0, 0, 0)
        assert listed.stdout.startswith("new_hook\t20")
        assert SECRET not in kept.output + listed.output

    def test_it_is_forgotten_when_nothing_names_it(self) -> None:
        _run("notify", "keep-secret", "new_hook", typed=f"{SECRET}\n")
        options = ("notify", "add", "bureau", "webhook", HOOK, "--secret", "new_hook")
        target = _run(*options).stdout.strip()

        named = _run("notify", "forget-secret", "new_hook")
        _run("notify", "remove", target)
        forgotten = _run("notify", "forget-secret", "new_hook")

        assert (named.exit_code, forgotten.exit_code) == (1, 0)
        assert "A target names" in named.stderr
        assert _run("notify", "secrets").stdout == ""

    def test_without_a_key_file_it_says_what_to_do(self, data: Path) -> None:
        (data / "keys.json").unlink()

        result = _run("notify", "keep-secret", "new_hook", typed=f"{SECRET}\n")

        assert result.exit_code == 1
        assert "jinjibu migrate" in result.stderr


class TestReconcile:
    def test_a_healthy_desk_exits_0(self) -> None:
        result = _run("reconcile")

        assert (result.exit_code, result.stdout) == (0, "")
        assert "0 findings in 0 receipts, 0 cases" in result.stderr

    def test_findings_are_printed_one_a_line_and_exit_1(self) -> None:
        asyncio.run(_let_a_job_die())

        result = _run("reconcile")

        assert result.exit_code == 1
        assert result.stdout.startswith("job_dead\tjob_id=")
        assert "1 findings" in result.stderr
