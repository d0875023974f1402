"""Which tables hold sealed values, and their rows as they are stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import LargeBinary, MetaData, Table, Text, Uuid, column, table
from sqlalchemy.sql.expression import TableClause

from desk.vault.types import EncryptedBytes, LookupHash, SealedType

PLAIN = "plain:"
"""Begins a value that a migration found unsealed; only `jinjibu migrate` reads it. Bytes were
never stored unsealed."""
BATCH = 200
LARGE_BATCH = 4
"""Rows with files, of which each may hold some megabytes."""


def unsealed_sql(names: Iterable[str]) -> str:
    """SQL condition: one of these columns holds a value that a migration found unsealed.

    It has no parameters, so that an index with the same condition answers it.
    """
    return " OR ".join(f"substr({name}, 1, {len(PLAIN)}) = '{PLAIN}'" for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedTable:
    """One table with sealed columns."""

    name: str
    sealed: Mapping[str, SealedType]
    """By column."""
    hashes: Mapping[str, LookupHash]
    """By column."""
    raw: TableClause
    """The same columns as plain text and bytes: what is stored, neither opened nor sealed."""

    @property
    def columns(self) -> Sequence[str]:
        """Names of the sealed columns and of the hashes."""
        return [*self.sealed, *self.hashes]

    @property
    def texts(self) -> Sequence[str]:
        """Names of the sealed columns that are stored as text."""
        return [name for name in self.sealed if not self.is_bytes(name)]

    @property
    def batch(self) -> int:
        """So many of its rows are taken into memory at once."""
        return BATCH if len(self.texts) == len(self.sealed) else LARGE_BATCH

    def is_bytes(self, name: str) -> bool:
        """Whether the column holds sealed bytes."""
        return isinstance(self.sealed.get(name), EncryptedBytes)


def sealed_tables(metadata: MetaData) -> Sequence[SealedTable]:
    """Every table with sealed columns, by name."""
    found = (_sealed_table(each) for _, each in sorted(metadata.tables.items()))
    return [each for each in found if each.sealed]


def _sealed_table(of: Table) -> SealedTable:
    types: dict[str, Any] = {each.name: each.type for each in of.columns}
    sealed = {n: t for n, t in types.items() if isinstance(t, SealedType)}
    hashes = {n: t for n, t in types.items() if isinstance(t, LookupHash)}
    stored = [
        column(name, LargeBinary() if isinstance(sealed.get(name), EncryptedBytes) else Text())
        for name in (*sealed, *hashes)
    ]
    raw = table(of.name, column("id", Uuid()), *stored)
    return SealedTable(name=of.name, sealed=sealed, hashes=hashes, raw=raw)
