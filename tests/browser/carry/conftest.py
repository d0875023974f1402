"""One desk for all tests of a module, and seeded talks through a faulty proxy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.live_desk import LiveDesk, running_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDesk]:
    """A desk with a scripted engine that echoes."""
    data: Path = tmp_path_factory.mktemp("carry")
    with running_desk(data) as desk:
        yield desk
