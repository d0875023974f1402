"""Choices and buttons as actions and quick replies of LINE."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from desk.line.messages import limits, measure

PAYLOAD_MARK: Final = "p:"
"""Before the payload of a button of the chat, in the `data` of a postback."""
BULLET: Final = "\u30fb"
UNKNOWN: Final = "unknown"
"""Value of the choice for "I do not know" (``advisor.consultation.questions``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that the owner can press."""

    title: str
    payload: str | None = None
    is_kept: bool = False
    """Not dropped where there is no room for all: "I do not know"."""

    @property
    def is_whole(self) -> bool:
        """Whether its label shows the whole title."""
        return len(self.title) <= limits.MOST_LABEL


def read_choices(found: Iterable[Mapping[str, Any]]) -> list[Choice]:
    """Choices of a question or quick replies, `{title, payload, value?}`; those without words go."""
    return [
        Choice(
            title=tidy(each.get("title")),
            payload=each.get("payload") or None,
            is_kept=each.get("value") == UNKNOWN,
        )
        for each in found
        if tidy(each.get("title"))
    ]


def tidy(words: object) -> str:
    """Words without null characters and blanks around."""
    return "" if words is None else str(words).replace("\0", "").strip()


def action_of(choice: Choice) -> dict[str, Any]:
    """The action of a choice: a postback with its payload, which is never cut.

    Where the payload is too long, or there is none, the owner says the title instead.
    """
    label = measure.cut_label(" ".join(choice.title.split()), limits.MOST_LABEL)
    said = measure.cut_label(choice.title, limits.MOST_ACTION_TEXT)
    data = f"{PAYLOAD_MARK}{choice.payload or ''}"
    is_usable = "\0" not in data and measure.utf16_units(data) <= limits.MOST_DATA
    if choice.payload is None or not is_usable:
        return {"type": "message", "label": label, "text": said}
    return {"type": "postback", "label": label, "data": data, "displayText": said}


def quick_reply(choices: Sequence[Choice]) -> dict[str, Any] | None:
    """The choices as quick replies, at most 13, in order; None without any."""
    shown = fitting(choices)
    items = [{"type": "action", "action": action_of(choice)} for choice in shown]
    return {"items": items} if items else None


def fitting(choices: Sequence[Choice]) -> list[Choice]:
    """Those for which there is room: all that are kept, and of the others the first ones."""
    room = limits.MOST_QUICK_REPLIES
    kept = [choice for choice in choices if choice.is_kept][:room]
    others = [choice for choice in choices if not choice.is_kept][: room - len(kept)]
    return [choice for choice in choices if choice in kept or choice in others]


def distinct(choices: Iterable[Choice]) -> list[Choice]:
    """Each choice once: the first one of those that do or say the same."""
    found: dict[str, Choice] = {}
    for choice in choices:
        found.setdefault(choice.payload or choice.title, choice)
    return list(found.values())


def listed(choices: Iterable[Choice]) -> str:
    """The titles, one a line."""
    return "\n".join(f"{BULLET}{choice.title}" for choice in choices)
