"""What is asked for and not there: concerns, programs, and places on the map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisor.knowledge import KnowledgeBase
from desk.reports.facts import PREFECTURE_DIGITS, Need
from desk.reports.figures import Cell, Links, Report, Row, Table, number
from desk.reports.figures import total as count
from desk.reports.models import ItemKind
from desk.reports.scope import NO_CONCERN, UNKNOWN, WORST_FIRST
from desk.reports.suppression import Mask, line, suppress, table
from desk.reports.svg.bars import Bar, bars
from desk.reports.svg.tiles import PLACES, tile_map
from desk.reports.words import say, word

NEEDS = tuple(str(need) for need in WORST_FIRST)
COLUMNS = (*NEEDS, NO_CONCERN)
Items = Mapping[tuple[str, str], int]
"""Cases by code and state."""
Line = Mapping[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedCounts:
    """What was counted."""

    concerns: Items
    programs: Items
    places: Mapping[tuple[str, str, str], int]
    """Cases by prefecture, municipality and need."""


def build(counts: NeedCounts, kb: KnowledgeBase, links: Links) -> Report:
    """The report.

    Args:
        counts: What was counted.
        kb: The content, for names.
        links: To the lists of cases.
    """
    concerns = _lines(ItemKind.CONCERN, counts.concerns, links)
    programs = _lines(ItemKind.PROGRAM, counts.programs, links)
    places = _Places(counts.places, kb, links)
    names = [word("needs", need) for need in NEEDS]
    title = word("titles", "needs")
    drawn = [
        Bar(
            label=kb.concerns[code].means,
            parts=[row[need] for need in NEEDS],
            kinds=("a", "b", "c"),
            names=names,
        )
        for code, row in concerns.items()
    ]
    charts = [bars(title, drawn, list(zip("abc", names, strict=True)))] if drawn else []
    map_title = word("titles", "map")
    words = {code: names_of_prefectures(kb)[code] for code in PLACES}
    charts.append(tile_map(map_title, words, places.unmet()))
    return Report(
        id="needs",
        title=title,
        reading=_reading(counts.places, concerns, kb),
        charts=charts,
        tables=[
            _item_table("concerns", {kb.concerns[c].means: r for c, r in concerns.items()}),
            places.table_of_prefectures(),
            *places.tables_of_municipalities(),
            _item_table("programs", {kb.programs[c].plain_name: r for c, r in programs.items()}),
        ],
        notes=[word("notes", note) for note in ("needs", "needs_place", "codes")],
    )


def names_of_prefectures(kb: KnowledgeBase) -> Mapping[str, str]:
    """Names by the two digits of the code."""
    return {m.code[:PREFECTURE_DIGITS]: m.prefecture for m in kb.places.municipalities}


def _lines(kind: ItemKind, items: Items, links: Links) -> dict[str, Line]:
    """For each code its cases by state; what most cases lack comes first."""
    rows: dict[str, Line] = {}
    codes = dict.fromkeys(code for code, _ in items)
    order = sorted(codes, key=lambda c: (-sum(items.get((c, n), 0) for n in NEEDS), c))
    for code in order:
        values = {need: items.get((code, need), 0) for need in NEEDS}
        masks = suppress(line(values))
        rows[code] = {
            need: number(value, masks[need,], links.to(item=kind, code=code, states=need))
            for need, value in values.items()
        }
        whole = number(sum(values.values()), masks[()], links.to(item=kind, code=code))
        rows[code] = {**rows[code], "": whole}
    return rows


def _item_table(name: str, rows: Mapping[str, Line]) -> Table:
    return Table(
        id=name,
        caption=word("captions", name),
        corner=word("columns", name),
        columns=[*(word("needs", need) for need in NEEDS), word("columns", "sum")],
        rows=[
            Row(head=head, cells=[row[column] for column in (*NEEDS, "")])
            for head, row in rows.items()
        ],
    )


class _Places:
    """Cases by prefecture, municipality and need, as they are published together."""

    def __init__(
        self, counts: Mapping[tuple[str, str, str], int], kb: KnowledgeBase, links: Links
    ) -> None:
        self._links = links
        self._names = names_of_prefectures(kb)
        self._municipalities = {m.code: m.name for m in kb.places.municipalities}
        self._counts: dict[tuple[str, str], dict[str, int]] = {}
        for (prefecture, municipality, need), value in counts.items():
            row = self._counts.setdefault((prefecture, municipality), dict.fromkeys(COLUMNS, 0))
            row[need] += value
        rows = {f"{p}:{m}": row for (p, m), row in self._counts.items()}
        groups = {f"{p}:{m}": p for p, m in self._counts}
        self._masks = suppress(table(rows, groups))
        is_withheld = Mask.WITHHELD in self._masks.values()
        self._others = Mask.WITHHELD if is_withheld else Mask.SHOWN

    def _cell(self, value: int, key: tuple[str, ...], need: str, **place: str) -> Cell:
        chosen = {**place, "need": need} if need else place
        return number(value, self._masks.get(key, self._others), self._links.to(**chosen))

    def _prefecture(self, code: str) -> Sequence[Cell]:
        rows = [row for (prefecture, _), row in self._counts.items() if prefecture == code]
        place = code or UNKNOWN
        sums = {need: sum(row[need] for row in rows) for need in COLUMNS}
        cells = [
            self._cell(value, (f"/{code}", need), need, prefecture=place)
            for need, value in sums.items()
        ]
        whole = self._cell(sum(sums.values()), (f"/{code}", ""), "", prefecture=place)
        return [*cells, whole]

    def unmet(self) -> Mapping[str, Cell]:
        """Cases with an unmet need by prefecture."""
        return {code: self._prefecture(code)[COLUMNS.index(Need.UNMET)] for code in PLACES}

    def table_of_prefectures(self) -> Table:
        """All prefectures, and the cases of which none is known."""
        rows = [
            Row(head=self._names[code], cells=self._prefecture(code)) for code in sorted(PLACES)
        ]
        rows.append(Row(head=word("groups", UNKNOWN), cells=self._prefecture("")))
        return self._table("prefectures", word("captions", "prefectures"), rows)

    def tables_of_municipalities(self) -> Sequence[Table]:
        """The municipalities of each prefecture that has a case."""
        return [
            self._table(
                f"municipalities_{code}",
                say("municipalities", prefecture=self._names[code]),
                [self._municipality(code, m) for p, m in sorted(self._counts) if p == code],
            )
            for code in sorted({p for p, _ in self._counts if p in self._names})
        ]

    def _municipality(self, prefecture: str, code: str) -> Row:
        row, key = self._counts[prefecture, code], f"{prefecture}:{code}"
        place = {"prefecture": prefecture, "municipality": code or UNKNOWN}
        cells = [self._cell(value, (key, need), need, **place) for need, value in row.items()]
        whole = self._cell(sum(row.values()), (key, ""), "", **place)
        head = self._municipalities.get(code, word("groups", UNKNOWN))
        return Row(head=head, cells=[*cells, whole])

    def _table(self, name: str, caption: str, rows: Sequence[Row]) -> Table:
        return Table(
            id=name,
            caption=caption,
            corner=word("columns", "place"),
            columns=[*(word("needs", need) for need in COLUMNS), word("columns", "sum")],
            rows=rows,
        )


def _reading(
    places: Mapping[tuple[str, str, str], int],
    concerns: Mapping[str, Line],
    kb: KnowledgeBase,
) -> str:
    total = sum(places.values())
    if not total:
        return word("sentences", "cases_none")
    said = say("cases_total", total=count(total))
    shown = {code: row[Need.UNMET].value or 0 for code, row in concerns.items()}
    most = max(shown, key=lambda code: shown[code], default=None)
    if most is None or not shown[most]:
        return said + word("sentences", "needs_thin")
    return said + say("needs", concern=kb.concerns[most].means, count=shown[most])
