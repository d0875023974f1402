"""The queue: which cases a person sees, in which order, with which marks."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from desk.auth.hubs import HubName
from desk.auth.models import StaffUser
from desk.auth.rights import can_lead, can_write, visible_hub
from desk.cases.counts import count_by_status
from desk.cases.lists import labels_of, list_colleagues
from desk.cases.models import Case, CaseKind, CaseStatus, Priority
from desk.console import repository
from desk.console.company import company_words, unanswered_id
from desk.console.repository import NOT_DUE, OPEN, Narrowing, QueueRow
from desk.console.wanted import Wanted
from desk.db import Database, Transaction
from desk.live.repository import list_waiting

PAGE_SIZE = 20
MOST_LABELS = 100


class Filter(StrEnum):
    """Which part of the queue is shown."""

    MINE = "mine"
    RECEIVED = "received"
    WORKING = "working"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    TRANSFERRED = "transferred"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """One row of the queue."""

    id: UUID
    version: int
    number: str
    headline: str
    company: Sequence[str]
    """Municipality, industry, number of people; only what is known."""
    hub_id: str
    hub: str
    created_at: datetime
    promised_on: date
    days_over: int
    """Whole days since the promised date; 0 while it holds or nothing is owed."""
    is_due_today: bool
    status: str
    assignee: str | None
    needs_attention: bool
    priority: str
    labels: Sequence[str]
    waiting_since: datetime | None
    """Since when the owner waits for the person who holds the conversation."""
    is_erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One page of the queue."""

    filter: Filter | None
    """None where the list is narrowed down otherwise."""
    wanted: Wanted
    page: int
    items: Sequence[QueueItem]
    has_next: bool
    counts: Mapping[str, int]
    """Cases per filter."""
    total: int
    """Cases of the whole list."""
    labels: Sequence[str]
    """Labels in use, to choose from."""
    attention: int
    first: int
    """Place of the first row in the whole list, from 1."""


def is_owed(case: Case) -> bool:
    """Whether the owner still waits for the promised answer."""
    return case.answered_at is None and case.status not in NOT_DUE


def days_over(case: Case, today: date) -> int:
    """How many days an owed answer is late; 0 if it is not."""
    return max(0, (today - case.promised_on).days) if is_owed(case) else 0


async def read_queue(
    database: Database,
    user: StaffUser,
    hubs: Mapping[str, HubName],
    *,
    chosen: Filter,
    page: int,
    today: date,
    wanted: Wanted | None = None,
) -> Queue:
    """One page of what `user` may see.

    Args:
        database: Where the cases are.
        user: Whose queue.
        hubs: Names of the hubs.
        chosen: Which part.
        page: From 1.
        today: Calendar date (JST) that decides what is late.
        wanted: What the list is narrowed down to, in place of `chosen`.
    """
    hub_id = visible_hub(user)
    is_narrowed = wanted is not None and wanted.is_narrowed
    wanted = wanted or Wanted()
    offset = (page - 1) * PAGE_SIZE
    async with database.read() as tx:
        counts = await _counts(tx, user)
        if is_narrowed:
            narrowing = await _narrow(tx, user, wanted, today)
            total = await repository.count_wanted(tx, narrowing)
            rows = await repository.list_wanted(tx, narrowing, limit=PAGE_SIZE + 1, offset=offset)
        else:
            total = counts[chosen]
            opened = sum(counts[status] for status in OPEN)
            rows = await _list(tx, user, chosen, offset=offset, opened=opened)
        items = await _items(tx, rows[:PAGE_SIZE], hubs, today)
        attention = await repository.count_attention(tx, hub_id)
        labels = await repository.list_labels(tx, hub_id, limit=MOST_LABELS)
    return Queue(
        filter=None if is_narrowed else chosen,
        wanted=wanted,
        page=page,
        items=items,
        has_next=len(rows) > PAGE_SIZE,
        counts=counts,
        total=total,
        labels=labels,
        attention=attention,
        first=offset + 1,
    )


async def _counts(tx: Transaction, user: StaffUser) -> Mapping[str, int]:
    """Cases per filter."""
    hub_id = visible_hub(user)
    counts = dict(await count_by_status(tx, hub_id))
    own = await repository.count_own(tx, hub_id, user.id)
    return counts | {Filter.MINE: own, Filter.ALL: sum(counts.values())}


