"""SQL of the audit log."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from desk.audit.models import AuditEntry, AuditHead
from desk.db import Transaction


async def lock_head(tx: Transaction) -> AuditHead:
    """The end of the chain; nobody else extends it before this transaction ends.

    On PostgreSQL the row is locked; on SQLite every writing transaction is alone anyway.
    """
    locked = select(AuditHead).with_for_update().execution_options(populate_existing=True)
    head = (await tx.scalars(locked)).one_or_none()
    if head is None:
        insert = sqlite_insert if tx.is_sqlite else postgresql_insert
        first = insert(AuditHead).values(id=1, seq=0, hash="").on_conflict_do_nothing()
        await tx.execute(first)
        head = (await tx.scalars(locked)).one()
    return head


async def find_head(tx: Transaction) -> AuditHead | None:
    """The end of the chain as the table of its own says it; None before the first entry."""
    return (await tx.scalars(select(AuditHead))).one_or_none()


async def list_after(tx: Transaction, seq: int, limit: int) -> Sequence[AuditEntry]:
    """Entries after a number, in order."""
    query = select(AuditEntry).where(AuditEntry.seq > seq).order_by(AuditEntry.seq).limit(limit)
    return (await tx.scalars(query)).all()


async def list_of_subject(tx: Transaction, subject: str) -> Sequence[AuditEntry]:
    """Everything that was done to one thing, oldest first."""
    query = select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.seq)
    return (await tx.scalars(query)).all()
