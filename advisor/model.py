"""Nouns of the knowledge base: what the YAML files under ``knowledge/`` say, typed."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from advisor.kinds import (
    AnswerType,
    Level,
    MemberKind,
    Precision,
    ProgramKind,
    QuestionKind,
    Side,
    Status,
    Tax,
    Unit,
)
from advisor.logic import Condition, FactValue

__all__ = [
    "AmountRule",
    "AnswerType",
    "AspectText",
    "Choice",
    "Concern",
    "Contact",
    "Criterion",
    "Dimension",
    "Frame",
    "Hub",
    "Keeper",
    "Level",
    "Member",
    "MemberKind",
    "Needs",
    "Parameter",
    "ParameterValue",
    "Party",
    "Precision",
    "Prerequisite",
    "Program",
    "ProgramKind",
    "Question",
    "QuestionKind",
    "Shift",
    "Side",
    "Source",
    "SourceRef",
    "Sourced",
    "State",
    "Status",
    "Tax",
    "Topic",
    "Unit",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Who checks a group of facts again when their time is up."""

    id: str
    name: str


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
    keeper: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """A text with the source that it rests on."""

    text: str
    source: str


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
    """Why it matters for a small company, with what surveys found."""
    why_source: str
    weak_text: str
    strong_text: str
    levels: tuple[str, ...]
    """What an owner sees in the company at level 0, 1, 2, 3 and 4."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A change of the working world that explains why dimensions matter."""

    id: str
    before: str
    after: str
    plain: str
    dimensions: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A people problem that owners state."""

    id: str
    means: str
    heard: str
    finding: str
    """What the statement shows, in the place of the dimension's general words."""
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
    stated: "Stated | None" = None
    """How owners say it unasked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """Words that say a fact before it is asked: one of each group, in this order."""

    heard: str
    """What was heard, as it is said back."""
    groups: tuple[tuple[str, ...], ...]


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
class Party:
    """Who takes part in a program, and what it does there."""

    name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prerequisite:
    """What must be done before a program can begin, counted back from what it precedes."""

    id: str
    text: str
    before: str
    """``start``, or the id of another prerequisite of the program."""
    opens_months_before: int | None
    """Not earlier than this many months before; None when nothing is published."""
    due_months_before: int
    due_days_before: int
    source: str


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
    parties: tuple[Party, ...]
    steps: tuple[Sourced, ...]
    first_step: str
    contact: str
    documents: tuple[str, ...]
    cautions: tuple[Sourced, ...]
    exclusions: tuple[Criterion, ...]
    """Conditions that rule a company out; not knowing one does not."""
    prerequisites: tuple[Prerequisite, ...]
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
    theme: Sourced | None
    """What this area worked on above all, if published."""
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
