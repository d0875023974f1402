"""Tables of the cases: an append-only list of events and the state it makes."""

from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DDL,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    event,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, new_id, now
from desk.vault.lookups import LookupKind
from desk.vault.models import Part
from desk.vault.searching import SearchableRow, Searched
from desk.vault.types import EncryptedJson, EncryptedText, LookupHash


class CaseKind(StrEnum):
    """Why a case exists."""

    CONSULTATION = "consultation"
    """An owner consented to hand the talk to the hub."""
    ATTENTION = "attention"
    """The bot could not answer; staff must look."""


class CaseStatus(StrEnum):
    """Where a case stands (受付, 対応中, 回答待ち, 保留, 完了, 移管)."""

    RECEIVED = "received"
    WORKING = "working"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    """On hold until a moment, at which it wakes by itself."""
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    """Handed on to another hub, where nobody has claimed it yet."""


OPEN_STATUSES = tuple(status for status in CaseStatus if status is not CaseStatus.CLOSED)
UNCLAIMED_STATUSES = frozenset({CaseStatus.RECEIVED, CaseStatus.TRANSFERRED})


class CaseResult(StrEnum):
    """How a case ended."""

    ADVISED = "advised"
    APPLIED = "applied"
    MATCHED = "matched"
    REFERRED = "referred"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    OTHER = "other"


class Priority(IntEnum):
    """How much a case hurries; kept as its number, so that lists can be sorted by it."""

    NORMAL = 0
    HIGH = 1
    URGENT = 2


class PriorityReason(StrEnum):
    """Why a case hurries."""

    PROMISE_SOON = "promise_soon"
    PROMISE_PASSED = "promise_passed"
    OWNER_WAITING = "owner_waiting"
    """The owner has written again and nobody has answered."""
    LABOUR_MATTER = "labour_matter"
    PROGRAM_DEADLINE = "program_deadline"
    STAFF_JUDGEMENT = "staff_judgement"


class Step(StrEnum):
    """Who is told that a promise is in danger, in this order."""

    HUB = "hub"
    LEAD = "lead"
    BUREAU = "bureau"


class EventKind(StrEnum):
    """What happened to a case."""

    OPENED = "opened"
    ANNOUNCED = "announced"
    CLAIMED = "claimed"
    RELEASED = "released"
    ASSIGNED = "assigned"
    NOTED = "noted"
    STATUS_CHANGED = "status_changed"
    WOKEN = "woken"
    CONTACTED = "contacted"
    ESCALATED = "escalated"
    OWNER_TOLD = "owner_told"
    LABELLED = "labelled"
    PRIORITISED = "prioritised"
    CONSENT_RECORDED = "consent_recorded"
    TRANSFERRED = "transferred"
    MERGED = "merged"
    TOOK_IN = "took_in"
    SPLIT_OFF = "split_off"
    CLOSED = "closed"
    REOPENED = "reopened"
    ERASED = "erased"
    TALK_TAKEN = "talk_taken"
    """A person has taken the conversation."""
    TALK_RETURNED = "talk_returned"
    """The conversation went back to the bot."""
    TALK_UNANSWERED = "talk_unanswered"
    """The owner was told that the person has not answered."""
    FILE_ARRIVED = "file_arrived"
    """The owner sent a picture or file where only words are read."""


class Case(SearchableRow, Base):
    """What a hub works on.

    What the events decide (status, assignee, hub and so on) is written together with
    the event that changes it and can be derived again: see `desk.cases.fold`.
    """

    __tablename__ = "case"
    __table_args__ = (
        UniqueConstraint("conversation_id", "handoff_number"),
        Index("ix_case_queue", "hub_id", "status", "promised_on", "id"),
        Index("ix_case_all_queue", "status", "promised_on", "id"),
        Index("ix_case_assignee", "assignee_id", "status"),
        Index("ix_case_hub", "hub_id", "id"),
        Index("ix_case_created_at", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    kind: Mapped[str] = mapped_column(String(16), default=CaseKind.CONSULTATION)
    hub_id: Mapped[str] = mapped_column(String(32))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), index=True)
    handoff_number: Mapped[int]
    """Counts the hand-offs of one conversation; makes opening idempotent."""
    turn_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16), default=CaseStatus.RECEIVED)
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_user.id"))
    version: Mapped[int] = mapped_column(default=1)
    headline: Mapped[str] = mapped_column(EncryptedText("case.headline"))
    """The owner's own words, shortened, for the queue."""
    snapshot: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("case.snapshot"))
    """Situation, diagnosis, recommendations and versions of the facts used."""
    consent: Mapped[dict[str, Any]]
    """What the owner agreed to send, to whom, when; `hubs` are the ids of the hubs."""
    contact: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("case.contact"))
    contact_phone_hash: Mapped[str | None] = mapped_column(
        LookupHash("contact", "phone", kind=LookupKind.PHONE), index=True
    )
    contact_email_hash: Mapped[str | None] = mapped_column(
        LookupHash("contact", "email", kind=LookupKind.EMAIL), index=True
    )
    promised_on: Mapped[date]
    result: Mapped[str | None] = mapped_column(String(16))
    hold_until: Mapped[datetime | None]
    priority: Mapped[int] = mapped_column(default=Priority.NORMAL, server_default="0")
    priority_reasons: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    merged_into_id: Mapped[UUID | None]
    """The case in which the work on this double goes on."""
    answered_at: Mapped[datetime | None]
    """When the promised answer was given; None while it is owed."""
    escalated_to: Mapped[str | None] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    SEARCHED_COLUMNS = frozenset({"number", "headline", "contact"})

    def searched(self) -> Searched | None:
        """See `SearchableRow`."""
        return Searched(
            part=Part.CASE,
            texts=list(self.found_by().values()),
            conversation_id=self.conversation_id,
            case_id=self.id,
        )

    def found_by(self) -> dict[str, str]:
        """What a search finds the case itself by: receipt number, headline, company."""
        company = (self.contact or {}).get("company_name")
        texts = {"number": self.number, "headline": self.headline or ""}
        return {**texts, "company": company if isinstance(company, str) else ""}


