"""A user takes a message back: its words go wherever they are, before anything is answered."""

from uuid import UUID

import structlog

from desk.attachments.service import take_back as take_file_back
from desk.chat import repository as chat
from desk.chat.retract import Striker, retract
from desk.db import Database, Transaction
from desk.line import events, repository
from desk.line.models import EventState, LineEvent, LineUser, SendState
from desk.line.sends import list_of_user

log = structlog.get_logger()


async def take_back(database: Database, line_user_id: UUID) -> None:
    """Do every unsend that waits in a user's lane, in one transaction."""
    async with database.write() as tx:
        found = await tx.get(LineUser, line_user_id)
        if found is None:
            return
        # The conversation first, as everybody does who erases.
        if found.conversation_id is not None:
            await chat.lock_conversation(tx, found.conversation_id)
        user = await repository.lock_user(tx, line_user_id)
        if user is None:
            return
        for event in await repository.list_waiting(tx, user.id):
            if event.kind == events.UNSEND:
                await _take_back(tx, user, event)


async def _take_back(tx: Transaction, user: LineUser, unsend: LineEvent) -> None:
    unsend.state = EventState.HANDLED
    event = None
    if unsend.line_message_id is not None:
        event = await repository.find_by_line_id(tx, user.id, unsend.line_message_id)
    if event is None or not event.raw:
        return  # It has not come yet (its own turn looks for this), or it is gone already.
    gone = events.text_of(event.raw).strip()
    await repository.blank_events(tx, [event.id])
    await take_file_back(tx, event.id)
    await tx.refresh(event)
    if event.client_message_id is None:
        _ignore(event)
    else:
        await _take_from_message(tx, user, event, gone, unsend)
    if gone:
        await _strike_sends(tx, user, Striker(gone))
    log.info("line_message_taken_back", event_id=str(event.id))


def _ignore(event: LineEvent) -> None:
    if event.state == EventState.WAITING:
        event.state = EventState.IGNORED


async def _take_from_message(
    tx: Transaction, user: LineUser, event: LineEvent, gone: str, unsend: LineEvent
) -> None:
    """Take it out of the owner message that it became, or was about to become."""
    assert event.client_message_id is not None  # The caller has looked.
    siblings = await repository.list_of_message(tx, user.id, event.client_message_id)
    message = None
    if event.message_id is not None:
        message = await chat.get_message(tx, event.message_id)
    elif user.conversation_id is not None:
        message = await chat.find_by_client_id(tx, user.conversation_id, event.client_message_id)
    if message is None:
        for each in siblings:  # Decided, not yet given to the chat: decided anew.
            if each.state == EventState.WAITING:
                each.client_message_id = None
        _ignore(event)
        return
    for each in siblings:
        if each.state == EventState.WAITING:
            each.state, each.message_id = EventState.HANDLED, message.id
    left = [events.text_of(each.raw).strip() for each in siblings if each.id != event.id]
    await retract(
        tx, message, gone or message.text, "\n".join(text for text in left if text), f"{unsend.id}"
    )


async def _strike_sends(tx: Transaction, user: LineUser, striker: Striker) -> None:
    """Strike the words out of what was sent; a push that is being tried keeps its body."""
    for send in await list_of_user(tx, user.id):
        if send.state == SendState.PENDING and send.attempts:
            continue
        struck = striker.value(send.messages)
        if struck != send.messages:
            send.messages = struck
