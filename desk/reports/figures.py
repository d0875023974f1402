"""What a report consists of: a sentence, a chart and tables, with numbers as published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from markupsafe import Markup

from desk.reports.suppression import Mask, is_small
from desk.reports.words import say, word

CASES = "/console/reports/cases"
Key = tuple[str, ...]
Masks = Mapping[Key, Mask]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One published number or text."""

    text: str
    value: int | None = None
    """None where it is hidden, or no number."""
    mask: Mask = Mask.SHOWN
    link: str | None = None
    """The list of its cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table."""

    head: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, as the page and the file show it."""

    id: str
    caption: str
    corner: str
    columns: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report."""

    id: str
    title: str
    reading: str
    """What the figures say, in one or two plain sentences."""
    tables: Sequence[Table]
    charts: Sequence[Markup] = ()
    notes: Sequence[str] = ()
    """What is not counted, and how it is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Addresses of lists of cases within the report's period and hub."""

    base: Mapping[str, str] = field(default_factory=dict)

    def to(self, **chosen: str) -> str:
        """The list of the cases that are chosen."""
        return f"{CASES}?{urlencode({**self.base, **chosen})}"


def number(value: int, mask: Mask = Mask.SHOWN, link: str | None = None) -> Cell:
    """A count as it is published; zero leads nowhere."""
    if mask is Mask.SHOWN:
        return Cell(text=f"{value:,}", value=value, link=link if value else None)
    return Cell(text=word("masks", mask), mask=mask, link=link)


def plain(text: str, link: str | None = None) -> Cell:
    """A text as a cell."""
    return Cell(text=text, link=link)


def share(part: int, whole: int) -> str:
    """A share in whole percent."""
    return say("percent", percent=round(100 * part / whole))


def are_shown(masks: Masks) -> bool:
    """Whether every number is published as it is."""
    return all(mask is Mask.SHOWN for mask in masks.values())


def total(value: int) -> str:
    """A number of everything, in words; a small one is hidden."""
    return number(value, Mask.SMALL if is_small(value) else Mask.SHOWN).text
