"""SQL of LINE: people and their events."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from desk.chat.models import Message
from desk.db import Transaction, new_id
from desk.line.events import UNFOLLOW, UNSEND
from desk.line.models import EventState, LineCount, LineEvent, LineLink, LineUser
from desk.vault.lookups import LookupKind
from desk.vault.rows import row_name
from desk.vault.types import BoundText, get_vault

PORTION = 200
"""Events in one statement; databases take some 32,000 values."""


def _insert(tx: Transaction, table: Any) -> Any:
    return (sqlite_insert if tx.is_sqlite else postgresql_insert)(table)


async def lock_user(tx: Transaction, line_user_id: UUID) -> LineUser | None:
    """The user as it stands, kept so until the transaction ends; None if it was erased.

    Whoever plans what is sent to a user locks it first, so that no message goes out twice.
    """
    query = select(LineUser).where(LineUser.id == line_user_id).with_for_update()
    return (await tx.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def lock_user_of(tx: Transaction, conversation_id: UUID) -> LineUser | None:
    """The user whose conversation it is, kept as `lock_user` does."""
    query = select(LineUser).where(LineUser.conversation_id == conversation_id).with_for_update()
    return (await tx.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def find_user_of(tx: Transaction, conversation_id: UUID) -> LineUser | None:
    """The user whose conversation it is, if it is held in LINE."""
    query = select(LineUser).where(LineUser.conversation_id == conversation_id)
    return (await tx.scalars(query)).one_or_none()


async def list_newest_messages(
    tx: Transaction, line_user_id: UUID, *, limit: int = 5
) -> Sequence[LineEvent]:
    """A user's newest messages that were taken, the newest first."""
    query = (
        select(LineEvent)
        .where(
            LineEvent.line_user_id == line_user_id,
            LineEvent.state == EventState.HANDLED,
            LineEvent.kind.startswith("message."),
        )
        .order_by(LineEvent.happened_at.desc(), LineEvent.webhook_event_id.desc())
        .limit(limit)
    )
    return (await tx.scalars(query)).all()


async def lock_or_add_user(tx: Transaction, account: str, user_id: str) -> LineUser:
    """The user with this id of LINE, kept as `lock_user` does; a new row for a new one."""
    vault = get_vault(tx.get_bind().dialect)
    hashes = vault.hashes(LookupKind.LINE_ID, user_id)
    query = (
        select(LineUser)
        .where(LineUser.account == account, LineUser.user_id_hash.in_(hashes))
        .with_for_update()
    )
    found = (await tx.scalars(query)).first()
    if found is not None:
        return found
    id_ = new_id()
    values = {
        "id": id_,
        "account": account,
        "user_id": BoundText(user_id, row_name(id_)),
        "user_id_hash": vault.hash(LookupKind.LINE_ID, user_id),
    }
    statement = _insert(tx, LineUser).values(values).on_conflict_do_nothing()
    await tx.execute(statement)
    return (await tx.scalars(query)).one()


async def add_events(tx: Transaction, rows: Sequence[dict[str, Any]]) -> dict[str, UUID]:
    """Store events, as one statement.

    Args:
        tx: A writing transaction.
        rows: The columns of each, the same ones in all; `raw` and `reply_token` as plain text.

    Returns:
        Our ids of those that were new, by their `webhook_event_id`.
    """
    stored: dict[str, UUID] = {}
    for start in range(0, len(rows), PORTION):
        sealed = [_sealed({**row, "id": new_id()}) for row in rows[start : start + PORTION]]
        statement = (
            _insert(tx, LineEvent)
            .values(sealed)
            .on_conflict_do_nothing(index_elements=["webhook_event_id"])
            .returning(LineEvent.webhook_event_id, LineEvent.id)
        )
        stored |= dict((await tx.execute(statement)).all())
    return stored


def _sealed(row: dict[str, Any]) -> dict[str, Any]:
    bound = {
        name: BoundText(row[name], row_name(row["id"]))
        for name in ("raw", "reply_token")
        if row[name] is not None
    }
    return {**row, **bound}


async def count_events(
    tx: Transaction, account: str, day: date, numbers: Mapping[str, int]
) -> None:
    """Count events by kind."""
    for kind, number in sorted(numbers.items()):
        statement = _insert(tx, LineCount).values(
            account=account, kind=kind, day=day, number=number
        )
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["account", "kind", "day"],
                set_={"number": LineCount.number + number},
            )
        )


async def list_counts(tx: Transaction, since: date) -> Sequence[LineCount]:
    """What was counted since a day, by account, day and kind."""
    query = (
        select(LineCount)
        .where(LineCount.day >= since)
        .order_by(LineCount.account, LineCount.day, LineCount.kind)
    )
    return (await tx.scalars(query)).all()


async def get_event(tx: Transaction, event_id: UUID) -> LineEvent:
    """The event; it exists, since only ids of stored events are passed on."""
    return await tx.get_one(LineEvent, event_id)


async def list_waiting(tx: Transaction, line_user_id: UUID) -> Sequence[LineEvent]:
    """What a user did and nobody has looked at yet, in the order in which it happened."""
    query = (
        select(LineEvent)
        .where(LineEvent.line_user_id == line_user_id, LineEvent.state == EventState.WAITING)
        .order_by(LineEvent.happened_at, LineEvent.webhook_event_id)
    )
    return (await tx.scalars(query, execution_options={"populate_existing": True})).all()


