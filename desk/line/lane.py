"""Does what users did, one user at a time, in the order in which it happened.

First everything is decided and written in one transaction: which bubbles become one owner
message (and under which id), what is answered at once, what needs nothing. Then the owner
messages are given to the chat. Whoever does it again after a crash finds the same decision,
and the chat finds the same messages.
"""

from collections.abc import Sequence
from uuid import UUID

import structlog

from desk.chat.errors import PayloadNotOfferedError
from desk.chat.models import Holder
from desk.chat.repository import find_button_title, find_conversation
from desk.chat.schemas import NewMessage
from desk.db import Database, Transaction
from desk.jobs.models import Job
from desk.jobs.service import GiveUpError
from desk.line import repository
from desk.line.accounts import LineAccount, LineAccounts
from desk.line.client import LineClient
from desk.line.groups import leave_group
from desk.line.loading import loading
from desk.line.models import EventState, LineUser, SendReason
from desk.line.parcels import say
from desk.line.planning import Segment, Tools, plan_lane
from desk.line.reading import ReadMarks
from desk.line.sends import Parcel, queue_send
from desk.line.trouble import Trouble, tell_bureau
from desk.line.unsend import take_back

log = structlog.get_logger()


class Lane:
    """Does the jobs `line.handle`."""

    def __init__(
        self,
        database: Database,
        accounts: LineAccounts,
        client: LineClient,
        tools: Tools,
        marks: ReadMarks,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._client = client
        self._tools = tools
        self._marks = marks

    async def handle(self, job: Job) -> None:
        """Do everything that waits in the lane of one event.

        Raises:
            GiveUpError: The account is not in the table any more.
        """
        if job.payload["line_user_id"] is None:
            await self._leave(UUID(job.payload["event_id"]))
            return
        user_id = UUID(job.payload["line_user_id"])
        await take_back(self._database, user_id)
        account, segments = await self._plan(user_id)
        for segment in segments:
            assert account is not None  # There are segments.
            await self._tell(account, user_id, segment)
        if account is not None:
            await self._marks.note_handled(account, user_id)

    async def _plan(self, user_id: UUID) -> tuple[LineAccount | None, Sequence[Segment]]:
        async with self._database.write() as tx:
            user = await repository.lock_user(tx, user_id)
            if user is None:
                return None, []  # It was erased.
            account = self._accounts.find(user.account)
            if account is None:
                raise GiveUpError("the account is not set up")
            return account, await plan_lane(self._tools, tx, account, user)

    async def _tell(self, account: LineAccount, user_id: UUID, segment: Segment) -> None:
        """Give an owner message to the chat, and note that it is there."""
        async with self._database.read() as tx:
            user = await tx.get(LineUser, user_id)
            conversation = await find_conversation(tx, segment.conversation_id)
            if user is None or conversation is None or conversation.erased_at is not None:
                return
            body = await _body_of(tx, segment)
        if segment.is_for_staff and conversation.holder != Holder.STAFF:
            await self._note(segment, None)  # Nobody is there any more to see it.
            return
        is_awaited = conversation.holder == Holder.BOT and not segment.is_private
        try:
            async with loading(self._client, account, user.user_id, is_shown=is_awaited):
                turn = await self._tools.chat.receive(segment.conversation_id, body)
        except PayloadNotOfferedError:
            await self._say_old_button(user_id, segment)
            return
        await self._note(segment, turn.message.id)

    async def _note(self, segment: Segment, message_id: UUID | None) -> None:
        async with self._database.write() as tx:
            for event_id in segment.event_ids:
                event = await repository.get_event(tx, event_id)
                event.state, event.message_id = EventState.HANDLED, message_id

    async def _say_old_button(self, user_id: UUID, segment: Segment) -> None:
        async with self._database.write() as tx:
            user = await repository.lock_user(tx, user_id)
            if user is None:
                return
            parcel = Parcel(
                reason=SendReason.POLITE,
                messages=say(self._tools.texts.wording("line_old_button")),
                cause=f"old:{segment.client_message_id}",
            )
            await queue_send(tx, user, parcel, self._tools.clock())
            for event_id in segment.event_ids:
                (await repository.get_event(tx, event_id)).state = EventState.HANDLED

    async def _leave(self, event_id: UUID) -> None:
        async with self._database.read() as tx:
            event = await repository.get_event(tx, event_id)
        account = self._accounts.find(event.account)
        if account is None:
            raise GiveUpError("the account is not set up")
        words = say(self._tools.texts.wording("line_group"))
        await leave_group(self._database, self._client, account, event, words, self._tools.clock())

    async def give_up(self, job: Job) -> None:
        """Let the lane go on without what cannot be done; the bureau is told."""
        async with self._database.write() as tx:
            event = await repository.get_event(tx, UUID(job.payload["event_id"]))
            stuck = [event]
            if event.line_user_id is not None:
                waiting = await repository.list_waiting(tx, event.line_user_id)
                stuck = [each for each in waiting if each.happened_at <= event.happened_at]
            for each in stuck:
                if each.state == EventState.WAITING:
                    each.state = EventState.FAILED
            log.error("line_events_failed", event_id=str(event.id), number=len(stuck))
            await tell_bureau(tx, Trouble.FAILED, f"{event.id}")


async def _body_of(tx: Transaction, segment: Segment) -> NewMessage:
    """The owner message as the chat takes it."""
    if segment.payload is None:
        return NewMessage(client_message_id=segment.client_message_id, text=segment.text)
    title = segment.title or await find_button_title(tx, segment.conversation_id, segment.payload)
    return NewMessage(
        client_message_id=segment.client_message_id, payload=segment.payload, title=title[:200]
    )
