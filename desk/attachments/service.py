"""Files are noted when they come, filled when they were fetched, and emptied when taken back.

Each step is written in its caller's transaction and may be done twice.
"""

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from desk.attachments import repository
from desk.attachments.kinds import FileKind, find_kind
from desk.attachments.models import Attachment, FileState, Reason
from desk.attachments.names import clean_name
from desk.db import Transaction, new_id, now

log = structlog.get_logger()
MOST_OF_A_CONVERSATION = 100
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is known of a file before it is fetched."""

    conversation_id: UUID
    account: str
    line_event_id: UUID
    line_message_id: str
    kind: str
    name: str = field(default="", repr=False)
    is_elsewhere: bool = False
    """LINE does not have it; it lies at another address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What some fetched bytes are."""

    size: int
    found: FileKind | Reason
    sha256: str = field(repr=False)


def look_at(content: bytes, name: str | None) -> Looked:
    """What some bytes are; takes a moment for large ones."""
    digest = hashlib.sha256(content).hexdigest()
    return Looked(size=len(content), found=find_kind(content, name=name or ""), sha256=digest)


async def note_arrival(tx: Transaction, arrival: Arrival) -> Attachment:
    """Note that a file came, once for each event.

    Returns:
        Its row; if it is `waiting`, the caller has it fetched.
    """
    known = await repository.find_of_event(tx, arrival.line_event_id)
    if known is not None:
        return known
    row = Attachment(
        id=new_id(),
        conversation_id=arrival.conversation_id,
        account=arrival.account,
        line_event_id=arrival.line_event_id,
        line_message_id=arrival.line_message_id,
        kind=arrival.kind,
        name=clean_name(arrival.name)[:LONGEST_NAME] or None,
        state=FileState.WAITING,
    )
    if arrival.is_elsewhere:
        _settle(row, FileState.REFUSED, Reason.ELSEWHERE)
    elif await repository.count_kept(tx, arrival.conversation_id) >= MOST_OF_A_CONVERSATION:
        _settle(row, FileState.REFUSED, Reason.TOO_MANY)
    tx.add(row)
    await tx.flush()
    return row


async def fill(tx: Transaction, attachment_id: UUID, content: bytes, looked: Looked) -> bool:
    """Keep fetched bytes, or refuse them; nothing if they are not waited for any more.

    Returns:
        Whether the row has changed.
    """
    row = await repository.lock(tx, attachment_id)
    if row is None or row.state != FileState.WAITING:
        return False
    row.size = looked.size
    if isinstance(looked.found, Reason):
        _settle(row, FileState.REFUSED, looked.found)
        return True
    row.media_type, row.sha256, row.content = looked.found.media_type, looked.sha256, content
    _settle(row, FileState.FETCHED, None)
    return True


async def give_up(tx: Transaction, attachment_id: UUID, state: FileState, reason: Reason) -> bool:
    """Note that a file will not be there; nothing if it is not waited for any more.

    Returns:
        Whether the row has changed.
    """
    row = await repository.lock(tx, attachment_id)
    if row is None or row.state != FileState.WAITING:
        return False
    _settle(row, state, reason)
    return True


async def take_back(tx: Transaction, line_event_id: UUID) -> None:
    """Delete what came with an event that its sender took back; that it came stays."""
    row = await repository.find_of_event(tx, line_event_id)
    if row is None:
        return
    row.name = row.sha256 = row.content = row.media_type = row.size = None
    _settle(row, FileState.GONE, Reason.TAKEN_BACK)
    await tx.flush()


async def erase_files(tx: Transaction, conversation_id: UUID) -> None:
    """Delete every file of a conversation, as its owner wishes."""
    await repository.delete_of_conversation(tx, conversation_id)


def _settle(row: Attachment, state: FileState, reason: Reason | None) -> None:
    row.state, row.reason, row.settled_at = state, reason, now()
    log.info("file_settled", attachment_id=str(row.id), state=state, reason=reason)
