"""The job that answers one owner message."""

from typing import Any
from uuid import UUID

from desk.chat.models import Message
from desk.db import Transaction
from desk.jobs import service as jobs
from desk.jobs.models import Job

ANSWER_JOB = "chat.answer"
ANSWER_ATTEMPTS = 3


async def queue_turn(tx: Transaction, message: Message, version: int) -> UUID | None:
    """Queue the bot's answer to an owner message.

    The job speaks for one version of the conversation: once a person has taken over it
    does nothing, and what is still unanswered when the bot comes back is queued anew.

    Returns:
        The job's id, or None if this message was queued for this version before.
    """
    return await jobs.enqueue(tx, ANSWER_JOB, **_arguments(message, version))


async def begin_turn(tx: Transaction, message: Message, version: int, owner: str) -> Job | None:
    """Queue it as `queue_turn` does, and take it for `owner` if nothing is before it.

    Returns:
        The job if it is the owner's; None if the conversation has an unfinished one.
    """
    return await jobs.enqueue_for(tx, owner, ANSWER_JOB, **_arguments(message, version))


def order_key(conversation_id: UUID) -> str:
    """The key of all that the engine does for a conversation: one job after the other."""
    return f"conversation:{conversation_id}"


def _arguments(message: Message, version: int) -> dict[str, Any]:
    return {
        "payload": {"message_id": str(message.id), "version": version},
        "key": order_key(message.conversation_id),
        "unique_key": f"answer:{message.id}:{version}",
        "max_attempts": ANSWER_ATTEMPTS,
    }
