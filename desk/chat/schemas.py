"""Shapes of the public chat API."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from desk.chat.models import Message
from desk.chat.scene import Scene

MAX_TEXT = 2000


def whole_characters(text: str) -> str:
    """The text as every database keeps it: without null bytes.

    Raises:
        ValueError: It holds half of a surrogate pair, which JSON can write but UTF-8 cannot.
    """
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("the text holds half a character (a lone surrogate)")
    return text.replace("\0", "")


Text = Annotated[str, AfterValidator(whole_characters)]
"""Text whose length the service checks: what is too long is answered 413."""


class NewConversation(BaseModel):
    """Body of `POST /api/chat/conversations`."""

    model_config = ConfigDict(extra="forbid")

    channel: Literal["web"] = "web"
    site: str | None = Field(default=None, max_length=64, pattern=r"^[a-z0-9_-]+$")


class NewMessage(BaseModel):
    """Body of `POST /api/chat/conversations/{id}/messages`: typed text or a button."""

    model_config = ConfigDict(extra="forbid")

    client_message_id: UUID
    text: Text | None = None
    payload: str | None = Field(default=None, max_length=1000)
    title: Text | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def one_of_text_and_payload(self) -> "NewMessage":
        """Exactly one of `text` and `payload`, and text that says something."""
        if (self.text is None) == (self.payload is None):
            raise ValueError("give either text or payload, not both and not neither")
        if self.text is not None and not self.text.strip():
            raise ValueError("text is empty")
        return self


class MessageOut(BaseModel):
    """One bubble as owners see it."""

    seq: int
    id: UUID
    author: str
    author_name: str
    text: str
    created_at: datetime
    client_message_id: UUID | None = None
    """Of the owner's own messages: the id under which the page sent it."""
    quick_replies: list[dict[str, Any]] = []
    question: dict[str, Any] | None = None
    card: dict[str, Any] | None = None

    @classmethod
    def from_row(cls, row: Message) -> "MessageOut":
        """The row as the API shows it."""
        return cls(
            seq=row.seq,
            id=row.id,
            author=row.author,
            author_name=row.author_name,
            text=row.text,
            created_at=row.created_at,
            client_message_id=row.client_message_id,
            quick_replies=row.content.get("quick_replies", []),
            question=row.content.get("question"),
            card=row.content.get("card"),
        )


class ConversationOut(BaseModel):
    """A new conversation; `token` is shown only here."""

    conversation_id: UUID
    token: str
    messages: list[MessageOut]


class TurnOut(BaseModel):
    """The owner's message as stored, and the answers that are there already."""

    message: MessageOut
    messages: list[MessageOut]


class HolderOut(BaseModel):
    """Who answers the owner now."""

    holder: str
    """bot or staff."""
    name: str | None = None
    """Of the staff member."""

    @classmethod
    def from_scene(cls, scene: Scene) -> "HolderOut":
        """Who answers, as the API says it."""
        return cls(holder=scene.conversation.holder, name=scene.holder_name)


class TypingOut(BaseModel):
    """Whether the staff member who holds the conversation is typing."""

    is_typing: bool


class MessagesOut(BaseModel):
    """Messages after a sequence number, in order."""

    messages: list[MessageOut]
    holder: HolderOut
    typing: TypingOut
