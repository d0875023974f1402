"""SQL of the live conversation."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import aliased

from desk.auth.models import StaffUser
from desk.cases.models import Case, CaseStatus
from desk.cases.repository import visible_to
from desk.chat.models import Author, Conversation, Holder, Message
from desk.db import Transaction, now
from desk.live.models import HolderChange, ReplyDraft, StaffPresence, draft_id
from desk.live.texts import BACK_TO_BOT
from desk.vault.rows import row_name
from desk.vault.types import BoundText


async def find_case(tx: Transaction, conversation_id: UUID, hub_id: str | None) -> Case | None:
    """The conversation's case that `hub_id` (None: any hub) may see; open and new ones first."""
    query = (
        select(Case)
        .where(Case.conversation_id == conversation_id, visible_to(hub_id))
        .order_by(Case.status == CaseStatus.CLOSED, Case.id.desc())
        .limit(1)
    )
    return (await tx.scalars(query)).one_or_none()


async def find_responsible(tx: Transaction, case: Case) -> tuple[UUID, str] | None:
    """Id and name of whoever has the case."""
    query = select(StaffUser.id, StaffUser.display_name).where(StaffUser.id == case.assignee_id)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def hub_of_case(tx: Transaction, case_id: UUID) -> str:
    """The hub that the case belongs to now."""
    return (await tx.scalars(select(Case.hub_id).where(Case.id == case_id))).one()


async def change_holder(
    tx: Transaction, conversation: Conversation, holder: Holder, holder_id: UUID | None
) -> bool:
    """Compare-and-set: give the conversation to `holder` if it still has its version.

    Returns:
        False, and nothing is written, if somebody was first.
    """
    result = await tx.execute(
        update(Conversation)
        .where(
            Conversation.id == conversation.id,
            Conversation.version == conversation.version,
            Conversation.holder == conversation.holder,
            Conversation.holder_id.is_not_distinct_from(conversation.holder_id),
            Conversation.erased_at.is_(None),
        )
        .values(holder=holder, holder_id=holder_id, version=Conversation.version + 1)
        .execution_options(synchronize_session=False)
    )
    return bool(getattr(result, "rowcount", 0))


async def find_change(tx: Transaction, conversation_id: UUID, version: int) -> HolderChange | None:
    """How the conversation came to its holder in this version; None for the first one."""
    query = select(HolderChange).where(
        HolderChange.conversation_id == conversation_id, HolderChange.version == version
    )
    return (await tx.scalars(query)).one_or_none()


def _open_of(columns: Sequence[Any], conversation_ids: Sequence[UUID]) -> Any:
    """SQL: the owners' messages in these conversations that nobody has answered.

    An answer to one message counts for those before it. Presses of the button that leads
    back to the bot ask for no answer.
    """
    answer, asked = aliased(Message), aliased(Message)
    last = (
        select(answer.conversation_id, func.max(asked.seq).label("seq"))
        .join(asked, answer.answers_id == asked.id)
        .where(
            answer.conversation_id.in_(conversation_ids),
            answer.author.in_([Author.BOT, Author.STAFF]),
        )
        .group_by(answer.conversation_id)
        .subquery()
    )
    return (
        select(*columns)
        .select_from(Message)
        .outerjoin(last, last.c.conversation_id == Message.conversation_id)
        .where(
            Message.conversation_id.in_(conversation_ids),
            Message.author == Author.USER,
            Message.seq > func.coalesce(last.c.seq, 0),
            or_(
                Message.payload.is_(None),
                ~Message.payload.startswith(BACK_TO_BOT, autoescape=True),
            ),
        )
    )


async def list_open_messages(tx: Transaction, conversation_id: UUID) -> Sequence[Message]:
    """The owner's messages that nobody has answered, in order."""
    query = _open_of([Message], [conversation_id]).order_by(Message.seq)
    found: Sequence[Message] = (await tx.scalars(query)).all()
    return found