async def _narrow(tx: Transaction, user: StaffUser, wanted: Wanted, today: date) -> Narrowing:
    hub_id = visible_hub(user)
    talks: Mapping[UUID, datetime] = {}
    if wanted.waiting:
        talks = await list_waiting(tx, await repository.list_held_talks(tx, hub_id))
    return Narrowing(
        hub_id=hub_id, wanted=wanted, user_id=user.id, today=today, waiting_talks=list(talks)
    )


async def _items(
    tx: Transaction, rows: Sequence[QueueRow], hubs: Mapping[str, HubName], today: date
) -> Sequence[QueueItem]:
    """The rows of a page, with what stands in other tables."""
    unanswered = [found for row in rows if (found := unanswered_id(row.case))]
    texts = await repository.texts_of(tx, unanswered) if unanswered else {}
    labels = await labels_of(tx, [row.case.id for row in rows])
    waiting = await list_waiting(tx, [row.case.conversation_id for row in rows])
    return [
        _item(row, texts, hubs, today, labels=labels[row.case.id], waiting=waiting) for row in rows
    ]


async def _list(
    tx: Transaction, user: StaffUser, chosen: Filter, *, offset: int, opened: int
) -> Sequence[QueueRow]:
    """The rows from `offset` on, one more than a page holds if there are more."""
    hub_id, wanted = visible_hub(user), PAGE_SIZE + 1
    if chosen is Filter.CLOSED:
        return await repository.list_closed(tx, hub_id, limit=wanted, offset=offset)
    statuses = OPEN if chosen in {Filter.MINE, Filter.ALL} else (CaseStatus(chosen),)
    assignee_id = user.id if chosen is Filter.MINE else None
    rows = await repository.list_open(
        tx, hub_id, statuses=statuses, assignee_id=assignee_id, limit=wanted, offset=offset
    )
    if chosen is Filter.ALL and len(rows) < wanted:
        after = max(0, offset - opened)
        rest = wanted - len(rows)
        rows = [*rows, *await repository.list_closed(tx, hub_id, limit=rest, offset=after)]
    return rows


def _item(
    row: QueueRow,
    texts: Mapping[UUID, str],
    hubs: Mapping[str, HubName],
    today: date,
    *,
    labels: Sequence[str],
    waiting: Mapping[UUID, datetime],
) -> QueueItem:
    case = row.case
    hub = hubs.get(case.hub_id)
    unanswered = unanswered_id(case)
    headline = case.headline or (texts.get(unanswered, "") if unanswered else "")
    return QueueItem(
        id=case.id,
        version=case.version,
        number=case.number,
        headline=headline,
        company=company_words(case),
        hub_id=case.hub_id,
        hub=hub.short_name if hub else case.hub_id,
        created_at=case.created_at,
        promised_on=case.promised_on,
        days_over=days_over(case, today),
        is_due_today=is_owed(case) and case.promised_on == today,
        status=case.status,
        assignee=row.assignee,
        needs_attention=case.kind == CaseKind.ATTENTION,
        priority=Priority(case.priority).name.lower(),
        labels=labels,
        # What is over is nobody's to answer; another case of the talk may still be open.
        waiting_since=None
        if case.status == CaseStatus.CLOSED
        else waiting.get(case.conversation_id),
        is_erased=not headline and not case.snapshot,
    )


async def find_case_id(database: Database, user: StaffUser, typed: str) -> UUID | None:
    """The case whose receipt number was typed, in whatever width and case."""
    number = unicodedata.normalize("NFKC", typed).strip().upper()
    async with database.read() as tx:
        return await repository.find_by_number(tx, visible_hub(user), number)


async def list_assignable(
    database: Database, user: StaffUser, items: Sequence[QueueItem]
) -> Sequence[StaffUser]:
    """Whom the person can make responsible for cases of a page, by name; for most nobody."""
    if not (can_write(user) and can_lead(user)):
        return []
    found: dict[UUID, StaffUser] = {}
    async with database.read() as tx:
        for hub_id in sorted({item.hub_id for item in items}):
            found |= {each.id: each for each in await list_colleagues(tx, hub_id)}
    return sorted(found.values(), key=lambda each: (each.display_name, each.login))