class CaseEvent(SearchableRow, Base):
    """One entry of a case's log; never changed, never removed."""

    __tablename__ = "case_event"
    __table_args__ = (UniqueConstraint("case_id", "seq"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    actor: Mapped[str] = mapped_column(String(16))
    """owner, bot, staff or system."""
    actor_id: Mapped[UUID | None]
    body: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("case_event.body"), default=dict)
    """Notes and reasons of staff, and what else belongs to the event."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    SEARCHED_COLUMNS = frozenset({"body"})

    def searched(self) -> Searched | None:
        """See `SearchableRow`."""
        talk = select(Case.conversation_id).where(Case.id == self.case_id).scalar_subquery()
        return Searched(
            part=Part.NOTE, texts=self.words(), conversation_id=talk, case_id=self.case_id
        )

    def words(self) -> list[str]:
        """What staff wrote: a note, a reason, the words of a consent."""
        found = ((self.body or {}).get(key) for key in ("text", "reason"))
        return [text for text in found if isinstance(text, str) and text]


class CaseCounter(Base):
    """Last serial number given out per hub and month."""

    __tablename__ = "case_counter"

    prefix: Mapped[str] = mapped_column(String(16), primary_key=True)
    last: Mapped[int]


class CaseCount(Base):
    """A line of the ledger of cases by hub and status (see `desk.cases.counts`)."""

    __tablename__ = "case_count"
    __table_args__ = (
        Index("ix_case_count_place", "hub_id", "status", "number"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    hub_id: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(16))
    number: Mapped[int]
    """So many cases more, or fewer below 0."""


class CaseLabel(Base):
    """One label of a case; which ones it has is what its last `labelled` event says."""

    __tablename__ = "case_label"
    __table_args__ = (Index("ix_case_label_label", "label", "case_id"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    label: Mapped[str] = mapped_column(String(24), primary_key=True)


class CaseMention(Base):
    """A colleague named in a note, until they have read it."""

    __tablename__ = "case_mention"
    __table_args__ = (
        UniqueConstraint("event_id", "user_id"),
        Index("ix_case_mention_unread", "user_id", "read_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    event_id: Mapped[UUID] = mapped_column(ForeignKey("case_event.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("staff_user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]


class HubCalendar(Base):
    """When a hub is open, where that differs from public offices."""

    __tablename__ = "hub_calendar"

    hub_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    rules: Mapped[dict[str, Any]]
    """See `desk.cases.calendars.CalendarRules`."""
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class HubIntake(Base):
    """Whether a hub takes new cases, where that is limited."""

    __tablename__ = "hub_intake"

    hub_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    paused_until: Mapped[date | None]
    """The first day (JST) on which the hub takes cases again."""
    daily_limit: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class HubIntakeDay(Base):
    """How many cases a hub was given on one day (JST)."""

    __tablename__ = "hub_intake_day"

    hub_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    opened: Mapped[int]


_COUNT = "INSERT INTO case_count(hub_id, status, number) VALUES ({0}.hub_id, {0}.status, {1});"
_COMES, _GOES = _COUNT.format("new", 1), _COUNT.format("old", -1)
_MOVES = "OLD.hub_id <> NEW.hub_id OR OLD.status <> NEW.status"
TRIGGERS = {
    "sqlite": (
        f'CREATE TRIGGER case_count_opened AFTER INSERT ON "case" BEGIN {_COMES} END',
        f'CREATE TRIGGER case_count_deleted AFTER DELETE ON "case" BEGIN {_GOES} END',
        f"""CREATE TRIGGER case_count_moved AFTER UPDATE OF hub_id, status ON "case"
            WHEN {_MOVES} BEGIN {_GOES} {_COMES} END""",
    ),
    "postgresql": (
        f"""CREATE OR REPLACE FUNCTION count_case() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP = 'INSERT' THEN {_COMES}
            ELSIF TG_OP = 'DELETE' THEN {_GOES}
            ELSIF {_MOVES} THEN {_GOES} {_COMES}
            END IF;
            RETURN NULL; END $$""",
        """CREATE TRIGGER case_count_changed AFTER INSERT OR DELETE OR UPDATE OF hub_id, status
           ON "case" FOR EACH ROW EXECUTE FUNCTION count_case()""",
    ),
}
"""What writes the ledger of cases; the migration has its own copy, as every one has."""

CaseCount.__table__.add_is_dependent_on(Case.__table__)  # type: ignore[attr-defined]
for _dialect, _statements in TRIGGERS.items():
    for _statement in _statements:
        event.listen(
            CaseCount.__table__,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )
