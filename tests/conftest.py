"""What tests share: the running product, and real database and fan-out servers."""

from collections.abc import Iterator
from typing import cast

import pytest

from tests.product import OwnerClient, Product
from tests.servers import (
    Databases,
    PostgresServer,
    ServerMissingError,
    ValkeyServer,
    start_postgres,
)

BACKENDS = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--database`."""
    parser.addoption(
        "--database",
        choices=[*BACKENDS, "both"],
        default="sqlite",
        help="database that the tests of desk run on (default: sqlite); with postgresql, tests "
        "without a database are left out",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that has a database on every one that was asked for."""
    if "backend" not in metafunc.fixturenames:
        return
    option = metafunc.config.getoption("--database")
    asked = BACKENDS if option == "both" else (option,)
    marker = metafunc.definition.get_closest_marker("on_database")
    fitting = marker.args if marker else BACKENDS
    chosen = [name for name in asked if name in fitting]
    skip = pytest.mark.skip(reason=f"only on {' and '.join(fitting)}; run with --database both")
    params = chosen or [pytest.param(asked[0], marks=skip)]
    metafunc.parametrize("backend", params, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what has no database when only PostgreSQL is asked for: it ran without that."""
    if config.getoption("--database") != "postgresql":
        return
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        (kept if "backend" in getattr(item, "fixturenames", ()) else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """Name of the database that this test runs on: `sqlite` or `postgresql`."""
    return cast("str", request.param)


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[Databases]:
    """A real PostgreSQL, started when the first test needs it, one for each pytest worker."""
    try:
        databases = Databases(start_postgres())
    except ServerMissingError as exc:
        pytest.skip(str(exc))
    yield databases
    databases.close()


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that the tests of one module may stop, kill and start again."""
    try:
        server = PostgresServer()
    except ServerMissingError as exc:
        pytest.skip(str(exc))
    yield server
    server.remove()


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    """A real Valkey that the tests of one module may stop, kill and start again."""
    try:
        server = ValkeyServer()
    except ServerMissingError as exc:
        pytest.skip(str(exc))
    yield server
    server.remove()


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The whole product with its trained model, as ./run starts it."""
    product = Product(tmp_path_factory.mktemp("product"), today="2026-11-24").start("--no-train")
    yield product
    assert product.stop() == 0


@pytest.fixture
def owner(product: Product) -> Iterator[OwnerClient]:
    """An owner with a new conversation."""
    with OwnerClient(product.base) as owner:
        yield owner
