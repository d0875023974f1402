"""Shapes of the staff's JSON API of cases."""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from desk.cases.calendars import CalendarRules, Intake
from desk.cases.models import (
    Case,
    CaseEvent,
    CaseResult,
    CaseStatus,
    Priority,
    PriorityReason,
)
from desk.cases.notes import Mention
from desk.cases.transfers import ConsentWay, NewConsent
from desk.cases.work import MOST_LABELS

SAYS_SOMETHING = r"^[^\x00]*[^\s\x00][^\x00]*$"
"""Some sign that is no white space, and no null byte (PostgreSQL keeps none)."""
MAX_REASON = 1000
MAX_NOTE = 4000
MAX_LABEL = 24
Reason = Annotated[str, Field(max_length=MAX_REASON, pattern=SAYS_SOMETHING)]
Note = Annotated[str, Field(max_length=MAX_NOTE, pattern=SAYS_SOMETHING)]
HubId = Annotated[str, Field(max_length=32, pattern=r"^[a-z0-9_-]+$")]


def plain_label(text: str) -> str:
    """The label as it is kept: one width, no white space around."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def checked_label(text: str) -> str:
    """The label as it is kept.

    Raises:
        ValueError: In one width it is longer than a label may be.
    """
    label = plain_label(text)
    if len(label) > MAX_LABEL:
        raise ValueError(f"a label has at most {MAX_LABEL} characters")
    return label


Label = Annotated[
    str, Field(max_length=MAX_LABEL, pattern=SAYS_SOMETHING), AfterValidator(checked_label)
]


class Body(BaseModel):
    """A request's body; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class CaseSummary(BaseModel):
    """One case in a list."""

    id: UUID
    number: str
    kind: str
    hub_id: str
    status: str
    assignee_id: UUID | None
    version: int
    headline: str
    promised_on: date
    result: str | None
    hold_until: datetime | None
    priority: str
    priority_reasons: list[str]
    labels: list[str]
    escalated_to: str | None
    answered_at: datetime | None
    merged_into_id: UUID | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def fields_of(cls, case: Case, labels: Sequence[str]) -> dict[str, Any]:
        """The row's values by field."""
        own = {"priority", "priority_reasons", "labels"}
        values = {name: getattr(case, name) for name in CaseSummary.model_fields if name not in own}
        return values | {
            "priority": Priority(case.priority).name.lower(),
            "priority_reasons": list(case.priority_reasons),
            "labels": list(labels),
        }

    @classmethod
    def from_row(cls, case: Case, labels: Sequence[str]) -> "CaseSummary":
        """The row as lists show it."""
        return cls(**cls.fields_of(case, labels))


class CaseOut(CaseSummary):
    """One case with everything that was handed over."""

    conversation_id: UUID
    handoff_number: int
    snapshot: dict[str, Any]
    consent: dict[str, Any]
    contact: dict[str, Any]

    @classmethod
    def from_row(cls, case: Case, labels: Sequence[str]) -> "CaseOut":
        """The row with all its parts."""
        return cls(
            **cls.fields_of(case, labels),
            conversation_id=case.conversation_id,
            handoff_number=case.handoff_number,
            snapshot=case.snapshot,
            consent=case.consent,
            contact=case.contact,
        )


class CaseList(BaseModel):
    """One part of a list, the newest case first."""

    items: list[CaseSummary]
    next_cursor: str | None
    """Give it as `cursor` for the next part; null at the end."""


class Handed(BaseModel):
    """A case that has gone to another hub; what it holds is that hub's now."""

    id: UUID
    number: str
    hub_id: str
    status: str
    version: int

    @classmethod
    def from_row(cls, case: Case) -> "Handed":
        """What is told of the row."""
        return cls(**{name: getattr(case, name) for name in cls.model_fields})


class EventOut(BaseModel):
    """One entry of a case's log."""

    seq: int
    kind: str
    actor: str
    actor_id: UUID | None
    body: dict[str, Any]
    created_at: datetime

    @classmethod
    def from_row(cls, event: CaseEvent) -> "EventOut":
        """The row as the API shows it."""
        return cls(**{name: getattr(event, name) for name in cls.model_fields})


