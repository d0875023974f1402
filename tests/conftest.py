"""The running product, started once for all tests that only talk to it."""

from collections.abc import Iterator

import pytest

from tests.product import OwnerClient, Product


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
