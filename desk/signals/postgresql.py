"""Signals by LISTEN and NOTIFY, where PostgreSQL is there anyway."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

from desk.db import POSTGRESQL_CONNECTION
from desk.signals.linked import CHANNEL, LinkedSignals


class PostgresSignals(LinkedSignals):
    """Signals over one channel of the database.

    They are sent after the commit and by a connection of their own: a NOTIFY in a
    transaction makes all committing transactions wait for each other. What is lost when a
    process dies in between is found by looking.
    """

    errors = (psycopg.Error, OSError)

    def __init__(self, url: str) -> None:
        super().__init__()
        plain = make_url(url).set(drivername="postgresql")
        address = plain.render_as_string(hide_password=False)
        self._conninfo = make_conninfo(address, **POSTGRESQL_CONNECTION)
        self._sender: psycopg.AsyncConnection[Any] | None = None

    async def listen(self) -> AsyncIterator[str | None]:
        """See `LinkedSignals.listen`."""
        connection = await self._connect()
        try:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            yield None
            async for notify in connection.notifies():
                yield notify.payload
        finally:
            await connection.close()

    async def deliver(self, messages: Sequence[str]) -> None:
        """See `LinkedSignals.deliver`."""
        if self._sender is None:
            self._sender = await self._connect()
        for message in messages:
            await self._sender.execute("SELECT pg_notify(%s, %s)", (CHANNEL, message))

    async def disconnect(self) -> None:
        """See `LinkedSignals.disconnect`."""
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.close()

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
