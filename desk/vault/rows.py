"""Binds sealed values to their rows: when written they learn it, when read it is compared."""

from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event, inspect
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapper

from desk.vault.cipher import moved
from desk.vault.types import (
    BoundBytes,
    BoundDict,
    BoundText,
    EncryptedBytes,
    EncryptedText,
    LookupHash,
    SealedType,
    get_vault,
)

_COLUMNS: WeakKeyDictionary[Mapper[Any], Mapping[str, SealedType]] = WeakKeyDictionary()


class SealedRow:
    """Mixin of classes with sealed columns; their primary key is one UUID, `id`.

    For statements that write many rows without their objects, wrap each value by `bound`.
    """


def _sealed(mapper: Mapper[Any]) -> Mapping[str, SealedType]:
    """Attributes with sealed columns, and their types."""
    found = _COLUMNS.get(mapper)
    if found is None:
        columns = {a.key: a.columns[0].type for a in mapper.column_attrs}
        found = {k: t for k, t in columns.items() if isinstance(t, SealedType)}
        _COLUMNS[mapper] = found
    return found


def _default(mapper: Mapper[Any], name: str) -> Any:
    """What the column's default makes; None without one."""
    default: Any = mapper.columns[name].default
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg


def row_name(row_id: Any) -> str:
    """How a row is named in a sealed value."""
    return row_id.hex if hasattr(row_id, "hex") else str(row_id)


def bound(kind: SealedType, value: Any, row: str) -> Any:
    """The value with the row it belongs to."""
    if value is None or getattr(value, "row", None) == row:
        return value
    if isinstance(kind, EncryptedBytes):
        return BoundBytes(value, row)
    return BoundText(value, row) if isinstance(kind, EncryptedText) else BoundDict(value, row)


@event.listens_for(SealedRow, "before_insert", propagate=True)
def _before_insert(mapper: Mapper[Any], connection: Connection, row: Any) -> None:
    """Give a new row its id now, and every sealed value the row."""
    if row.id is None:
        row.id = _default(mapper, "id")
    for name in _sealed(mapper):
        if name not in row.__dict__:
            setattr(row, name, _default(mapper, name))
    _bind_values(mapper, connection, row)


@event.listens_for(SealedRow, "before_update", propagate=True)
def _before_update(mapper: Mapper[Any], connection: Connection, row: Any) -> None:
    """Give every changed value the row."""
    _bind_values(mapper, connection, row)


def _bind_values(mapper: Mapper[Any], connection: Connection, row: Any) -> None:
    here = row_name(row.id)
    changed = set()
    for name, kind in _sealed(mapper).items():
        if name in row.__dict__ and inspect(row).attrs[name].history.added:
            setattr(row, name, bound(kind, getattr(row, name), here))
            changed.add(name)
    for attribute in mapper.column_attrs:
        lookup = attribute.columns[0].type
        if isinstance(lookup, LookupHash) and lookup.source in changed:
            value = getattr(row, lookup.source)
            if value is not None:
                value = lookup.of(value, get_vault(connection.dialect))
            setattr(row, attribute.key, value)


@event.listens_for(SealedRow, "load", propagate=True)
def _after_load(row: Any, context: Any) -> None:
    _compare(row, _sealed(inspect(row).mapper))


@event.listens_for(SealedRow, "refresh", propagate=True)
def _after_refresh(row: Any, context: Any, attributes: Iterable[str] | None) -> None:
    _compare(row, _sealed(inspect(row).mapper))


def _compare(row: Any, columns: Mapping[str, SealedType]) -> None:
    """Refuse values that were sealed for another row.

    Raises:
        SealBrokenError: One was.
    """
    here = row_name(row.id)
    for name, kind in columns.items():
        value = row.__dict__.get(name)
        if value is not None and getattr(value, "row", here) != here:
            raise moved(kind.context)
