"""Accounts for the tests, with hashes that cost little."""

import pytest

from desk.auth.passwords import Passwords
from desk.auth.service import AuthService
from desk.config import Settings
from desk.db import Database


@pytest.fixture
def passwords() -> Passwords:
    """The real hashing, at the least cost."""
    return Passwords(time_cost=1, memory_kib=64, lanes=1)


@pytest.fixture
def auth(database: Database, settings: Settings, passwords: Passwords) -> AuthService:
    """The account service on an empty database."""
    return AuthService(database, settings, passwords=passwords)
