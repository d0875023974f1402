"""Telling the bureau what went wrong with LINE, by the ways in which hubs are told."""

from enum import StrEnum

from desk.db import Transaction
from desk.notify.models import BUREAU, NoticeKind
from desk.notify.outbox import Notice, queue_notice


class Trouble(StrEnum):
    """What went wrong."""

    SUSPENDED = "suspended"
    """LINE has suspended the account."""
    QUOTA = "quota"
    """The month's pushes are used up."""
    UNCERTAIN = "uncertain"
    """Nobody knows whether a reply arrived."""
    REFUSED = "refused"
    """LINE refuses what we send, be it the token or the content."""
    FAILED = "failed"
    """An event was given up."""


async def tell_bureau(tx: Transaction, trouble: Trouble, name: str) -> None:
    """Queue the notice in the caller's transaction.

    Args:
        tx: The transaction that makes it true.
        trouble: What went wrong.
        name: With `trouble` the name of the event; the same is told once.
    """
    notice = Notice(
        key=f"line:{trouble}:{name}"[:120],
        kind=NoticeKind.LINE_TROUBLE,
        hub_id=BUREAU,
        facts={"trouble": trouble.value},
    )
    await queue_notice(tx, notice)
