"""Owners who wait for a person: a durable timer that tells them honestly.

While a person holds a conversation and the owner's words are unanswered, one timer runs
for the oldest of them. It is written with the words themselves, so it exists whatever
dies, and it does nothing once they are answered or the holder has changed.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from desk.cases import repository as cases
from desk.cases.models import EventKind
from desk.chat import repository as chat
from desk.chat.bubbles import system_message
from desk.chat.models import Conversation, Holder, Message
from desk.chat.notices import tell_staff_of_message
from desk.chat.stream import Fanout
from desk.db import Database, Transaction, now
from desk.jobs import service as jobs
from desk.jobs.models import Job
from desk.live import repository
from desk.live.models import HolderChange
from desk.live.ports import OpeningHours
from desk.live.texts import LiveTexts

log = structlog.get_logger()
UNANSWERED_JOB = "live.unanswered"
UNANSWERED_PART = -2
CLOSED_PART = -3
"""Places of the two notices among the answers to a message: each is said once."""


class WaitingOwners:
    """Watches over owners whose words a person has not answered."""

    def __init__(
        self,
        database: Database,
        fanout: Fanout,
        texts: LiveTexts,
        hours: OpeningHours,
        *,
        reply_within: timedelta,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._fanout = fanout
        self._texts = texts
        self._hours = hours
        self._reply_within = reply_within
        self._clock = clock

    async def watch(self, tx: Transaction, conversation: Conversation) -> None:
        """Set the timer for the oldest unanswered words, if there are any.

        Called with the conversation locked, after each change of holder to a person,
        message of the owner and reply; a timer that is set already stays as it is.
        """
        waiting = await repository.list_open_messages(tx, conversation.id)
        change = await _change_of(tx, conversation)
        if not waiting or change is None:
            return
        moment = self._clock()
        hub_id = await repository.hub_of_case(tx, change.case_id)
        is_attended = await self._hours.is_open(tx, hub_id, moment) or await repository.is_present(
            tx, conversation.id, change.holder_id
        )
        run_at = moment + self._reply_within if is_attended else moment
        await self._set(tx, waiting[0], conversation.version, run_at)

    async def _set(
        self, tx: Transaction, message: Message, version: int, run_at: datetime, label: str = ""
    ) -> None:
        await jobs.enqueue(
            tx,
            UNANSWERED_JOB,
            {"message_id": str(message.id), "version": version},
            unique_key=f"unanswered:{message.id}:{version}{label}",
            run_at=run_at,
        )

    async def tell(self, job: Job) -> None:
        """Do a `live.unanswered`: tell the owner if the words are still unanswered."""
        message_id, version = UUID(job.payload["message_id"]), job.payload["version"]
        async with self._database.write() as tx:
            message = await chat.get_message(tx, message_id)
            conversation = await chat.lock_conversation(tx, message.conversation_id)
            change = await _change_of(tx, conversation)
            if change is None or conversation.version != version:
                return
            waiting = await repository.list_open_messages(tx, conversation.id)
            if message.id not in {each.id for each in waiting}:
                return
            await self._tell(tx, conversation, message, change)
            tx.after_commit(lambda: self._fanout.publish(conversation.id))

    async def _tell(
        self,
        tx: Transaction,
        conversation: Conversation,
        message: Message,
        change: HolderChange,
    ) -> None:
        moment = self._clock()
        hub_id = await repository.hub_of_case(tx, change.case_id)
        if await self._hours.is_open(tx, hub_id, moment):
            minutes = int(self._reply_within.total_seconds() // 60)
            text = self._texts.wording("live_unanswered", minutes=minutes)
            if await self._say(tx, conversation, message, text, part=UNANSWERED_PART):
                await cases.append_event(
                    tx, change.case_id, EventKind.TALK_UNANSWERED, actor="system"
                )
                await tell_staff_of_message(tx, conversation)
            return
        opens_at = await self._hours.next_opening(tx, hub_id, moment)
        await self._say(tx, conversation, message, self._texts.closed(opens_at), part=CLOSED_PART)
        run_at = opens_at + self._reply_within
        label = f":{run_at:%Y%m%d%H%M}"
        await self._set(tx, message, conversation.version, run_at, label)

    async def _say(
        self,
        tx: Transaction,
        conversation: Conversation,
        message: Message,
        text: str,
        *,
        part: int,
    ) -> bool:
        """Say it once, with the way back to the bot; False if it was said before."""
        answers = await chat.list_answers(tx, message.id)
        if any(answer.part == part for answer in answers):
            return False
        notice = system_message(
            self._texts.system_name,
            text,
            answers=message,
            part=part,
            quick_replies=[self._texts.back_button(conversation.version)],
        )
        await chat.append(tx, conversation, notice)
        log.info("owner_waits", conversation_id=str(conversation.id), part=part)
        return True


async def _change_of(tx: Transaction, conversation: Conversation) -> HolderChange | None:
    """How the person came to hold the conversation; None while the bot does."""
    if conversation.holder != Holder.STAFF or conversation.erased_at is not None:
        return None
    return await repository.find_change(tx, conversation.id, conversation.version)