async def list_waiting(
    tx: Transaction, conversation_ids: Sequence[UUID]
) -> Mapping[UUID, datetime]:
    """Since when owners wait for the person who holds their conversation.

    Args:
        tx: Any transaction.
        conversation_ids: Those to look at; at most a few hundred at once.

    Returns:
        When the oldest unanswered message came, for each conversation in which there is
        one and which a person holds.
    """
    held = select(Conversation.id).where(
        Conversation.id.in_(conversation_ids),
        Conversation.holder == Holder.STAFF,
        Conversation.erased_at.is_(None),
    )
    ids = (await tx.scalars(held)).all()
    if not ids:
        return {}
    oldest = [Message.conversation_id, func.min(Message.created_at)]
    query = _open_of(oldest, ids).group_by(Message.conversation_id)
    return dict((await tx.execute(query)).all())


async def has_replied(tx: Transaction, conversation_id: UUID, after_seq: int) -> bool:
    """Whether a person has said something after the message with this number."""
    query = select(Message.id).where(
        Message.conversation_id == conversation_id,
        Message.author == Author.STAFF,
        Message.seq > after_seq,
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def touch_presence(
    tx: Transaction, conversation_id: UUID, staff_id: UUID, expires_at: datetime
) -> None:
    """Note that the staff member has the conversation open until `expires_at`."""
    await tx.execute(
        delete(StaffPresence).where(
            StaffPresence.conversation_id == conversation_id, StaffPresence.expires_at <= now()
        )
    )
    await _upsert(tx, StaffPresence, conversation_id, staff_id, {"expires_at": expires_at})


async def is_present(tx: Transaction, conversation_id: UUID, staff_id: UUID | None) -> bool:
    """Whether the staff member has the conversation open now."""
    return any(present_id == staff_id for present_id, _ in await list_present(tx, conversation_id))


async def end_presence(tx: Transaction, conversation_id: UUID, staff_id: UUID) -> None:
    """Note that the staff member has left the conversation's page."""
    await tx.execute(
        delete(StaffPresence).where(
            StaffPresence.conversation_id == conversation_id, StaffPresence.staff_id == staff_id
        )
    )


async def list_present(tx: Transaction, conversation_id: UUID) -> Sequence[tuple[UUID, str]]:
    """Id and name of the staff who have the conversation open, by name."""
    query = (
        select(StaffUser.id, StaffUser.display_name)
        .join(StaffPresence, StaffPresence.staff_id == StaffUser.id)
        .where(StaffPresence.conversation_id == conversation_id, StaffPresence.expires_at > now())
        .order_by(StaffUser.display_name, StaffUser.id)
    )
    return [(staff_id, name) for staff_id, name in await tx.execute(query)]


async def find_draft(tx: Transaction, conversation_id: UUID, staff_id: UUID) -> str:
    """What the staff member has begun to write; empty if nothing."""
    draft = await tx.get(ReplyDraft, draft_id(conversation_id, staff_id))
    return draft.text if draft is not None else ""


async def keep_draft(tx: Transaction, conversation_id: UUID, staff_id: UUID, text: str) -> None:
    """Keep the draft, in place of the one before."""
    id_ = draft_id(conversation_id, staff_id)
    values = {"id": id_, "text": BoundText(text, row_name(id_)), "updated_at": now()}
    await _upsert(tx, ReplyDraft, conversation_id, staff_id, values)


async def drop_draft(tx: Transaction, conversation_id: UUID, staff_id: UUID) -> None:
    """Forget the draft of one staff member."""
    await tx.execute(
        delete(ReplyDraft).where(
            ReplyDraft.conversation_id == conversation_id, ReplyDraft.staff_id == staff_id
        )
    )


async def erase(tx: Transaction, conversation_id: UUID) -> None:
    """Forget every draft and sign of presence."""
    for table in (ReplyDraft, StaffPresence):
        await tx.execute(delete(table).where(table.conversation_id == conversation_id))


async def _upsert(
    tx: Transaction,
    table: type[StaffPresence] | type[ReplyDraft],
    conversation_id: UUID,
    staff_id: UUID,
    values: dict[str, Any],
) -> None:
    insert = sqlite_insert if tx.is_sqlite else postgresql_insert
    statement = insert(table).values(conversation_id=conversation_id, staff_id=staff_id, **values)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=["conversation_id", "staff_id"], set_=values)
    )
