"""Words that several cards share: dates, amounts, statuses, sources."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from desk.line.messages import flex
from desk.line.messages.choices import tidy
from desk.line.messages.flex import Component

Wording = Callable[..., str]
"""The knowledge base's `wording(text_id, **values)`."""
STATUSES: Final = frozenset({"open", "ended", "unverified", "not_yet"})
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_SECONDARY: Final = frozenset({"B", "C"})
"""Levels of evidence that an owner should have confirmed."""


def entries(value: object) -> list[Any]:
    """The entries of a list; of anything else none."""
    return list(value) if isinstance(value, list | tuple) else []


def joined(names: Iterable[object], wording: Wording) -> str:
    """Names in a row; empty ones are left out."""
    return wording("list_comma").join(name for name in map(tidy, names) if name)


def date_text(value: object, wording: Wording, precision: object = "day") -> str:
    """A calendar date as it is written, as exact as it is known; empty if there is none."""
    match = _DATE.match(tidy(value))
    if match is None:
        return ""
    year, month, day = match.groups()
    if month is None or precision == "year":
        return wording("date_year", year=year)
    if day is None or precision == "month":
        return wording("date_month", year=year, month=int(month))
    return wording("date_day", year=year, month=int(month), day=int(day))


def day_text(value: object, wording: Wording) -> str:
    """A calendar date with the day of the week."""
    written = date_text(value, wording)
    try:
        weekday = date.fromisoformat(tidy(value)).weekday()
    except ValueError:
        return written
    return wording("line.day", date=written, weekday=wording(f"line.weekday_{weekday}"))


def yen_text(value: object, wording: Wording) -> str:
    """An amount of whole yen; empty if it is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return ""
    return wording("line.yen", yen=f"{value:,}")


def status_words(status: object, wording: Wording) -> str:
    """The status as owners read it; empty for one that is not known here."""
    return wording(f"line.status_{status}") if status in STATUSES else ""


def status_tag(status: object, wording: Wording) -> Component | None:
    """The status as a component; whatever is not open is marked."""
    return flex.tag(status_words(status, wording), is_marked=status != "open")


def source_lines(source: object, wording: Wording, as_of: object = None) -> Component | None:
    """Title and date of the source, with its address, and whether it wants confirming."""
    if not isinstance(source, Mapping) or not tidy(source.get("title")):
        return None
    title = tidy(source["title"])
    written = date_text(source.get("date"), wording, source.get("precision", "day"))
    words = (
        wording("line.source_dated", title=title, date=written)
        if written
        else wording("line.source", title=title)
    )
    to_confirm = wording("line.to_confirm") if source.get("level") in _SECONDARY else ""
    day = date_text(as_of, wording)
    return flex.column(
        flex.linked(words, source.get("url"), size="xs", color=flex.MUTED),
        flex.muted(wording("line.as_of", date=day)) if day else None,
        flex.tag(to_confirm, is_marked=True),
        spacing="none",
    )


def contact_lines(contact: object, wording: Wording) -> Component | None:
    """A contact: a text, or `{name, url, phone, note}`, with its address and telephone."""
    if not isinstance(contact, Mapping):
        return flex.text(contact)
    phone = tidy(contact.get("phone"))
    digits = re.sub(r"[^0-9+]", "", phone)
    call = wording("line.call", phone=phone)
    return flex.column(
        flex.linked(tidy(contact.get("name")), contact.get("url")),
        flex.linked(call, f"tel:{digits}") if phone else None,
        flex.muted(contact.get("note")),
        spacing="xs",
    )
