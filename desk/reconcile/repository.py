"""SQL of the reconciliation: reads across the features, changes nothing but its reports."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import aliased, load_only

from desk.cases.models import Case, CaseEvent, CaseKind, EventKind
from desk.cases.notices import TOLD_KINDS
from desk.chat.models import Author, Conversation, Holder, Message
from desk.chat.turns import ANSWER_JOB
from desk.db import Transaction
from desk.jobs.models import UNFINISHED, Job, JobState
from desk.live.texts import BACK_TO_BOT
from desk.notify.models import Delivery, DeliveryState
from desk.notify.outbox import DELIVER_JOB
from desk.reconcile.models import ReconciliationReport

CHUNK = 400
GAVE_UP_PART = -1
"""Part of the message that tells the owner that a person will look at theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldReceipt:
    """A receipt as an owner was told it."""

    message_id: UUID
    conversation_id: UUID
    number: str
    hub_id: str
    promised_on: str


async def take_snapshot(tx: Transaction) -> None:
    """See the database as it is at one moment, however many queries follow."""
    if not tx.is_sqlite:
        await tx.connection(execution_options={"isolation_level": "REPEATABLE READ"})


async def receipts(tx: Transaction) -> AsyncIterator[Sequence[ToldReceipt]]:
    """Every receipt that an owner was told, in portions."""
    last: UUID | None = None
    while True:
        columns = load_only(Message.conversation_id, Message.content)
        query = select(Message).options(columns).where(Message.card_kind == "receipt")
        if last is not None:
            query = query.where(Message.id > last)
        told = (await tx.scalars(query.order_by(Message.id).limit(CHUNK))).all()
        if not told:
            return
        yield [_receipt(each) for each in told]
        last = told[-1].id


def _receipt(message: Message) -> ToldReceipt:
    card = message.content["card"]
    return ToldReceipt(
        message_id=message.id,
        conversation_id=message.conversation_id,
        number=str(card.get("case_number")),
        hub_id=str(card.get("hub")),
        promised_on=str(card.get("promised_on")),
    )


async def cases_by_number(tx: Transaction, numbers: Sequence[str]) -> dict[str, Case]:
    """The cases with these receipt numbers; nothing that is sealed is read."""
    columns = load_only(Case.number, Case.conversation_id, Case.hub_id, Case.promised_on)
    found = await tx.scalars(select(Case).options(columns).where(Case.number.in_(numbers)))
    return {case.number: case for case in found}


