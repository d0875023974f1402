"""How long, how many, how large: what LINE takes, in the units in which it counts."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import regex

from tests.line.fake.errors import Problem

Json = Mapping[str, Any]


class Unit(StrEnum):
    """In what a length is counted."""

    UTF16 = "UTF-16 code units"
    LABEL = "grapheme clusters, and code points too"
    CHARACTERS = "code points"
    URI = "characters after percent-encoding"
    BYTES = "bytes of the JSON"
    ITEMS = "items"


def utf16(text: str) -> int:
    """Length as JavaScript counts: 𠮷 is 2, a selector of a variant 2 more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def graphemes(text: str) -> int:
    """How many characters people see."""
    return len(regex.findall(r"\X", text))


def label(text: str) -> int:
    """The longer of graphemes and code points: texts within both are taken either way."""
    return max(graphemes(text), len(text))


def uri(text: str) -> int:
    """Length with everything outside ASCII percent-encoded: one kanji is 9."""
    return len(quote(text, safe="!#$%&'()*+,/:;=?@[]~-._"))


def json_bytes(value: Any) -> int:
    """Size of the compact JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


MEASURES: dict[Unit, Callable[[Any], int]] = {
    Unit.UTF16: utf16,
    Unit.LABEL: label,
    Unit.CHARACTERS: len,
    Unit.URI: uri,
    Unit.BYTES: json_bytes,
    Unit.ITEMS: len,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """From and to, both included, in a unit."""

    at_least: int
    at_most: int
    unit: Unit

    def holds(self, value: Any) -> bool:
        """Whether the value lies within."""
        return self.at_least <= MEASURES[self.unit](value) <= self.at_most


LIMITS: dict[str, Limit] = {
    "messages": Limit(1, 5, Unit.ITEMS),
    "text": Limit(1, 5000, Unit.UTF16),
    "alt_text": Limit(1, 1500, Unit.UTF16),
    "quick_replies": Limit(1, 13, Unit.ITEMS),
    "label": Limit(1, 20, Unit.LABEL),
    "flex_label": Limit(1, 40, Unit.LABEL),
    "image_carousel_label": Limit(1, 12, Unit.LABEL),
    "action_text": Limit(1, 300, Unit.LABEL),
    "postback_data": Limit(1, 300, Unit.CHARACTERS),
    "uri": Limit(1, 1000, Unit.URI),
    "clipboard": Limit(1, 1000, Unit.CHARACTERS),
    "title": Limit(1, 40, Unit.LABEL),
    "buttons_text": Limit(1, 160, Unit.LABEL),
    "buttons_text_below_title": Limit(1, 60, Unit.LABEL),
    "buttons_actions": Limit(1, 4, Unit.ITEMS),
    "confirm_text": Limit(1, 240, Unit.LABEL),
    "confirm_actions": Limit(2, 2, Unit.ITEMS),
    "columns": Limit(1, 10, Unit.ITEMS),
    "column_text": Limit(1, 120, Unit.LABEL),
    "column_text_below_title": Limit(1, 60, Unit.LABEL),
    "column_actions": Limit(1, 3, Unit.ITEMS),
    "bubble": Limit(1, 30_000, Unit.BYTES),
    "bubbles": Limit(1, 12, Unit.ITEMS),
    "flex_carousel": Limit(1, 50_000, Unit.BYTES),
    "sender_name": Limit(1, 20, Unit.CHARACTERS),
    "image_url": Limit(1, 2000, Unit.URI),
    "rich_menu_name": Limit(1, 300, Unit.LABEL),
    "chat_bar_text": Limit(1, 14, Unit.LABEL),
    "rich_menu_areas": Limit(0, 20, Unit.ITEMS),
}
"""30 KB are read as 30,000 bytes, the smaller meaning."""
WORDS = {Unit.ITEMS: "Size must be between {} and {}", Unit.BYTES: "Size must be between {} and {}"}
LENGTH = "Length must be between {} and {}"
EMPTY = "May not be empty"
ACTIONS = [
    "postback", "message", "uri", "datetimepicker", "camera", "cameraRoll", "location",
    "richmenuswitch", "clipboard",
]  # fmt: skip
QUICK_ONLY = {"camera", "cameraRoll", "location"}
SCHEMES = re.compile(r"(https?|line|tel):.", re.IGNORECASE)


class Check:
    """Collects what is wrong with a body, with the place of each."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, place: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(message, place))

    def within(self, name: str, value: Any, place: str, *, needed: bool = True) -> bool:
        """Whether `value` keeps the limit of this name; otherwise it is noted."""
        limit = LIMITS[name]
        kind = str if limit.unit not in {Unit.ITEMS, Unit.BYTES} else (list, dict, tuple)
        if value is None and not needed:
            return True
        if value is None or value == "" or not isinstance(value, kind):
            self.add(place, EMPTY)
        elif not limit.holds(value):
            words = WORDS.get(limit.unit, LENGTH)
            self.add(place, words.format(limit.at_least, limit.at_most))
        else:
            return True
        return False

    def objects(self, items: Sequence[Any], place: str) -> Iterator[tuple[str, Json]]:
        """Each item that is an object, with its place; any other one is noted."""
        for number, item in enumerate(items):
            here = f"{place}[{number}]"
            if isinstance(item, Mapping):
                yield here, item
            else:
                self.add(here, EMPTY)

    def one_of(self, value: Any, values: Sequence[str], place: str) -> bool:
        """Whether `value` is one of these; otherwise it is noted."""
        if value in values:
            return True
        self.add(place, f"Must be one of the following values: [{', '.join(values)}]")
        return False

    def url(self, value: Any, place: str, *, needed: bool = True) -> None:
        """An image's address has to be https."""
        is_fit = self.within("image_url", value, place, needed=needed) and value is not None
        if is_fit and not value.startswith("https://"):
            self.add(place, "Must be a valid HTTPS URL")

    def action(self, action: Any, place: str, label_limit: str, *, quick: bool = False) -> None:
        """Check one action of a button, quick reply or rich menu."""
        if not isinstance(action, Mapping):
            self.add(place, EMPTY)
            return
        kind = action.get("type")
        if not self.one_of(kind, ACTIONS, f"{place}.type"):
            return
        if kind in QUICK_ONLY and not quick:
            self.add(f"{place}.type", "Only for quick replies")
        needed = label_limit != "rich_menu"
        limit = label_limit if needed else "label"
        self.within(limit, action.get("label"), f"{place}.label", needed=needed)
        if kind == "message":
            self.within("action_text", action.get("text"), f"{place}.text")
        elif kind == "uri":
            self._uri(action.get("uri"), f"{place}.uri")
        elif kind == "clipboard":
            self.within("clipboard", action.get("clipboardText"), f"{place}.clipboardText")
        elif kind in {"postback", "datetimepicker", "richmenuswitch"}:
            self.within("postback_data", action.get("data"), f"{place}.data")
            for name in ("displayText", "fillInText", "text"):
                self.within("action_text", action.get(name), f"{place}.{name}", needed=False)
            if "displayText" in action and "text" in action:
                self.add(f"{place}.text", "displayText and text may not be set together")

    def _uri(self, value: Any, place: str) -> None:
        if self.within("uri", value, place) and not SCHEMES.match(value):
            self.add(place, "invalid uri scheme")
