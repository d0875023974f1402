"""Entries to check, and hands that change the log behind the program's back."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from desk.audit.service import Actor, record
from desk.db import Database, new_id

Write = Callable[[int], Awaitable[None]]
Tamper = Callable[..., Awaitable[None]]


@pytest.fixture
def write(database: Database) -> Write:
    """Writes some entries, each in a transaction of its own."""

    async def write(count: int) -> None:
        for _ in range(count):
            async with database.write() as tx:
                record(
                    tx,
                    action="case_claimed",
                    actor=Actor.STAFF,
                    actor_id=new_id(),
                    subject=f"case:{new_id()}",
                    details={"seq": 2},
                )

    return write


@pytest.fixture
def tamper(database: Database) -> Tamper:
    """Runs SQL as somebody who may alter the tables, and so takes the guards away first."""

    async def tamper(*statements: str) -> None:
        guards = (
            [
                "DROP TRIGGER IF EXISTS audit_entry_no_update",
                "DROP TRIGGER IF EXISTS audit_entry_no_delete",
            ]
            if database.is_sqlite
            else ["DROP TRIGGER IF EXISTS audit_entry_no_change ON audit_entry"]
        )
        async with database.engine.begin() as connection:
            for statement in [*guards, *statements]:
                await connection.execute(text(statement))

    return tamper
