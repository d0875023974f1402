"""Municipalities of the eleven prefectures, names outside them, and names of areas."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from advisor.node import Node

_HIRAGANA = range(0x3041, 0x3097)
_KANA_SHIFT = 0x60


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """A municipality of the eleven prefectures."""

    code: str
    """JIS X 0402 code, five digits."""
    name: str
    kana: str
    prefecture: str
    hub: str
    aliases: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """Give the name with its prefecture in front."""
        return self.prefecture + self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A name that covers several municipalities, so that it must be asked back."""

    name: str
    candidates: tuple[str, ...]
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceMarks:
    """Word parts that the tables are read with; they come from the wording lists."""

    suffixes: tuple[str, ...] = ()
    """Endings of municipality names, in characters."""
    readings: tuple[str, ...] = ()
    """The same endings in katakana, longest first."""
    counties: tuple[str, ...] = ()
    """Marks after the name of a county, which may stand before a town."""
    prefecture_suffixes: tuple[str, ...] = ()
    """Endings of prefecture names that people leave out."""
    links: tuple[str, ...] = ()
    """Particles between a prefecture and a town."""
    variants: tuple[tuple[str, str], ...] = ()
    """Characters that are written in two ways: the variant, and the one to look up."""


def normalise(text: str) -> str:
    """Fold width and compatibility forms (NFKC) and drop spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def to_katakana(text: str) -> str:
    """Turn hiragana into katakana, leaving everything else."""
    return "".join(chr(ord(c) + _KANA_SHIFT) if ord(c) in _HIRAGANA else c for c in text)


def _shortened(name: str, suffixes: Sequence[str]) -> str | None:
    for suffix in suffixes:
        if name.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return None


class Places:
    """Lookup of place names as owners write them."""

    def __init__(
        self,
        municipalities: Sequence[Municipality],
        outside: Mapping[str, Sequence[str]],
        areas: Sequence[Area],
        marks: PlaceMarks,
    ) -> None:
        """Index the tables; lookups afterwards cost a few dictionary reads."""
        self.municipalities = tuple(municipalities)
        self.marks = marks
        self._variants = str.maketrans(dict(marks.variants))
        self.areas: dict[str, Area] = {self.fold(area.name): area for area in areas}
        self.prefectures = tuple(dict.fromkeys(m.prefecture for m in municipalities))
        self.outside_prefectures = tuple(outside)
        self._prefecture_names = self._index_prefectures()
        self._exact: dict[str, list[Municipality]] = {}
        self._read: dict[str, list[Municipality]] = {}
        self._short: dict[str, list[Municipality]] = {}
        self._short_alias: dict[str, list[Municipality]] = {}
        for municipality in municipalities:
            self._add(municipality)
        self._outside: dict[str, list[str]] = {}
        self._outside_short: dict[str, list[str]] = {}
        for prefecture, names in outside.items():
            for name in names:
                self._outside.setdefault(self.fold(name), []).append(prefecture)
                short = _shortened(self.fold(name), marks.suffixes) or self.fold(name)
                self._outside_short.setdefault(short, []).append(prefecture)

    def fold(self, text: str) -> str:
        """Fold a name to the form under which it is indexed."""
        return normalise(text).translate(self._variants)

    def _index_prefectures(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for name in (*self.prefectures, *self.outside_prefectures):
            names[name] = name
            short = _shortened(name, self.marks.prefecture_suffixes)
            if short is not None:
                names.setdefault(short, name)
        return names

    def _add(self, municipality: Municipality) -> None:
        def put(index: dict[str, list[Municipality]], key: str | None) -> None:
            if key and municipality not in index.setdefault(key, []):
                index[key].append(municipality)

        for index, names in (
            (self._short, (municipality.name,)),
            (self._short_alias, municipality.aliases),
        ):
            for name in names:
                put(self._exact, self.fold(name))
                put(index, _shortened(self.fold(name), self.marks.suffixes))
                put(self._exact, self.fold(name).removeprefix(self.fold(municipality.name)))
        kana = to_katakana(self.fold(municipality.kana))
        put(self._read, kana)
        put(self._read, _shortened(kana, self.marks.readings))

    def resolve(self, name: str, prefecture: str | None = None) -> tuple[Municipality, ...]:
        """Find the municipalities that a name can mean.

        Args:
            name: As the owner wrote it: with or without its ending, in kana, with the prefecture
                or county in front, a ward, a former name, or the name of an area.
            prefecture: Keep only municipalities of this prefecture.

        Returns:
            One when the name is clear, several when it must be asked back, none when unknown.
        """
        wanted = self.fold(name)
        stated = self.prefecture_of(prefecture) if prefecture else None
        if prefecture and stated is None:
            return ()
        found = self._lookup(wanted)
        if not found:
            head, rest = self.split_prefecture(wanted)
            if head is not None and rest:
                if stated not in (None, head):
                    return ()
                found, stated = self._lookup(rest), head
        return tuple(m for m in found if stated is None or m.prefecture == stated)

    def _lookup(self, wanted: str) -> tuple[Municipality, ...]:
        if wanted in self._exact:
            return tuple(self._exact[wanted])
        if wanted in self.areas:
            return self.candidates(self.areas[wanted])
        kana = to_katakana(_shortened(wanted, self.marks.suffixes) or wanted)
        indexes = ((self._short, wanted), (self._read, kana), (self._short_alias, wanted))
        for index, key in indexes:
            if key in index:
                return tuple(index[key])
        for mark in self.marks.counties:
            _, found, town = wanted.partition(mark)
            if found and town in self._exact:
                return tuple(self._exact[town])
        return ()

    def split_prefecture(self, text: str) -> tuple[str | None, str]:
        """Split a name into its prefecture, if it begins with one, and the rest."""
        for name in sorted(self._prefecture_names, key=len, reverse=True):
            prefecture, rest = self._prefecture_names[name], text[len(name) :]
            if text.startswith(name) and rest and (name == prefecture or self._is_name(rest)):
                return prefecture, rest
        return None, text

    def _is_name(self, text: str) -> bool:
        indexes = (self._exact, self._short, self._outside, self._outside_short)
        return any(text in index for index in indexes)

    def area(self, name: str) -> Area | None:
        """Find the area that a name stands for."""
        return self.areas.get(self.fold(name))

    def candidates(self, area: Area) -> tuple[Municipality, ...]:
        """List the municipalities of an area."""
        found = (m for name in area.candidates for m in self._named(self.fold(name)))
        return tuple(dict.fromkeys(found))

    def _named(self, name: str) -> tuple[Municipality, ...]:
        if name in self._exact:
            return tuple(self._exact[name])
        head, rest = self.split_prefecture(name)
        return tuple(m for m in self._exact.get(rest, ()) if m.prefecture == head)

    def prefecture_of(self, name: str) -> str | None:
        """Find the full name of a prefecture, inside or outside, from a full or short form."""
        return self._prefecture_names.get(self.fold(name))

    def is_inside_prefecture(self, name: str) -> bool:
        """Tell whether a name is one of the eleven prefectures."""
        return self.prefecture_of(name) in self.prefectures

    def outside_of(self, name: str) -> tuple[str, ...]:
        """List the prefectures outside the eleven in which a municipality has this name."""
        wanted = self.fold(name)
        if wanted in self._outside:
            return tuple(self._outside[wanted])
        head, rest = self.split_prefecture(wanted)
        if head in self.outside_prefectures and head is not None:
            known = {*self._outside.get(rest, ()), *self._outside_short.get(rest, ())}
            return (head,) if head in known else ()
        return ()

    def is_outside(self, name: str) -> bool:
        """Tell whether a name means a place outside the eleven prefectures, and none inside."""
        wanted = self.fold(name)
        if self.prefecture_of(wanted) in self.outside_prefectures:
            return True
        if self.resolve(wanted):
            return False
        return bool(self.outside_of(wanted)) or wanted in self._outside_short

    def find_in(self, text: str) -> tuple[Municipality, ...]:
        """Find the municipalities named inside a sentence, longest names first.

        Names of one character count only when they are the whole text.
        """
        sentence = self.fold(text)
        whole = self.resolve(sentence)
        if whole:
            return whole
        stated = self.find_prefecture(sentence)
        if stated is not None:
            sentence = self._without_prefecture(sentence, stated)
        for index in (self._exact, self._short, self._short_alias):
            names = [name for name in index if len(name) > 1 and name in sentence]
            if names:
                found = tuple(index[max(names, key=len)])
                return tuple(m for m in found if m.prefecture == stated) or found
        areas = [name for name in self.areas if name in sentence]
        return self.candidates(self.areas[max(areas, key=len)]) if areas else ()

    def _without_prefecture(self, sentence: str, prefecture: str) -> str:
        """Take a prefecture out of a sentence, so that its name is not read as a town."""
        sentence = sentence.replace(prefecture, "")
        short = _shortened(prefecture, self.marks.prefecture_suffixes)
        for link in self.marks.links if short is not None else ():
            sentence = sentence.replace(f"{short}{link}", "")
        return sentence

    def find_prefecture(self, text: str) -> str | None:
        """Find the one prefecture named inside a sentence."""
        sentence = self.fold(text)
        whole = self.prefecture_of(sentence)
        if whole is not None:
            return whole
        names = sorted((n for n in self._prefecture_names if n in sentence), key=len)
        return self._prefecture_names[names[-1]] if names else None


def read_municipalities(
    root: Node, hubs: Iterable[str], sources: Iterable[str]
) -> tuple[list[Municipality], str]:
    """Read ``places/municipalities.yml``; give the table and its source."""
    top = root.fields(required=("generated_from", "checked_on", "source", "municipalities"))
    source = top["source"].reference(sources, "source")
    top["generated_from"].text()
    top["checked_on"].day()
    known_hubs = set(hubs)
    found: list[Municipality] = []
    codes: set[str] = set()
    for node in top["municipalities"].items():
        parts = node.fields(
            required=("code", "name", "kana", "prefecture", "hub"), optional=("aliases",)
        )
        code = parts["code"].text()
        if not (len(code) == 5 and code.isdigit() and code.isascii()):
            parts["code"].report(f"must be five digits in quotes, found '{code}'")
        if code in codes:
            parts["code"].report(f"code '{code}' stands twice")
        codes.add(code)
        found.append(
            Municipality(
                code=code,
                name=parts["name"].text(),
                kana=parts["kana"].text(),
                prefecture=parts["prefecture"].text(),
                hub=parts["hub"].reference(known_hubs, "hub"),
                aliases=() if parts["aliases"].is_null else parts["aliases"].texts(),
            )
        )
    return found, source


def read_outside(root: Node, inside: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read ``places/outside.yml``."""
    top = root.fields(required=("prefectures",), optional=("generated_from", "checked_on"))
    prefectures = set(inside)
    found = {}
    for name, node in top["prefectures"].entries():
        if name in prefectures:
            node.report("is one of the prefectures of municipalities.yml, so it is not outside")
        found[name] = node.texts()
    return found


def read_areas(root: Node, municipalities: Sequence[Municipality]) -> list[Area]:
    """Read ``places/areas.yml``."""
    known = {m.name for m in municipalities} | {m.full_name for m in municipalities}
    areas = []
    for node in root.fields(required=("areas",))["areas"].items():
        parts = node.fields(required=("name", "candidates"), optional=("note",))
        candidates = tuple(
            item.reference(known, "municipality") for item in parts["candidates"].items()
        )
        areas.append(
            Area(
                name=parts["name"].text(),
                candidates=candidates,
                note=parts["note"].optional_text(),
            )
        )
    return areas
