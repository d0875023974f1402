"""Places in an owner's message: which municipality or prefecture is meant, and is it the company's.

`PlaceFinder.find` reads every place out of a message; `company_place` chooses the one where the
company stands. A name that could mean several places is `ambiguous` and carries its candidates;
nothing is guessed. Surnames, companies and everyday words that look like places are left out:
松本が辞めた, 日立製作所, 女子大子弟, 燕が巣を.

The tables are `municipalities.yml`, `outside.yml` and `areas.yml` of `knowledge/places`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from bot.nlu.place_context import Strength, company_score
from bot.nlu.place_hits import Hit, find_hits
from bot.nlu.place_names import Form, FormKind, Lexicon, fold
from bot.nlu.text import normalise

# Below it a place is mentioned, but nothing says that the company is there.
COMPANY_THRESHOLD = 0.3
# Two places nearer than this to each other cannot be told apart.
_RIVAL_MARGIN = 0.15
_BASE_SCORES = {
    FormKind.FULL: 0.75,
    FormKind.SHORT: 0.6,
    FormKind.AREA: 0.5,
    FormKind.PREFECTURE: 0.45,
    FormKind.PREFECTURE_SHORT: 0.4,
}
_STATED_BONUS = 0.05
_WEAK_MALUS = 0.1


class PlaceKind(Enum):
    """What a mention stands for."""

    MUNICIPALITY = "municipality"
    PREFECTURE = "prefecture"
    AREA = "area"
    OUTSIDE = "outside"  # municipality or prefecture beyond the 11 prefectures


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceMention:
    """One place in a message.

    Attributes:
        start: First code point in the text given to `find`.
        end: Code point after the last one.
        text: What stands there, with the prefecture if it stands before the name.
        name: Canonical: 燕市, 新潟県, 県北. As written if the candidates have different names.
        prefecture: Canonical; empty if the candidates stand in several.
        prefecture_stated: Whether the message names the prefecture.
        kind: What it stands for.
        ambiguous: Whether it has to be asked back.
        candidates: Full names (新潟県燕市) when ambiguous, else empty. A bare 新潟 is the
            prefecture with 新潟市 as only candidate: prefecture certain, municipality not.
        score: How surely the company stands there, 0 to 1.
    """

    start: int
    end: int
    text: str
    name: str
    prefecture: str
    prefecture_stated: bool
    kind: PlaceKind
    ambiguous: bool
    candidates: tuple[str, ...]
    score: float


class PlaceFinder:
    """Finds places in messages; safe to share between threads."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        """Build the index from the tables, as `to_dict` gives them."""
        self._tables = dict(tables)
        self._lexicon = Lexicon(self._tables)

    @classmethod
    def from_folder(cls, path: str | Path) -> PlaceFinder:
        """Read the three tables of `knowledge/places`.

        Raises:
            FileNotFoundError: One of them is missing.
            KeyError: One of them has another format.
        """
        folder = Path(path)
        rows = _read_yaml(folder / "municipalities.yml")["municipalities"]
        fields = ("name", "kana", "prefecture", "aliases")
        return cls(
            {
                "municipalities": [{field: row[field] for field in fields} for row in rows],
                "outside": _read_yaml(folder / "outside.yml")["prefectures"],
                "areas": [
                    {"name": area["name"], "candidates": area["candidates"]}
                    for area in _read_yaml(folder / "areas.yml")["areas"]
                ],
            }
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PlaceFinder:
        """The finder that `to_dict` was called on."""
        return cls(data)

    def to_dict(self) -> dict[str, Any]:
        """All it knows, in JSON types, for the Rasa model."""
        return self._tables

    def find(self, text: str) -> list[PlaceMention]:
        """All places in a message, in order, without overlap.

        Args:
            text: The message, normalised or not; offsets in the result refer to it.
        """
        if unicodedata.is_normalized("NFKC", text):
            return self._find(text)
        normalised = normalise(text, max_chars=len(text))
        mentions = []
        for mention in self._find(normalised.text):
            span = normalised.to_original(mention.start, mention.end)
            shown = text[span.start : span.end]
            mentions.append(replace(mention, start=span.start, end=span.end, text=shown))
        return mentions

    def _find(self, text: str) -> list[PlaceMention]:
        folded = fold(text)
        return [self._mention(text, folded, hit) for hit in find_hits(self._lexicon, folded)]

    def _mention(self, text: str, folded: str, hit: Hit) -> PlaceMention:
        """The hit with its canonical name, its candidates and its score."""
        if hit.is_prefecture:
            kind, name, prefecture, candidates = self._prefecture_meaning(hit.form)
        else:
            kind, name, prefecture, candidates = _meaning(hit, text)
        base = _BASE_SCORES[hit.form.kind]
        base += _STATED_BONUS if hit.stated and not hit.is_prefecture else 0.0
        base -= _WEAK_MALUS if hit.strength is Strength.WEAK else 0.0
        return PlaceMention(
            start=hit.start,
            end=hit.end,
            text=text[hit.start : hit.end],
            name=name,
            prefecture=prefecture,
            prefecture_stated=bool(hit.stated),
            kind=kind,
            ambiguous=bool(candidates),
            candidates=candidates,
            score=max(company_score(folded, start, end, base) for start, end in hit.spans),
        )

    def _prefecture_meaning(self, form: Form) -> tuple[PlaceKind, str, str, tuple[str, ...]]:
        """Kind, name, prefecture and candidates of a prefecture.

        Its short form may also mean the city of that name.
        """
        if form.name not in self._lexicon.inside_prefectures:
            return PlaceKind.OUTSIDE, form.name, form.name, ()
        is_short = form.kind is FormKind.PREFECTURE_SHORT
        city = self._lexicon.home_city(form.name) if is_short else None
        candidates = (city.full_name,) if city else ()
        return PlaceKind.PREFECTURE, form.name, form.name, candidates


def company_place(mentions: Sequence[PlaceMention]) -> PlaceMention | None:
    """The place where the company stands, or None if no mention, or more than one, says so.

    It may be ambiguous: then its candidates are to be asked back.
    """
    likely = sorted(
        (one for one in mentions if one.score >= COMPANY_THRESHOLD), key=lambda one: -one.score
    )
    if not likely:
        return None
    best = likely[0]
    if best.kind is PlaceKind.PREFECTURE:
        best = next((one for one in likely if _lies_in(one, best)), best)
    for other in likely:
        is_same = (other.name, other.prefecture) == (best.name, best.prefecture)
        agrees = is_same or _lies_in(best, other) or _lies_in(other, best)
        if not agrees and other.score > best.score - _RIVAL_MARGIN:
            return None
    return best


def _lies_in(place: PlaceMention, prefecture: PlaceMention) -> bool:
    """Whether `place` is in the prefecture that the other mention is."""
    return (
        prefecture.kind is PlaceKind.PREFECTURE
        and place.kind is not PlaceKind.PREFECTURE
        and place.prefecture == prefecture.prefecture
    )


def _meaning(hit: Hit, text: str) -> tuple[PlaceKind, str, str, tuple[str, ...]]:
    """Kind, name, prefecture and candidates of a hit that is no prefecture."""
    names = dict.fromkeys(target.name for target in hit.targets)
    prefectures = dict.fromkeys(target.prefecture for target in hit.targets)
    prefecture = next(iter(prefectures)) if len(prefectures) == 1 else ""
    is_inside = any(target.is_inside for target in hit.targets)
    kind = PlaceKind.MUNICIPALITY if is_inside else PlaceKind.OUTSIDE
    candidates = tuple(target.full_name for target in hit.targets)
    if hit.form.kind is FormKind.AREA:
        return PlaceKind.AREA, hit.form.name, prefecture, candidates
    if len(hit.targets) == 1:
        return kind, hit.targets[0].name, prefecture, ()
    name = next(iter(names)) if len(names) == 1 else text[hit.form_start : hit.end]
    return kind, name, prefecture, candidates


def _read_yaml(path: Path) -> Any:
    """One table; `advisor validate` checks it strictly, with a loader that cannot run here."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=loader)  # noqa: S506 - a safe loader
