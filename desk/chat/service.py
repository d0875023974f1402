"""The life of a turn: store, understand, answer once, whatever dies in between.

An owner's message and the job that answers it are written in one transaction. The
request does the job itself when nothing of the conversation is before it; if it cannot,
the worker does it later. Answers are inserted only if the bot still holds the
conversation and the message has none yet.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError

from desk.cases.service import erase_of_conversation
from desk.chat import repository, satisfaction
from desk.chat.bubbles import ChatTexts, bot_message, content_of, has_bot, system_message
from desk.chat.entrance import Entrance
from desk.chat.errors import PayloadNotOfferedError, TextTooLongError
from desk.chat.masking import mask_numbers
from desk.chat.models import Author, Conversation, Holder, Message
from desk.chat.ports import DialogueEngine, DialogueEngineError, EngineTurn, NoStaff, StaffSide
from desk.chat.retract import waits_for_replay
from desk.chat.scene import Scene, read_scene
from desk.chat.schemas import MAX_TEXT, NewMessage
from desk.chat.sites import Sites
from desk.chat.stream import Fanout
from desk.chat.turns import begin_turn, order_key
from desk.db import Database, Transaction, new_id, now
from desk.jobs import service as jobs
from desk.jobs.models import Job
from desk.jobs.worker import worker_name

log = structlog.get_logger()
FORGET_JOB = "chat.forget"
Eraser = Callable[[Transaction, UUID], Awaitable[None]]
"""Erases, in the caller's transaction, what a channel keeps of a conversation."""
ANSWER_DELAYS_SECONDS = (8.0, 45.0)
"""Before the second and the third try; together longer than Rasa needs to start again."""
ALWAYS_OFFERED = frozenset(
    {"/talk_to_human", "/restart", "/help", "/greet", "/ask_program", "/check_case"}
)
"""Payloads of the buttons that every page shows at any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An owner's message and what has been answered so far."""

    message: Message
    answers: Sequence[Message]
    is_answered: bool


