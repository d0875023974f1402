"""Carries what is said in a conversation to LINE: each message into one row, once.

Which rows are written is decided with the user locked, in the transaction that notes how
far it went. The calls are made by jobs of their own (`desk.line.sender`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from desk.chat import repository as chat
from desk.chat.carry import queue_carry
from desk.chat.models import Author, Conversation, Holder
from desk.db import Database, Transaction
from desk.jobs import service as jobs
from desk.jobs.models import Job
from desk.line import repository
from desk.line.accounts import Confidential, LineAccounts
from desk.line.models import LineSend, LineUser, SendReason, SendState
from desk.line.parcels import Packer
from desk.line.parts import COMPANIONS, PLEASE_WAIT, Part, PartKind, form_of, read_parts
from desk.line.sends import Parcel, list_undelivered, queue_send

HOLD_JOB = "line.hold"
LATE_JOB = "line.late"
HOLD_AFTER = timedelta(seconds=40)
"""After a reply token came: then it is spent on the word that the answer comes later."""
COLLECTOR_WAITS = timedelta(minutes=5)
"""For so long a late answer waits for the user's press, which makes it a reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is on its way to a user."""

    user: LineUser
    conversation: Conversation
    mode: Confidential
    parts: Sequence[Part]
    again: Sequence[LineSend]
    """Rows that surely did not arrive and whose messages are among the parts."""
    has_asked: bool
    """Whether the owner has said something since."""
    last_seq: int


