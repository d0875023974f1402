"""How a conversation passes between the bot and people, inside one transaction.

Every function is called with the conversation locked. The change itself is one
compare-and-set; what goes with it (the log of holders, the case's events, the word to the
owner, the turns of the bot) is written in the same transaction or not at all.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from desk.audit.service import Actor, record
from desk.auth.models import StaffUser
from desk.cases import repository as cases
from desk.cases.models import EventKind
from desk.chat import repository as chat
from desk.chat.bubbles import HOLDER_NOTICE, system_message
from desk.chat.models import Conversation, Holder, Message
from desk.chat.turns import queue_turn
from desk.db import Transaction
from desk.live import repository
from desk.live.errors import HolderChangedError
from desk.live.models import ChangeKind, HolderChange
from desk.live.texts import LiveTexts


async def give_to_person(
    tx: Transaction,
    conversation: Conversation,
    user: StaffUser,
    case_id: UUID,
    *,
    kind: ChangeKind,
    texts: LiveTexts,
) -> None:
    """Make `user` the holder, log it and tell the owner who answers now.

    Raises:
        HolderChangedError: Somebody was first.
    """
    await _change(tx, conversation, kind, case_id, holder_id=user.id, actor_id=user.id)
    await cases.append_event(
        tx, case_id, EventKind.TALK_TAKEN, actor="staff", actor_id=user.id, body={"kind": kind}
    )
    text = texts.wording("live_taken", name=user.display_name)
    notice = system_message(texts.system_name, text, notice=HOLDER_NOTICE)
    await chat.append(tx, conversation, notice)


async def give_to_bot(
    tx: Transaction,
    conversation: Conversation,
    *,
    kind: ChangeKind,
    actor_id: UUID | None,
    body: dict[str, Any] | None = None,
) -> tuple[UUID, Sequence[Message]]:
    """Make the bot the holder; it answers next what nobody has answered.

    Args:
        tx: The transaction.
        conversation: Held by a person.
        kind: Why it goes back.
        actor_id: The staff member who gives it back; None for the owner.
        body: More for the case's event.

    Returns:
        The case on whose account the person was there, and the messages that the bot
        answers now.

    Raises:
        HolderChangedError: Somebody was first.
    """
    before = await repository.find_change(tx, conversation.id, conversation.version)
    if before is None:
        raise HolderChangedError("Nobody holds this conversation. Load it again.")
    case_id = before.case_id
    await _change(tx, conversation, kind, case_id, holder_id=None, actor_id=actor_id)
    await cases.append_event(
        tx,
        case_id,
        EventKind.TALK_RETURNED,
        actor="staff" if actor_id is not None else "owner",
        actor_id=actor_id,
        body={"kind": kind, **(body or {})},
    )
    waiting = await repository.list_open_messages(tx, conversation.id)
    for message in waiting:
        await queue_turn(tx, message, conversation.version)
    return case_id, waiting


async def _change(
    tx: Transaction,
    conversation: Conversation,
    kind: ChangeKind,
    case_id: UUID,
    *,
    holder_id: UUID | None,
    actor_id: UUID | None,
) -> None:
    holder = Holder.STAFF if holder_id is not None else Holder.BOT
    if not await repository.change_holder(tx, conversation, holder, holder_id):
        raise HolderChangedError("Somebody else was first. Load the conversation again.")
    await tx.refresh(conversation)
    await chat.clear_typing(tx, conversation.id, None)
    tx.add(
        HolderChange(
            conversation_id=conversation.id,
            version=conversation.version,
            kind=kind,
            holder=holder,
            holder_id=holder_id,
            actor_id=actor_id,
            case_id=case_id,
            after_seq=conversation.last_seq,
        )
    )
    record(
        tx,
        action=f"conversation_{kind}",
        actor=Actor.OWNER if actor_id is None else Actor.STAFF,
        actor_id=actor_id,
        subject=f"conversation:{conversation.id}",
        details={"case_id": case_id},
    )
    await tx.flush()  # The timer and the next change look the holder up.
