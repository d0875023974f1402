"""Two desk processes on one PostgreSQL, and an owner's HTTP client."""

from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
import pytest_asyncio

from tests.desk.migrated import migrate_now
from tests.desk.processes.desks import Desk
from tests.servers import Databases, PostgresServer

Pair = tuple[Desk, Desk]


@pytest.fixture(scope="module")
def start_pair(
    own_postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Pair]]:
    """Starts two desks on a database of their own, with settings beside it."""
    started: list[Desk] = []
    databases = Databases(own_postgres)

    def start(**environment: str) -> Pair:
        data = tmp_path_factory.mktemp("desks")
        settings = {"JINJIBU_DATABASE_URL": databases.make(migrate_now), **environment}
        pair = Desk(data, **settings), Desk(data, **settings)
        for desk in pair:
            started.append(desk)
            desk.start()
        for desk in pair:
            desk.wait_ready()
        return pair

    yield start
    for desk in started:
        desk.stop()


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client on real sockets."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=30, trust_env=False, limits=limits) as client:
        yield client
