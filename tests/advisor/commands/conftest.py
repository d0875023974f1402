"""What the tests of the commands share."""

from pathlib import Path

import pytest


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a situation is saved."""
    return tmp_path / "situation.json"
