"""Fetches pictures and files from LINE, where they are for a while only.

A file is asked for as soon as it is noted, a few at a time, so that answers to owners never
wait for files. Where LINE is slow or away, or refuses our token, it is asked for again for
some hours.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog

from desk.attachments.models import Attachment, FileState, Reason
from desk.attachments.service import Looked, fill, give_up, look_at
from desk.chat.carry import wake_workers
from desk.chat.stream import Fanout
from desk.config import JST
from desk.db import Database, Transaction
from desk.jobs import service as jobs
from desk.jobs.models import Job
from desk.jobs.service import GiveUpError, RetryLaterError
from desk.line.accounts import LineAccount, LineAccounts
from desk.line.client import LineClient, LineFile
from desk.line.trouble import Trouble, tell_bureau

log = structlog.get_logger()
CONTENT_JOB = "line.content"
ATTEMPTS = 30
"""With the queue's pauses nearly four hours."""
MOST_AT_ONCE = 2
"""In one process, whose worker has four hands."""
TRANSCODED = frozenset({"video", "audio"})
"""LINE makes these ready first."""
NOT_READY_SECONDS = 10.0
BUSY_SECONDS, LONGEST_BUSY_SECONDS = 2.0, 60.0
TOKEN_SECONDS = 1200.0
"""Somebody has to put the token right first."""
AGAIN = frozenset({408, 425, 429})


async def queue_fetch(tx: Transaction, attachment_id: UUID) -> None:
    """Have a file fetched, in the transaction that notes it."""
    await jobs.enqueue(
        tx,
        CONTENT_JOB,
        {"attachment_id": str(attachment_id)},
        unique_key=f"{CONTENT_JOB}:{attachment_id}",
        max_attempts=ATTEMPTS,
    )
    wake_workers(tx)


class Fetcher:
    """Does the jobs `line.content`."""

    def __init__(
        self,
        database: Database,
        accounts: LineAccounts,
        client: LineClient,
        fanout: Fanout,
        *,
        most_bytes: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._client = client
        self._fanout = fanout
        self._most_bytes = most_bytes
        self._clock = clock
        self._running = 0

    async def fetch(self, job: Job) -> None:
        """Fetch one file, once; whoever does it again finds that nothing waits any more.

        Raises:
            RetryLaterError: LINE is not ready or refuses the token, or others are fetched.
            GiveUpError: The account is not in the table any more.
            LineUnreachableError: LINE was not reached.
            LineSilentError: LINE did not answer, or not to the end.
            LineAnswersError: LINE answered that it cannot now.
        """
        if self._running >= MOST_AT_ONCE:
            seconds = min(BUSY_SECONDS * job.attempts, LONGEST_BUSY_SECONDS)
            raise RetryLaterError("other files are being fetched", seconds=seconds)
        self._running += 1
        try:
            await self._fetch(job)
        finally:
            self._running -= 1

    async def _fetch(self, job: Job) -> None:
        async with self._database.read() as tx:
            row = await tx.get(Attachment, UUID(job.payload["attachment_id"]))
        if row is None or row.state != FileState.WAITING:
            return
        account = self._accounts.find(row.account)
        if account is None:
            raise GiveUpError("the account is not set up")
        if row.kind in TRANSCODED and not await self._is_ready(account, row):
            return
        path = f"{_path(row)}/content"
        found = await self._client.fetch(account, path, most_bytes=self._most_bytes)
        log.info("line_content_asked", attachment_id=str(row.id), status=found.status)
        if found.is_too_large:
            await self._settle(row, FileState.REFUSED, Reason.TOO_LARGE)
        elif found.status == 200:
            # A large text takes a moment to be read through.
            looked = await asyncio.to_thread(look_at, found.content, row.name)
            await self._fill(row, found.content, looked)
        elif found.status == 202:
            raise RetryLaterError("LINE is not ready", seconds=NOT_READY_SECONDS)
        else:
            await self._refused(account, row, found.status)

    async def _is_ready(self, account: LineAccount, row: Attachment) -> bool:
        """Whether LINE can give the file out; what it will never give out is given up."""
        path = f"{_path(row)}/content/transcoding"
        found: LineFile = await self._client.fetch(account, path, most_bytes=self._most_bytes)
        status = found.json().get("status")
        if found.status == 200 and status == "succeeded":
            return True
        if found.status == 202 or (found.status == 200 and status == "processing"):
            raise RetryLaterError("LINE is not ready", seconds=NOT_READY_SECONDS)
        if found.status == 200:
            await self._settle(row, FileState.FAILED, Reason.NOT_GIVEN)
        else:
            await self._refused(account, row, found.status)
        return False

    async def _refused(self, account: LineAccount, row: Attachment, status: int) -> None:
        if status in {404, 410}:
            await self._settle(row, FileState.GONE, Reason.DELETED)
        elif status in {401, 403}:
            async with self._database.write() as tx:
                hour = self._clock().astimezone(JST)
                await tell_bureau(tx, Trouble.REFUSED, f"{account.id}:{hour:%Y%m%d%H}")
            log.error("line_content_refused", attachment_id=str(row.id), status=status)
            raise RetryLaterError(f"LINE answers {status}", seconds=TOKEN_SECONDS)
        elif status >= 500 or status in AGAIN:
            # As other failures: the queue waits a little longer each time.
            raise LineAnswersError(f"LINE answers {status}")
        else:
            await self._settle(row, FileState.FAILED, Reason.NOT_GIVEN)

    async def _fill(self, row: Attachment, content: bytes, looked: Looked) -> None:
        async with self._database.write() as tx:
            if await fill(tx, row.id, content, looked):
                tx.after_commit(lambda: self._fanout.publish(row.conversation_id))

    async def _settle(self, row: Attachment, state: FileState, reason: Reason) -> None:
        async with self._database.write() as tx:
            if await give_up(tx, row.id, state, reason):
                tx.after_commit(lambda: self._fanout.publish(row.conversation_id))

    async def on_dead(self, job: Job) -> None:
        """Note that a file could not be fetched, so that staff read it."""
        async with self._database.read() as tx:
            row = await tx.get(Attachment, UUID(job.payload["attachment_id"]))
        if row is not None:
            await self._settle(row, FileState.FAILED, Reason.UNREACHABLE)


class LineAnswersError(Exception):
    """LINE answered that it cannot now."""


def _path(row: Attachment) -> str:
    return f"/v2/bot/message/{row.line_message_id}"
