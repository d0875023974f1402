"""A bubble of the chat, as LINE messages are made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from desk.chat.models import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """What one message of the chat shows (see ``desk.chat.schemas.MessageOut``)."""

    author: str = "bot"
    """bot, staff or system."""
    author_name: str = ""
    text: str = ""
    quick_replies: Sequence[Mapping[str, Any]] = ()
    """Items `{title, payload}`."""
    question: Mapping[str, Any] | None = None
    """`{id, kind, key, choices, left?}`."""
    card: Mapping[str, Any] | None = None

    @classmethod
    def from_row(cls, row: Message) -> Self:
        """The stored message as a bubble."""
        return cls(
            author=row.author,
            author_name=row.author_name,
            text=row.text,
            quick_replies=row.content.get("quick_replies", ()),
            question=row.content.get("question"),
            card=row.content.get("card"),
        )
