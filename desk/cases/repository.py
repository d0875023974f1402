"""SQL of the cases."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import load_only

from desk.audit import service as audit
from desk.cases.models import Case, CaseCounter, CaseEvent, CaseStatus, EventKind
from desk.db import Transaction, now
from desk.vault.lookups import LookupKind
from desk.vault.types import get_vault

AUDITED_PARTS = ("from", "to")
"""Parts of an event's body that are codes; the rest may hold words."""


async def find_by_handoff(tx: Transaction, conversation_id: UUID, number: int) -> Case | None:
    """The case that this hand-off of the conversation opened, if it did."""
    query = select(Case).where(
        Case.conversation_id == conversation_id, Case.handoff_number == number
    )
    return (await tx.scalars(query)).one_or_none()


async def list_of_conversation(tx: Transaction, conversation_id: UUID) -> Sequence[Case]:
    """Cases that the conversation opened, oldest first."""
    query = select(Case).where(Case.conversation_id == conversation_id).order_by(Case.id)
    return (await tx.scalars(query)).all()


async def list_of_conversations(
    tx: Transaction, conversation_ids: Sequence[UUID]
) -> Sequence[Case]:
    """The cases of some conversations, by number; at most a few hundred ids at once.

    Only number, hub and conversation are read, so that no key is needed for them.
    """
    query = select(Case).where(Case.conversation_id.in_(conversation_ids)).order_by(Case.number)
    query = query.options(load_only(Case.conversation_id, Case.number, Case.hub_id))
    return (await tx.scalars(query)).all()


async def list_by_contact(
    tx: Transaction,
    hub_id: str | None,
    *,
    phone: str | None = None,
    email: str | None = None,
    limit: int = 50,
) -> Sequence[Case]:
    """Cases of the hub (None: of all) with this phone or mail address in any spelling."""
    vault = get_vault(tx.get_bind().dialect)
    same = []
    if phones := vault.hashes(LookupKind.PHONE, phone or ""):
        same.append(Case.contact_phone_hash.in_(phones))
    if emails := vault.hashes(LookupKind.EMAIL, email or ""):
        same.append(Case.contact_email_hash.in_(emails))
    if not same:
        return []
    query = select(Case).where(visible_to(hub_id), or_(*same))
    return (await tx.scalars(query.order_by(Case.id.desc()).limit(limit))).all()


async def next_serial(tx: Transaction, prefix: str) -> int:
    """The next serial number under `prefix`, from 1; a gap only where a case failed."""
    insert = sqlite_insert if tx.is_sqlite else postgresql_insert
    statement = (
        insert(CaseCounter)
        .values(prefix=prefix, last=1)
        .on_conflict_do_update(index_elements=["prefix"], set_={"last": CaseCounter.last + 1})
        .returning(CaseCounter.last)
    )
    return int((await tx.execute(statement)).scalar_one())


async def append_event(
    tx: Transaction,
    case_id: UUID,
    kind: EventKind,
    *,
    actor: str,
    actor_id: UUID | None = None,
    body: dict[str, Any] | None = None,
) -> CaseEvent:
    """Write the next entry of the case's log, and the same deed into the audit log."""
    last = select(func.coalesce(func.max(CaseEvent.seq), 0)).where(CaseEvent.case_id == case_id)
    seq = (await tx.execute(last)).scalar_one() + 1
    event = CaseEvent(
        case_id=case_id, seq=seq, kind=kind, actor=actor, actor_id=actor_id, body=body or {}
    )
    tx.add(event)
    codes = {key: event.body[key] for key in AUDITED_PARTS if key in event.body}
    audit.record(
        tx,
        action=f"case_{kind}",
        actor=actor,
        actor_id=actor_id,
        subject=f"case:{case_id}",
        details={"seq": seq, **codes},
    )
    return event


async def list_events(tx: Transaction, case_id: UUID) -> Sequence[CaseEvent]:
    """The case's log in order."""
    query = select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.seq)
    return (await tx.scalars(query)).all()


def visible_to(hub_id: str | None) -> Any:
    """SQL condition: cases of one hub, or of all hubs if None."""
    return Case.id.is_not(None) if hub_id is None else Case.hub_id == hub_id


async def find_visible(tx: Transaction, case_id: UUID, hub_id: str | None) -> Case | None:
    """The case, if it belongs to `hub_id` (None: every hub)."""
    query = select(Case).where(Case.id == case_id, visible_to(hub_id))
    return (await tx.scalars(query)).one_or_none()


async def list_visible(
    tx: Transaction,
    hub_id: str | None,
    *,
    statuses: Sequence[CaseStatus] | None = None,
    assignee_id: UUID | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Sequence[Case]:
    """The queue: cases of `hub_id` (None: all), the earliest promise first."""
    query = select(Case).where(visible_to(hub_id))
    if statuses is not None:
        query = query.where(Case.status.in_(list(statuses)))
    if assignee_id is not None:
        query = query.where(Case.assignee_id == assignee_id)
    query = query.order_by(Case.promised_on, Case.id).limit(limit).offset(offset)
    return (await tx.scalars(query)).all()


async def count_by_status(tx: Transaction, hub_id: str | None) -> dict[str, int]:
    """How many cases stand in each status."""
    query = select(Case.status, func.count()).where(visible_to(hub_id)).group_by(Case.status)
    rows = (await tx.execute(query)).all()
    return {str(row[0]): int(row[1]) for row in rows}


async def claim(tx: Transaction, case_id: UUID, staff_id: UUID) -> bool:
    """Make `staff_id` the assignee if there is none; False when somebody was first."""
    result = await tx.execute(
        update(Case)
        .where(Case.id == case_id, Case.assignee_id.is_(None), Case.status != CaseStatus.CLOSED)
        .values(
            assignee_id=staff_id,
            status=CaseStatus.WORKING,
            version=Case.version + 1,
            updated_at=now(),
        )
    )
    return bool(getattr(result, "rowcount", 0))


async def change(tx: Transaction, case_id: UUID, version: int, **values: Any) -> bool:
    """Change the case if it still has `version`; False when it has moved on."""
    result = await tx.execute(
        update(Case)
        .where(Case.id == case_id, Case.version == version)
        .values(version=Case.version + 1, updated_at=now(), **values)
    )
    return bool(getattr(result, "rowcount", 0))