class Carrier:
    """Does the jobs `chat.carry`, `line.hold` and `line.late`."""

    def __init__(
        self,
        database: Database,
        accounts: LineAccounts,
        packer: Packer,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._packer = packer
        self._clock = clock

    async def carry(self, job: Job) -> None:
        """Write rows for everything that is new in a conversation."""
        conversation_id = UUID(job.payload["conversation_id"])
        async with self._database.write() as tx:
            user = await repository.lock_user_of(tx, conversation_id)
            if user is None:
                return
            load = await self._load(tx, user)
            if load is not None:
                await self._send_off(tx, load)

    async def _load(self, tx: Transaction, user: LineUser) -> Load | None:
        account = self._accounts.find(user.account)
        if account is None or user.conversation_id is None:
            return None
        conversation = await chat.find_conversation(tx, user.conversation_id)
        if conversation is None or conversation.erased_at is not None:
            return None
        moment = self._clock()
        again: Sequence[LineSend] = []
        has_token = await repository.find_token(tx, user.id, moment) is not None
        if has_token and user.blocked_at is None:
            again = await list_undelivered(tx, user)
        seqs = sorted({seq for send in again for seq in send.messages.get("seqs", ())})
        messages = [*await repository.list_by_seq(tx, conversation.id, seqs)] if seqs else []
        messages += await chat.list_after(tx, conversation.id, user.sent_seq)
        parts = await read_parts(tx, user, messages, account.confidential)
        return Load(
            user=user,
            conversation=conversation,
            mode=account.confidential,
            parts=parts,
            again=again,
            has_asked=any(message.author == Author.USER for message in messages),
            last_seq=max([user.sent_seq, *(message.seq for message in messages)]),
        )

    async def _send_off(self, tx: Transaction, load: Load) -> None:
        user, moment = load.user, self._clock()
        if not load.parts:
            user.sent_seq = load.last_seq
            return
        has_token = await repository.find_token(tx, user.id, moment) is not None
        kinds = {part.kind for part in load.parts}
        is_early = load.has_asked or await repository.has_waiting(tx, user.id)
        is_greeting = kinds == {PartKind.OPENING} and has_token and not is_early
        if kinds <= COMPANIONS and not is_greeting:
            return  # It goes with the next answer.
        urgent = {PartKind.STAFF, PartKind.NEWS} & kinds
        if not has_token and not urgent and await self._waits_for_press(tx, user, moment):
            return
        messages = await self._packer.form(tx, user, form_of(load.parts, load.mode))
        seqs = [part.message.seq for part in load.parts]
        user.sent_seq = load.last_seq
        if not messages:
            return
        parcel = Parcel(reason=_reason_of(kinds), messages=messages, seqs=seqs)
        send = await queue_send(tx, user, parcel, moment)
        assert send is not None  # It has no cause that may be known.
        for old in load.again:
            old.state, old.last_error = SendState.REJECTED, f"goes on in {send.id}"
        if PartKind.OPENING in kinds:
            user.greeted_at = moment

    async def _waits_for_press(self, tx: Transaction, user: LineUser, moment: datetime) -> bool:
        """Whether a late answer waits for the press of a holding message's button."""
        if user.collector_at is None:
            return False
        until = user.collector_at + COLLECTOR_WAITS
        if moment >= until:
            user.collector_at = None
            return False
        await jobs.enqueue(
            tx,
            LATE_JOB,
            {"line_user_id": str(user.id), "until": until.isoformat()},
            unique_key=f"line.late:{user.id}:{until.isoformat()}",
            run_at=until,
        )
        return True

    async def late(self, job: Job) -> None:
        """The wait for a press is over: what waits is carried now, in its order."""
        async with self._database.write() as tx:
            user = await repository.lock_user(tx, UUID(job.payload["line_user_id"]))
            if user is not None and user.conversation_id is not None:
                await queue_carry(tx, user.conversation_id, f"late:{job.payload['until']}")

    async def hold(self, job: Job) -> None:
        """Say that the answer comes later, if it has not come, while the token lasts."""
        user_id = UUID(job.payload["line_user_id"])
        client_id = UUID(job.payload["client_message_id"])
        async with self._database.write() as tx:
            user = await repository.lock_user(tx, user_id)
            if user is None or user.blocked_at is not None or user.conversation_id is None:
                return
            moment = self._clock()
            token = await repository.find_token(tx, user.id, moment)
            if token is None or not await self._is_open(tx, user, client_id):
                return
            load = await self._load(tx, user)
            if load is None:
                return
            if load.again or any(part.kind not in COMPANIONS for part in load.parts):
                # There is something to say, be it a late answer that waits for a press.
                await queue_carry(tx, user.conversation_id, f"hold:{token.id}")
                return
            parcel = Parcel(
                reason=SendReason.HOLDING,
                messages=self._packer.holding(client_id),
                cause=f"hold:{token.id}",
            )
            if await queue_send(tx, user, parcel, moment) is not None:
                user.collector_at = moment

    async def _is_open(self, tx: Transaction, user: LineUser, client_id: UUID) -> bool:
        """Whether the bot owes LINE the answer to an owner message (perhaps not yet stored)."""
        events = await repository.list_of_message(tx, user.id, client_id)
        if not events or any(event.is_private for event in events):
            return False
        assert user.conversation_id is not None  # The caller has looked.
        conversation = await chat.find_conversation(tx, user.conversation_id)
        if conversation is None or conversation.holder != Holder.BOT:
            return False
        message = await chat.find_by_client_id(tx, user.conversation_id, client_id)
        if message is None:
            return events[-1].state == "waiting"
        answers = await chat.list_answers(tx, message.id)
        return all(a.author == Author.SYSTEM and a.part == PLEASE_WAIT for a in answers)


async def queue_hold(
    tx: Transaction, user: LineUser, client_id: UUID, token_came: datetime, why: str
) -> None:
    """Set the timer for the holding message of one owner message."""
    await jobs.enqueue(
        tx,
        HOLD_JOB,
        {"line_user_id": str(user.id), "client_message_id": str(client_id)},
        unique_key=f"line.hold:{why}",
        run_at=token_came + HOLD_AFTER,
    )


def _reason_of(kinds: set[PartKind]) -> SendReason:
    if PartKind.STAFF in kinds:
        return SendReason.STAFF
    return SendReason.NEWS if PartKind.NEWS in kinds else SendReason.ANSWER
