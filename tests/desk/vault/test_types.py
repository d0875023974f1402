"""The column types by themselves: any value comes back as it was."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from desk.vault.cipher import Vault
from desk.vault.errors import UnboundValueError
from desk.vault.keys import KeyFile
from desk.vault.types import (
    BoundBytes,
    BoundDict,
    BoundText,
    EncryptedBytes,
    EncryptedJson,
    EncryptedText,
    SealedType,
    bind,
)

ROW = "0" * 32
TEXTS = st.text(st.characters(codec=None, categories=None))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


@pytest.fixture(scope="module", params=[sqlite.dialect, postgresql.dialect])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    with TemporaryDirectory() as folder:
        file = KeyFile(Path(folder) / "keys.json")
        file.create()
        made = request.param()
        bind(made, Vault(file))
        return made


class TestRoundTrip:
    @given(text=TEXTS)
    def test_text(self, dialect: Dialect, text: str):
        kind = EncryptedText("case.headline")

        stored = kind.process_bind_param(BoundText(text, ROW), dialect)

        assert kind.process_result_value(stored, dialect) == text
        assert stored is not None
        assert stored.isascii()

    @given(value=st.dictionaries(TEXTS, JSON))
    def test_json(self, dialect: Dialect, value: dict[str, Any]):
        kind = EncryptedJson("case.contact")

        stored = kind.process_bind_param(BoundDict(value, ROW), dialect)

        assert kind.process_result_value(stored, dialect) == value

    @given(value=st.binary())
    def test_bytes(self, dialect: Dialect, value: bytes):
        kind = EncryptedBytes("attachment.content")

        stored = kind.process_bind_param(BoundBytes(value, ROW), dialect)

        found = kind.process_result_value(stored, dialect)
        assert found == value
        assert getattr(found, "row", None) == ROW

    def test_bytes_that_do_not_know_their_row_are_refused(self, dialect: Dialect):
        with pytest.raises(UnboundValueError):
            EncryptedBytes("a.b").process_bind_param(b"x", dialect)

    @pytest.mark.parametrize(
        "kind", [EncryptedText("a.b"), EncryptedJson("a.b"), EncryptedBytes("a.b")]
    )
    def test_nothing_stays_nothing(self, dialect: Dialect, kind: SealedType):
        assert kind.process_bind_param(None, dialect) is None
        assert kind.process_result_value(None, dialect) is None
