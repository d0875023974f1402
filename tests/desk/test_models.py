"""`desk.models` knows every table: a key is retired only if no table needs it."""

import subprocess
import sys
from pathlib import Path

import pytest

import desk
import desk.models
from desk.config import ROOT
from desk.db import Base

FEATURES = sorted(path.parent.name for path in Path(desk.__file__).parent.glob("*/models.py"))


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_with_tables_is_known(feature: str) -> None:
    source = Path(desk.models.__file__).read_text()

    assert f"import desk.{feature}.models\n" in source


def test_the_commands_of_the_keys_know_every_sealed_table() -> None:
    code = (
        "import desk.cli_keys; from desk.db import Base; from desk.vault.tables import *;"
        "print(*(each.name for each in sealed_tables(Base.metadata)))"
    )

    known = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    sealed = [name for name, table in sorted(Base.metadata.tables.items()) if _is_sealed(table)]
    assert known.stdout.split() == sealed
    assert {"case", "case_event", "notification_secret", "staff_totp", "staff_user"} <= {*sealed}


def _is_sealed(table: object) -> bool:
    columns = getattr(table, "columns", ())
    return any(type(column.type).__name__.startswith("Encrypted") for column in columns)
