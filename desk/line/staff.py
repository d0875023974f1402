"""What staff do about LINE: see its accounts, and settle what did not surely arrive."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from desk.audit.service import acting, record
from desk.chat.carry import LINE
from desk.chat.repository import find_conversation
from desk.chat.sites import Sites
from desk.config import JST
from desk.db import Database, Transaction
from desk.line import repository
from desk.line.accounts import Confidential, LineAccount, LineAccounts
from desk.line.errors import (
    LossUnknownError,
    SendNotFoundError,
    SendRefusedError,
    SendSettledError,
)
from desk.line.events import UNREADABLE
from desk.line.findings import Finding, find_problems
from desk.line.forecast import Forecast, forecast
from desk.line.inspection import Inspection, Watch
from desk.line.models import LineCount, LineSend, LineUser, SendReason, SendState
from desk.line.parcels import Packer
from desk.line.parts import form_of, read_parts
from desk.line.sends import PUSHED, Parcel, count_sends, find_send, queue_send
from desk.line.staff_repository import (
    OPEN,
    count_open_of,
    find_channel_of,
    find_user_of,
    list_open_sends,
)

MOST_OPEN = 100
WEEK = timedelta(days=7)
UNKNOWN_PREFIX = "unknown:"
CONFIRMED = "confirmed by staff"
SETTLED = "settled by staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """One account with everything that staff see of it."""

    account: LineAccount
    hub_id: str | None
    """Whose account it is; None if it serves all."""
    webhook: str
    """Address that has to be set at LINE."""
    seen: Inspection
    problems: Sequence[Finding]
    forecast: Forecast | None
    today: Mapping[str, int]
    """Calls by state."""
    week: Mapping[str, int]
    strange: Mapping[str, int]
    """Events of the week that we do not know or could not read, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSend:
    """A call that needs a person."""

    send: LineSend
    may_send_again: bool
    may_have_arrived: bool
    is_blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTalk:
    """What a reply to an owner who came by LINE does there."""

    account: LineAccount | None
    """None where nothing reaches them in LINE any more."""
    is_blocked: bool = False
    left: int | None = None
    """Pushes left this month; None if there is no limit, or LINE does not say."""
    open_sends: int = 0

    @property
    def way(self) -> str:
        """`gone`, `blocked`, `full` (in LINE itself) or `link` (LINE tells that there is one)."""
        if self.account is None:
            return "gone"
        if self.is_blocked:
            return "blocked"
        return "full" if self.account.confidential is Confidential.ALLOW else "link"


