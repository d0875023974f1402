"""Marks messages as read at LINE once somebody has read them: the bot, or staff.

Where people may chat by hand (`markAsReadMode: manual`), LINE shows nothing as read by
itself, so that the owner and LINE's own manager take everything for unread. It is a
courtesy: each message is tried once, and a failure is logged and counted, no more.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from desk.chat.carry import wake_workers
from desk.chat.models import Conversation, Holder
from desk.config import JST
from desk.db import Database, Transaction
from desk.jobs import service as jobs
from desk.jobs.models import Job
from desk.line import events, repository
from desk.line.accounts import LineAccount, LineAccounts
from desk.line.client import LineAnswer, LineClient, LineSilentError, LineUnreachableError
from desk.line.models import LineEvent, LineUser
from desk.live.repository import is_present

log = structlog.get_logger()
READ_JOB = "line.read"
ATTEMPTS = 3
"""For a database that is away; LINE is called once."""
FAILED = "read.failed"
"""Under this kind failures are counted."""
MODE_LASTS = timedelta(hours=1)
SILENCE_LASTS = timedelta(minutes=5)


class ReadMarks:
    """Notes what was read, and does the jobs `line.read`."""

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
        self._modes: dict[str, tuple[datetime, bool]] = {}
        """By account, until when it is known whether it is for us to mark."""

    async def note_handled(self, account: LineAccount, line_user_id: UUID) -> None:
        """The bot has taken what a user sent, or whoever holds the talk has it open."""
        if not self._may_be_ours(account.id):
            return
        async with self._database.write() as tx:
            user = await tx.get(LineUser, line_user_id)
            if user is None:
                return
            if user.conversation_id is not None:
                talk = await tx.get_one(Conversation, user.conversation_id)
                is_held = talk.holder == Holder.STAFF
                if is_held and not await is_present(tx, talk.id, talk.holder_id):
                    return
            await self._queue(tx, line_user_id)

    async def note_seen(self, tx: Transaction, conversation_id: UUID) -> None:
        """Staff have opened or answered a conversation that staff hold."""
        talk = await tx.get(Conversation, conversation_id)
        if talk is None or talk.holder != Holder.STAFF:
            return
        user = await repository.find_user_of(tx, conversation_id)
        if user is not None and self._may_be_ours(user.account):
            await self._queue(tx, user.id)

    async def _queue(self, tx: Transaction, line_user_id: UUID) -> None:
        """Queue the mark of the newest message, which marks all before it; each once."""
        for event in await repository.list_newest_messages(tx, line_user_id):
            if events.read_token_of(event.raw) is not None:
                await jobs.enqueue(
                    tx,
                    READ_JOB,
                    {"event_id": str(event.id)},
                    unique_key=f"{READ_JOB}:{event.id}",
                    max_attempts=ATTEMPTS,
                )
                wake_workers(tx)
                return

    async def mark(self, job: Job) -> None:
        """Mark one message, and so all before it, as read, if that is for us to do."""
        async with self._database.read() as tx:
            event = await tx.get(LineEvent, UUID(job.payload["event_id"]))
        if event is None:
            return
        account, token = self._accounts.find(event.account), events.read_token_of(event.raw)
        if account is None or token is None or not await self._is_ours(account):
            return
        problem = _problem(await _ask(self._client.mark_read(account, token)))
        if problem:
            log.info("line_mark_read_failed", event_id=str(event.id), problem=problem)
            day = self._clock().astimezone(JST).date()
            async with self._database.write() as tx:
                await repository.count_events(tx, account.id, day, {FAILED: 1})

    def _may_be_ours(self, account_id: str) -> bool:
        """False only if LINE has said lately that it marks by itself, or says nothing."""
        until, is_ours = self._modes.get(account_id, (None, True))
        return is_ours or until is None or self._clock() >= until

    async def _is_ours(self, account: LineAccount) -> bool:
        """Whether LINE leaves it to us; asked once an hour, and less often than it is silent."""
        until, is_ours = self._modes.get(account.id, (None, False))
        if until is not None and self._clock() < until:
            return is_ours
        answer = await _ask(self._client.bot_info(account))
        is_known = not _problem(answer)
        is_ours = is_known and answer is not None and answer.data.get("markAsReadMode") == "manual"
        lasts = MODE_LASTS if is_known else SILENCE_LASTS
        self._modes[account.id] = (self._clock() + lasts, is_ours)
        return is_ours


async def _ask(call: Awaitable[LineAnswer]) -> LineAnswer | None:
    try:
        return await call
    except (LineUnreachableError, LineSilentError):
        return None


def _problem(answer: LineAnswer | None) -> str:
    """What went wrong; empty if nothing did."""
    if answer is None:
        return "no answer"
    return "" if answer.is_done else answer.message
