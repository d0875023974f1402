"""Nouns of the knowledge base: what the YAML files under ``knowledge/`` say, typed."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from advisor.logic import Condition, FactValue


class Level(StrEnum):
    """Evidence level of a source."""

    A = "A"
    """Primary page or text seen."""
    B = "B"
    """Secondary page seen: told only as unconfirmed, and without amounts."""
    C = "C"
    """Background knowledge, unverified."""


class Precision(StrEnum):
    """How exactly the date of a source is known."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"


class Status(StrEnum):
    """State of a program on a date."""

    OPEN = "open"
    ENDED = "ended"
    UNVERIFIED = "unverified"
    NOT_YET = "not_yet"


class Side(StrEnum):
    """For whom a program is; only ``company`` is offered to owners."""

    COMPANY = "company"
    INDIVIDUAL = "individual"
    HUB_OPERATOR = "hub_operator"


class ProgramKind(StrEnum):
    """What kind of help a program is."""

    MEETING = "meeting"
    SECONDMENT = "secondment"
    SEMINAR = "seminar"
    WORKSHOP = "workshop"
    FAIR = "fair"
    TRAINING = "training"
    SUBSIDY = "subsidy"
    COURSE = "course"
    ACCOMPANIMENT = "accompaniment"
    COUNSEL = "counsel"


class QuestionKind(StrEnum):
    """Why a question is asked."""

    MATURITY = "maturity"
    FACT = "fact"
    CONSENT = "consent"
    CONTACT = "contact"
    CONFIRM = "confirm"


class AnswerType(StrEnum):
    """What kind of value answers a question."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    TEXT = "text"
    PLACE = "place"
    PREFECTURE = "prefecture"
    CHOICE = "choice"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"


class Unit(StrEnum):
    """Unit of a parameter."""

    YEN = "yen"
    SHARE = "share"


class Tax(StrEnum):
    """Whether the published caps and costs exclude consumption tax."""

    EXCLUDED = "excluded"
    UNSTATED = "unstated"


class MemberKind(StrEnum):
    """Kind of a member of a hub."""

    MUNICIPALITY = "municipality"
    CHAMBER = "chamber"
    BANK = "bank"
    COMPANY = "company"
    NPO = "npo"
    UNIVERSITY = "university"
    PUBLIC = "public"
    FOUNDATION = "foundation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Document that a fact was taken from."""

    id: str
    title: str
    publisher: str
    url: str | None
    date: dt.date
    precision: Precision
    checked_on: dt.date
    verify_by: dt.date
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRef:
    """What an owner is shown of a source."""

    id: str
    title: str
    url: str | None
    date: dt.date
    precision: Precision
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to ask."""

    id: str
    name: str
    url: str | None
    phone: str | None
    note: str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One of the eight points of view of the model."""

    id: str
    name: str
    plain_name: str
    definition: str
    why: str
    weak_text: str
    strong_text: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A people problem that owners state."""

    id: str
    means: str
    heard: str
    dimensions: Mapping[str, int]
    """Level (0 to 4) that the statement suggests, by dimension."""
    fit_reason: str
    implies: Mapping[str, FactValue]
    """Facts that the statement itself says, so that they are not asked."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One offered answer."""

    value: FactValue
    title: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing to ask the owner."""

    id: str
    """``F4.future_talk`` for maturity, else the fact key."""
    key: str
    """The dimension for maturity, else the fact key."""
    kind: QuestionKind
    type: AnswerType
    text: str
    choices: tuple[Choice, ...]
    decides: bool

    @property
    def is_maturity(self) -> bool:
        """Tell whether the answer is a level of a dimension."""
        return self.kind is QuestionKind.MATURITY


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One condition of a program; all criteria of a program must hold."""

    id: str
    text: str
    condition: Condition
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Status of a program from a day on."""

    since: dt.date
    status: Status
    verify_by: dt.date | None
    note: str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One of several rates between which an applicant chooses."""

    id: str
    title: str
    share: str
    cap_per_project: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountRule:
    """How the amount of a program is computed; names are parameter ids."""

    share: str | None
    cap_per_person: str | None
    cap_per_company: str | None
    cap_per_project: str | None
    frames: Mapping[str, Frame]
    cost_items: tuple[str, ...]
    tax: Tax

    def parameter_ids(self) -> tuple[str, ...]:
        """List every parameter that the rule names."""
        frames = [name for f in self.frames.values() for name in (f.share, f.cap_per_project)]
        caps = (self.cap_per_person, self.cap_per_company, self.cap_per_project)
        return tuple(name for name in (self.share, *caps, *frames) if name is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AspectText:
    """Published answer about one aspect, or whom to ask when nothing is published."""

    text: str | None
    source: str | None
    ask: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """How strongly a program serves a need, in hundredths."""

    concerns: Mapping[str, int]
    dimensions: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A support measure."""

    id: str
    name: str
    plain_name: str
    side: Side
    kind: ProgramKind
    no_application: bool
    summary: str
    needs: Needs
    criteria: tuple[Criterion, ...]
    states: tuple[State, ...]
    amount: AmountRule | None
    steps: tuple[str, ...]
    first_step: str
    contact: str
    documents: tuple[str, ...]
    cautions: tuple[str, ...]
    exclusions: tuple[str, ...]
    prerequisites: tuple[str, ...]
    successors: tuple[str, ...]
    gaps: tuple[str, ...]
    answers: Mapping[str, AspectText]
    sources: tuple[str, ...]
    reviewed_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterValue:
    """Value of a parameter from a day on, up to and including ``until`` if given."""

    since: dt.date
    until: dt.date | None
    value: Fraction
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A published number with its history."""

    id: str
    description: str
    unit: Unit
    values: tuple[ParameterValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An organisation that belongs to a hub."""

    name: str
    kind: MemberKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A regional desk, or the bureau."""

    id: str
    name: str
    short_name: str
    municipality: str | None
    prefecture: str | None
    secretariat: str
    members: tuple[Member, ...]
    activities: tuple[str, ...]
    functions: tuple[str, ...]
    status: Status
    status_note: str
    sources: tuple[str, ...]
    reviewed_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Answer to a question that is not about a program."""

    id: str
    title: str
    text: str
    source: str | None
