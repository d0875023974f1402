"""What a message says about the company, found by tables and rules.

Facts are plain findings on the normalised text; `fact_extractor` turns them into Rasa entities and
`features` into marks for the classifiers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.nlu.case_number import CaseNumber, find_case_number
from bot.nlu.employees import Headcount
from bot.nlu.headcounts import Example, HeadcountJudge, Marks
from bot.nlu.industry import Industry, IndustryFinder
from bot.nlu.lookup import Alias, AliasTable, LookupFileError, read_lookup
from bot.nlu.places import PlaceFinder, PlaceKind, PlaceMention, company_place
from bot.nlu.text import Span, normalise

_FILES = ("programs", "industries")


@dataclass(frozen=True)
class Facts:
    """Findings in one message, with spans in the normalised text."""

    place: PlaceMention | None
    prefecture: PlaceMention | None
    employees: Headcount | None
    industry: Industry | None
    case_number: CaseNumber | None
    programs: tuple[Alias, ...]

    def are_stated_in(self, start: int, end: int) -> bool:
        """Whether place, trade or size of the company stand between two offsets."""
        spans = [(item.start, item.end) for item in (self.place, self.prefecture) if item]
        spans += [
            (item.span.start, item.span.end) for item in (self.employees, self.industry) if item
        ]
        return any(begin < end and start < finish for begin, finish in spans)

    def fingerprint(self) -> str:
        """Text that changes with the content, which Rasa asks of values on messages."""
        return repr(self)


NO_FACTS = Facts(
    place=None, prefecture=None, employees=None, industry=None, case_number=None, programs=()
)


class FactFinder:
    """Finds facts in normalised text; safe to share between threads.

    Args:
        tables: The content of the lookup files by name, and `places` as PlaceFinder gives it.
    """

    def __init__(self, tables: Mapping[str, Any]) -> None:
        """Build the indexes.

        Raises:
            LookupFileError: A table is not of the form that its header describes.
        """
        self.tables = dict(tables)
        self._places = PlaceFinder.from_dict(tables["places"])
        self._industries = IndustryFinder(tables["industries"])
        self._programs = AliasTable(program_entries(tables["programs"]), readings=True)
        judge = tables.get("headcounts")
        self._judge = HeadcountJudge.from_dict(judge) if judge else None

    @classmethod
    def from_folders(cls, *, lookup: Path, places: Path) -> FactFinder:
        """Read the tables from the repository and learn head counts, as training does."""
        tables = {name: read_lookup(lookup / f"{name}.yml") for name in _FILES}
        tables["places"] = PlaceFinder.from_folder(places).to_dict()
        untaught = cls(tables)
        examples = []
        for row in read_lookup(lookup / "headcounts.yml")["headcounts"]:
            text = normalise(row["text"]).text
            examples.append(Example(text, row["employees"], untaught.marks(text)))
        return cls({**tables, "headcounts": HeadcountJudge.fit(examples).to_dict()})

    def marks(self, text: str) -> Marks:
        """Where a normalised text names the company's place and trade."""
        return _marks(company_place(self._places.find(text)), self._industries.find(text))

    def find(self, text: str) -> Facts:
        """The facts of one message."""
        place, industry = company_place(self._places.find(text)), self._industries.find(text)
        employees = self._judge.find(text, _marks(place, industry)) if self._judge else None
        return Facts(
            place=place,
            prefecture=_stated_prefecture(place),
            employees=employees,
            industry=industry,
            case_number=find_case_number(text),
            programs=tuple(self._programs.find(text)),
        )


def _marks(place: PlaceMention | None, industry: Industry | None) -> Marks:
    return Marks(
        place=Span(place.start, place.end) if place else None,
        trade=industry.span if industry else None,
    )


def is_prefecture(mention: PlaceMention) -> bool:
    """Whether the mention is a whole prefecture, inside or outside the area."""
    return mention.kind is PlaceKind.PREFECTURE or mention.name == mention.prefecture


def _stated_prefecture(place: PlaceMention | None) -> PlaceMention | None:
    """The place, if its prefecture is named in the message and certain."""
    return place if place and place.prefecture and place.prefecture_stated else None


def program_entries(table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The aliases by measure; a name of several measures stands under their ids joined by `|`."""
    programs = table.get("programs")
    if not isinstance(programs, dict):
        raise LookupFileError("programs.yml: key 'programs' is missing")
    entries: dict[str, Mapping[str, Any]] = dict(programs)
    for shared in table.get("shared", []):
        entries["|".join(shared["programs"])] = {"names": shared["names"], "hints": []}
    return entries
