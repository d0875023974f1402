"""Alembic's environment; `desk.migrate` hands it an open connection."""

from typing import Literal

from alembic import context

import desk.models
from desk.db import Base, UtcDateTime
from desk.migrate import is_compared
from desk.vault.types import HASH_LENGTH, EncryptedBytes, LookupHash, SealedType

__all__ = ["desk"]


def _render_type(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write our column types as plain ones, so that old migrations need no code of ours."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, EncryptedBytes):
        return "sa.LargeBinary()"
    if kind == "type" and isinstance(item, SealedType):
        return "sa.Text()"
    if kind == "type" and isinstance(item, LookupHash):
        return f"sa.String(length={HASH_LENGTH})"
    return False


def _run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
        compare_type=True,
        render_item=_render_type,
        include_name=is_compared,
    )
    with context.begin_transaction():
        context.run_migrations()


_run()
