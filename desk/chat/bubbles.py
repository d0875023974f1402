"""The messages that desk itself makes: the bot's answers and its own notices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desk.chat.models import Author, Message
from desk.db import new_id

HOLDER_NOTICE = "holder"
"""Notices of who answers the owner from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTexts:
    """Sentences that desk itself says, from `knowledge/wording`."""

    bot_name: str
    system_name: str
    opening: Sequence[Mapping[str, Any]]
    """Messages of a new conversation, each `{text, quick_replies, payloads}`."""
    please_wait: str
    gave_up: str
    wording: Callable[..., str]
    """The knowledge base's `wording(text_id, **values)`."""
    account_words: tuple[str, ...] = ()


def bot_message(name: str, text: str, content: Mapping[str, Any]) -> Message:
    """A message of the bot, not yet in a conversation."""
    kept = {k: v for k, v in content.items() if k != "text" and v}
    card = kept.get("card") or {}
    return Message(
        id=new_id(),
        author=Author.BOT,
        author_name=name,
        text=text,
        content=kept,
        card_kind=card.get("kind"),
    )


def system_message(
    name: str,
    text: str,
    *,
    answers: Message | None = None,
    part: int | None = None,
    quick_replies: Sequence[Mapping[str, str]] = (),
    notice: str | None = None,
) -> Message:
    """A notice of desk, not yet in a conversation.

    Args:
        name: What stands above it.
        text: Plain words.
        answers: The owner's message that it is about; with `part` it is said only once.
        part: Which of the notices about that message it is.
        quick_replies: Buttons, each `{title, payload}`.
        notice: What it is about, for channels that treat it in their own way.
    """
    content: dict[str, Any] = {}
    if quick_replies:
        content["quick_replies"] = [dict(reply) for reply in quick_replies]
    if notice is not None:
        content["notice"] = notice
    return Message(
        id=new_id(),
        author=Author.SYSTEM,
        author_name=name,
        text=text,
        answers_id=answers.id if answers is not None else None,
        part=part,
        content=content,
    )


def content_of(bubble: Mapping[str, Any]) -> dict[str, Any]:
    """What a bubble of the engine shows beside its text, as the API shows it."""
    custom = bubble.get("custom") or {}
    buttons = [{"title": b["title"], "payload": b["payload"]} for b in bubble.get("buttons") or []]
    question = custom.get("question")
    return {
        "quick_replies": [] if question else buttons,
        "question": question,
        "card": custom.get("card"),
        "payloads": custom.get("payloads"),
    }


def has_bot(answers: Sequence[Message]) -> bool:
    """Whether the bot is among those who answered."""
    return any(answer.author == Author.BOT for answer in answers)
