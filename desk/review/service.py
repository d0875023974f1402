"""Collecting lines, showing them one by one, and keeping what people say of them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from desk.audit import service as audit
from desk.auth.models import StaffUser
from desk.auth.rights import visible_hub
from desk.chat.models import Message
from desk.chat.repository import list_after
from desk.config import Settings
from desk.db import Database, Transaction
from desk.review import repository
from desk.review.agreement import Said, next_step
from desk.review.collecting import concerns_of, held_by_staff, intent_of
from desk.review.collector import Collector
from desk.review.errors import AlreadyReviewedError, LabelRefusedError, LineNotFoundError
from desk.review.masking import Masked, mask, neutral, sensitive_in, taught
from desk.review.models import (
    WAITING,
    KnowledgeTask,
    LineState,
    Reason,
    ReviewLabel,
    ReviewLine,
    SetName,
    Verdict,
)
from desk.review.nearness import Sentences
from desk.review.repository import Scope
from desk.review.sets import Corpus, assign, corpus_of, lot
from desk.review.vocabulary import vocabulary

MAX_TEXT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A line in the queue, with its masked text and what the bot made of it."""

    line: ReviewLine
    text: str
    bot: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A line as a reviewer sees it."""

    line: ReviewLine
    message: Message
    bot: Said
    original: Masked
    """What is proposed to leave, and what was masked in it."""
    text: str
    """What a colleague left of it, or the proposal."""
    before: Sequence[tuple[Message, str | None]]
    """Two messages before it, masked; None where they are a person's talk."""
    after: Sequence[tuple[Message, str | None]]
    round: int


class ReviewService(Collector):
    """The review desk."""

    def __init__(self, database: Database, settings: Settings, root: Path) -> None:
        super().__init__(database, settings, root)
        self._corpus: Corpus | None = None
        self._corpus_lock = asyncio.Lock()

    def scope_of(self, user: StaffUser) -> Scope:
        """Whose lines the person sees."""
        hub_id = visible_hub(user)
        return Scope(hub_id=hub_id, unhanded=hub_id is None and self._sees_all)

    def whole(self) -> Scope:
        """Every line that may be used at all."""
        return Scope(hub_id=None, unhanded=self._sees_all)

    @property
    def _sees_all(self) -> bool:
        return self._settings.review_talks == "all"

    async def corpus(self) -> Corpus:
        """The sentences from before, read once (some seconds, in a thread)."""
        async with self._corpus_lock:
            if self._corpus is None:
                self._corpus = await asyncio.to_thread(corpus_of, self._root)
        return self._corpus

    async def queue(
        self, user: StaffUser, reason: Reason | None, *, second: bool, limit: int
    ) -> tuple[Sequence[Queued], Mapping[str, int]]:
        """The lines that wait for this person, and the counts."""
        scope = self.scope_of(user)
        async with self._database.read() as tx:
            lines = await repository.list_waiting(
                tx, scope, user.id, reason=reason, second=second, limit=limit
            )
            counts = await repository.count_waiting(tx, scope, user.id)
            messages = [await tx.get_one(Message, line.id) for line in lines]
        masked = await asyncio.to_thread(lambda: [mask(each.text).text for each in messages])
        return [
            Queued(line=line, text=text, bot=bot_said(message))
            for line, message, text in zip(lines, messages, masked, strict=True)
        ], counts

    async def next_line(
        self, user: StaffUser, reason: Reason | None, *, second: bool, after: UUID | None = None
    ) -> UUID | None:
        """The line that waits for this person next, perhaps after another one."""
        scope = self.scope_of(user)
        async with self._database.read() as tx:
            place = None
            if after is not None and (line := await repository.find_line(tx, after, scope)):
                place = (line.said_at, line.id)
            found = await repository.list_waiting(
                tx, scope, user.id, reason=reason, second=second, limit=1, after=place
            )
        return found[0].id if found else None

    async def look(self, user: StaffUser, line_id: UUID) -> Look:
        """Open a line; who did stands in the audit log.

        Raises:
            LineNotFoundError: It is not the person's to see, or was taken back.
            AlreadyReviewedError: The person has looked at it, or it waits for nobody.
        """
        async with self._database.write() as tx:
            line = await self._find(tx, user, line_id)
            labels = await self._check_turn(tx, user, line)
            message = await tx.get_one(Message, line.id)
            around = await list_after(tx, line.conversation_id, max(0, message.seq - 3))
            talk = await repository.read_talk(tx, line.conversation_id)
            audit.record(
                tx,
                action="review_line_opened",
                actor=audit.Actor.STAFF,
                actor_id=user.id,
                subject=f"message:{line.id}",
                details={"round": len(labels) + 1},
            )

        def shown(messages: Iterable[Message]) -> list[tuple[Message, str | None]]:
            return [
                (m, None if m.author == "staff" or held_by_staff(m.seq, talk.changes)
                 else mask(m.text).text)
                for m in messages
            ]  # fmt: skip

        original = await asyncio.to_thread(mask, message.text)
        return Look(
            line=line,
            message=message,
            bot=bot_said(message),
            original=original,
            text=line.text or original.text,
            before=shown(m for m in around if message.seq - 3 < m.seq < message.seq),
            after=shown([m for m in around if m.seq > message.seq][:1]),
            round=len(labels) + 1,
        )

    async def _find(self, tx: Transaction, user: StaffUser, line_id: UUID) -> ReviewLine:
        line = await repository.find_line(tx, line_id, self.scope_of(user), lock=True)
        if line is None:
            raise LineNotFoundError("There is no such line.")
        return line

    async def _check_turn(
        self, tx: Transaction, user: StaffUser, line: ReviewLine
    ) -> Sequence[ReviewLabel]:
        """What was said of the line so far, if it waits for this person.

        Raises:
            AlreadyReviewedError: It does not.
        """
        labels = await repository.list_labels(tx, [line.id])
        if line.state not in WAITING or any(label.reviewer_id == user.id for label in labels):
            raise AlreadyReviewedError("You or enough colleagues have looked at this line.")
        return labels

    async def label(
        self,
        user: StaffUser,
        line_id: UUID,
        *,
        verdict: Verdict,
        text: str = "",
        intent: str | None = None,
        concerns: Iterable[str] = (),
    ) -> LineState:
        """Keep what a person says of a line, and decide what becomes of it.

        Args:
            user: Who says it.
            line_id: The line.
            verdict: A label, or why there is none.
            text: What may leave, for a label.
            intent: The intent, for a label.
            concerns: The concerns, for a label.

        Returns:
            What the line waits for now.

        Raises:
            LineNotFoundError: It is not the person's to see, or was taken back.
            AlreadyReviewedError: The person has looked at it, or a colleague was first.
            LabelRefusedError: The intent or the text cannot be kept.
            PersonalLeftError: The text still holds what must not leave (or a mark, markup).
            OtherSetError: Nearly the same sentence stands in the other set.
        """
        said = _said(verdict, intent, concerns)
        kept = ""
        if verdict is Verdict.LABEL:
            kept = _kept_text(text)
            await asyncio.to_thread(neutral, kept)
        corpus = await self.corpus()
        try:
            async with self._database.write() as tx:
                line = await self._find(tx, user, line_id)
                return await self._keep(tx, user, line, said, kept, corpus)
        except IntegrityError as exc:
            raise AlreadyReviewedError("A colleague was first.") from exc

    async def _keep(
        self,
        tx: Transaction,
        user: StaffUser,
        line: ReviewLine,
        said: Said,
        text: str,
        corpus: Corpus,
    ) -> LineState:
        labels = await self._check_turn(tx, user, line)
        if text:
            others = {side: Sentences() for side in SetName}
            for other, side in await repository.list_in_sets(tx, line.id):
                others[SetName(side)].add(taught(other))
            line.set_name = assign(
                taught(text),
                now_in=line.set_name,
                reviewed=others,
                corpus=corpus,
                test_share=self._settings.review_test_percent / 100,
            )
            line.text = text
        before = [Said.of(each.said, each.verdict) for each in labels]
        bot = bot_said(await tx.get_one(Message, line.id))
        step = next_step([*before, said], bot, is_drawn=self._is_drawn(line, text))
        line.state = step.state
        if step.agreed is not None:
            line.agreed = step.agreed.as_stored()
        label = ReviewLabel(
            line_id=line.id,
            reviewer_id=user.id,
            round=len(labels) + 1,
            verdict=said.verdict,
            said=said.as_stored(),
        )
        tx.add(label)
        await tx.flush()
        audit.record(
            tx,
            action="review_line_labelled",
            actor=audit.Actor.STAFF,
            actor_id=user.id,
            subject=f"message:{line.id}",
            details={
                "round": label.round,
                "label": label.id,
                "verdict": said.verdict,
                "state": str(line.state),
                "set": line.set_name,
            },
        )
        return step.state

    def _is_drawn(self, line: ReviewLine, text: str) -> bool:
        """Whether two people look at it: by lot, or since it tells a private matter."""
        share = self._settings.review_second_percent / 100
        return is_drawn_by_lot(line.id, share) or (bool(text) and sensitive_in(text))


