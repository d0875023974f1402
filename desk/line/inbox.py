"""Takes webhooks: signed, read, stored once with the work that follows. Nothing else.

LINE waits two seconds for the answer, so whatever is slow happens in the jobs.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

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
        moment = self._clock()
        # Each once, and in one order, so that two webhooks cannot wait for each other.
        found = sorted({e.webhook_event_id: e for e in incoming}.items())
        lanes = sorted({e.user_id for _, e in found if _has_lane(e) and e.user_id})
        # LINE waits for it, and gives up after two seconds.
        async with self._database.write(is_urgent=True) as tx:
            users = {
                user_id: await repository.lock_or_add_user(tx, account.id, user_id)
                for user_id in lanes
            }
            rows = [
                _row_of(account, event, users.get(event.user_id or ""), moment)
                for _, event in found
            ]
            ids = await repository.add_events(tx, rows)
            new = [(ids[name], event) for name, event in found if name in ids]
            await self._count(tx, account, [event for _, event in new])
            await self._queue(tx, users, new, moment)
            for event_id, event in new:
                if event.kind == SUSPENDED:
                    log.error("line_bot_suspended", account=account.id)
                    await tell_bureau(tx, Trouble.SUSPENDED, f"{account.id}:{event_id}")
            has_text = any(event.kind == events.TEXT for _, event in new)
            tx.after_commit(lambda: self._wake(later=has_text))
        return len(new)

    async def _queue(
        self,
        tx: Transaction,
        users: Mapping[str, LineUser],
        new: Sequence[tuple[UUID, Incoming]],
        moment: datetime,
    ) -> None:
        """Queue the work: for each user one job for texts, which wait, and one for the rest."""
        last: dict[tuple[str, bool], UUID] = {}
        for event_id, event in new:
            if _has_lane(event):
                assert event.user_id is not None  # It has a lane.
                last[event.user_id, event.kind == events.TEXT] = event_id
                if event.reply_token is not None:
                    users[event.user_id].collector_at = None
            elif _has_work(event):
                await _queue_one(tx, event_id, None, moment)
        for (user_id, is_text), event_id in sorted(last.items()):
            run_at = moment + GATHER if is_text else moment
            await _queue_one(tx, event_id, users[user_id], run_at)

    async def _count(self, tx: Transaction, account: LineAccount, new: Sequence[Incoming]) -> None:
        numbers: Counter[str] = Counter()
        for event in new:
            if event.is_known or event.kind == events.UNREADABLE:
                numbers[event.kind] += 1
            else:
                numbers[f"unknown:{event.kind}"] += 1
                log.warning("line_event_unknown", account=account.id, kind=event.kind)
        day = self._clock().astimezone(JST).date()
        await repository.count_events(tx, account.id, day, numbers)

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


def _has_work(event: Incoming) -> bool:
    """Whether something follows from it."""
    return _has_lane(event) or (event.kind in JOINED and not event.is_standby)


def _row_of(
    account: LineAccount, event: Incoming, user: LineUser | None, moment: datetime
) -> dict[str, Any]:
    """The columns of the event's row."""
    happened_at = event.happened_at or moment
    is_lane = user is not None and _has_lane(event)
    has_token = _has_work(event) and event.reply_token is not None
    until = min(moment + TOKEN_LASTS, happened_at + TOKEN_AGE)
    return {
        "account": account.id,
        "webhook_event_id": event.webhook_event_id,
        "kind": event.kind,
        "line_user_id": user.id if user is not None and is_lane else None,
        "happened_at": happened_at,
        "received_at": moment,
        "state": EventState.WAITING if _has_work(event) else EventState.IGNORED,
        "is_redelivery": event.is_redelivery,
        "line_message_id": event.line_message_id if is_lane else None,
        "is_private": False,
        "reply_token": event.reply_token if has_token else None,
        "token_until": until if has_token and until > moment else None,
        # What others say in a group is not ours to keep.
        "raw": "" if event.kind.startswith("message.") and not is_lane else event.raw,
    }


async def _queue_one(
    tx: Transaction, event_id: UUID, user: LineUser | None, run_at: datetime
) -> None:
    await jobs.enqueue(
        tx,
        HANDLE_JOB,
        {"event_id": str(event_id), "line_user_id": str(user.id) if user else None},
        key=f"line:{user.id.hex}" if user else None,
        unique_key=f"line:{event_id}",
        run_at=run_at,
    )
