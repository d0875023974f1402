"""Real parts for the tests of desk: settings, a database with its tables."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio

import desk.auth.models
import desk.cases.models
import desk.chat.models
import desk.jobs.models
import desk.live.models
import desk.vault.models  # noqa: F401 (every table must be known)
from desk.config import Settings
from desk.db import Base, Database
from desk.vault.keys import KeyFile
from desk.vault.service import open_database


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that nothing outside the test decides."""
    KeyFile(tmp_path / "keys.json").create()
    return Settings(_env_file=None, data=tmp_path, today=date(2026, 11, 24))


@pytest_asyncio.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An empty database in a file of its own."""
    database = open_database(settings)
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield database
    await database.close()