class EventList(BaseModel):
    """A case's log in order."""

    events: list[EventOut]


class NoteOut(BaseModel):
    """A note as it was kept."""

    event: EventOut
    mentioned: list[UUID]
    """Colleagues that it names; other names stay mere text."""


class MentionOut(BaseModel):
    """An unread note that names the person."""

    id: UUID
    case_id: UUID
    case_number: str
    note: EventOut
    created_at: datetime

    @classmethod
    def from_found(cls, found: Mention) -> "MentionOut":
        """The mention with its note."""
        return cls(
            id=found.mention.id,
            case_id=found.case.id,
            case_number=found.case.number,
            note=EventOut.from_row(found.event),
            created_at=found.mention.created_at,
        )


class MentionList(BaseModel):
    """The person's unread mentions, oldest first."""

    mentions: list[MentionOut]


class StatusBody(Body):
    """Another state, with its reason."""

    status: CaseStatus
    reason: Reason
    result: CaseResult | None = Field(default=None, description="For `closed`, and only for it.")
    hold_until: AwareDatetime | None = Field(
        default=None, description="For `snoozed`, and only for it: within two years."
    )


class AssignBody(Body):
    """Whom to make responsible."""

    assignee_id: UUID


class LabelsBody(Body):
    """All labels that the case has from now on; never names of people."""

    labels: list[Label] = Field(max_length=MOST_LABELS)


class PriorityBody(Body):
    """How much the case hurries, and why."""

    priority: Literal["normal", "high", "urgent"]
    reasons: list[PriorityReason] = Field(
        default=[], max_length=len(PriorityReason), description="None for `normal`, else some."
    )


class ContactBody(Body):
    """How the owner was spoken with or written to."""

    how: ConsentWay


class ConsentBody(Body):
    """What the owner has agreed to since the hand-off."""

    way: ConsentWay
    given_at: AwareDatetime
    text: Reason = Field(description="What was asked and answered.")
    bank_share: bool | None = None

    def consent(self) -> NewConsent:
        """As the case desk takes it."""
        return NewConsent(**self.model_dump())


class TransferBody(Body):
    """Where the case goes."""

    to_hub: HubId
    reason: Reason
    consent: ConsentBody | None = Field(
        default=None, description="Needed where the hand-off's consent does not name the hub."
    )


class MergeBody(Body):
    """The case in which the work goes on, and why the two are one."""

    into: UUID
    reason: Annotated[str, Field(max_length=MAX_REASON)] = ""


class ReopenBody(Body):
    """Why the case is taken up again."""

    reason: Reason


class NoteBody(Body):
    """An internal note for colleagues of the case's hub: those in `tell` and each `@login`."""

    text: Note
    tell: Annotated[list[UUID], Field(max_length=50)] = []


class CalendarOut(BaseModel):
    """A hub's hours."""

    hub_id: str
    version: int
    """0 while the hub has set none and the usual ones hold."""
    rules: CalendarRules


class IntakeBody(Body):
    """Whether the hub takes new cases."""

    paused_until: date | None = Field(
        default=None, description="The first day on which it takes cases again; within a year."
    )
    daily_limit: Annotated[int, Field(ge=1, le=1000)] | None = None


class IntakeOut(BaseModel):
    """Whether the hub takes new cases."""

    hub_id: str
    version: int
    paused_until: date | None
    daily_limit: int | None
    opened_today: int
    takes_cases: bool

    @classmethod
    def from_intake(cls, hub_id: str, intake: Intake, today: date) -> "IntakeOut":
        """As the API shows it."""
        return cls(
            hub_id=hub_id,
            version=intake.version,
            paused_until=intake.paused_until,
            daily_limit=intake.daily_limit,
            opened_today=intake.opened_today,
            takes_cases=intake.takes_cases(today),
        )
