"""SQL of what is sent: the rows, and the job that makes each call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from desk.chat.carry import wake_workers
from desk.db import Transaction, new_id
from desk.jobs import service as jobs
from desk.line import repository
from desk.line.models import (
    CARRIED,
    LineEvent,
    LineSend,
    LineUser,
    SendKind,
    SendReason,
    SendState,
)
from desk.vault.rows import row_name
from desk.vault.types import BoundDict

SEND_JOB = "line.send"
SEND_ATTEMPTS = 200
"""More than fit into the day for which LINE knows a retry key; the day ends a push."""
PUSHED = CARRIED | {SendReason.LINK}
"""What is worth a push where no reply is possible; the rest is said by reply or not at all."""
UNDELIVERED = (SendState.QUOTA, SendState.DROPPED)
"""Surely not delivered, and to be taken along when the user can be answered again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is to be sent, and why."""

    reason: SendReason
    messages: Sequence[dict[str, Any]]
    """1 to 5 message objects that LINE takes."""
    cause: str | None = None
    """Names the occasion outside the conversation; each is answered once."""
    seqs: Sequence[int] = ()
    """Which messages of the conversation are in it."""


async def queue_send(
    tx: Transaction, user: LineUser, parcel: Parcel, moment: datetime
) -> LineSend | None:
    """Write what is to be sent to a user, by reply if that is possible, and queue the call.

    The user is locked by the caller. Each reply token is used for one row.

    Returns:
        The row; None if this cause was answered before.
    """
    if parcel.cause is not None and await _is_known(tx, parcel.cause):
        return None
    send = LineSend(
        id=new_id(),
        account=user.account,
        line_user_id=user.id,
        conversation_id=user.conversation_id,
        cause=parcel.cause,
        reason=parcel.reason,
        kind=SendKind.PUSH,
        messages={"messages": list(parcel.messages), "seqs": list(parcel.seqs)},
        first_seq=min(parcel.seqs, default=None),
        last_seq=max(parcel.seqs, default=None),
        state=SendState.PENDING,
        created_at=moment,
    )
    if user.blocked_at is not None:
        send.state, send.last_error = SendState.DROPPED, "the user has blocked the account"
    else:
        await _choose_way(tx, user, send, moment)
    tx.add(send)
    await tx.flush()
    if send.state == SendState.PENDING:
        await queue_call(tx, send)
    return send


async def _choose_way(tx: Transaction, user: LineUser, send: LineSend, moment: datetime) -> None:
    event = await repository.find_token(tx, user.id, moment)
    if event is not None:
        send.kind, send.token = SendKind.REPLY, str(event.reply_token)
        event.token_until = event.reply_token = None
    elif send.reason not in PUSHED:
        send.kind = SendKind.REPLY
        send.state, send.last_error = SendState.REJECTED, "no reply token could be used"


async def queue_reply(
    tx: Transaction, event: LineEvent, messages: Sequence[dict[str, Any]], moment: datetime
) -> None:
    """Answer an event of a group or room politely, once."""
    cause = group_cause(event.id)
    if event.reply_token is None or event.token_until is None or event.token_until <= moment:
        return
    if await _is_known(tx, cause):
        return
    send = LineSend(
        id=new_id(),
        account=event.account,
        cause=cause,
        kind=SendKind.REPLY,
        reason=SendReason.POLITE,
        token=str(event.reply_token),
        messages={"messages": list(messages)},
        created_at=moment,
    )
    event.token_until = event.reply_token = None
    tx.add(send)
    await tx.flush()
    await queue_call(tx, send)


def group_cause(event_id: UUID) -> str:
    """Names the answer to an event of a group."""
    return f"group:{event_id}"


async def is_pending(tx: Transaction, cause: str) -> bool:
    """Whether what was said for this cause is still on its way."""
    query = select(LineSend.id).where(LineSend.cause == cause, LineSend.state == SendState.PENDING)
    return (await tx.execute(query)).first() is not None


async def _is_known(tx: Transaction, cause: str) -> bool:
    return (
        await tx.execute(select(LineSend.id).where(LineSend.cause == cause))
    ).first() is not None


async def queue_call(tx: Transaction, send: LineSend) -> None:
    """Queue the call of a row. Replies keep their order, and pushes keep theirs.

    A push that LINE does not take for now never holds a reply up.
    """
    key = f"line.{send.kind}:{send.line_user_id.hex}" if send.line_user_id else None
    await jobs.enqueue(
        tx,
        SEND_JOB,
        {"send_id": str(send.id)},
        key=key,
        unique_key=f"line.send:{send.id}:{send.attempts}",
        max_attempts=SEND_ATTEMPTS,
    )
    wake_workers(tx)


async def find_send(tx: Transaction, send_id: UUID) -> LineSend | None:
    """The row, if it is still there, kept as it stands until the transaction ends."""
    query = select(LineSend).where(LineSend.id == send_id).with_for_update()
    return (await tx.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def list_undelivered(tx: Transaction, user: LineUser) -> Sequence[LineSend]:
    """What of the present conversation surely did not reach the user, in order."""
    query = (
        select(LineSend)
        .where(
            LineSend.line_user_id == user.id,
            LineSend.conversation_id == user.conversation_id,
            LineSend.state.in_(UNDELIVERED),
            LineSend.reason.in_(CARRIED),
            LineSend.first_seq.is_not(None),
        )
        .order_by(LineSend.first_seq)
    )
    return (await tx.scalars(query)).all()


async def list_sends(
    tx: Transaction,
    *,
    states: Sequence[SendState] = (),
    account: str | None = None,
    conversation_id: UUID | None = None,
    limit: int = 100,
) -> Sequence[LineSend]:
    """What was sent, the newest first; of some states, of one account or conversation only."""
    query = select(LineSend).order_by(LineSend.id.desc()).limit(limit)
    if states:
        query = query.where(LineSend.state.in_(states))
    if account is not None:
        query = query.where(LineSend.account == account)
    if conversation_id is not None:
        query = query.where(LineSend.conversation_id == conversation_id)
    return (await tx.scalars(query)).all()


async def count_sends(tx: Transaction, since: datetime) -> dict[tuple[str, str, str], int]:
    """How many rows there are since a moment, by account, kind and state."""
    query = (
        select(LineSend.account, LineSend.kind, LineSend.state, func.count())
        .where(LineSend.created_at >= since)
        .group_by(LineSend.account, LineSend.kind, LineSend.state)
    )
    return {
        (account, kind, state): int(number)
        for account, kind, state, number in await tx.execute(query)
    }


async def list_of_user(tx: Transaction, line_user_id: UUID) -> Sequence[LineSend]:
    """Everything that was or is to be sent to a user."""
    query = select(LineSend).where(LineSend.line_user_id == line_user_id).order_by(LineSend.id)
    return (await tx.scalars(query)).all()


async def forget_sends(tx: Transaction, line_user_id: UUID) -> None:
    """Erase what was sent to a user, and send nothing more; that it was sent stays."""
    of_user = LineSend.line_user_id == line_user_id
    no_sync = {"synchronize_session": False}
    await tx.execute(
        update(LineSend)
        .where(of_user, LineSend.state.in_([SendState.PENDING, *UNDELIVERED]))
        .values(state=SendState.DROPPED, last_error="erased"),
        execution_options=no_sync,
    )
    ids = (await tx.scalars(select(LineSend.id).where(of_user))).all()
    if ids:
        empty = [
            {"id": id_, "messages": BoundDict({}, row_name(id_)), "token": None} for id_ in ids
        ]
        await tx.execute(update(LineSend), empty)
    await tx.execute(
        update(LineSend).where(of_user).values(line_user_id=None), execution_options=no_sync
    )
