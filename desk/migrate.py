"""Brings the database to the state the code needs, or says why it cannot."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from desk.db import Database

MIGRATION_LOCK = 20261125
"""Sets this advisory lock apart from others in the same PostgreSQL."""


INDEX_PREFIX = "search_index"
"""Begins the names of what the search needs in one kind of database only."""


def is_compared(name: str | None, _kind: str, _parents: object) -> bool:
    """Whether a table or index is compared with the models (Alembic's `include_name`)."""
    return not (name or "").startswith(INDEX_PREFIX)


class DatabaseIsNewerError(Exception):
    """A newer version of the program has changed the database."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection) -> str | None:
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseIsNewerError(
            f"The database is at revision {current}, which this program does not know: "
            "a newer version has used it. Start that version, or restore a backup that "
            "this version made."
        )
    head = scripts.get_current_head()
    if current != head:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return head


async def migrate(database: Database) -> str | None:
    """Upgrade the database to the newest revision.

    Returns:
        The revision it has now.

    Raises:
        DatabaseIsNewerError: A newer version of the program has changed it.
    """
    async with database.engine.begin() as connection:
        if not database.is_sqlite:
            # Several machines that start at once wait here for each other.
            await connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        return await connection.run_sync(_upgrade)


async def write_revision(database: Database, message: str, rev_id: str | None = None) -> None:
    """Write a new migration from the difference between tables and models."""

    def generate(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True, rev_id=rev_id)

    async with database.engine.begin() as connection:
        await connection.run_sync(generate)
