"""What a consultation remembers, and what it hears in one turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from advisor.retrieval.passages import Passage
from advisor.situation import FactValue, Situation


class Phase(StrEnum):
    """How far the consultation has come."""

    OPEN = "open"
    ASKING = "asking"
    ADVISED = "advised"
    HANDOFF = "handoff"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message of the owner, as it was understood."""

    text: str
    intent: str
    confidence: float = 1.0
    entities: Sequence[Mapping[str, Any]] = ()
    """Items `{entity, value, …}` with the ids of the labels contract."""
    is_button: bool = False
    find_passage: Callable[[], Passage | None] = lambda: None
    """Looks for the published passage that surely answers the text."""
    without_intake: frozenset[str] = frozenset()
    """Hubs that take no more cases today."""

    @property
    def passage(self) -> Passage | None:
        """The passage that was found; looked for only where it is asked for."""
        return self.find_passage()

    def all_of(self, entity: str) -> list[Any]:
        """Values of every entity of this kind, in order."""
        return [e["value"] for e in self.entities if e.get("entity") == entity]

    def first(self, entity: str) -> Any:
        """Value of the first entity of this kind, or None."""
        return next(iter(self.all_of(entity)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """The state of one consultation; immutable, JSON-able."""

    situation: Situation = field(default_factory=Situation)
    phase: Phase = Phase.OPEN
    pending: str | None = None
    """Id of the question that waits for an answer."""
    history: tuple[str, ...] = ()
    """Ids of the answered questions in order, for going back."""
    is_full_profile: bool = False
    misses: int = 0
    """Messages in a row that were not understood."""
    candidates: tuple[str, ...] = ()
    """Municipalities to choose from, when the place was ambiguous."""
    topic: str | None = None
    """Program that was spoken of last."""
    shown: tuple[str, ...] = ()
    """Programs of the last recommendation, in order."""
    handoff_number: int = 1
    answers: Mapping[str, FactValue] = field(default_factory=dict)
    """Consents and contact data of the hand-off under way."""
    has_declined: bool = False
    """The owner does not want the talk handed on; not asked again."""
    has_labor_trouble: bool = False
    is_hurried: bool = False
    """The owner has little time: fewer questions."""
    abuses: int = 0
    """Messages that only insulted."""
    without_intake: tuple[str, ...] = ()
    """Hubs that took no cases when the owner was asked about sharing."""

    def having(self, **changes: Any) -> "Consultation":
        """The state with these fields changed."""
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """JSON-able form; `from_json` reads it back."""
        return {
            "situation": self.situation.to_json(),
            "phase": self.phase.value,
            "pending": self.pending,
            "history": list(self.history),
            "is_full_profile": self.is_full_profile,
            "misses": self.misses,
            "candidates": list(self.candidates),
            "topic": self.topic,
            "shown": list(self.shown),
            "handoff_number": self.handoff_number,
            "answers": dict(self.answers),
            "has_declined": self.has_declined,
            "has_labor_trouble": self.has_labor_trouble,
            "is_hurried": self.is_hurried,
            "abuses": self.abuses,
            "without_intake": list(self.without_intake),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> "Consultation":
        """The state that `to_json` wrote; a new one for None."""
        if not data:
            return cls()
        return cls(
            **{
                **data,
                "situation": Situation.from_json(data["situation"]),
                "phase": Phase(data["phase"]),
                "history": tuple(data["history"]),
                "candidates": tuple(data["candidates"]),
                "shown": tuple(data["shown"]),
                "without_intake": tuple(data.get("without_intake", ())),
            }
        )
