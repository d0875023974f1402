"""Takes webhooks: signed, read, stored once with the work that follows. Nothing else.

LINE waits two seconds for the answer, so whatever is slow happens in the jobs.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from desk.config import JST
from desk.db import Database, Transaction
from desk.jobs import service as jobs
from desk.line import events, repository
from desk.line.accounts import LineAccount, LineAccounts
from desk.line.errors import AccountNotFoundError, BadSignatureError, NotStoredError
from desk.line.events import Incoming
from desk.line.models import EventState, LineUser
from desk.line.trouble import Trouble, tell_bureau

log = structlog.get_logger()
HANDLE_JOB = "line.handle"
GATHER = timedelta(seconds=1.5)
"""Bubbles typed in a row are gathered until none has come for so long."""
WAKE_MARGIN_SECONDS = 0.02
TOKEN_LASTS = timedelta(seconds=60)
"""LINE's minute from the delivery. A token that is too old by the way is surely rejected, and
what it was for goes on; so that no push is paid for where a reply was possible."""
TOKEN_AGE = timedelta(minutes=20)
"""LINE's limit from the event itself, which counts when it delivers late."""
OF_USERS = frozenset(
    {f"message.{kind}" for kind in events.MESSAGE_KINDS}
    | {events.POSTBACK, events.UNSEND, events.FOLLOW, events.UNFOLLOW}
)
JOINED = frozenset({"join", "memberJoined"})
SUSPENDED = "botSuspended"


class Inbox:
    """The way in."""

    def __init__(
        self,
        database: Database,
        accounts: LineAccounts,
        *,
        clock: Callable[[], datetime],
        wake_jobs: Callable[[], None],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock
        self._wake_jobs = wake_jobs

    def account(self, account_id: str) -> LineAccount:
        """The account.

        Raises:
            AccountNotFoundError: There is none, or it has no secret.
        """
        found = self._accounts.find(account_id)
        if found is None:
            raise AccountNotFoundError("There is no such LINE account.")
        return found

    async def take(self, account: LineAccount, body: bytes, signature: str | None) -> int:
        """Store what a webhook brings.

        Args:
            account: Whose webhook address was called.
            body: As it came, byte for byte.
            signature: The header `X-Line-Signature`.

        Returns:
            How many events were new.

        Raises:
            BadSignatureError: No or a wrong signature.
            BadWebhookError: The signed body is no webhook.
            NotStoredError: The database is away.
        """
        if not events.is_signed(body, signature, account.secrets):
            raise BadSignatureError("The signature is missing or wrong.")
        destination, found = events.read_body(body)
        incoming = list(events.read_events(account.id, found))
        if account.bot_user_id and destination != account.bot_user_id:
            log.warning("line_other_destination", account=account.id)
        if not incoming:
            return 0
        try:
            return await self._store(account, incoming)
        except SQLAlchemyError as exc:
            log.warning("line_not_stored", account=account.id, error=type(exc).__name__)
            raise NotStoredError("Not stored. Send it again.", retry_after_seconds=3) from exc

    async def _store(self, account: LineAccount, incoming: list[Incoming]) -> int:
        stored, has_text = 0, False
        async with self._database.write() as tx:
            users: dict[str, LineUser] = {}
            # In one order, so that two webhooks cannot wait for each other.
            for user_id in sorted({e.user_id for e in incoming if _has_lane(e) and e.user_id}):
                users[user_id] = await repository.lock_or_add_user(tx, account.id, user_id)
            for event in sorted(incoming, key=lambda e: e.webhook_event_id):
                user = users.get(event.user_id or "")
                if await self._store_one(tx, account, event, user):
                    stored += 1
                    has_text = has_text or event.kind == events.TEXT
            tx.after_commit(lambda: self._wake(later=has_text))
        return stored

    async def _store_one(
        self, tx: Transaction, account: LineAccount, event: Incoming, user: LineUser | None
    ) -> bool:
        moment = self._clock()
        happened_at = event.happened_at or moment
        is_lane = user is not None and _has_lane(event)
        has_work = is_lane or (event.kind in JOINED and not event.is_standby)
        until = min(moment + TOKEN_LASTS, happened_at + TOKEN_AGE)
        has_token = has_work and event.reply_token is not None
        values: dict[str, Any] = {
            "account": account.id,
            "webhook_event_id": event.webhook_event_id,
            "kind": event.kind,
            "line_user_id": user.id if user is not None and is_lane else None,
            "happened_at": happened_at,
            "received_at": moment,
            "state": EventState.WAITING if has_work else EventState.IGNORED,
            "is_redelivery": event.is_redelivery,
            "line_message_id": event.line_message_id if is_lane else None,
            "reply_token": event.reply_token if has_token else None,
            "token_until": until if has_token and until > moment else None,
            # What others say in a group is not ours to keep.
            "raw": "" if event.kind.startswith("message.") and not is_lane else event.raw,
        }
        event_id = await repository.add_event(tx, values)
        if event_id is None:
            return False
        await self._count(tx, account, event)
        if user is not None and has_token:
            user.collector_at = None
        if has_work:
            is_text = event.kind == events.TEXT
            await jobs.enqueue(
                tx,
                HANDLE_JOB,
                {"event_id": str(event_id), "line_user_id": str(user.id) if user else None},
                key=f"line:{user.id.hex}" if user is not None and is_lane else None,
                unique_key=f"line:{event_id}",
                run_at=moment + GATHER if is_text else moment,
            )
        if event.kind == SUSPENDED:
            log.error("line_bot_suspended", account=account.id)
            await tell_bureau(tx, Trouble.SUSPENDED, f"{account.id}:{event_id}")
        return True

    async def _count(self, tx: Transaction, account: LineAccount, event: Incoming) -> None:
        day = self._clock().astimezone(JST).date()
        kind = event.kind
        if not event.is_known and kind != events.UNREADABLE:
            kind = f"unknown:{kind}"
            log.warning("line_event_unknown", account=account.id, kind=event.kind)
        await repository.count_event(tx, account.id, kind, day)

    def _wake(self, *, later: bool) -> None:
        """Have the work begin at once, and the gathered texts when they are due."""
        self._wake_jobs()
        if later:
            delay = GATHER.total_seconds() + WAKE_MARGIN_SECONDS
            asyncio.get_running_loop().call_later(delay, self._wake_jobs)


def _has_lane(event: Incoming) -> bool:
    """Whether it is something that a user does in a talk of two, with us answering."""
    return (
        event.user_id is not None
        and event.user_id != events.DUMMY_USER
        and event.kind in OF_USERS
        and not event.is_standby
    )
