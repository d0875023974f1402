"""What staff see of LINE: accounts, the month's pushes, what did not arrive."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from desk.db import Database, Transaction
from desk.line import repository
from desk.line.accounts import LineAccount, LineAccounts
from desk.line.client import LineAnswer, LineClient, LineSilentError, LineUnreachableError
from desk.line.models import LineCount, LineSend, SendReason, SendState
from desk.line.sends import (
    Parcel,
    count_sends,
    find_send,
    forget_sends,
    list_sends,
    queue_send,
)

RESENT = frozenset({SendState.FAILED, SendState.QUOTA})
"""What staff may have sent again."""
QUOTA_KEPT = timedelta(minutes=5)
UNSEEN = (SendState.UNCERTAIN, SendState.QUOTA, SendState.FAILED)
"""What staff should look at: it did not arrive, or nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The month's pushes of one account, by LINE's own count."""

    limit: int | None
    """None where the plan has none."""
    used: int
    read_at: datetime

    @property
    def left(self) -> int | None:
        """How many pushes are left; None where the plan has no limit."""
        return None if self.limit is None else max(0, self.limit - self.used)


class LineService:
    """What the console and the command line ask."""

    def __init__(
        self,
        database: Database,
        accounts: LineAccounts,
        client: LineClient,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self.accounts = accounts
        self._database = database
        self._client = client
        self._clock = clock
        self._quotas: dict[str, Quota] = {}

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

    async def send_again(self, send_id: UUID) -> bool:
        """Send once more, as a push or with a reply token, what surely did not arrive.

        Returns:
            False if it arrived, may have arrived, or its user was erased or has blocked us.
        """
        async with self._database.read() as tx:
            found = await tx.get(LineSend, send_id)
        if found is None or found.line_user_id is None:
            return False
        async with self._database.write() as tx:
            user = await repository.lock_user(tx, found.line_user_id)
            send = await find_send(tx, send_id)
            if user is None or user.blocked_at is not None or send is None:
                return False
            if send.state not in RESENT or send.is_unknown:
                return False
            parcel = Parcel(
                reason=SendReason(send.reason),
                messages=send.messages["messages"],
                cause=f"again:{send.id}",
                seqs=send.messages.get("seqs", ()),
            )
            await queue_send(tx, user, parcel, self._clock())
            send.state, send.last_error = SendState.REJECTED, "sent again on the wish of staff"
        return True

    async def count_sends(self, since: datetime) -> Mapping[tuple[str, str, str], int]:
        """How many calls there were since a moment, by account, kind and state."""
        async with self._database.read() as tx:
            return await count_sends(tx, since)

    async def list_counts(self, since: date) -> Sequence[LineCount]:
        """Events by account, day and kind; `unreadable` and `unknown:…` among them."""
        async with self._database.read() as tx:
            return await repository.list_counts(tx, since)

    async def quota(self, account: LineAccount) -> Quota | None:
        """The month's pushes; asked of LINE at most every five minutes.

        Returns:
            None if LINE does not say.
        """
        known = self._quotas.get(account.id)
        if known is not None and self._clock() - known.read_at < QUOTA_KEPT:
            return known
        try:
            limit = await self._client.quota(account)
            used = await self._client.consumption(account)
        except (LineSilentError, LineUnreachableError):
            return None
        found = _quota_of(limit, used, self._clock())
        if found is not None:
            self._quotas[account.id] = found
        return found


def _quota_of(limit: LineAnswer, used: LineAnswer, moment: datetime) -> Quota | None:
    total, value = used.data.get("totalUsage"), limit.data.get("value")
    if not limit.is_done or not used.is_done or not isinstance(total, int):
        return None
    if limit.data.get("type") != "limited":
        return Quota(limit=None, used=total, read_at=moment)
    return Quota(limit=value, used=total, read_at=moment) if isinstance(value, int) else None


async def erase_of_conversation(tx: Transaction, conversation_id: UUID) -> None:
    """Erase what LINE knows of a conversation: the user, their words, what was sent.

    When the user writes again, they are a new one.
    """
    user = await repository.lock_user_of(tx, conversation_id)
    if user is not None:
        await forget_sends(tx, user.id)
        await repository.forget_user(tx, user.id)
