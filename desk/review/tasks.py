"""Answers of the bot that staff found wrong: tasks for the content, and trials that hold it."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select

from desk.audit import service as audit
from desk.auth.models import StaffUser
from desk.chat.models import Author, Message
from desk.config import JST
from desk.db import Database, Transaction, new_id, now
from desk.errors import DeskError
from desk.line.confidential import Kind
from desk.review.collecting import Talk, private_ids
from desk.review.errors import (
    AdviceIncompleteError,
    AdviceSourceError,
    AnswerNotFoundError,
    PersonalLeftError,
    TaskNotFoundError,
)
from desk.review.masking import mask, neutral
from desk.review.models import KnowledgeTask, TaskState
from desk.review.repository import Scope, in_scope, read_talk
from desk.review.service import ReviewService

MAX_RIGHT = 2000
MAX_WORDS = 60
MAX_URL = 500
MOST_TURNS = 30
ANSWER = "/choose{"
"""Begins the payload of an answer, which is the same in every talk."""
_WORDS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a reviewer says of a wrong answer."""

    right: str
    """What would have been right, for whoever mends the content."""
    must_say: str
    """Words that every right answer holds, as they stand in it."""
    never_say: str
    """Words of the wrong answer that must be gone; empty for none."""
    source_url: str
    source_on: date
    asked: str = ""
    """The owner's words as they may leave; not used where the owner pressed a button."""
    with_before: bool = False
    """Whether the turns before may leave too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of the bot, with what would leave if it is marked."""

    asked: str
    """The owner's words, masked: the proposal for what leaves."""
    is_button: bool
    answered: str
    before: Sequence[str] | None
    """What the owner said and pressed before, as it would leave; None if it cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTask:
    """A task with what it is about, masked; empty where the owner erased it."""

    task: KnowledgeTask
    asked: str
    answered: str


class TaskService:
    """The list of answers to mend."""

    def __init__(self, database: Database, review: ReviewService) -> None:
        self._database = database
        self._review = review

    async def find_answer(self, user: StaffUser, message_id: UUID) -> Answer:
        """An answer of the bot, masked; who opened it stands in the audit log.

        Raises:
            AnswerNotFoundError: It is no answer of the bot, or not the person's to see.
        """
        async with self._database.write() as tx:
            answer = await _get_answer(tx, self._review.scope_of(user), message_id)
            talk = await read_talk(tx, answer.conversation_id)
            audit.record(
                tx,
                action="review_answer_opened",
                actor=audit.Actor.STAFF,
                actor_id=user.id,
                subject=f"message:{answer.id}",
            )
        return await asyncio.to_thread(_shown, talk, answer)

    async def add(
        self, user: StaffUser, message_id: UUID, correction: Correction, *, today: date
    ) -> UUID:
        """Note that an answer is wrong, and what is right.

        Raises:
            AnswerNotFoundError: It is no answer of the bot, or not the person's to see.
            AdviceIncompleteError: Something is missing or too long.
            AdviceSourceError: The source is no web address, or its day lies ahead.
            PersonalLeftError: What was written seems to name somebody.
        """
        kept = _checked(correction, today)
        await asyncio.to_thread(_check_names, kept)
        async with self._database.write() as tx:
            answer = await _get_answer(tx, self._review.scope_of(user), message_id)
            is_button = (await tx.get_one(Message, answer.answers_id)).payload is not None
            if not is_button and not kept.asked:
                raise AdviceIncompleteError("Say in which words the owner asked.")
            task = KnowledgeTask(
                id=new_id(),
                message_id=answer.id,
                conversation_id=answer.conversation_id,
                asked="" if is_button else kept.asked,
                with_before=kept.with_before,
                correction=kept.right,
                must_say=kept.must_say,
                never_say=kept.never_say,
                source_url=kept.source_url,
                source_on=kept.source_on,
                told_on=answer.created_at.astimezone(JST).date(),
                created_by=user.id,
            )
            tx.add(task)
            _record(tx, user, task, "knowledge_task_opened")
        return task.id

    async def set_state(self, user: StaffUser, task_id: UUID, state: TaskState) -> None:
        """Mark a task as done, or open it again.

        Raises:
            TaskNotFoundError: It is not the person's to see.
        """
        async with self._database.write() as tx:
            query = select(KnowledgeTask).where(
                KnowledgeTask.id == task_id,
                in_scope(self._review.scope_of(user), KnowledgeTask.conversation_id),
            )
            task = (await tx.scalars(query.with_for_update(of=KnowledgeTask))).one_or_none()
            if task is None:
                raise TaskNotFoundError("There is no such task.")
            is_done = state is TaskState.DONE
            task.state = state
            task.done_by, task.done_at = (user.id, now()) if is_done else (None, None)
            _record(tx, user, task, f"knowledge_task_{'done' if is_done else 'reopened'}")

    async def list_tasks(self, user: StaffUser, state: TaskState) -> Sequence[ListedTask]:
        """The tasks of the hubs that the person sees, oldest first; at most 200."""
        async with self._database.read() as tx:
            found = await _list(tx, self._review.scope_of(user), state, limit=200)
            texts = []
            for task in found:
                answer = await tx.get_one(Message, task.message_id)
                asked = await tx.get_one(Message, answer.answers_id)
                texts.append((asked.text, answer.text))
        masked = await asyncio.to_thread(
            lambda: [(mask(asked).text, mask(answered).text) for asked, answered in texts]
        )
        return [
            ListedTask(task=task, asked=asked, answered=answered)
            for task, (asked, answered) in zip(found, masked, strict=True)
        ]

    async def scenarios(self) -> Mapping[str, Mapping[str, Any]]:
        """Trials for `tests/conversations`, by file name; done tasks stay as regressions."""
        made = {}
        async with self._database.read() as tx:
            for task in await _list(tx, self._review.whole(), None, limit=None):
                talk = await read_talk(tx, task.conversation_id)
                turns = await asyncio.to_thread(_turns, talk, task)
                if turns:
                    made[f"reviewed_{task.id.hex}.yml"] = _scenario(task, turns)
        return made


def _record(tx: Transaction, user: StaffUser, task: KnowledgeTask, action: str) -> None:
    audit.record(
        tx,
        action=action,
        actor=audit.Actor.STAFF,
        actor_id=user.id,
        subject=f"knowledge_task:{task.id}",
        details={"message": task.message_id},
    )


async def _get_answer(tx: Transaction, scope: Scope, message_id: UUID) -> Message:
    query = select(Message).where(
        Message.id == message_id,
        Message.author == Author.BOT,
        Message.answers_id.is_not(None),
        in_scope(scope, Message.conversation_id),
    )
    answer = (await tx.scalars(query)).one_or_none()
    if answer is None or not answer.text:
        raise AnswerNotFoundError("There is no such answer of the bot.")
    return answer


async def _list(
    tx: Transaction, scope: Scope, state: TaskState | None, *, limit: int | None
) -> Sequence[KnowledgeTask]:
    query = select(KnowledgeTask).where(in_scope(scope, KnowledgeTask.conversation_id))
    if state is not None:
        query = query.where(KnowledgeTask.state == state)
    return (await tx.scalars(query.order_by(KnowledgeTask.id).limit(limit))).all()


def _checked(given: Correction, today: date) -> Correction:
    """The correction, tidied; refused where something is missing or wrong."""
    right = given.right.replace("\r\n", "\n").replace("\0", "").strip()
    must, never = (_WORDS.sub(" ", words).strip() for words in (given.must_say, given.never_say))
    url = given.source_url.strip()
    if not right or len(right) > MAX_RIGHT or not must or max(len(must), len(never)) > MAX_WORDS:
        raise AdviceIncompleteError("Say what is right and which words show it.")
    parts = urlsplit(url) if url.isascii() and len(url) <= MAX_URL else urlsplit("")
    if parts.scheme not in {"https", "http"} or not parts.hostname or given.source_on > today:
        raise AdviceSourceError("Give a web address and the day on which it said so.")
    return replace(
        given,
        right=right,
        must_say=must,
        never_say=never,
        source_url=url,
        asked=_WORDS.sub(" ", given.asked).strip(),
    )


def _check_names(given: Correction) -> None:
    """Refuse what would leave with somebody's name, or more, in it."""
    if given.asked:
        neutral(given.asked)
    for words in (given.must_say, given.never_say):
        if any(kind == Kind.NAME for kind, _ in mask(words).hidden):
            raise PersonalLeftError("Leave names of people out.")


