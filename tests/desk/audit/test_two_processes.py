"""One chain from several processes, on SQLite and on PostgreSQL."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from desk.audit.verification import verify
from desk.config import ROOT, Settings
from desk.db import Database
from desk.migrate import migrate
from desk.vault.service import open_database

pytestmark = pytest.mark.asyncio
PROCESSES, ENTRIES = 3, 40
PATIENCE_SECONDS = 240
WRITER = """
import asyncio, sys
from desk.vault.service import open_database
from desk.audit.service import record
from desk.config import Settings

async def main():
    database = open_database(Settings(_env_file=None))
    for number in range(int(sys.argv[1])):
        async with database.write() as tx:
            record(tx, action="written", actor="system", actor_id=None, subject="test:1",
                   details={"number": number})
    await database.close()

asyncio.run(main())
"""


async def test_processes_that_write_at_once_make_one_whole_chain(
    empty_database_url: str, tmp_path: Path
) -> None:
    url = empty_database_url
    settings = Settings(_env_file=None, data=tmp_path, database_url=url)
    bare = Database(settings.resolved_database_url)
    await migrate(bare)
    await bare.close()
    environment = {**os.environ, "JINJIBU_DATA": str(tmp_path), "JINJIBU_DATABASE_URL": url}

    writers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, str(ENTRIES), cwd=ROOT, env=environment
        )
        for _ in range(PROCESSES)
    ]

    async with asyncio.timeout(PATIENCE_SECONDS):
        assert [await writer.wait() for writer in writers] == [0] * PROCESSES
    database = open_database(settings)
    found = await verify(database)
    await database.close()
    assert (found.is_whole, found.checked) == (True, PROCESSES * ENTRIES)
