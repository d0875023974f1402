"""Shapes of the staff API of a conversation."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from desk.attachments.models import Attachment
from desk.chat.models import Message
from desk.chat.schemas import MessageOut, Text
from desk.live.talk import Talk


class VersionIn(BaseModel):
    """A change of holder, made for the version that the person saw."""

    model_config = ConfigDict(extra="forbid")

    version: int


class TakeIn(VersionIn):
    """Into the conversation, with which an unclaimed case becomes the caller's."""

    sees_unclaimed: bool = False
    """The caller saw that nobody has the case: 409 if a colleague has claimed it since."""


class ReplyIn(TakeIn):
    """A reply to the owner."""

    client_message_id: UUID
    text: Text
    seen_seq: int | None = None
    """The last message that the author had read; all of them if left out."""


class ReturnIn(VersionIn):
    """Back to the bot, with what colleagues should know."""

    summary: Text


class ReleaseIn(VersionIn):
    """A colleague's conversation back to the bot."""

    reason: Text


class PresenceIn(BaseModel):
    """A sign of presence; repeated every 15 seconds, and while typing every 3."""

    model_config = ConfigDict(extra="forbid")

    is_typing: bool = False


class Draft(BaseModel):
    """What a staff member has begun to write."""

    model_config = ConfigDict(extra="forbid")

    text: Text


class PersonOut(BaseModel):
    """A colleague."""

    id: UUID
    name: str


def _person(found: tuple[UUID, str] | None) -> PersonOut | None:
    return None if found is None else PersonOut(id=found[0], name=found[1])


class FileOut(BaseModel):
    """A picture or file that the owner sent, without its bytes."""

    id: UUID
    kind: str
    """image, video, audio or file."""
    name: str | None
    """What its sender calls it."""
    state: str
    """waiting, fetched, refused, gone or failed."""
    reason: str | None
    """Why it is not there."""
    size: int | None
    """In bytes."""

    @classmethod
    def from_row(cls, row: Attachment) -> "FileOut":
        """The file as the API shows it."""
        return cls(
            id=row.id,
            kind=row.kind,
            name=row.name,
            state=row.state,
            reason=row.reason,
            size=row.size,
        )


class TalkOut(BaseModel):
    """A conversation for the staff member who asks."""

    conversation_id: UUID
    holder: str
    """bot or staff."""
    holder_name: str | None
    version: int
    is_mine: bool
    is_over: bool
    """The owner can no longer read what is written."""
    present: list[PersonOut]
    """Colleagues who have the conversation open."""
    owner_is_typing: bool
    open_count: int
    """Messages of the owner that nobody has answered."""
    waiting_since: datetime | None
    responsible: PersonOut | None
    """Who has the case; whoever else replies takes nothing from them."""
    is_responsible: bool
    """It is the caller."""
    is_unclaimed: bool
    """The case is open and nobody has it: whoever takes the conversation or replies gets it."""
    can_take: bool
    can_steal: bool
    can_release: bool
    files: list[FileOut]
    """What the owner sent beside words, in the order in which it came."""

    @classmethod
    def from_talk(cls, talk: Talk) -> "TalkOut":
        """The conversation as the API shows it."""
        return cls(
            conversation_id=talk.conversation.id,
            holder=talk.conversation.holder,
            holder_name=talk.holder_name,
            version=talk.conversation.version,
            is_mine=talk.is_mine,
            is_over=talk.is_over,
            present=[PersonOut(id=staff_id, name=name) for staff_id, name in talk.present],
            owner_is_typing=talk.owner_types,
            open_count=talk.open_count,
            waiting_since=talk.waiting_since,
            responsible=_person(talk.responsible),
            is_responsible=talk.is_responsible,
            is_unclaimed=talk.is_unclaimed,
            can_take=talk.can_take,
            can_steal=talk.can_steal,
            can_release=talk.can_release,
            files=[FileOut.from_row(row) for row in talk.files],
        )


class StaffMessageOut(MessageOut):
    """A message as staff see it."""

    is_button: bool
    """The owner pressed a button."""

    @classmethod
    def from_row(cls, row: Message) -> "StaffMessageOut":
        """The row as staff see it."""
        seen = MessageOut.from_row(row)
        return cls(**seen.model_dump(), is_button=row.payload is not None)


class StaffMessagesOut(BaseModel):
    """Messages after a sequence number, in order, and the conversation they stand in."""

    messages: list[StaffMessageOut]
    talk: TalkOut

    @classmethod
    def from_talk(cls, talk: Talk) -> "StaffMessagesOut":
        """The messages as the API shows them."""
        messages = [StaffMessageOut.from_row(row) for row in talk.messages]
        return cls(messages=messages, talk=TalkOut.from_talk(talk))
