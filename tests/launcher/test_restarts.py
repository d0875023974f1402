"""When a process that ends again and again is no longer started."""

import sys
from pathlib import Path

import pytest

from desk.config import Settings
from desk.launcher.processes import Child
from tests.product import wait_until


@pytest.mark.parametrize("limit", [1, 3])
class TestRestarts:
    def test_a_process_is_started_as_often_as_the_setting_allows(
        self, tmp_path: Path, limit: int
    ) -> None:
        settings = Settings(_env_file=None, data=tmp_path, restarts_per_three_minutes=limit)
        child = Child("short", [sys.executable, "-c", ""], {}, settings)
        child.start()

        starts = 1
        while _ends(child) and child.restart_if_ended():
            starts += 1

        child.wait(0)
        assert starts == limit


def _ends(child: Child) -> bool:
    wait_until(lambda: not child.is_running, 30)
    return True
