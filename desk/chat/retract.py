"""An owner takes words back: they go here, from what quotes them, and from the engine."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from desk.cases.service import strike_in_cases
from desk.chat import repository
from desk.chat.carry import wake_workers
from desk.chat.masking import MASK
from desk.chat.models import Author, Message
from desk.chat.turns import order_key
from desk.db import Transaction
from desk.jobs import service as jobs

REPLAY_JOB = "chat.replay"
REPLAY_ATTEMPTS = 5000
"""Nearly two days: until it is done the engine knows what was taken back."""
RUN = 5
"""So many characters in a row count as a quote."""
LEAST = 3
"""Shorter words are said by everybody."""
FORGETTERS = "forgetters"
"""Entry of `Database.info`: what else is called, in the same transaction, with the message's id."""
NO_QUOTES = frozenset(
    {"payload", "payloads", "id", "kind", "key", "url", "program_id", "status", "title", "source",
     "first_step", "contacts", "quick_replies", "question", "labels", "knowledge", "type", "uri",
     "data", "seqs", "link"}
)  # fmt: skip
"""What stands under these names is ours and never the owner's words."""


class Striker:
    """Strikes out what quotes a text."""

    def __init__(self, text: str) -> None:
        self._size = min(RUN, len(text))
        self._runs = {
            text[at : at + self._size]
            for at in range(len(text) - self._size + 1)
            if self._size >= LEAST and text[at : at + self._size].strip()
        }

    def text(self, text: str) -> str:
        """The text with every stretch that it shares with what was taken back struck out."""
        marked = [False] * len(text)
        for at in range(len(text) - self._size + 1):
            if text[at : at + self._size] in self._runs:
                marked[at : at + self._size] = [True] * self._size
        pieces: list[str] = []
        for sign, is_struck in zip(text, marked, strict=True):
            if not is_struck:
                pieces.append(sign)
            elif not pieces or pieces[-1] != MASK:
                pieces.append(MASK)
        return "".join(pieces)

    def value(self, value: Any) -> Any:
        """The same for every text in a JSON value."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if isinstance(value, Mapping):
            return {k: v if k in NO_QUOTES else self.value(v) for k, v in value.items()}
        return value


async def retract(tx: Transaction, message: Message, gone: str, left: str, why: str) -> None:
    """Take words of an owner's message back, in the caller's transaction.

    The conversation is locked by the caller. The engine forgets them by a job.

    Args:
        tx: A writing transaction.
        message: The owner's message.
        gone: The words.
        left: What is left of the message; empty if nothing is.
        why: Names the occasion; for each the engine hears the rest again once.
    """
    striker = Striker(gone)
    await repository.rewrite_message(tx, message, left)
    for forget in tx.info.get(FORGETTERS, ()):
        await forget(tx, message.id)
    for other in await repository.list_whole(tx, message.conversation_id):
        if other.author != Author.USER and other.seq > message.seq:
            _strike(other, striker)
    await tx.flush()
    await strike_in_cases(tx, message.conversation_id, striker.value)
    await queue_replay(tx, message.conversation_id, why)


def _strike(message: Message, striker: Striker) -> None:
    text, content = striker.text(message.text), striker.value(message.content)
    if text != message.text:
        message.text = text
    if content != message.content:
        message.content = content


async def queue_replay(tx: Transaction, conversation_id: UUID, why: str) -> None:
    """Have the engine hear again what is left, before it hears anything new."""
    await jobs.enqueue(
        tx,
        REPLAY_JOB,
        {"conversation_id": str(conversation_id)},
        key=order_key(conversation_id),
        unique_key=f"replay:{why}",
        max_attempts=REPLAY_ATTEMPTS,
    )
    wake_workers(tx)


async def waits_for_replay(tx: Transaction, conversation_id: UUID) -> bool:
    """Whether the engine still knows what was taken back."""
    return await jobs.has_unfinished(tx, order_key(conversation_id), REPLAY_JOB)
