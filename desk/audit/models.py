"""Tables of the audit log: entries that nobody changes, and where their chain ends."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DDL, BigInteger, CheckConstraint, String, event
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base


class AuditEntry(Base):
    """One deed; the database itself refuses to change or remove it."""

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(48))
    actor: Mapped[str] = mapped_column(String(16))
    """staff, owner, bot, system or operator."""
    actor_id: Mapped[UUID | None] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(String(80), index=True)
    """Kind and id of what it was done to, such as `case:0199…`."""
    details: Mapped[dict[str, Any]]
    key_id: Mapped[str] = mapped_column(String(16))
    previous: Mapped[str] = mapped_column(String(64))
    """The hash of the entry before; empty for the first."""
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The one row that every writer waits for: the last entry's number and hash."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


GUARDS = {
    "sqlite": (
        """CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
           BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END""",
        """CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
           BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'audit_entry is append-only'; END $$""",
        """CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()""",
    ),
}
"""What hinders changes by mistake; whoever may alter the tables can take it away, and is
found out by the chain."""

for _dialect, _statements in GUARDS.items():
    for _statement in _statements:
        event.listen(
            AuditEntry.__table__,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )
