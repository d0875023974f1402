"""Keys of Rasa's trackers: derived, handed over the newest first, and kept while needed."""

import base64
from pathlib import Path

import pytest
from sqlalchemy import text

from desk.config import Settings, async_url
from desk.db import Database
from desk.vault.cipher import Vault, derive
from desk.vault.errors import KeyFileMissingError, KeyInUseError
from desk.vault.keys import KeyFile
from desk.vault.trackers import refuse_if_trackers_need, tracker_keys, tracker_url


async def fill_trackers(url: str, *, tracker: str | None, seals: str | None) -> None:
    """Trackers as Rasa's process leaves them (`bot/channels/tracker_store.py`)."""
    database = Database(async_url(url))
    async with database.write() as tx:
        await tx.execute(text("CREATE TABLE tracker (conversation_id TEXT, key_id VARCHAR(16))"))
        await tx.execute(text("CREATE TABLE tracker_key (key_id VARCHAR(16))"))
        await tx.execute(text("INSERT INTO tracker VALUES ('c', :id)"), {"id": tracker})
        await tx.execute(text("INSERT INTO tracker_key VALUES (:id)"), {"id": seals})
    await database.close()


@pytest.fixture
def url(settings: Settings, backend: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of the trackers: a file beside desk's, or desk's own PostgreSQL."""
    if backend == "postgresql":
        monkeypatch.setenv("JINJIBU_TRACKER_URL", settings.database_url)
    else:
        monkeypatch.delenv("JINJIBU_TRACKER_URL", raising=False)
    return tracker_url(settings)


class TestKeys:
    def test_newest_comes_first(self, key_file: KeyFile):
        first = key_file.read()[0]
        added = key_file.add()

        handed = [entry.split(":")[0] for entry in tracker_keys(key_file).split(",")]

        assert handed == [added.id, first.id]

    def test_they_are_neither_the_master_keys_nor_those_of_desks_own_values(
        self, key_file: KeyFile, vault: Vault
    ):
        key = key_file.read()[0]

        handed = base64.b64decode(tracker_keys(key_file).split(":")[1])

        assert len(handed) == 32
        others = [b"jinjibu fields v1", b"jinjibu lookups v1"]
        assert handed not in [key.secret, *(derive(key.secret, each) for each in others)]

    def test_same_master_key_gives_the_same(self, key_file: KeyFile):
        assert tracker_keys(key_file) == tracker_keys(KeyFile(key_file.path))

    def test_missing_file_is_told(self, tmp_path: Path):
        with pytest.raises(KeyFileMissingError):
            tracker_keys(KeyFile(tmp_path / "none.json"))


class TestRetire:
    async def test_key_of_a_tracker_stays(self, settings: Settings, url: str):
        await fill_trackers(url, tracker="aaaaaaaa", seals="bbbbbbbb")

        with pytest.raises(KeyInUseError, match="Restart the service"):
            await refuse_if_trackers_need(settings, "aaaaaaaa")

    async def test_key_that_rasa_seals_with_stays(self, settings: Settings, url: str):
        await fill_trackers(url, tracker=None, seals="bbbbbbbb")

        with pytest.raises(KeyInUseError):
            await refuse_if_trackers_need(settings, "bbbbbbbb")

    async def test_key_that_no_tracker_needs_may_go(self, settings: Settings, url: str):
        await fill_trackers(url, tracker="bbbbbbbb", seals="bbbbbbbb")

        await refuse_if_trackers_need(settings, "aaaaaaaa")

    async def test_without_trackers_every_key_may_go_and_no_file_is_made(
        self, settings: Settings, url: str
    ):
        await refuse_if_trackers_need(settings, "aaaaaaaa")

        assert not (settings.data / "rasa.db").exists()
