"""One case as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from desk.attachments.repository import list_of_conversation as list_files
from desk.audit.service import Actor, record
from desk.auth.hubs import HubName
from desk.auth.models import StaffUser
from desk.auth.rights import visible_hub
from desk.cases.doubles import Double, find_doubles
from desk.cases.hubs import agreed_hubs
from desk.cases.lists import list_colleagues
from desk.cases.models import Case, CaseEvent, CaseKind, EventKind, Priority
from desk.cases.permissions import Deeds, deeds_for
from desk.cases.service import CaseService
from desk.chat.models import Message
from desk.chat.repository import list_whole
from desk.console import repository
from desk.console.company import mapping, unanswered_id
from desk.console.file_view import FileLine, file_lines
from desk.console.labels import label
from desk.console.queue import days_over
from desk.console.snapshot import Bubble, Snapshot, bubble, concern_words, read_snapshot
from desk.db import Database, Transaction

MOST_MESSAGES = 3000
"""A page holds no more; a conversation that long is read in its export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the case stands beside its state."""

    result: str | None
    hold_until: datetime | None
    priority: str
    priority_reasons: Sequence[str]
    labels: Sequence[str]
    is_answered: bool
    escalated_to: str | None
    merged_into: Case | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A hub that the case can be handed on to."""

    id: str
    name: str
    is_agreed: bool
    """The owner's consent names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One event in words."""

    seq: int
    kind: str
    who: str
    """Name of the staff member; empty for others."""
    actor: str
    whom: str
    """Names of whoever was made responsible or whom a note is for; else empty."""
    created_at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """Everything on the page."""

    id: UUID
    conversation_id: UUID
    number: str
    version: int
    status: str
    needs_attention: bool
    is_erased: bool
    hub: str
    headline: str
    created_at: datetime
    promised_on: date
    days_over: int
    assignee: str | None
    is_mine: bool
    snapshot: Snapshot
    consent: Mapping[str, Any]
    consented_at: datetime | None
    contact: Mapping[str, Any]
    transcript: Sequence[Bubble]
    is_cut: bool
    """There are more messages than the page shows."""
    files: Sequence[FileLine]
    """What the owner sent beside words."""
    log: Sequence[LogEntry]
    notes: Sequence[LogEntry]
    actions: Deeds
    standing: Standing
    targets: Sequence[Target]
    colleagues: Sequence[StaffUser]
    """Who can be made responsible; empty for who may not do that."""
    readers: Sequence[StaffUser]
    """For whom a note can be; empty for who may not write any."""
    doubles: Sequence[Double]
    """Cases of the hub that probably come from the same owner."""


async def read_case(
    database: Database,
    cases: CaseService,
    user: StaffUser,
    hubs: Mapping[str, HubName],
    *,
    case_id: UUID,
    today: date,
) -> CaseView:
    """The case with its log and transcript.

    Raises:
        CaseNotFoundError: It does not exist or is not the person's to see.
    """
    case = await cases.get_case(case_id, visible_hub(user))
    events = await cases.list_events(case_id, visible_hub(user))
    async with database.read() as tx:
        names = await repository.names_of(tx, _people(case, events))
        messages = await list_whole(tx, case.conversation_id, most=MOST_MESSAGES)
        standing = await _standing(tx, case, await cases.labels_of(case_id))
        actions = deeds_for(user, case)
        people = await list_colleagues(tx, case.hub_id) if actions.can_write else []
        doubles = await find_doubles(tx, case)
        files = file_lines(await list_files(tx, case.conversation_id))
    log = [_entry(event, names) for event in events]
    await _note_reading(database, user, case)
    hub, concerns = hubs.get(case.hub_id), concern_words(case)
    return CaseView(
        id=case.id,
        conversation_id=case.conversation_id,
        number=case.number,
        version=case.version,
        status=case.status,
        needs_attention=case.kind == CaseKind.ATTENTION,
        is_erased=any(event.kind == EventKind.ERASED for event in events),
        hub=hub.short_name if hub else case.hub_id,
        headline=case.headline or _unanswered(case, messages),
        created_at=case.created_at,
        promised_on=case.promised_on,
        days_over=days_over(case, today),
        assignee=names.get(case.assignee_id) if case.assignee_id else None,
        is_mine=case.assignee_id == user.id,
        snapshot=read_snapshot(case),
        consent=mapping(case.consent),
        consented_at=_moment(mapping(case.consent).get("consented_at")),
        contact=mapping(case.contact),
        transcript=[bubble(message, concerns) for message in messages[:MOST_MESSAGES]],
        is_cut=len(messages) > MOST_MESSAGES,
        files=files,
        log=log,
        notes=[entry for entry in log if entry.kind == EventKind.NOTED],
        actions=actions,
        standing=standing,
        targets=_targets(case, hubs),
        colleagues=[each for each in people if actions.can_assign and each.id != case.assignee_id],
        readers=[each for each in people if each.id != user.id],
        doubles=doubles,
    )


def _people(case: Case, events: Sequence[CaseEvent]) -> Sequence[UUID]:
    """Everybody whose name stands on the page."""
    ids = {event.actor_id for event in events} | {case.assignee_id}
    ids |= {person for event in events for person in _whom(event)}
    return [staff_id for staff_id in ids if staff_id]


def _unanswered(case: Case, messages: Sequence[Message]) -> str:
    """What the owner said that the bot could not answer."""
    message_id = unanswered_id(case)
    return next((message.text for message in messages if message.id == message_id), "")


async def _standing(tx: Transaction, case: Case, labels: Sequence[str]) -> Standing:
    into = await tx.get(Case, case.merged_into_id) if case.merged_into_id else None
    return Standing(
        result=case.result,
        hold_until=case.hold_until,
        priority=Priority(case.priority).name.lower(),
        priority_reasons=case.priority_reasons,
        labels=labels,
        is_answered=case.answered_at is not None,
        escalated_to=case.escalated_to,
        merged_into=into,
    )


def _targets(case: Case, hubs: Mapping[str, HubName]) -> Sequence[Target]:
    agreed = agreed_hubs(case)
    return [
        Target(id=hub.id, name=hub.short_name, is_agreed=hub.id in agreed)
        for hub in hubs.values()
        if hub.id != case.hub_id
    ]


async def _note_reading(database: Database, user: StaffUser, case: Case) -> None:
    """Write down who sees the case and the conversation behind it, before it is shown."""
    seen = (
        ("case_viewed", f"case:{case.id}"),
        ("conversation_read", f"conversation:{case.conversation_id}"),
    )
    async with database.write() as tx:
        for action, subject in seen:
            record(
                tx,
                action=action,
                actor=Actor.STAFF,
                actor_id=user.id,
                subject=subject,
                details={"case_id": case.id},
            )


def _moment(written: object) -> datetime | None:
    """The moment in ISO form, if it says its zone."""
    try:
        moment = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _whom(event: CaseEvent) -> Sequence[UUID]:
    if event.kind == EventKind.ASSIGNED:
        return [UUID(event.body["to"])]
    if event.kind == EventKind.NOTED:
        return [UUID(person) for person in event.body.get("mentions", ())]
    return []


def _entry(event: CaseEvent, names: Mapping[UUID, str]) -> LogEntry:
    return LogEntry(
        seq=event.seq,
        kind=event.kind,
        who=names.get(event.actor_id, "") if event.actor_id else "",
        actor=event.actor,
        whom=label("dates", "between").join(names.get(each, "") for each in _whom(event)),
        created_at=event.created_at,
        body=mapping(event.body),
    )