def is_drawn_by_lot(line_id: UUID, share: float) -> bool:
    """Whether the lot wants a second look at a line; always the same for it."""
    return lot(line_id.bytes, "second") < share


def bot_said(message: Message) -> Said:
    """What the bot made of a line, as a person would say it."""
    return Said(
        verdict=Verdict.LABEL,
        intent=intent_of(message.understanding),
        concerns=frozenset(concerns_of(message.understanding)),
    )


def _said(verdict: Verdict, intent: str | None, concerns: Iterable[str]) -> Said:
    words = vocabulary()
    if verdict is not Verdict.LABEL:
        return Said(verdict=verdict, intent=None, concerns=frozenset())
    chosen = frozenset(concerns)
    if intent not in words.intents or not chosen <= words.concerns.keys():
        raise LabelRefusedError("Choose one intent of the list.")
    return Said(verdict=verdict, intent=intent, concerns=chosen)


def _kept_text(text: str) -> str:
    kept = " ".join(text.replace("\0", "").split())
    if not kept or len(kept) > MAX_TEXT:
        raise LabelRefusedError(f"The text has 1 to {MAX_TEXT} characters.")
    return kept


async def forget_conversation(tx: Transaction, conversation_id: UUID) -> None:
    """Delete what the review holds of an erased conversation."""
    await repository.forget_lines(tx, ReviewLine.conversation_id == conversation_id)
    await repository.forget_asked(tx, KnowledgeTask.conversation_id == conversation_id)


async def forget_message(tx: Transaction, message_id: UUID) -> None:
    """Delete what the review holds of a message that was taken back."""
    await repository.forget_lines(tx, ReviewLine.id == message_id)
    answers = select(Message.id).where(Message.answers_id == message_id)
    await repository.forget_asked(tx, KnowledgeTask.message_id.in_(answers))
