"""Column types that seal on the way in and open on the way out.

The keys are those bound to the engine that runs the statement (see `bind`): several
databases in one process never share them. A value is sealed for its row, so classes with
such columns derive from `desk.vault.rows.SealedRow`, which tells the value its row; other
ways to write one (`update(...).values(...)`) are refused.
"""

import json
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar, cast

from sqlalchemy import Integer, LargeBinary, String, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator, TypeEngine

from desk.vault.cipher import Vault
from desk.vault.errors import UnboundValueError, VaultLockedError
from desk.vault.lookups import LookupKind

T = TypeVar("T")
HASH_LENGTH = 80


class BoundText(str):
    """A text that knows the row it belongs to."""

    __slots__ = ("row",)
    row: str

    def __new__(cls, value: str, row: str) -> "BoundText":
        """The text `value` of the row."""
        made = super().__new__(cls, value)
        made.row = row
        return made


class BoundBytes(bytes):
    """Bytes that know the row they belong to."""

    row: str

    def __new__(cls, value: bytes, row: str) -> "BoundBytes":
        """The bytes `value` of the row."""
        made = super().__new__(cls, value)
        made.row = row
        return made


class BoundDict(dict[str, Any]):
    """A JSON object that knows the row it belongs to."""

    __slots__ = ("row",)

    def __init__(self, value: dict[str, Any], row: str) -> None:
        super().__init__(value)
        self.row = row


def bind(dialect: Dialect, vault: Vault) -> None:
    """Have an engine's sealed columns use the keys of `vault`.

    An engine's dialect is its own and goes with every connection and statement, in every
    thread and task.
    """
    dialect.jinjibu_vault = vault  # type: ignore[attr-defined]


def find_vault(dialect: Dialect) -> Vault | None:
    """The vault that was bound to the engine of this dialect."""
    found: Vault | None = getattr(dialect, "jinjibu_vault", None)
    return found


def get_vault(dialect: Dialect) -> Vault:
    """The vault that was bound to the engine of this dialect.

    Raises:
        VaultLockedError: None was.
    """
    vault = find_vault(dialect)
    if vault is None:
        raise VaultLockedError(
            "No keys are bound to this database.",
            "Open it with desk.vault.service.open_database, and run 'jinjibu migrate' once.",
        )
    return vault


class _NotComparable(TypeDecorator.Comparator[Any]):
    """Refuses comparing and sorting, which would compare ciphertexts."""

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        if op in (operators.is_, operators.is_not):
            return super().operate(op, *other, **kwargs)
        raise TypeError("a sealed column cannot be compared or sorted; use a LookupHash column")

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("a sealed column cannot be compared or sorted; use a LookupHash column")


class _Sealed(TypeDecorator[T]):
    """What the column types have in common."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Text
    cache_ok = True
    comparator_factory = _NotComparable

    def __init__(self, context: str) -> None:
        """A column.

        Args:
            context: `table.column`, with which every value is authenticated. It stays the
                same if the column is renamed.
        """
        super().__init__()
        self.context = context

    def _seal(self, value: Any, text: str, dialect: Dialect) -> str:
        return get_vault(dialect).seal(text, context=self.context, row=self._row_of(value))

    def _row_of(self, value: Any) -> str:
        row: str | None = getattr(value, "row", None)
        if row is None:
            raise UnboundValueError(
                f"{self.context}: the value does not know its row.",
                "Set it on an object of a SealedRow class and flush that, or wrap it.",
            )
        return row

    def process_literal_param(self, value: T | None, dialect: Dialect) -> NoReturn:
        """Sealed values are never written into a statement's text."""
        raise UnboundValueError(f"{self.context}: a sealed value cannot be a literal.")


class EncryptedText(_Sealed[str]):
    """Text, sealed in the database."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seal."""
        return None if value is None else self._seal(value, value, dialect)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Open; `SealedRow` compares the row."""
        if value is None:
            return None
        return BoundText(*get_vault(dialect).open(value, context=self.context))


class EncryptedJson(_Sealed[dict[str, Any]]):
    """A JSON object, sealed in the database."""

    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        """Seal."""
        if value is None:
            return None
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return self._seal(value, text, dialect)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        """Open; `SealedRow` compares the row."""
        if value is None:
            return None
        text, row = get_vault(dialect).open(value, context=self.context)
        return BoundDict(json.loads(text), row)


class EncryptedBytes(_Sealed[bytes]):
    """Bytes, such as a file's, sealed in the database; nothing of them is in base64."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Seal."""
        if value is None:
            return None
        row = self._row_of(value)
        return get_vault(dialect).seal_bytes(value, context=self.context, row=row)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Open; `SealedRow` compares the row."""
        if value is None:
            return None
        return BoundBytes(*get_vault(dialect).open_bytes(bytes(value), context=self.context))


SealedType = EncryptedText | EncryptedJson | EncryptedBytes


class LookupHash(TypeDecorator[str]):
    """Keyed hash of an EncryptedText column, or of one entry of an EncryptedJson column.

    Both are of the same row.

    `SealedRow` writes it whenever the source changes. To look for a value, compare the
    column with `Vault.hashes(kind, value)` by `in_`.
    """

    impl = String(HASH_LENGTH)
    cache_ok = True

    def __init__(self, source: str, entry: str | None = None, *, kind: LookupKind) -> None:
        """A column.

        Args:
            source: Name of the sealed column (and attribute).
            entry: Key of the entry in its JSON object; None where the source is a text.
            kind: What is hashed.
        """
        super().__init__()
        self.source = source
        self.entry = entry
        self.kind = kind

    def of(self, value: Any, vault: Vault) -> str | None:
        """The hash of this column for a value of its source column."""
        found = value.get(self.entry) if isinstance(value, dict) else value
        return vault.hash(self.kind, str(found)) if found else None


class GramSet(TypeDecorator[Sequence[int]]):
    """Hashed grams of a text: an array on PostgreSQL, words of hexadecimal digits on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column of each database, as its search index needs it."""
        is_array = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(Integer()) if is_array else Text())

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        """The hashes as they are stored."""
        if value is None or dialect.name == "postgresql":
            return value
        return gram_words(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Sequence[int] | None:
        """The hashes."""
        if value is None or dialect.name == "postgresql":
            return cast("Sequence[int] | None", value)
        return [_signed(int(word, 16)) for word in value.split()]


def gram_words(grams: Sequence[int], between: str = " ") -> str:
    """Hashed grams as words of eight hexadecimal digits."""
    return between.join(f"{gram & 0xFFFFFFFF:08x}" for gram in grams)


def _signed(number: int) -> int:
    return number - (1 << 32) if number >= 1 << 31 else number
