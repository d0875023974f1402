"""What staff do in a conversation: take it, reply, give it back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import structlog

from desk.audit.service import Actor, record
from desk.auth.models import StaffUser
from desk.auth.rights import can_lead
from desk.cases.answers import claim_talk, note_reply
from desk.cases.models import Case
from desk.cases.notes import CaseNotes
from desk.chat import repository as chat
from desk.chat.bubbles import HOLDER_NOTICE, system_message
from desk.chat.models import Author, Conversation, Holder, Message
from desk.chat.schemas import MAX_TEXT
from desk.chat.stream import Fanout
from desk.db import Database, Transaction, new_id, now
from desk.live import handover, repository
from desk.live.errors import (
    HolderChangedError,
    MessageIdTakenError,
    NotLeadError,
    ReplyTooLongError,
    TalkOverError,
    WordsMissingError,
)
from desk.live.models import ChangeKind
from desk.live.talk import Talk, find_visible, read_talk
from desk.live.texts import LiveTexts
from desk.live.waiting import WaitingOwners

log = structlog.get_logger()
MAX_SUMMARY = 4000
Noter = Callable[[Transaction, UUID], Awaitable[None]]
"""Notes, in the caller's transaction, that staff have seen what an owner wrote."""


class LiveService:
    """The people's side of the conversations."""

    def __init__(
        self,
        database: Database,
        fanout: Fanout,
        texts: LiveTexts,
        waiting: WaitingOwners,
        notes: CaseNotes,
        *,
        wake_jobs: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._fanout = fanout
        self._texts = texts
        self._waiting = waiting
        self._notes = notes
        self._wake_jobs = wake_jobs
        self._noters: list[Noter] = []

    def also_note_seen(self, noter: Noter) -> None:
        """Have `noter` called in the transaction in which staff open or answer a talk."""
        self._noters.append(noter)

    async def look(self, user: StaffUser, conversation_id: UUID, *, after: int = 0) -> Talk:
        """The conversation as `user` finds it, with at most 500 messages after `after`.

        Raises:
            TalkNotFoundError: It is not the person's to see.
        """
        async with self._database.read() as tx:
            return await read_talk(tx, conversation_id, user, after)

    async def note_reading(self, user: StaffUser, conversation_id: UUID) -> None:
        """Write down, before it is shown, who reads what was said in the conversation.

        Raises:
            TalkNotFoundError: It is not the person's to see.
        """
        async with self._database.read() as tx:
            case, _ = await find_visible(tx, conversation_id, user)
        async with self._database.write() as tx:
            record(
                tx,
                action="conversation_read",
                actor=Actor.STAFF,
                actor_id=user.id,
                subject=f"conversation:{conversation_id}",
                details={"case_id": case.id},
            )
            await self._note_seen(tx, conversation_id)

    async def _note_seen(self, tx: Transaction, conversation_id: UUID) -> None:
        for noter in self._noters:
            await noter(tx, conversation_id)

    @asynccontextmanager
    async def _locked(
        self, user: StaffUser, conversation_id: UUID
    ) -> AsyncIterator[tuple[Transaction, Case, Conversation]]:
        """A transaction with the conversation locked; its listeners hear of the commit."""
        async with self._database.write() as tx:
            await find_visible(tx, conversation_id, user)
            conversation = await chat.lock_conversation(tx, conversation_id)
            # The case may have gone to another hub while this waited for the lock.
            case, _ = await find_visible(tx, conversation_id, user)
            yield tx, case, conversation
            tx.after_commit(lambda: self._fanout.publish(conversation_id))
            tx.after_commit(self._wake_jobs)

    async def take(
        self,
        user: StaffUser,
        conversation_id: UUID,
        *,
        version: int,
        sees_unclaimed: bool = False,
    ) -> Talk:
        """Take the conversation from the bot; of several callers one wins.

        Whoever takes it becomes responsible for its case if nobody is.

        Args:
            user: Who takes it.
            conversation_id: A conversation of a case that the person may see.
            version: That the person saw; a repeated call gives the same answer.
            sees_unclaimed: Whether the person saw that nobody has the case.

        Raises:
            TalkNotFoundError: It is not the person's to see.
            HolderChangedError: Somebody else was first.
            CaseAlreadyClaimedError: The person saw the case without anybody, and a
                colleague has claimed it since.
            TalkOverError: The owner can no longer read it.
        """
        kind = ChangeKind.TAKEN
        return await self._take(user, conversation_id, version, kind, sees_unclaimed=sees_unclaimed)

    async def steal(self, user: StaffUser, conversation_id: UUID, *, version: int) -> Talk:
        """Take the conversation from a colleague; its case stays with whoever has it.

        Raises:
            TalkNotFoundError: It is not the person's to see.
            NotLeadError: The person is no lead.
            HolderChangedError: The holder or the version is another one by now.
            TalkOverError: The owner can no longer read it.
        """
        _require_lead(user)
        return await self._take(user, conversation_id, version, ChangeKind.STOLEN)

    async def _take(
        self,
        user: StaffUser,
        conversation_id: UUID,
        version: int,
        kind: ChangeKind,
        *,
        sees_unclaimed: bool = False,
    ) -> Talk:
        async with self._locked(user, conversation_id) as (tx, case, conversation):
            if await _is_done(tx, conversation, version, kind, user):
                return await read_talk(tx, conversation_id, user, conversation.last_seq)
            was = Holder.BOT if kind is ChangeKind.TAKEN else Holder.STAFF
            is_own = conversation.holder_id == user.id
            if conversation.version != version or conversation.holder != was or is_own:
                raise HolderChangedError("Somebody else was first. Load the conversation again.")
            _require_reader(conversation)
            await claim_talk(tx, case.id, user.id, at=now(), sees_unclaimed=sees_unclaimed)
            await handover.give_to_person(
                tx, conversation, user, case.id, kind=kind, texts=self._texts
            )
            await self._waiting.watch(tx, conversation)
            log.info("conversation_taken", conversation_id=str(conversation_id), kind=kind)
            return await read_talk(tx, conversation_id, user, conversation.last_seq)

    async def reply(
        self,
        user: StaffUser,
        conversation_id: UUID,
        *,
        client_message_id: UUID,
        version: int,
        text: str,
        seen_seq: int | None = None,
        sees_unclaimed: bool = False,
    ) -> Message:
        """Say something to the owner, if the author still holds the conversation.

        With it the case is answered, and its log says so once for each holder. If nobody
        is responsible for it the author becomes so.

        Args:
            user: The author.
            conversation_id: A conversation of a case that the person may see.
            client_message_id: Names the reply; a repeated one gives the stored message.
            version: That the author saw; the draft stays if it has moved on.
            text: At most 2,000 characters.
            seen_seq: The last message that the author had read: later words of the owner
                stay unanswered. All of them if None.
            sees_unclaimed: As for `take`.

        Raises:
            TalkNotFoundError: It is not the person's to see.
            HolderChangedError: The author does not hold it, or not in this version.
            CaseAlreadyClaimedError: As for `take`.
            TalkOverError: The owner can no longer read it.
            MessageIdTakenError: The id belongs to somebody else's message.
            WordsMissingError: No words.
            ReplyTooLongError: Too many.
        """
        text = _words(text, MAX_TEXT)
        async with self._locked(user, conversation_id) as (tx, _, conversation):
            known = await chat.find_by_client_id(tx, conversation_id, client_message_id)
            if known is not None:
                if known.author_id != user.id:
                    raise MessageIdTakenError("Make a new client_message_id for each reply.")
                return known
            _require_holder(conversation, user, version)
            _require_reader(conversation)
            waiting = await repository.list_open_messages(tx, conversation_id)
            read = [m for m in waiting if seen_seq is None or m.seq <= seen_seq]
            answers_id = read[-1].id if read else None
            message = _reply_of(user, text, client_message_id, answers_id)
            await self._note_answer(tx, conversation, user, message, sees_unclaimed=sees_unclaimed)
            await chat.append(tx, conversation, message)
            await chat.clear_typing(tx, conversation_id, Author.STAFF)
            await repository.drop_draft(tx, conversation_id, user.id)
            await self._waiting.watch(tx, conversation)
            await self._note_seen(tx, conversation_id)
            return message

    async def _note_answer(
        self,
        tx: Transaction,
        conversation: Conversation,
        user: StaffUser,
        reply: Message,
        *,
        sees_unclaimed: bool,
    ) -> None:
        """Note in the case, before the reply is stored, that its owner is answered."""
        change = await repository.find_change(tx, conversation.id, conversation.version)
        assert change is not None  # A person holds it since some change.
        is_first = not await repository.has_replied(tx, conversation.id, change.after_seq)
        await note_reply(
            tx,
            change.case_id,
            user.id,
            at=reply.created_at,
            is_first=is_first,
            sees_unclaimed=sees_unclaimed,
        )

    async def hand_back(
        self, user: StaffUser, conversation_id: UUID, *, version: int, summary: str
    ) -> Talk:
        """Give the conversation back to the bot, with a summary for colleagues.

        Raises:
            TalkNotFoundError: It is not the person's to see.
            HolderChangedError: The person does not hold it, or not in this version.
            WordsMissingError: No summary.
            ReplyTooLongError: It is too long.
        """
        summary = _words(summary, MAX_SUMMARY)
        async with self._locked(user, conversation_id) as (tx, _, conversation):
            if await _is_done(tx, conversation, version, ChangeKind.RETURNED, user):
                return await read_talk(tx, conversation_id, user, conversation.last_seq)
            _require_holder(conversation, user, version)
            case_id = await self._give_back(tx, conversation, ChangeKind.RETURNED, user)
            await self._notes.add_in(tx, await tx.get_one(Case, case_id), user.id, summary)
            return await read_talk(tx, conversation_id, user, conversation.last_seq)

    async def release(
        self, user: StaffUser, conversation_id: UUID, *, version: int, reason: str
    ) -> Talk:
        """Give a colleague's conversation back to the bot.

        Raises:
            TalkNotFoundError: It is not the person's to see.
            NotLeadError: The person is no lead.
            HolderChangedError: The holder or the version is another one by now.
            WordsMissingError: No reason.
            ReplyTooLongError: It is too long.
        """
        _require_lead(user)
        reason = _words(reason, MAX_SUMMARY)
        async with self._locked(user, conversation_id) as (tx, _, conversation):
            if await _is_done(tx, conversation, version, ChangeKind.RELEASED, user):
                return await read_talk(tx, conversation_id, user, conversation.last_seq)
            if conversation.version != version or conversation.holder != Holder.STAFF:
                raise HolderChangedError("The holder has changed. Load the conversation again.")
            await self._give_back(
                tx, conversation, ChangeKind.RELEASED, user, body={"reason": reason}
            )
            return await read_talk(tx, conversation_id, user, conversation.last_seq)

    async def _give_back(
        self,
        tx: Transaction,
        conversation: Conversation,
        kind: ChangeKind,
        user: StaffUser,
        *,
        body: dict[str, str] | None = None,
    ) -> UUID:
        case_id, _ = await handover.give_to_bot(
            tx, conversation, kind=kind, actor_id=user.id, body=body
        )
        text = self._texts.wording("live_returned")
        notice = system_message(self._texts.system_name, text, notice=HOLDER_NOTICE)
        await chat.append(tx, conversation, notice)
        log.info("conversation_returned", conversation_id=str(conversation.id), kind=kind)
        return case_id


async def _is_done(
    tx: Transaction, conversation: Conversation, version: int, kind: ChangeKind, user: StaffUser
) -> bool:
    """Whether this very change was made before and its answer got lost on the way."""
    if conversation.version != version + 1:
        return False
    change = await repository.find_change(tx, conversation.id, conversation.version)
    return change is not None and change.kind == kind and change.actor_id == user.id


def _reply_of(
    user: StaffUser, text: str, client_message_id: UUID, answers_id: UUID | None
) -> Message:
    return Message(
        id=new_id(),
        author=Author.STAFF,
        author_id=user.id,
        author_name=user.display_name,
        text=text,
        client_message_id=client_message_id,
        answers_id=answers_id,
        created_at=now(),
    )


def _require_lead(user: StaffUser) -> None:
    if not can_lead(user):
        raise NotLeadError("Only a lead moves what a colleague holds.")


def _require_holder(conversation: Conversation, user: StaffUser, version: int) -> None:
    is_own = conversation.holder == Holder.STAFF and conversation.holder_id == user.id
    if not is_own or conversation.version != version:
        raise HolderChangedError("You do not hold this conversation any more. Load it again.")


def _require_reader(conversation: Conversation) -> None:
    if conversation.expires_at < now():
        raise TalkOverError("The owner can no longer read this conversation.")


def _words(text: str, limit: int) -> str:
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        raise WordsMissingError("Write something.")
    if len(text) > limit:
        raise ReplyTooLongError(f"At most {limit} characters.")
    return text
