"""Makes the calls to LINE, and decides from each outcome what follows.

A row is written before its call. Before each call it is marked as begun, so that whoever
finds it so after a crash knows that it may have arrived.

- A reply is repeated with its own token only: LINE takes a token once, so a second one
  cannot arrive twice. If the outcome is not known and the token is not taken any more, the
  row is `uncertain`; nothing is pushed after it.
- What was surely not delivered goes on: by another token, else by a push.
- A push is repeated with its stored key for a day; 409 says that it had arrived.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from desk.config import JST
from desk.db import Database, Transaction
from desk.jobs.models import Job
from desk.line import repository
from desk.line.accounts import LineAccount, LineAccounts
from desk.line.client import LineAnswer, LineClient, LineSilentError, LineUnreachableError
from desk.line.messages import as_text
from desk.line.models import LineSend, LineUser, SendKind, SendReason, SendState
from desk.line.sends import PUSHED, Parcel, find_send, queue_send
from desk.line.trouble import Trouble, tell_bureau

log = structlog.get_logger()
REPLY_TRIES = 3
REPLY_PAUSE_SECONDS = 0.7
KEY_LASTS = timedelta(hours=23, minutes=30)
"""LINE knows a retry key for a day; some of it is for clocks that differ."""
CONTENT_REFUSED = frozenset({400, 413, 415})


class LineBusyError(Exception):
    """LINE does not take a push for now; it is tried again with the same key."""


class Outcome(StrEnum):
    """What one call says about its row."""

    DONE = "done"
    BAD_TOKEN = "bad_token"  # noqa: S105 (a name)
    CONTENT = "content"
    REFUSED = "refused"
    QUOTA = "quota"
    BUSY = "busy"
    """Surely not taken this time; the same may be taken later."""
    UNKNOWN = "unknown"


def read_answer(answer: LineAnswer) -> Outcome:
    """What an answer of LINE means."""
    if answer.is_done or answer.status == 409:
        return Outcome.DONE
    if answer.is_bad_token:
        return Outcome.BAD_TOKEN
    if answer.is_unknown:
        return Outcome.UNKNOWN
    if answer.is_monthly_limit:
        return Outcome.QUOTA
    if answer.status == 429:
        return Outcome.BUSY
    return Outcome.CONTENT if answer.status in CONTENT_REFUSED else Outcome.REFUSED


class Sender:
    """Does the jobs `line.send`."""

    def __init__(
        self,
        database: Database,
        accounts: LineAccounts,
        client: LineClient,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._client = client
        self._clock = clock

    async def perform(self, job: Job) -> None:
        """Make the call of one row, as often as it makes sense now.

        Raises:
            LineBusyError: A push has to be tried again later.
        """
        send_id = UUID(job.payload["send_id"])
        tried = 0
        while True:
            begun = await self._begin(send_id)
            if begun is None:
                return
            send, account, user, was_unknown = begun
            outcome, answer, error = await self._call(send, account, user)
            tried += outcome is not Outcome.CONTENT
            is_last = tried >= REPLY_TRIES
            async with self._database.write() as tx:
                again = await self._note(
                    tx, send, outcome, answer, error, was_unknown=was_unknown, is_last=is_last
                )
            if not again:
                return
            if send.kind == SendKind.PUSH and outcome is not Outcome.CONTENT:
                raise LineBusyError(error)
            if outcome is not Outcome.CONTENT:
                await asyncio.sleep(REPLY_PAUSE_SECONDS)

    async def _begin(
        self, send_id: UUID
    ) -> tuple[LineSend, LineAccount, LineUser | None, bool] | None:
        """Mark the call as begun; None if there is nothing to call any more."""
        async with self._database.write() as tx:
            send = await find_send(tx, send_id)
            if send is None or send.state != SendState.PENDING:
                return None
            account = self._accounts.find(send.account)
            if account is None:
                send.state, send.last_error = SendState.FAILED, "the account is not set up"
                return None
            user = await tx.get(LineUser, send.line_user_id) if send.line_user_id else None
            if send.kind == SendKind.PUSH and (user is None or user.blocked_at is not None):
                await self._drop(tx, send)
                return None
            was_unknown = send.is_unknown
            send.attempts += 1
            send.is_unknown = True
        return send, account, user, was_unknown

    async def _drop(self, tx: Transaction, send: LineSend) -> None:
        """Make no call to who has blocked the account; an earlier one may have arrived."""
        send.last_error = "the user has blocked the account"
        send.state = SendState.UNCERTAIN if send.is_unknown else SendState.DROPPED
        if send.is_unknown:
            await self._tell(tx, send, Trouble.UNCERTAIN)

    async def _call(
        self, send: LineSend, account: LineAccount, user: LineUser | None
    ) -> tuple[Outcome, LineAnswer | None, str]:
        messages = send.messages["messages"]
        try:
            if send.kind == SendKind.REPLY:
                answer = await self._client.reply(account, str(send.token), messages)
            else:
                assert user is not None  # `_begin` has dropped the others.
                answer = await self._client.push(account, user.user_id, messages, send.retry_key)
        except LineUnreachableError as exc:
            return Outcome.BUSY, None, f"not reached ({exc})"
        except LineSilentError as exc:
            return Outcome.UNKNOWN, None, f"no answer ({exc})"
        outcome = read_answer(answer)
        log.info(
            "line_called",
            send_id=str(send.id),
            kind=send.kind,
            reason=send.reason,
            outcome=outcome,
            status=answer.status,
            line_request_id=answer.request_id,
        )
        return outcome, answer, "" if outcome is Outcome.DONE else answer.message

    async def _note(
        self,
        tx: Transaction,
        called: LineSend,
        outcome: Outcome,
        answer: LineAnswer | None,
        error: str,
        *,
        was_unknown: bool,
        is_last: bool,
    ) -> bool:
        """Write what the call says of its row, and what follows, in one transaction.

        Returns:
            Whether the same row is called again.
        """
        # The user first, as everybody does who plans.
        user = None
        if called.line_user_id is not None:
            user = await repository.lock_user(tx, called.line_user_id)
        send = await find_send(tx, called.id)
        if send is None or send.state != SendState.PENDING:
            return False  # It was erased meanwhile.
        send.request_id = answer.request_id if answer is not None else send.request_id
        send.last_error = error or None
        # A definite answer to this call says nothing of an earlier one.
        send.is_unknown = was_unknown or outcome is Outcome.UNKNOWN
        if outcome is Outcome.DONE:
            send.state, send.sent_at, send.is_unknown = SendState.SENT, self._clock(), False
            send.token = None
            return False
        is_key_in_use = send.kind == SendKind.PUSH and send.is_unknown
        if outcome is Outcome.CONTENT and not send.is_plain and not is_key_in_use:
            return self._make_plain(send)
        if send.kind == SendKind.PUSH:
            return await self._note_push(tx, send, outcome)
        return await self._note_reply(tx, send, user, outcome, is_last=is_last)

    def _make_plain(self, send: LineSend) -> bool:
        """LINE refuses the form: the same once more as plain text, as a new body a new key."""
        log.warning("line_content_refused", send_id=str(send.id), error=send.last_error)
        send.messages = {**send.messages, "messages": as_text(send.messages["messages"])}
        send.is_plain = True
        if send.kind == SendKind.PUSH:
            send.retry_key = UUID(int=send.retry_key.int ^ 1)
        return True

    async def _note_push(self, tx: Transaction, send: LineSend, outcome: Outcome) -> bool:
        is_late = self._clock() - send.created_at > KEY_LASTS
        if outcome in {Outcome.BUSY, Outcome.UNKNOWN} and not is_late:
            return True
        if send.is_unknown and not is_late:
            # Refused now, and an earlier call may have arrived: nothing is sent after it.
            send.state = SendState.UNCERTAIN
            await self._tell(tx, send, Trouble.UNCERTAIN)
            return False
        if outcome is Outcome.QUOTA:
            send.state = SendState.QUOTA
            month = self._clock().astimezone(JST)
            await tell_bureau(tx, Trouble.QUOTA, f"{send.account}:{month:%Y%m}")
            return False
        send.state = SendState.FAILED
        await self._tell(tx, send, Trouble.REFUSED)
        return False

    async def _note_reply(
        self,
        tx: Transaction,
        send: LineSend,
        user: LineUser | None,
        outcome: Outcome,
        *,
        is_last: bool,
    ) -> bool:
        if outcome in {Outcome.BUSY, Outcome.UNKNOWN} and not is_last:
            return True
        send.token = None
        if send.is_unknown:
            send.state = SendState.UNCERTAIN
            await self._tell(tx, send, Trouble.UNCERTAIN)
        elif outcome in {Outcome.BAD_TOKEN, Outcome.BUSY, Outcome.QUOTA}:
            send.state = SendState.REJECTED
            await self._go_on(tx, send, user)
        else:
            send.state = SendState.FAILED
            await self._tell(tx, send, Trouble.REFUSED)
        if send.reason == SendReason.HOLDING and user is not None:
            user.collector_at = None  # Nobody sees its button for sure.
        return False

    async def _go_on(self, tx: Transaction, send: LineSend, user: LineUser | None) -> None:
        """Say what was surely not delivered another way, if it is worth it."""
        if user is None or send.reason not in PUSHED:
            return
        parcel = Parcel(
            reason=SendReason(send.reason),
            messages=send.messages["messages"],
            cause=f"after:{send.id}",
            seqs=send.messages.get("seqs", ()),
        )
        await queue_send(tx, user, parcel, self._clock())

    async def _tell(self, tx: Transaction, send: LineSend, trouble: Trouble) -> None:
        """Tell the bureau, once in an hour; each row is seen in the console."""
        log.error("line_trouble", send_id=str(send.id), trouble=trouble, error=send.last_error)
        hour = self._clock().astimezone(JST)
        await tell_bureau(tx, trouble, f"{send.account}:{hour:%Y%m%d%H}")