async def kinds_of_events(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    """What kinds of events these cases have had."""
    query = select(CaseEvent.case_id, CaseEvent.kind).where(CaseEvent.case_id.in_(case_ids))
    kinds: dict[UUID, set[str]] = {}
    for case_id, kind in await tx.execute(query):
        kinds.setdefault(case_id, set()).add(kind)
    return kinds


async def list_unannounced(tx: Transaction, before: datetime) -> Sequence[UUID]:
    """Cases opened before that moment which were never announced."""
    announced = select(CaseEvent.id).where(
        CaseEvent.case_id == Case.id, CaseEvent.kind == EventKind.ANNOUNCED
    )
    query = select(Case.id).where(Case.created_at < before, ~announced.exists())
    return (await tx.scalars(query.order_by(Case.id))).all()


async def telling_events(
    tx: Transaction, since: datetime | None
) -> AsyncIterator[Sequence[CaseEvent]]:
    """Events that went to targets since that moment, in portions; each knows to how many."""
    last: UUID | None = None
    while True:
        query = select(CaseEvent).where(CaseEvent.kind.in_(TOLD_KINDS))
        if since is not None:
            query = query.where(CaseEvent.created_at >= since)
        if last is not None:
            query = query.where(CaseEvent.id > last)
        events = (await tx.scalars(query.order_by(CaseEvent.id).limit(CHUNK))).all()
        if not events:
            return
        yield events
        last = events[-1].id


async def count_deliveries(tx: Transaction, keys: Sequence[str]) -> dict[str, int]:
    """How many deliveries these events have."""
    query = (
        select(Delivery.event_key, func.count())
        .where(Delivery.event_key.in_(keys))
        .group_by(Delivery.event_key)
    )
    return {key: int(count) for key, count in await tx.execute(query)}


async def list_pending(tx: Transaction) -> Sequence[tuple[UUID, int]]:
    """Deliveries on their way, with their rounds."""
    query = select(Delivery.id, Delivery.rounds).where(Delivery.state == DeliveryState.PENDING)
    return [(row[0], row[1]) for row in await tx.execute(query.order_by(Delivery.id))]


async def live_job_keys(tx: Transaction, unique_keys: Sequence[str]) -> set[str]:
    """Those of the keys whose job is still to be done."""
    query = select(Job.unique_key).where(Job.unique_key.in_(unique_keys), Job.state.in_(UNFINISHED))
    return {str(key) for key in await tx.scalars(query)}


async def list_unproven(tx: Transaction) -> Sequence[UUID]:
    """Deliveries that count as sent without a moment or an answer."""
    query = select(Delivery.id).where(
        Delivery.state == DeliveryState.SENT,
        or_(Delivery.sent_at.is_(None), Delivery.proof == ""),
    )
    return (await tx.scalars(query.order_by(Delivery.id))).all()


async def list_dead_deliveries(tx: Transaction) -> Sequence[UUID]:
    """Deliveries that were given up."""
    query = select(Delivery.id).where(Delivery.state == DeliveryState.DEAD)
    return (await tx.scalars(query.order_by(Delivery.id))).all()


async def list_given_up(tx: Transaction) -> Sequence[UUID]:
    """Owners' messages of which they were told that a person looks at them."""
    query = select(Message.answers_id).where(
        Message.part == GAVE_UP_PART, Message.answers_id.is_not(None)
    )
    return [id_ for id_ in await tx.scalars(query.order_by(Message.id)) if id_]


async def list_given_up_without_case(tx: Transaction) -> Sequence[UUID]:
    """Those of these messages that no attention case was opened for."""
    ids = await list_given_up(tx)
    missing: list[UUID] = []
    for begin in range(0, len(ids), CHUNK):
        portion = ids[begin : begin + CHUNK]
        query = select(Case.turn_id).where(
            Case.kind == CaseKind.ATTENTION, Case.turn_id.in_([str(id_) for id_ in portion])
        )
        opened = {*(await tx.scalars(query))}
        missing += [id_ for id_ in portion if str(id_) not in opened]
    return missing


async def list_dead_jobs(tx: Transaction) -> Sequence[UUID]:
    """Jobs that were given up and that nothing else stands for.

    Those of deliveries count as dead deliveries; of an answer that was given up the
    owner was told, and it stands in the queue as a case of its own. Where a person has
    taken the conversation over, the message is before them.
    """
    query = select(Job.id, Job.kind, Job.payload).where(
        Job.state == JobState.DEAD, Job.kind != DELIVER_JOB
    )
    rows = (await tx.execute(query.order_by(Job.id))).all()
    told = {str(id_) for id_ in await list_given_up(tx)}
    dead = []
    for job_id, kind, payload in rows:
        is_answer = kind == ANSWER_JOB
        if is_answer and (payload["message_id"] in told or await _is_overtaken(tx, payload)):
            continue
        dead.append(job_id)
    return dead


async def _is_overtaken(tx: Transaction, payload: dict[str, Any]) -> bool:
    """Whether the conversation has had another holder since the answer was queued."""
    query = (
        select(Conversation.version)
        .join(Message, Message.conversation_id == Conversation.id)
        .where(Message.id == UUID(payload["message_id"]))
    )
    version = (await tx.execute(query)).scalar_one_or_none()
    return payload.get("version") is not None and payload["version"] != version


async def list_unanswered(
    tx: Transaction, *, moment: datetime, by_bot: datetime, by_staff: datetime
) -> Sequence[tuple[UUID, UUID]]:
    """Owners' messages that nobody answered, with their conversations.

    Args:
        tx: A reading transaction.
        moment: This moment; conversations that have ended by then are left out.
        by_bot: Written before that, in a conversation that the bot holds.
        by_staff: Written before that, in a conversation that a person holds.
    """
    answer, later = aliased(Message), aliased(Message)
    answered = select(answer.id).where(
        answer.answers_id == Message.id,
        or_(answer.author == Author.BOT, answer.part == GAVE_UP_PART),
    )
    answered_by_staff = select(later.id).where(
        later.conversation_id == Message.conversation_id,
        later.author == Author.STAFF,
        later.seq > Message.seq,
    )
    query = (
        select(Message.id, Message.conversation_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.author == Author.USER,
            # The button that leads back to the bot asks for no answer.
            or_(
                Message.payload.is_(None),
                ~Message.payload.startswith(BACK_TO_BOT, autoescape=True),
            ),
            Conversation.erased_at.is_(None),
            Conversation.expires_at > moment,
            or_(
                and_(Conversation.holder == Holder.BOT, Message.created_at < by_bot),
                and_(Conversation.holder != Holder.BOT, Message.created_at < by_staff),
            ),
            ~answered.exists(),
            ~answered_by_staff.exists(),
        )
        .order_by(Message.id)
    )
    return [(row[0], row[1]) for row in await tx.execute(query)]


async def count_rows(tx: Transaction) -> dict[str, int]:
    """How many rows there are to look at."""
    tables: dict[str, Any] = {
        "cases": Case,
        "deliveries": Delivery,
        "messages": Message,
        "jobs": Job,
    }
    counts = {}
    for name, table in tables.items():
        counts[name] = int((await tx.execute(select(func.count()).select_from(table))).scalar_one())
    return counts


async def add_report(tx: Transaction, values: dict[str, Any]) -> bool:
    """Write a report; False if this run has one."""
    insert = sqlite_insert if tx.is_sqlite else postgresql_insert
    statement = (
        insert(ReconciliationReport)
        .values(values)
        .on_conflict_do_nothing(index_elements=["run"])
        .returning(ReconciliationReport.id)
    )
    return (await tx.execute(statement)).scalar_one_or_none() is not None


async def list_reports(tx: Transaction, *, limit: int = 30) -> Sequence[ReconciliationReport]:
    """The latest reports, newest first."""
    query = select(ReconciliationReport).order_by(ReconciliationReport.id.desc()).limit(limit)
    return (await tx.scalars(query)).all()
