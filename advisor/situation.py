"""What is known about one company so far: immutable, and stored as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from advisor.errors import SituationError
from advisor.logic import FactValue

__all__ = ["FactValue", "Situation", "Statement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A concern that the owner stated, with the owner's words."""

    concern: str
    quote: str


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


def _without(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Facts, answers and statements of one company; an absent key is unknown, not no.

    Shapes: ``facts`` by fact key; ``levels`` by maturity question id, 0 to 4; ``unknown`` holds
    fact keys and question ids that the owner could not answer; ``quotes`` by fact key or
    question id.
    """

    facts: Mapping[str, FactValue] = field(default_factory=_empty)
    levels: Mapping[str, int] = field(default_factory=_empty)
    unknown: frozenset[str] = frozenset()
    concerns: tuple[Statement, ...] = ()
    quotes: Mapping[str, str] = field(default_factory=_empty)

    def __post_init__(self) -> None:
        """Copy the mappings so that nobody can change them afterwards."""
        for name in ("facts", "levels", "quotes"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def _quoted(self, key: str, quote: str) -> dict[str, str]:
        quotes = _without(self.quotes, key)
        return {**quotes, key: quote} if quote else quotes

    def with_fact(self, key: str, value: FactValue, quote: str = "") -> "Situation":
        """Give the situation with a fact set, replacing an earlier value."""
        return replace(
            self,
            facts={**self.facts, key: value},
            unknown=self.unknown - {key},
            quotes=self._quoted(key, quote),
        )

    def with_level(self, question_id: str, level: int, quote: str = "") -> "Situation":
        """Give the situation with a maturity question answered, level 0 to 4.

        Raises:
            SituationError: The level is not 0 to 4.
        """
        if not 0 <= level <= 4:
            raise SituationError(f"level of {question_id} must be 0 to 4, found {level}")
        return replace(
            self,
            levels={**self.levels, question_id: level},
            unknown=self.unknown - {question_id},
            quotes=self._quoted(question_id, quote),
        )

    def with_unknown(self, key: str) -> "Situation":
        """Give the situation after the owner answered that they do not know."""
        return replace(
            self,
            facts=_without(self.facts, key),
            levels=_without(self.levels, key),
            unknown=self.unknown | {key},
            quotes=_without(self.quotes, key),
        )

    def with_concern(self, concern: str, quote: str = "") -> "Situation":
        """Give the situation with a concern stated; the first words said stay."""
        for index, statement in enumerate(self.concerns):
            if statement.concern == concern:
                if statement.quote or not quote:
                    return self
                worded = Statement(concern=concern, quote=quote)
                rest = self.concerns[index + 1 :]
                return replace(self, concerns=(*self.concerns[:index], worded, *rest))
        added = Statement(concern=concern, quote=quote)
        return replace(self, concerns=(*self.concerns, added))

    def without(self, key: str) -> "Situation":
        """Give the situation with an answer, fact or concern taken back."""
        return replace(
            self,
            facts=_without(self.facts, key),
            levels=_without(self.levels, key),
            unknown=self.unknown - {key},
            concerns=tuple(item for item in self.concerns if item.concern != key),
            quotes=_without(self.quotes, key),
        )

    def knows(self, key: str) -> bool:
        """Tell whether a fact or question was answered, be it by not knowing."""
        return key in self.facts or key in self.levels or key in self.unknown

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object that ``from_json`` reads back."""
        return {
            "facts": dict(self.facts),
            "levels": dict(self.levels),
            "unknown": sorted(self.unknown),
            "concerns": [{"concern": s.concern, "quote": s.quote} for s in self.concerns],
            "quotes": dict(self.quotes),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Situation":
        """Read what ``to_json`` gave.

        Raises:
            SituationError: The object has another shape.
        """
        try:
            return cls(
                facts=dict(data.get("facts", {})),
                levels={key: int(value) for key, value in dict(data.get("levels", {})).items()},
                unknown=frozenset(data.get("unknown", ())),
                concerns=tuple(
                    Statement(concern=item["concern"], quote=item.get("quote", ""))
                    for item in data.get("concerns", ())
                ),
                quotes=dict(data.get("quotes", {})),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise SituationError(f"not a stored situation: {exc!r}") from exc
