"""What the commands that work on the database have in common: opening it, and refusals."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer
from sqlalchemy.exc import SQLAlchemyError, StatementError

from desk.config import Settings
from desk.db import Database
from desk.errors import DeskError
from desk.vault.errors import VaultError
from desk.vault.service import open_database

T = TypeVar("T")
REMEDY = "Check JINJIBU_DATABASE_URL and JINJIBU_DATA, and run 'jinjibu migrate' first."


def run(work: Callable[[Database, Settings], Awaitable[T]], *, exit_code: int = 1) -> T:
    """Do `work` on the database that the settings name; print a refusal and exit.

    Args:
        work: Gets the database with its keys and its audit log.
        exit_code: After a refusal.
    """
    settings = Settings()

    async def do() -> T:
        database = open_database(settings)
        try:
            return await work(database, settings)
        finally:
            await database.close()

    try:
        return asyncio.run(do())
    except (DeskError, VaultError, SQLAlchemyError) as exc:
        typer.echo(explain(exc), err=True)
        raise typer.Exit(exit_code) from exc


def explain(exc: DeskError | VaultError | SQLAlchemyError) -> str:
    """What went wrong and what to do, for the operator."""
    cause = exc.orig if isinstance(exc, StatementError) and exc.orig is not None else exc
    # A value that cannot be sealed or opened comes wrapped into its statement's error.
    if isinstance(cause, DeskError | VaultError):
        return str(cause)
    return f"The database cannot be used ({type(cause).__name__}). {REMEDY}"
