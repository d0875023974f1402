"""What a consultation wants said, shown and done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisor.consultation.state import Consultation


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button under a message."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A sentence: a response of the domain (`utter_<response>`), or a text of knowledge."""

    response: str | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    buttons: Sequence[Button] = ()
    facts: tuple[str, ...] = ()
    """Ids of the facts that are told (see ``advisor.told``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionOut:
    """A question with its choices, as the API shows it (design section 6)."""

    text: str
    id: str
    kind: str
    key: str
    choices: Sequence[Mapping[str, Any]]
    """Items `{title, payload, value}`."""
    correction: str | None = None
    """Payload of the button that asks this question again; None: its answer is not put right."""
    left: int | None = None
    """About how many questions are still to come, this one counted; None where it is unclear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOut:
    """A card, as the API shows it (design section 6), under a short text."""

    response: str | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    card: Mapping[str, Any]
    buttons: Sequence[Button] = ()
    facts: tuple[str, ...] = ()
    """Ids of the facts that are told (see ``advisor.told``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """Open a case with the state as it stands; then call `after_receipt`."""

    hub_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCase:
    """Look up the cases of this conversation; then tell the owner."""

    case_number: str | None


Effect = OpenCase | CheckCase
Utterance = Say | QuestionOut | CardOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The result of one turn."""

    state: Consultation
    utterances: tuple[Utterance, ...] = ()
    effect: Effect | None = None

    def then(self, other: "Reply") -> "Reply":
        """This reply followed by another one, whose state and effect hold."""
        return Reply(
            state=other.state,
            utterances=self.utterances + other.utterances,
            effect=other.effect or self.effect,
        )
