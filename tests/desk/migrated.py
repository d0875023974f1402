"""Makes the tables of a database by the migrations."""

from desk.config import Settings
from desk.db import Database
from desk.migrate import migrate
from tests.apart import run_apart


def migrate_now(url: str) -> None:
    """Make the tables, on a thread of its own: the caller may stand in an event loop."""

    async def work() -> None:
        database = Database(Settings(_env_file=None, database_url=url).resolved_database_url)
        await migrate(database)
        await database.close()

    run_apart(work())
