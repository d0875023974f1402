"""SQL of the kept files. Only `find_with_content` reads their bytes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import undefer
from sqlalchemy.sql import ColumnElement

from desk.attachments.models import Attachment, FileState
from desk.cases.models import Case, CaseStatus
from desk.db import Transaction

KEPT = (FileState.WAITING, FileState.FETCHED)


async def find_of_event(tx: Transaction, line_event_id: UUID) -> Attachment | None:
    """The file that came with an event, kept as it stands until the transaction ends."""
    query = select(Attachment).where(Attachment.line_event_id == line_event_id).with_for_update()
    return (await tx.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def lock(tx: Transaction, attachment_id: UUID) -> Attachment | None:
    """The file's row, kept as it stands until the transaction ends; None if it was erased."""
    query = select(Attachment).where(Attachment.id == attachment_id).with_for_update()
    return (await tx.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def count_kept(tx: Transaction, conversation_id: UUID) -> int:
    """How many files of a conversation are kept or on their way."""
    query = select(func.count()).where(
        Attachment.conversation_id == conversation_id, Attachment.state.in_(KEPT)
    )
    return int((await tx.execute(query)).scalar_one())


async def list_of_conversation(tx: Transaction, conversation_id: UUID) -> Sequence[Attachment]:
    """The files of a conversation in the order in which they came, without their bytes."""
    query = (
        select(Attachment)
        .where(Attachment.conversation_id == conversation_id)
        .order_by(Attachment.arrived_at, Attachment.id)
    )
    return (await tx.scalars(query, execution_options={"populate_existing": True})).all()


async def find_with_content(
    tx: Transaction, conversation_id: UUID, attachment_id: UUID
) -> Attachment | None:
    """A file of a conversation with its bytes; None if it is of another, or has none."""
    query = (
        select(Attachment)
        .where(
            Attachment.id == attachment_id,
            Attachment.conversation_id == conversation_id,
            Attachment.state == FileState.FETCHED,
        )
        .options(undefer(Attachment.content))
    )
    return (await tx.scalars(query)).one_or_none()


async def delete_of_conversation(tx: Transaction, conversation_id: UUID) -> None:
    """Delete every file of a conversation."""
    await tx.execute(delete(Attachment).where(Attachment.conversation_id == conversation_id))


def is_over(before: datetime) -> ColumnElement[bool]:
    """SQL condition: it came before a moment, and no case needs it since then."""
    needed = exists().where(
        Case.conversation_id == Attachment.conversation_id,
        (Case.status != CaseStatus.CLOSED) | (Case.updated_at >= before),
    )
    return (Attachment.arrived_at < before) & ~needed
