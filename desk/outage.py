"""Tells an outage of the database from a mistake of the program."""

import sqlite3
from typing import Any

from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError,  # noqa: A004 (that of the pool)
)

AWAY_CLASSES = frozenset({"08", "53", "57"})
"""Classes of SQLSTATE: no connection, no resources, stopped or starting by an operator."""
AWAY_STATES = frozenset({"25006", "40001", "40P01", "55P03"})
"""Read only (the server changed its role), and transactions that lost against another."""
AWAY_CODES = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
     sqlite3.SQLITE_CANTOPEN}
)  # fmt: skip
DISK_FULL_STATE = "53100"
PRIMARY_CODE = 0xFF
"""SQLite's extended codes hold the plain one in their last byte."""


def is_disk_full(exc: SQLAlchemyError) -> bool:
    """Whether the database has no room left: somebody has to make some."""
    orig: Any = getattr(exc, "orig", None)
    code = getattr(orig, "sqlite_errorcode", None)
    if code is not None:
        return int(code) & PRIMARY_CODE == sqlite3.SQLITE_FULL
    return bool(getattr(orig, "sqlstate", None) == DISK_FULL_STATE)


def is_outage(exc: SQLAlchemyError) -> bool:
    """Whether the same may well succeed later: the database is away, busy or restarting."""
    if isinstance(exc, TimeoutError | InterfaceError):
        return True
    if not isinstance(exc, DBAPIError):
        return False
    if exc.connection_invalidated:
        return True
    return isinstance(exc, OperationalError) and _is_away(exc.orig)


def _is_away(orig: Any) -> bool:
    code = getattr(orig, "sqlite_errorcode", None)
    if code is not None:
        return code & PRIMARY_CODE in AWAY_CODES
    state = getattr(orig, "sqlstate", None)
    # Without a state the server was not reached at all, or fell silent.
    return state is None or state[:2] in AWAY_CLASSES or state in AWAY_STATES
