"""Keys of Rasa's trackers, which Rasa's process seals by itself (`bot/channels`).

They are derived from the keys of the key file, which Rasa never sees: with them nothing of
desk's own database opens.
"""

import base64
import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from desk.config import Settings, async_url
from desk.db import Database
from desk.vault.cipher import derive
from desk.vault.errors import KeyInUseError
from desk.vault.keys import KeyFile

PURPOSE = b"jinjibu trackers v1"


def tracker_url(settings: Settings) -> str:
    """Address of the trackers: `rasa.db` in the data folder if the environment names none."""
    given = os.environ.get("JINJIBU_TRACKER_URL")
    return given or f"sqlite:///{(settings.data / 'rasa.db').resolve()}"


def tracker_keys(file: KeyFile) -> str:
    """The keys as Rasa's process takes them: `id:base64`, joined by commas, the newest first.

    Raises:
        KeyFileMissingError: There is no key file.
        KeyFileBrokenError: It cannot be used.
    """
    keys = [(key.id, derive(key.secret, PURPOSE)) for key in reversed(file.read())]
    return ",".join(f"{key_id}:{base64.b64encode(key).decode()}" for key_id, key in keys)


async def refuse_if_trackers_need(settings: Settings, key_id: str) -> None:
    """Keep a key without which Rasa could not open a conversation any more.

    Raises:
        KeyInUseError: A tracker is sealed with it, or Rasa seals with it.
    """
    is_new = tracker_url(settings).startswith("sqlite") and not _file(settings).exists()
    if not is_new and any(await _uses(settings, key_id)):
        raise KeyInUseError(
            f"Rasa's trackers need key {key_id}.",
            "Restart the service: Rasa takes up the newest key and seals its trackers with it.",
        )


def _file(settings: Settings) -> Path:
    """The file of SQLite's address."""
    return Path(make_url(tracker_url(settings)).database or "")


async def _uses(settings: Settings, key_id: str) -> Sequence[bool]:
    database = Database(async_url(tracker_url(settings)))
    try:
        async with database.engine.connect() as connection:
            tables = await connection.run_sync(lambda c: inspect(c).get_table_names())
            found = []
            for table in ("tracker", "tracker_key"):
                if table in tables:
                    query = text(f"SELECT 1 FROM {table} WHERE key_id = :id LIMIT 1")  # noqa: S608
                    found.append((await connection.execute(query, {"id": key_id})).first())
        return [row is not None for row in found]
    finally:
        await database.close()
