"""SQL of the review. Every read is limited to what the person's hub may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from desk.cases.models import Case, CaseKind
from desk.cases.repository import visible_to
from desk.chat.models import Conversation, Message, Satisfaction
from desk.chat.repository import PORTION, list_whole
from desk.db import Transaction
from desk.live.models import HolderChange
from desk.review.collecting import Talk
from desk.review.models import (
    WAITING,
    KnowledgeTask,
    LineState,
    Reason,
    ReviewLabel,
    ReviewLine,
    ReviewMark,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose lines are seen.

    Attributes:
        hub_id: Lines of talks with a case of this hub; None for every hub.
        unhanded: Also talks that were never handed over, which no hub may see.
    """

    hub_id: str | None
    unhanded: bool = False


def _in_scope(scope: Scope, conversation_id: Any) -> Any:
    """SQL condition: the conversation may be seen."""
    of_talk = select(Case.id).where(Case.conversation_id == conversation_id)
    handed = of_talk.where(visible_to(scope.hub_id)).exists()
    return or_(handed, ~of_talk.exists()) if scope.unhanded else handed


def in_scope(scope: Scope, conversation_id: Any) -> Any:
    """SQL condition: the conversation may be seen and was not erased."""
    kept = (
        select(Conversation.id)
        .where(Conversation.id == conversation_id, Conversation.erased_at.is_(None))
        .exists()
    )
    return kept & _in_scope(scope, conversation_id)


def _is_there(scope: Scope) -> Any:
    """SQL condition: the line may be seen, and its owner has not taken it back.

    What is erased or taken back loses its understanding in the same moment.
    """
    said = (
        select(Message.id)
        .where(Message.id == ReviewLine.id, Message.understanding.is_not(None))
        .exists()
    )
    return said & in_scope(scope, ReviewLine.conversation_id)


def _for_reviewer(reviewer_id: UUID) -> Any:
    """SQL condition: it waits, and not for a colleague of somebody who looked already."""
    own = select(ReviewLabel.id).where(
        ReviewLabel.line_id == ReviewLine.id, ReviewLabel.reviewer_id == reviewer_id
    )
    return ReviewLine.state.in_(WAITING) & ~own.exists()


def _wanted(scope: Scope, reviewer_id: UUID, reason: Reason | None, *, second: bool) -> Any:
    query = _is_there(scope) & _for_reviewer(reviewer_id)
    if reason is not None:
        query &= getattr(ReviewLine, reason.value).is_(True)
    if second:
        query &= ReviewLine.state != LineState.OPEN
    return query


