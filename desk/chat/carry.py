"""Messages for owners who are not on our page are carried to them by a job.

The job is queued with the messages, in their transaction; which channel it serves is the
handler's matter (`desk/line`).
"""

from uuid import UUID

from desk.chat.models import Conversation
from desk.db import Transaction
from desk.jobs import service as jobs

CARRY_JOB = "chat.carry"
WEB = "web"
LINE = "line"
WAKE = "wake_jobs"
"""Under this name `Database.info` has what wakes the workers."""


async def carry_if_away(tx: Transaction, conversation: Conversation, seq: int) -> None:
    """Queue the way to the owner of what was said up to `seq`, unless they see it anyway."""
    if conversation.channel != WEB:
        await queue_carry(tx, conversation.id, f"{seq}")


async def queue_carry(tx: Transaction, conversation_id: UUID, why: str) -> None:
    """Queue the way to the owner of what is on its way.

    Args:
        tx: The transaction that makes it necessary.
        conversation_id: A conversation that is not held on our page.
        why: Names the occasion; each is queued once.
    """
    await jobs.enqueue(
        tx,
        CARRY_JOB,
        {"conversation_id": str(conversation_id)},
        key=f"carry:{conversation_id}",
        unique_key=f"carry:{conversation_id}:{why}",
    )
    wake_workers(tx)


def wake_workers(tx: Transaction) -> None:
    """Have the workers look for jobs as soon as this transaction is committed."""
    wake = tx.info.get(WAKE)
    if wake is not None:
        tx.after_commit(wake)