class LineStaff:
    """What the console asks of LINE."""

    def __init__(
        self,
        database: Database,
        accounts: LineAccounts,
        watch: Watch,
        packer: Packer,
        *,
        sites: Sites,
        public_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._watch = watch
        self._packer = packer
        self._sites = sites
        self._public_url = public_url.rstrip("/")
        self._clock = clock

    @property
    def has_accounts(self) -> bool:
        """Whether LINE is set up at all."""
        return len(self._accounts) > 0

    def accounts_of(self, hub_id: str | None) -> Sequence[LineAccount]:
        """The accounts of a hub; all of them for None."""
        return [a for a in self._accounts if hub_id is None or self._hub_of(a) == hub_id]

    def _hub_of(self, account: LineAccount) -> str | None:
        site = self._sites.find(account.site)
        return site.hub if site is not None else None

    async def view(self, hub_id: str | None) -> Sequence[AccountView]:
        """Every account of a hub (None: all), each as LINE and our tables know it."""
        moment = self._clock()
        midnight = moment.astimezone(JST).replace(hour=0, minute=0, second=0, microsecond=0)
        since = midnight.date() - WEEK
        async with self._database.read() as tx:
            today = await count_sends(tx, midnight)
            week = await count_sends(tx, moment - WEEK)
            events = await repository.list_counts(tx, since)
        views = []
        for account in self.accounts_of(hub_id):
            webhook = f"{self._public_url}/line/webhook/{account.id}"
            seen = await self._watch.look(account)
            views.append(
                AccountView(
                    account=account,
                    hub_id=self._hub_of(account),
                    webhook=webhook,
                    seen=seen,
                    problems=find_problems(account, seen, webhook),
                    forecast=forecast(seen.quota, seen.read_at) if seen.quota else None,
                    today=_by_state(today, account.id),
                    week=_by_state(week, account.id),
                    strange=_strange(events, account.id),
                )
            )
        return views

    async def list_open(self, hub_id: str | None) -> Sequence[OpenSend]:
        """What needs a person, the newest first; of the accounts of a hub (None: all)."""
        async with self._database.read() as tx:
            found = await list_open_sends(tx, self._ids(hub_id), limit=MOST_OPEN)
        return [
            OpenSend(
                send=send,
                may_send_again=_may_send_again(send, user),
                may_have_arrived=may_have_arrived(send),
                is_blocked=user is not None and user.blocked_at is not None,
            )
            for send, user in found
        ]

    def _ids(self, hub_id: str | None) -> Collection[str]:
        return {account.id for account in self.accounts_of(hub_id)}

    async def talk_of(self, conversation_id: UUID) -> LineTalk | None:
        """What a reply does in LINE; None if the owner does not write there."""
        async with self._database.read() as tx:
            user = await find_user_of(tx, conversation_id)
            channel = await find_channel_of(tx, conversation_id)
            open_sends = await count_open_of(tx, conversation_id)
        if user is None:
            return LineTalk(account=None, open_sends=open_sends) if channel == LINE else None
        account = self._accounts.find(user.account)
        if account is None or user.blocked_at is not None:
            return LineTalk(account=account, is_blocked=account is not None, open_sends=open_sends)
        quota = (await self._watch.look(account)).quota
        left = quota.left if quota is not None else None
        return LineTalk(account=account, left=left, open_sends=open_sends)

    async def settle(self, send_id: UUID, hub_id: str | None, *, by: UUID | None = None) -> None:
        """Close a call by hand: its words arrived, or were told another way.

        Args:
            send_id: The row.
            hub_id: The hub whose accounts the person sees; None for all.
            by: Who says so; None is the operator.

        Raises:
            SendNotFoundError: It is not the person's to see.
            SendSettledError: Nothing is open there any more.
        """
        async with self._database.write() as tx:
            send, _ = await self._lock(tx, send_id, hub_id)
            before = send.state
            if may_have_arrived(send):
                send.state, send.last_error = SendState.SENT, CONFIRMED
                send.sent_at = self._clock()
            else:
                send.state, send.last_error = SendState.REJECTED, SETTLED
            _note(tx, "line_send_settled", send, by, {"before": before})

    async def send_again(
        self,
        send_id: UUID,
        hub_id: str | None,
        *,
        by: UUID | None = None,
        is_known_lost: bool = False,
    ) -> UUID:
        """Send what a call held once more, as it stands now and with fresh links.

        Args:
            send_id: The row.
            hub_id: The hub whose accounts the person sees; None for all.
            by: Who wants it; None is the operator.
            is_known_lost: The person has asked the owner, and it did not arrive; needed where
                it may have arrived, so that nobody reads the same twice.

        Returns:
            Id of the new row.

        Raises:
            SendNotFoundError: It is not the person's to see.
            SendSettledError: Nothing is open there any more.
            LossUnknownError: It may have arrived.
            SendRefusedError: Nothing can be sent.
        """
        async with self._database.write() as tx:
            send, user = await self._lock(tx, send_id, hub_id)
            if user is None or not _may_send_again(send, user):
                raise SendRefusedError("The user cannot be reached, or it is not worth a push.")
            if may_have_arrived(send) and not is_known_lost:
                raise LossUnknownError("It may have arrived: ask the owner first.")
            messages = await self._messages(tx, send, user)
            parcel = Parcel(
                reason=SendReason(send.reason),
                messages=messages,
                cause=f"again:{send.id}",
                seqs=send.messages.get("seqs", ()),
            )
            fresh = await queue_send(tx, user, parcel, self._clock())
            if fresh is None:
                raise SendSettledError("It was sent once more before.")
            before, send.state = send.state, SendState.REJECTED
            send.last_error = f"goes on in {fresh.id}"
            _note(tx, "line_send_repeated", send, by, {"before": before, "into": fresh.id})
            return fresh.id

    async def _lock(
        self, tx: Transaction, send_id: UUID, hub_id: str | None
    ) -> tuple[LineSend, LineUser | None]:
        """The row and its user as they stand; the user first, as everybody does who plans."""
        known = await tx.get(LineSend, send_id)
        if known is None or known.account not in self._ids(hub_id):
            raise SendNotFoundError("There is no such call.")
        user = None
        if known.line_user_id is not None:
            user = await repository.lock_user(tx, known.line_user_id)
        send = await find_send(tx, send_id)
        if send is None:
            raise SendNotFoundError("There is no such call.")
        if send.state not in {*OPEN, SendState.DROPPED}:
            raise SendSettledError("Nothing is open there any more.")
        return send, user

    async def _messages(
        self, tx: Transaction, send: LineSend, user: LineUser
    ) -> Sequence[dict[str, Any]]:
        account = self._accounts.find(send.account)
        assert user.conversation_id is not None  # `_may_send_again` has compared it.
        conversation = await find_conversation(tx, user.conversation_id)
        if account is None or conversation is None or conversation.erased_at is not None:
            raise SendRefusedError("The account or the conversation is no longer there.")
        if send.reason == SendReason.LINK:
            return await self._packer.link(tx, user, "line_link")
        seqs = send.messages.get("seqs", ())
        rows = await repository.list_by_seq(tx, conversation.id, seqs)
        parts = await read_parts(tx, user, rows, account.confidential)
        messages = await self._packer.form(tx, user, form_of(parts, account.confidential))
        if not messages:
            raise SendRefusedError("Nothing of it may be said in LINE now.")
        return messages


def may_have_arrived(send: LineSend) -> bool:
    """Whether a call was made of which nobody knows the outcome."""
    return send.is_unknown or send.state == SendState.UNCERTAIN


def _may_send_again(send: LineSend, user: LineUser | None) -> bool:
    """Whether a push is possible and worth it: the same talk, not blocked, not erased."""
    return (
        user is not None
        and user.blocked_at is None
        and user.conversation_id is not None
        and send.conversation_id == user.conversation_id
        and send.reason in PUSHED
        and bool(send.messages)
    )


def _note(
    tx: Transaction, action: str, send: LineSend, by: UUID | None, details: Mapping[str, Any]
) -> None:
    record(
        tx,
        action=action,
        actor=acting(by),
        actor_id=by,
        subject=f"line_send:{send.id}",
        details={"account": send.account, "conversation_id": send.conversation_id, **details},
    )


def _by_state(counts: Mapping[tuple[str, str, str], int], account_id: str) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for (account, _, state), number in counts.items():
        if account == account_id:
            found[state] = found.get(state, 0) + number
    return found


def _strange(events: Sequence[LineCount], account_id: str) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for count in events:
        is_strange = count.kind == UNREADABLE or count.kind.startswith(UNKNOWN_PREFIX)
        if count.account == account_id and is_strange:
            kind = count.kind.removeprefix(UNKNOWN_PREFIX)
            found[kind] = found.get(kind, 0) + count.number
    return found
