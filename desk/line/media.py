"""What becomes of pictures, stickers and files: kept for staff, noted, answered politely."""

from dataclasses import dataclass
from uuid import UUID

from desk.attachments.models import FileState
from desk.attachments.service import Arrival, note_arrival
from desk.cases.models import OPEN_STATUSES, EventKind
from desk.cases.repository import append_event, list_of_conversation
from desk.chat.models import Conversation, Holder
from desk.chat.notices import tell_staff_of_message
from desk.db import Transaction
from desk.line import events
from desk.line.accounts import Confidential, LineAccount
from desk.line.content import queue_fetch
from desk.line.models import LineEvent
from desk.line.texts import STICKER, LineTexts

KEPT = frozenset({"message.image", "message.video", "message.audio", "message.file"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is done with one of them."""

    is_for_staff: bool
    """A person holds the conversation and reads that it came."""
    words: str
    """What its sender is told."""
    cause: str
    """Names the occasion of the words: several pictures sent at once are one."""


async def take_media(
    tx: Transaction,
    texts: LineTexts,
    account: LineAccount,
    event: LineEvent,
    conversation: Conversation | None,
) -> Taken:
    """Keep a picture or file if somebody is there for it, and note in the case that it came.

    Args:
        tx: The transaction in which the event is decided.
        texts: What is said.
        account: The account by which it came.
        event: A message that is no text, of one user (never of a group).
        conversation: The user's, if it can be continued.
    """
    is_allowed = account.confidential is not Confidential.FORBID
    is_for_staff = is_allowed and conversation is not None and conversation.holder == Holder.STAFF
    is_noted = not is_for_staff and is_allowed and await _note_in_case(tx, event, conversation)
    media = events.media_of(event.raw)
    cause = f"event:{event.id}"
    if media.set_id is not None:
        cause = f"set:{event.line_user_id}:{media.set_id}"
    is_kept = (is_for_staff or is_noted) and event.kind in KEPT
    if is_kept and conversation is not None and event.line_message_id is not None:
        await _keep(tx, event, conversation.id, media)
        is_guarded = account.confidential is Confidential.LINK_ONLY
        words = texts.of_kept_file(is_guarded=is_guarded)
    else:
        words = texts.of_media(event.kind, is_for_staff=is_for_staff or is_noted)
    return Taken(is_for_staff=is_for_staff, words=words, cause=cause)


async def _keep(
    tx: Transaction, event: LineEvent, conversation_id: UUID, media: events.Media
) -> None:
    """Note the file and have it fetched, once for each event."""
    arrival = Arrival(
        conversation_id=conversation_id,
        account=event.account,
        line_event_id=event.id,
        line_message_id=str(event.line_message_id),
        kind=event.kind.removeprefix("message."),
        name=media.name,
        is_elsewhere=media.is_elsewhere,
    )
    row = await note_arrival(tx, arrival)
    if row.state == FileState.WAITING:
        await queue_fetch(tx, row.id)


async def _note_in_case(
    tx: Transaction, event: LineEvent, conversation: Conversation | None
) -> bool:
    """Note in the open case of a talk that something came which only people can ask about."""
    if conversation is None or event.kind == STICKER:
        return False
    cases = await list_of_conversation(tx, conversation.id)
    found = [each for each in cases if each.status in OPEN_STATUSES]
    if not found:
        return False
    await append_event(tx, found[-1].id, EventKind.FILE_ARRIVED, actor="owner")
    await tell_staff_of_message(tx, conversation)
    return True
