"""What staff see of LINE: accounts, calls and events; and what is erased with a talk."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from desk.db import Database, Transaction
from desk.line import repository
from desk.line.accounts import LineAccounts
from desk.line.models import LineCount, LineSend, SendState
from desk.line.sends import count_sends, forget_sends, list_sends

UNSEEN = (SendState.UNCERTAIN, SendState.QUOTA, SendState.FAILED)
"""What staff should look at: it did not arrive, or nobody knows."""


class LineService:
    """What the console and the command line ask."""

    def __init__(self, database: Database, accounts: LineAccounts) -> None:
        self.accounts = accounts
        self._database = database

    async def list_sends(
        self,
        *,
        states: Sequence[SendState] = UNSEEN,
        account: str | None = None,
        conversation_id: UUID | None = None,
        limit: int = 100,
    ) -> Sequence[LineSend]:
        """What was sent, the newest first; by default what staff should look at."""
        async with self._database.read() as tx:
            return await list_sends(
                tx, states=states, account=account, conversation_id=conversation_id, limit=limit
            )

    async def count_sends(self, since: datetime) -> Mapping[tuple[str, str, str], int]:
        """How many calls there were since a moment, by account, kind and state."""
        async with self._database.read() as tx:
            return await count_sends(tx, since)

    async def list_counts(self, since: date) -> Sequence[LineCount]:
        """Events by account, day and kind; `unreadable` and `unknown:…` among them."""
        async with self._database.read() as tx:
            return await repository.list_counts(tx, since)


async def erase_of_conversation(tx: Transaction, conversation_id: UUID) -> None:
    """Erase what LINE knows of a conversation: the user, their words, what was sent.

    When the user writes again, they are a new one.
    """
    user = await repository.lock_user_of(tx, conversation_id)
    if user is not None:
        await forget_sends(tx, user.id)
        await repository.forget_user(tx, user.id)