async def list_waiting(
    tx: Transaction,
    scope: Scope,
    reviewer_id: UUID,
    *,
    reason: Reason | None,
    second: bool,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> Sequence[ReviewLine]:
    """Lines for this person, oldest first, perhaps after a place in that order."""
    query = select(ReviewLine).where(_wanted(scope, reviewer_id, reason, second=second))
    if after is not None:
        moment, line_id = after
        later = (ReviewLine.said_at == moment) & (ReviewLine.id > line_id)
        query = query.where((ReviewLine.said_at > moment) | later)
    query = query.order_by(ReviewLine.said_at, ReviewLine.id).limit(limit)
    return (await tx.scalars(query)).all()


async def count_waiting(tx: Transaction, scope: Scope, reviewer_id: UUID) -> Mapping[str, int]:
    """How many lines wait for this person: `all`, `second`, and for each reason."""
    columns = [
        func.count().label("all"),
        func.count().filter(ReviewLine.state != LineState.OPEN).label("second"),
        *(
            func.count().filter(getattr(ReviewLine, reason.value).is_(True)).label(reason.value)
            for reason in Reason
        ),
    ]
    query = select(*columns).where(_wanted(scope, reviewer_id, None, second=False))
    return dict((await tx.execute(query)).mappings().one())


async def find_line(
    tx: Transaction, line_id: UUID, scope: Scope, *, lock: bool = False
) -> ReviewLine | None:
    """The line, if it may be seen; locked until the end of the transaction if wanted."""
    query = select(ReviewLine).where(ReviewLine.id == line_id, _is_there(scope))
    if lock:
        query = query.with_for_update(of=ReviewLine)
    return (await tx.scalars(query)).one_or_none()


async def list_labels(tx: Transaction, line_ids: Sequence[UUID]) -> Sequence[ReviewLabel]:
    """What was said of these lines, in order."""
    query = select(ReviewLabel).where(ReviewLabel.line_id.in_(line_ids))
    return (await tx.scalars(query.order_by(ReviewLabel.line_id, ReviewLabel.round))).all()


async def list_seconds(tx: Transaction, scope: Scope) -> Sequence[tuple[ReviewLabel, ReviewLabel]]:
    """First and second labels of every line that has both."""
    query = (
        select(ReviewLabel)
        .join(ReviewLine, ReviewLine.id == ReviewLabel.line_id)
        .where(ReviewLabel.round < 3, _is_there(scope))
        .order_by(ReviewLabel.line_id, ReviewLabel.round)
    )
    labels = (await tx.scalars(query)).all()
    return [(a, b) for a, b in pairwise(labels) if a.line_id == b.line_id]


async def list_agreed(tx: Transaction, scope: Scope) -> Sequence[ReviewLine]:
    """Lines that people agreed on, oldest first."""
    query = select(ReviewLine).where(ReviewLine.state == LineState.AGREED, _is_there(scope))
    return (await tx.scalars(query.order_by(ReviewLine.said_at, ReviewLine.id))).all()


async def list_in_sets(tx: Transaction, but: UUID) -> Sequence[tuple[str, str]]:
    """Texts and sets of the other lines that have a set, of every hub."""
    query = select(ReviewLine).where(
        ReviewLine.set_name.is_not(None), ReviewLine.text.is_not(None), ReviewLine.id != but
    )
    lines = await tx.scalars(query)
    return [(line.text, line.set_name) for line in lines if line.text and line.set_name]


async def lock_mark(tx: Transaction, first: datetime) -> ReviewMark:
    """The mark of how far was looked, locked, so that only one collects at a time."""
    insert = sqlite_insert if tx.is_sqlite else postgresql_insert
    start = insert(ReviewMark).values(id=1, reached=first)
    await tx.execute(start.on_conflict_do_nothing(index_elements=["id"]))
    return (await tx.scalars(select(ReviewMark).with_for_update())).one()


async def list_changed(
    tx: Transaction, since: tuple[datetime, UUID], limit: int
) -> Sequence[tuple[UUID, datetime]]:
    """Conversations that changed after this place, with the moment, in that order."""
    moment, conversation_id = since
    same = (Conversation.updated_at == moment) & (Conversation.id > conversation_id)
    query = (
        select(Conversation.id, Conversation.updated_at)
        .where((Conversation.updated_at > moment) | same, Conversation.erased_at.is_(None))
        .order_by(Conversation.updated_at, Conversation.id)
        .limit(limit)
    )
    return [(id_, at) for id_, at in await tx.execute(query)]


async def read_talk(tx: Transaction, conversation_id: UUID) -> Talk:
    """What decides which lines of a conversation are looked at."""
    changes = select(HolderChange).where(HolderChange.conversation_id == conversation_id)
    handed = select(Case.created_at).where(
        Case.conversation_id == conversation_id, Case.kind == CaseKind.CONSULTATION
    )
    unsolved = select(Satisfaction.asked_at).where(
        Satisfaction.conversation_id == conversation_id, Satisfaction.answer == "no"
    )
    return Talk(
        messages=await list_whole(tx, conversation_id),
        changes=(await tx.scalars(changes.order_by(HolderChange.version))).all(),
        handed_over_at=(await tx.scalars(handed.order_by(Case.created_at))).all(),
        unsolved_at=(await tx.scalars(unsolved.order_by(Satisfaction.asked_at))).all(),
    )


async def forget_lines(tx: Transaction, *condition: Any) -> None:
    """Delete lines and what was said of them."""
    ids = select(ReviewLine.id).where(*condition)
    await tx.execute(delete(ReviewLabel).where(ReviewLabel.line_id.in_(ids)))
    await tx.execute(delete(ReviewLine).where(*condition))


async def forget_asked(tx: Transaction, condition: Any) -> None:
    """Blank what tasks hold of the owner's words."""
    for task in await tx.scalars(select(KnowledgeTask).where(condition)):
        task.asked, task.with_before = "", False


async def list_messages(tx: Transaction, ids: Sequence[UUID]) -> Mapping[UUID, Message]:
    """These messages by id; asked for in portions."""
    found: dict[UUID, Message] = {}
    for first in range(0, len(ids), PORTION):
        query = select(Message).where(Message.id.in_(ids[first : first + PORTION]))
        found |= {message.id: message for message in await tx.scalars(query)}
    return found
