"""The database: engine, transactions, column types. Only this module commits."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import DateTime, MetaData, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import JSON, TypeDecorator, Uuid
from uuid_utils.compat import uuid7 as _uuid7

from desk.writers import WriterQueue

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


POSTGRESQL_CONNECTION = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""A server that vanished is noticed within seconds, not after the system's two hours."""
POSTGRESQL_POOL = {"pool_size": 10, "max_overflow": 20, "pool_timeout": 10}
BUSY_SECONDS = 10
"""For so long a writer of SQLite waits for the others."""


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes, stored as UTC on every database (SQLite forgets the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("datetime without a time zone; use an aware one")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the value its zone back."""
        if value is not None and value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it as it stands)
        datetime: UtcDateTime,
        UUID: Uuid(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


def new_id() -> UUID:
    """A new identifier, ordered by time (UUID version 7)."""
    return _uuid7()


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


class Transaction(AsyncSession):
    """A session that lives for one transaction.

    `after_commit` keeps what the outside world may hear only once the data stand;
    `before_commit` keeps what must be written last.
    """

    def __init__(self, *args: Any, can_write: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.can_write = can_write
        self._hooks: list[Callable[[], None]] = []
        self._last_writes: list[Callable[[], Awaitable[None]]] = []

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is SQLite (else PostgreSQL)."""
        return self.get_bind().dialect.name == "sqlite"

    def after_commit(self, hook: Callable[[], None]) -> None:
        """Call `hook` when (and only when) this transaction has been committed."""
        self._hooks.append(hook)

    def before_commit(self, write: Callable[[], Awaitable[None]]) -> None:
        """Call `write` at the end of this transaction, after everything else it does."""
        self._last_writes.append(write)

    async def run_last_writes(self) -> None:
        """Do the last writes; called by `Database` before the commit."""
        for write in self._last_writes:
            await write()

    def run_hooks(self) -> None:
        """Run and forget the hooks; called by `Database` after the commit."""
        hooks, self._hooks = self._hooks, []
        for hook in hooks:
            hook()


class Database:
    """One database address and its transactions."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.info: dict[str, Any] = {}
        """What features tie to this database; each transaction has it as `info`."""
        options: dict[str, Any] = {}
        if not self.is_sqlite:
            options = {**POSTGRESQL_POOL, "connect_args": POSTGRESQL_CONNECTION}
        self.engine = create_async_engine(
            url,
            pool_pre_ping=not self.is_sqlite,
            hide_parameters=True,  # What is stored stands in no error and no log.
            **options,
        )
        if self.is_sqlite:
            _set_up_sqlite(self.engine.sync_engine)
        self._reader = self.engine.execution_options(jinjibu_begin="DEFERRED")
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, WriterQueue] = (
            WeakKeyDictionary()
        )

    @asynccontextmanager
    async def write(self, *, is_urgent: bool = False) -> AsyncIterator[Transaction]:
        """One transaction that may change data; commits at the end, or nothing happens.

        Args:
            is_urgent: On SQLite it goes before the other writers that wait.

        Raises:
            sqlalchemy.exc.TimeoutError: SQLite's other writers did not end in time.
        """
        async with AsyncExitStack() as stack:
            if self.is_sqlite:
                await self._take_turn(stack, is_urgent=is_urgent)
            session = await stack.enter_async_context(
                Transaction(self.engine, expire_on_commit=False, info=self.info)
            )
            async with session.begin():
                yield session
                await session.run_last_writes()
            session.run_hooks()

    async def _take_turn(self, stack: AsyncExitStack, *, is_urgent: bool) -> None:
        queue = self._queues.setdefault(asyncio.get_running_loop(), WriterQueue())
        turn = queue.turn(is_urgent=is_urgent, seconds=BUSY_SECONDS)
        try:
            await stack.enter_async_context(turn)
        except TimeoutError as exc:
            raise PoolTimeoutError("The other writers did not end in time.") from exc

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """One consistent reading transaction; it ends without a commit."""
        async with Transaction(
            self._reader, can_write=False, expire_on_commit=False, info=self.info
        ) as session:
            yield session

    async def close(self) -> None:
        """Give back every connection."""
        await self.engine.dispose()


def _set_up_sqlite(engine: Any) -> None:
    """Set SQLite for several writers: WAL, waiting instead of failing, foreign keys.

    Writers take the write lock at BEGIN, so that a transaction that reads first
    cannot fail later with SQLITE_BUSY; readers begin deferred.
    """

    @event.listens_for(engine, "connect")
    def on_connect(dbapi_connection: Any, _: object) -> None:
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "foreign_keys=ON",
            "secure_delete=ON",  # What was erased is not left in freed pages.
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("jinjibu_begin", "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {mode}")
