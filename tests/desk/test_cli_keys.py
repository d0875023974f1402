"""The commands `jinjibu keys …`."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from desk.cli import app
from desk.config import Settings
from desk.jobs.models import Job
from desk.jobs.worker import Worker
from desk.vault.keys import KeyFile
from desk.vault.rotation import RENEW_JOB, renew_step
from desk.vault.service import open_database
from desk.vault.trackers import tracker_keys


@pytest.fixture(autouse=True)
def data(tmp_path: Path, empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a migrated database, named by the environment."""
    monkeypatch.setenv("JINJIBU_DATA", str(tmp_path))
    monkeypatch.setenv("JINJIBU_DATABASE_URL", empty_database_url)
    monkeypatch.delenv("JINJIBU_KEY_FILE", raising=False)
    monkeypatch.delenv("JINJIBU_TRACKER_URL", raising=False)
    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    return tmp_path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments])


def _states() -> dict[str, str]:
    """By key id, what `status` says of it."""
    lines = [line.split("\t") for line in _run("status").stdout.splitlines() if "\t" in line]
    return {line[0]: line[1] for line in lines}


def _renew() -> None:
    """What the service does in the background."""

    async def work() -> None:
        database = open_database(Settings())

        async def step(job: Job) -> None:
            await renew_step(database, job)

        await Worker(database, {RENEW_JOB: step}).run_due()
        await database.close()

    asyncio.run(work())


class TestStatus:
    def test_shows_the_key_that_encrypts(self):
        assert list(_states().values()) == ["encrypts"]

    def test_secret_is_not_shown(self, data: Path):
        secret = (data / "keys.json").read_text().split('"secret": "')[1].split('"')[0]

        assert secret not in _run("status").output

    def test_missing_key_file_is_told(self, data: Path):
        (data / "keys.json").unlink()

        result = _run("status")

        assert result.exit_code == 1
        assert "No keys are bound" in result.stderr


class TestRotateAndRetire:
    def test_new_key_encrypts_and_the_old_one_can_be_retired(self):
        (old,) = _states()

        rotated = _run("rotate")
        _renew()
        retired = _run("retire", old)

        assert "Back up" in rotated.stdout
        assert "Restart the service" in rotated.stdout
        assert retired.exit_code == 0
        assert sorted(_states().values()) == ["encrypts", "retired"]

    def test_key_that_a_tracker_needs_cannot_be_retired(self, data: Path):
        (old,) = _states()
        with closing(sqlite3.connect(data / "rasa.db")) as trackers, trackers:
            trackers.execute("CREATE TABLE tracker (conversation_id TEXT, key_id TEXT)")
            trackers.execute("INSERT INTO tracker VALUES ('c', ?)", (old,))
        _run("rotate")
        _renew()

        result = _run("retire", old)

        assert result.exit_code == 1
        assert "Restart the service" in result.stderr
        assert _states()[old] == "decrypts"

    def test_newest_key_cannot_be_retired(self):
        (key,) = _states()

        result = _run("retire", key)

        assert result.exit_code == 1
        assert "newest" in result.stderr

    def test_renewal_waits_for_the_service(self):
        _run("rotate")

        assert "under way" in _run("status").stdout

    def test_audit_key_that_cannot_be_used_stops_it(self, data: Path):
        (data / "audit.key").write_text("no key")

        result = _run("rotate")

        assert result.exit_code == 1
        assert "JINJIBU_AUDIT_KEY_FILE" in result.stderr


class TestVerify:
    def test_sound_database_is_told(self):
        result = _run("verify")

        assert result.exit_code == 0
        assert "Every value" in result.stdout


class TestMigrate:
    def test_it_makes_the_data_folder(
        self,
        data: Path,
        make_database: Callable[..., str],
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setenv("JINJIBU_DATA", str(data / "new"))
        monkeypatch.setenv("JINJIBU_DATABASE_URL", make_database(empty=True))

        result = CliRunner().invoke(app, ["migrate"])

        assert result.exit_code == 0
        assert (data / "new" / "keys.json").exists()

    def test_lost_key_file_stops_it_with_what_to_do(self, data: Path):
        (data / "keys.json").unlink()

        result = CliRunner().invoke(app, ["migrate"])

        assert result.exit_code == 1
        assert "Restore it from its backup" in result.stderr
        assert not (data / "keys.json").exists()

    def test_lost_key_file_stops_the_service_with_what_to_do(self, data: Path):
        (data / "keys.json").unlink()

        result = CliRunner().invoke(app, ["serve"])

        assert result.exit_code == 1
        assert "Could not start" in result.stderr


class TestTrackers:
    def test_prints_what_rasas_process_takes(self, data: Path):
        printed = _run("trackers").stdout.strip()

        assert printed == tracker_keys(KeyFile(data / "keys.json"))