class ChatService(Entrance):
    """What owners can do."""

    def __init__(
        self,
        database: Database,
        engine: DialogueEngine,
        fanout: Fanout,
        texts: ChatTexts,
        *,
        conversation_days: int,
        wake_jobs: Callable[[], None] = lambda: None,
        metadata: Callable[[], Mapping[str, Any]] = dict,
        staff: StaffSide | None = None,
        sites: Sites | None = None,
    ) -> None:
        super().__init__(database, texts, sites or Sites(), conversation_days=conversation_days)
        self._engine = engine
        self._fanout = fanout
        self._wake_jobs = wake_jobs
        self._metadata = metadata
        self._staff = staff or NoStaff()
        self._name = worker_name()
        self._erasers: list[Eraser] = []

    def also_erase(self, eraser: Eraser) -> None:
        """Have `eraser` called in the transaction in which a conversation is erased."""
        self._erasers.append(eraser)

    async def receive(self, conversation_id: UUID, body: NewMessage) -> Turn:
        """Take an owner's message, once, and answer it if that can be done now.

        Args:
            conversation_id: An authorised conversation.
            body: The message; a repeated `client_message_id` gives the same turn again.

        Raises:
            TextTooLongError: More than 2,000 characters.
            PayloadNotOfferedError: The payload belongs to no button of the conversation.
        """
        if body.text is not None and len(body.text) > MAX_TEXT:
            raise TextTooLongError(f"A message has at most {MAX_TEXT} characters. Shorten it.")
        try:
            return await self._receive(conversation_id, body)
        except IntegrityError:
            # The same message was stored by another request a moment before.
            async with self._database.read() as tx:
                turn = await self._find_turn(tx, conversation_id, body.client_message_id)
            if turn is None:
                raise
            return turn

    async def _find_turn(
        self, tx: Transaction, conversation_id: UUID, client_message_id: UUID
    ) -> Turn | None:
        """The turn of a message that was stored before."""
        known = await repository.find_by_client_id(tx, conversation_id, client_message_id)
        if known is None:
            return None
        answers = await repository.list_answers(tx, known.id)
        return Turn(message=known, answers=answers, is_answered=has_bot(answers))

    async def _receive(self, conversation_id: UUID, body: NewMessage) -> Turn:
        async with self._database.write() as tx:
            conversation = await repository.lock_conversation(tx, conversation_id)
            known = await self._find_turn(tx, conversation_id, body.client_message_id)
            if known is not None:
                return known
            message = await self._store(tx, conversation, body)
            answers, job = await self._hand_on(tx, conversation, message)
            tx.after_commit(lambda: self._fanout.publish(conversation_id))
        if job is None:
            return Turn(message=message, answers=answers, is_answered=False)
        return await self._answer_now(conversation, message, job)

    async def _hand_on(
        self, tx: Transaction, conversation: Conversation, message: Message
    ) -> tuple[Sequence[Message], Job | None]:
        """Give the message to whom it is for: staff's own buttons, the bot, the person."""
        if satisfaction.takes(message.payload):
            return await satisfaction.pressed(tx, conversation, message, self._texts), None
        if self._staff.takes(message.payload):
            return await self._staff.pressed(tx, conversation, message), None
        if conversation.holder == Holder.BOT:
            return [], await self._queue_answer(tx, message, conversation.version)
        await self._staff.received(tx, conversation, message)
        return [], None

    async def _store(
        self, tx: Transaction, conversation: Conversation, body: NewMessage
    ) -> Message:
        payload = body.payload
        if payload is not None and not await _is_offered(tx, conversation.id, payload):
            raise PayloadNotOfferedError(
                "This button was not offered in this conversation. Send text instead."
            )
        typed = body.text if body.text is not None else (body.title or "")
        message = Message(
            id=new_id(),
            author=Author.USER,
            text=mask_numbers(typed, self._texts.account_words),
            payload=payload,
            client_message_id=body.client_message_id,
        )
        await repository.append(tx, conversation, message)
        return message

    async def _queue_answer(self, tx: Transaction, message: Message, version: int) -> Job | None:
        """Queue the answer and, if nothing is before it, take it for this request."""
        job = await begin_turn(tx, message, version, self._name)
        if job is None:
            tx.after_commit(self._wake_jobs)
        return job

    async def _answer_now(self, conversation: Conversation, message: Message, job: Job) -> Turn:
        try:
            answers = await self._answer(conversation, message, job)
        except DialogueEngineError as exc:
            log.warning("turn_failed", message_id=str(message.id), error=str(exc))
            async with self._database.write() as tx:
                await jobs.fail(tx, job, str(exc), delay_seconds=ANSWER_DELAYS_SECONDS[0])
                waiting = await self._say_please_wait(tx, conversation, message)
            self._fanout.publish(message.conversation_id)
            return Turn(message=message, answers=waiting, is_answered=False)
        return Turn(message=message, answers=answers, is_answered=has_bot(answers))

    async def answer_later(self, job: Job) -> None:
        """Do a queued `chat.answer`.

        Raises:
            RetryLaterError: The engine gave no answer this time either.
        """
        try:
            await self.answer(UUID(job.payload["message_id"]), version=job.payload.get("version"))
        except DialogueEngineError as exc:
            tries = min(job.attempts, len(ANSWER_DELAYS_SECONDS))
            seconds = ANSWER_DELAYS_SECONDS[tries - 1]
            raise jobs.RetryLaterError(str(exc), seconds=seconds) from exc

    async def answer(self, message_id: UUID, *, version: int | None) -> Sequence[Message]:
        """Have the engine answer an owner's message; done twice, it answers once.

        Args:
            message_id: A stored message.
            version: Of the conversation when the answer was queued. If a person has taken
                over since, this does nothing: what they left open was queued anew.

        Returns:
            The answers; empty if a person took over meanwhile (they are discarded).

        Raises:
            DialogueEngineError: The engine is away, slow or gave nothing.
        """
        async with self._database.read() as tx:
            message = await repository.get_message(tx, message_id)
            answers = await repository.list_answers(tx, message_id)
            conversation = await tx.get_one(Conversation, message.conversation_id)
            knows_too_much = await waits_for_replay(tx, message.conversation_id)
        if has_bot(answers) or not _is_for_bot(conversation, version) or _is_taken_back(message):
            return answers
        if knows_too_much:
            # The replay stands behind this in its order; till then the engine repeats itself.
            await self.replay_in_engine(conversation.id)
        return await self._answer(conversation, message, None)

    async def _answer(
        self, conversation: Conversation, message: Message, job: Job | None
    ) -> Sequence[Message]:
        """Ask the engine and insert its answers; `job` is done with the same commit."""
        turn = await self._ask(conversation, message)
        async with self._database.write() as tx:
            if job is not None and await jobs.finish(tx, job):
                tx.after_commit(self._wake_jobs)
            return await self._insert_answers(tx, conversation, message, turn)

    async def _ask(self, conversation: Conversation, message: Message) -> EngineTurn:
        return await self._engine.turn(
            conversation_id=str(conversation.id),
            message_id=str(message.id),
            text=message.text,
            payload=message.payload,
            metadata={
                **self._metadata(),
                "turn_id": str(message.id),
                "is_button": message.payload is not None,
                "site": conversation.site,
                "channel": conversation.channel,
            },
        )

    async def _insert_answers(
        self, tx: Transaction, conversation: Conversation, message: Message, turn: EngineTurn
    ) -> Sequence[Message]:
        done = await repository.list_answers(tx, message.id)
        if has_bot(done):
            return done
        if not await repository.still_held(tx, conversation.id, Holder.BOT, conversation.version):
            log.info("late_answer_discarded", message_id=str(message.id))
            return []
        left = await repository.read_text(tx, message.id)
        if left != message.text:
            log.info("answer_to_retracted_discarded", message_id=str(message.id))
            if left:
                raise DialogueEngineError("the owner took words back")
            return []
        await repository.note_understanding(tx, message.id, turn.understanding)
        answers = []
        for part, bubble in enumerate(turn.messages, start=1):
            text = str(bubble.get("text") or "")
            answer = bot_message(self._texts.bot_name, text, content_of(bubble))
            answer.answers_id, answer.part = message.id, part
            answers.append(answer)
        await repository.append(tx, conversation, *answers)
        for answer, bubble in zip(answers, turn.messages, strict=True):
            await repository.add_told(tx, answer, (bubble.get("custom") or {}).get("told") or {})
        answers += await satisfaction.ask_if_due(
            tx, conversation, message, turn.understanding, answers, self._texts
        )
        tx.after_commit(lambda: self._fanout.publish(conversation.id))
        return [*done, *answers]

    async def _say_please_wait(
        self, tx: Transaction, conversation: Conversation, message: Message
    ) -> list[Message]:
        """Tell the owner honestly, once per message, that the answer comes later."""
        if await repository.list_answers(tx, message.id):
            return []
        if not await repository.still_held(tx, conversation.id, Holder.BOT, conversation.version):
            return []  # A person has taken over: the bot's answer will not come.
        return [await self._say(tx, conversation, message, self._texts.please_wait, part=0)]

    async def _say(
        self, tx: Transaction, conversation: Conversation, message: Message, text: str, *, part: int
    ) -> Message:
        said = system_message(self._texts.system_name, text, answers=message, part=part)
        await repository.append(tx, conversation, said)
        return said

    async def give_up(self, message_id: UUID, *, version: int | None) -> Conversation | None:
        """Tell the owner that a person will look at the message that got no answer.

        Returns:
            The conversation; None if a person has taken over since `version` and the
            message is no longer the bot's to give up.
        """
        async with self._database.write() as tx:
            message = await repository.get_message(tx, message_id)
            conversation = await repository.lock_conversation(tx, message.conversation_id)
            if not _is_for_bot(conversation, version):
                return None
            answers = await repository.list_answers(tx, message_id)
            if not any(answer.part == -1 for answer in answers):
                await self._say(tx, conversation, message, self._texts.gave_up, part=-1)
            tx.after_commit(lambda: self._fanout.publish(conversation.id))
        return conversation

    async def list_after(self, conversation_id: UUID, after: int) -> Sequence[Message]:
        """Messages after a sequence number, in order; at most 500."""
        async with self._database.read() as tx:
            return await repository.list_after(tx, conversation_id, after)

    async def list_whole(self, conversation_id: UUID) -> Sequence[Message]:
        """All messages of a conversation, in order."""
        async with self._database.read() as tx:
            return await repository.list_whole(tx, conversation_id)

    async def look(self, conversation_id: UUID, after: int) -> Scene:
        """Everything that a page of the owner shows: new messages, holder, typing."""
        async with self._database.read() as tx:
            return await read_scene(tx, conversation_id, after)

    async def show_typing(self, conversation_id: UUID) -> None:
        """Show whoever holds the conversation that the owner is typing."""
        async with self._database.write() as tx:
            conversation = await tx.get_one(Conversation, conversation_id)
            if conversation.holder != Holder.STAFF:
                return
            await repository.set_typing(tx, conversation_id, Author.USER)
            tx.after_commit(lambda: self._fanout.publish(conversation_id))

    async def erase(self, conversation_id: UUID) -> None:
        """Erase what the owner said, here, in the cases and (by a job) in the engine."""
        async with self._database.write() as tx:
            conversation = await repository.lock_conversation(tx, conversation_id)
            await repository.blank_messages(tx, conversation_id)
            await erase_of_conversation(tx, conversation_id)
            await self._staff.erase(tx, conversation_id)
            for eraser in self._erasers:
                await eraser(tx, conversation_id)
            conversation.erased_at = now()
            conversation.version += 1
            await jobs.enqueue(
                tx,
                FORGET_JOB,
                {"conversation_id": str(conversation_id)},
                key=order_key(conversation_id),
                unique_key=f"forget:{conversation_id}",
            )
            tx.after_commit(self._wake_jobs)
            tx.after_commit(lambda: self._fanout.publish(conversation_id))

    async def forget_in_engine(self, conversation_id: UUID) -> None:
        """Have the engine forget an erased conversation."""
        await self._engine.forget(str(conversation_id))

    async def replay_in_engine(self, conversation_id: UUID) -> None:
        """Have the engine forget a conversation and hear again what is left of it.

        Its answers are discarded; what its actions do, they do once per message. Broken
        off in between it begins again.

        Raises:
            DialogueEngineError: The engine is away, slow or gave nothing.
        """
        await self._engine.forget(str(conversation_id))
        async with self._database.read() as tx:
            conversation = await tx.get_one(Conversation, conversation_id)
            heard = await repository.list_user_messages(tx, conversation_id)
        if conversation.erased_at is not None:
            return
        for message in heard:
            if message.text or message.payload:
                await self._ask(conversation, message)


async def _is_offered(tx: Transaction, conversation_id: UUID, payload: str) -> bool:
    if payload in ALWAYS_OFFERED:
        return True
    return await repository.has_payload(tx, conversation_id, payload)


def _is_taken_back(message: Message) -> bool:
    """Whether the owner took all of its words back."""
    return not message.text and message.payload is None


def _is_for_bot(conversation: Conversation, version: int | None) -> bool:
    """Whether the bot holds it, and (where that is known) has held it since `version`."""
    is_old = version is not None and version != conversation.version
    return conversation.holder == Holder.BOT and not is_old and conversation.erased_at is None