def _shown(talk: Talk, answer: Message) -> Answer:
    asked = next(each for each in talk.messages if each.id == answer.answers_id)
    before = _before(talk, asked)
    texts = None if before is None else [turn.get("say") or turn["title"] for turn in before]
    return Answer(
        asked=mask(asked.text).text,
        is_button=asked.payload is not None,
        answered=mask(answer.text).text,
        before=texts,
    )


def _before(talk: Talk, asked: Message) -> list[dict[str, Any]] | None:
    """The owner's turns before the one that was answered; None if one cannot be told."""
    private = private_ids(talk)
    turns: list[dict[str, Any]] = []
    for each in talk.messages:
        if each.author != Author.USER or each.seq >= asked.seq:
            continue
        turn = None if each.id in private or each.understanding is None else _turn(each)
        if turn is None or len(turns) == MOST_TURNS:
            return None
        turns.append(turn)
    return turns


def _turn(message: Message) -> dict[str, Any] | None:
    """One turn of the owner as the trials write it; None if it cannot be told."""
    if message.payload is not None:
        is_plain = "{" not in message.payload or message.payload.startswith(ANSWER)
        return {"press": message.payload, "title": str(message.text)} if is_plain else None
    try:
        return {"say": neutral(mask(message.text).text)}
    except DeskError:
        return None


def _turns(talk: Talk, task: KnowledgeTask) -> list[dict[str, Any]]:
    """What the owner did until the answer, as it may leave; empty if that is gone."""
    answer = next(each for each in talk.messages if each.id == task.message_id)
    asked = next(each for each in talk.messages if each.id == answer.answers_id)
    if asked.understanding is None or asked.id in private_ids(talk):
        return []
    if asked.payload is None:
        last = {"say": neutral(task.asked)} if task.asked else None
    else:
        last = _turn(asked)
    if last is None:
        return []
    expected: dict[str, Any] = {"says": [str(task.must_say)]}
    if task.never_say:
        expected["never_says"] = [str(task.never_say)]
    before = _before(talk, asked) if task.with_before else None
    return [*(before or ()), {**last, "expect": expected}]


def _scenario(task: KnowledgeTask, turns: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {
        "why": "Staff found this answer wrong; see the list of answers to mend in the console.",
        "today": task.told_on.isoformat(),
        "turns": list(turns),
    }