async def has_waiting(tx: Transaction, line_user_id: UUID) -> bool:
    """Whether something of the user waits to be looked at."""
    query = select(LineEvent.id).where(
        LineEvent.line_user_id == line_user_id, LineEvent.state == EventState.WAITING
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def has_later(tx: Transaction, line_user_id: UUID, moment: datetime) -> bool:
    """Whether the user did something after a moment that only a friend can do."""
    query = select(LineEvent.id).where(
        LineEvent.line_user_id == line_user_id,
        LineEvent.happened_at > moment,
        LineEvent.kind.not_in([UNFOLLOW, UNSEND]),
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def list_unsent(tx: Transaction, line_user_id: UUID) -> set[str]:
    """LINE's ids of the messages that the user took back."""
    query = select(LineEvent.line_message_id).where(
        LineEvent.line_user_id == line_user_id, LineEvent.kind == UNSEND
    )
    return {found for found in await tx.scalars(query) if found is not None}


async def list_of_message(
    tx: Transaction, line_user_id: UUID, client_message_id: UUID
) -> Sequence[LineEvent]:
    """The bubbles that became (or are to become) one owner message, in order."""
    query = (
        select(LineEvent)
        .where(
            LineEvent.line_user_id == line_user_id,
            LineEvent.client_message_id == client_message_id,
        )
        .order_by(LineEvent.happened_at, LineEvent.webhook_event_id)
    )
    return (await tx.scalars(query)).all()


async def find_by_line_id(
    tx: Transaction, line_user_id: UUID, line_message_id: str
) -> LineEvent | None:
    """The message event with this id of LINE."""
    query = select(LineEvent).where(
        LineEvent.line_user_id == line_user_id,
        LineEvent.line_message_id == line_message_id,
        LineEvent.kind != UNSEND,
    )
    return (await tx.scalars(query)).first()


async def public_origins(
    tx: Transaction, line_user_id: UUID, client_ids: Sequence[UUID]
) -> set[UUID]:
    """Which of these owner messages came through LINE and may be answered there."""
    query = select(LineEvent.client_message_id).where(
        LineEvent.line_user_id == line_user_id,
        LineEvent.client_message_id.in_(client_ids),
        LineEvent.is_private.is_(False),
    )
    return {found for found in await tx.scalars(query) if found is not None}


async def client_ids_of(tx: Transaction, message_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Owner messages by the id under which they were sent."""
    query = select(Message.client_message_id, Message.id).where(Message.id.in_(message_ids))
    return {client_id: id_ for client_id, id_ in await tx.execute(query) if client_id}


async def list_by_seq(
    tx: Transaction, conversation_id: UUID, seqs: Sequence[int]
) -> Sequence[Message]:
    """Some messages of a conversation, in order."""
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq.in_(seqs))
        .order_by(Message.seq)
    )
    return (await tx.scalars(query)).all()


async def find_token(tx: Transaction, line_user_id: UUID, moment: datetime) -> LineEvent | None:
    """The event whose reply token ends first among those that can still be used."""
    query = (
        select(LineEvent)
        .where(
            LineEvent.line_user_id == line_user_id,
            LineEvent.token_until > moment,
            LineEvent.reply_token.is_not(None),
        )
        .order_by(LineEvent.token_until, LineEvent.webhook_event_id)
        .limit(1)
    )
    return (await tx.scalars(query, execution_options={"populate_existing": True})).first()


async def add_link(tx: Transaction, link: LineLink) -> None:
    """Note a link."""
    tx.add(link)
    await tx.flush()


async def find_link(tx: Transaction, token_hash: str) -> LineLink | None:
    """The link with this token, used and expired ones too."""
    return (
        await tx.scalars(select(LineLink).where(LineLink.token_hash == token_hash))
    ).one_or_none()


async def use_link(tx: Transaction, link_id: UUID, moment: datetime) -> bool:
    """Use a link; False if it was used before or has expired."""
    statement = (
        update(LineLink)
        .where(LineLink.id == link_id, LineLink.used_at.is_(None), LineLink.expires_at > moment)
        .values(used_at=moment)
        .returning(LineLink.id)
        .execution_options(synchronize_session=False)
    )
    return (await tx.execute(statement)).first() is not None


async def blank_events(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Erase what was said with some events.

    That they came stays, so that none is taken twice, and so do their reply tokens: also an
    event that was taken back can be replied to, which costs no push.
    """
    if ids:
        blank = [{"id": id_, "raw": BoundText("", row_name(id_))} for id_ in ids]
        await tx.execute(update(LineEvent), blank)


async def forget_user(tx: Transaction, line_user_id: UUID) -> None:
    """Erase a user: their id, what they wrote, their links. What was counted stays."""
    of_user = LineEvent.line_user_id == line_user_id
    await blank_events(tx, (await tx.scalars(select(LineEvent.id).where(of_user))).all())
    waiting = of_user & (LineEvent.state == EventState.WAITING)
    no_sync = {"synchronize_session": False}
    await tx.execute(
        update(LineEvent).where(waiting).values(state=EventState.IGNORED), execution_options=no_sync
    )
    await tx.execute(
        update(LineEvent)
        .where(of_user)
        .values(line_user_id=None, line_message_id=None, reply_token=None, token_until=None),
        execution_options=no_sync,
    )
    await tx.execute(delete(LineLink).where(LineLink.line_user_id == line_user_id))
    await tx.execute(delete(LineUser).where(LineUser.id == line_user_id))
