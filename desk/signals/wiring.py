"""Chooses the signals by the settings."""

from desk.config import Settings
from desk.signals.ports import LocalSignals, Signals
from desk.signals.postgresql import PostgresSignals
from desk.signals.redis import RedisSignals


def build_signals(settings: Settings) -> Signals:
    """By Valkey or Redis where one is named, else by PostgreSQL, else in this process only."""
    if settings.redis_url:
        return RedisSignals(settings.redis_url)
    if settings.resolved_database_url.startswith("sqlite"):
        return LocalSignals()
    return PostgresSignals(settings.resolved_database_url)
