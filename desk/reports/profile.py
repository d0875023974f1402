"""The 3P/5F profile of the companies: where they stand, by industry and by size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisor.diagnosis import WEAK_LEVEL
from advisor.knowledge import KnowledgeBase
from desk.reports.facts import SizeClass
from desk.reports.figures import Cell, Links, Report, Row, Table, are_shown, number
from desk.reports.figures import total as count
from desk.reports.models import ItemKind
from desk.reports.scope import UNKNOWN
from desk.reports.suppression import SMALL, Mask, line, suppress, table
from desk.reports.svg.bars import Bar, bars
from desk.reports.words import say, word

WEAK, STRONG = "weak", "strong"
PARTS = (WEAK, STRONG, UNKNOWN)
LEVELS = {
    WEAK: tuple(str(level) for level in range(WEAK_LEVEL + 1)),
    STRONG: tuple(str(level) for level in range(WEAK_LEVEL + 1, 5)),
    UNKNOWN: (UNKNOWN,),
}
MERGED = "merged"
"""Groups with few companies, taken together."""
Levels = Mapping[tuple[str, str, str], int]
"""Cases by group, dimension and level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """The companies in groups."""

    name: str
    """industry or size."""
    groups: Mapping[str, int]
    """Cases by group; no code is an empty one."""
    levels: Levels


def merge_small(groups: Mapping[str, int]) -> dict[str, str]:
    """Which group each one is shown in, so that no group shown has 1 to 4 companies.

    Small ones are taken together, and with them the next smallest if they are still few.
    """
    shown = {group: group for group in groups}
    merged: list[str] = []
    for group, size in sorted(groups.items(), key=lambda item: (item[1], item[0])):
        if size >= SMALL and not 0 < sum(groups[g] for g in merged) < SMALL:
            break
        merged.append(group)
    if sum(groups[g] for g in merged):
        shown |= dict.fromkeys(merged, MERGED)
    return shown


def build(groupings: Sequence[Grouping], kb: KnowledgeBase, links: Links) -> Report:
    """The report.

    Args:
        groupings: The same cases in different groups.
        kb: The content, for the dimensions.
        links: To the lists of cases.
    """
    whole = groupings[0]
    total = sum(whole.groups.values())
    overall = {dimension: _overall(dimension, total, whole.levels) for dimension in kb.dimensions}
    masks = {dimension: suppress(line(parts)) for dimension, parts in overall.items()}
    cells = {
        (dimension, part): number(value, masks[dimension][part,], _link(links, dimension, part))
        for dimension, parts in overall.items()
        for part, value in parts.items()
    }
    names = [word("levels", part) for part in PARTS]
    drawn = [
        Bar(
            label=f"{dimension} {kb.dimensions[dimension].plain_name}",
            parts=[cells[dimension, part] for part in PARTS],
            kinds=("a", "b", "c"),
            names=names,
        )
        for dimension in kb.dimensions
    ]
    title = word("titles", "profile")
    shown = {d: parts for d, parts in overall.items() if are_shown(masks[d])}
    return Report(
        id="profile",
        title=title,
        reading=_reading(total, shown, kb),
        charts=[bars(title, drawn, list(zip("abc", names, strict=True)))],
        tables=[
            _overall_table(cells, kb),
            *(_group_table(grouping, shown, kb, links) for grouping in groupings),
        ],
        notes=[word("notes", "profile"), word("notes", "merged"), word("notes", "codes")],
    )


def _overall(dimension: str, total: int, levels: Levels) -> dict[str, int]:
    counts = dict.fromkeys(PARTS, 0)
    for (_, name, level), value in levels.items():
        if name == dimension:
            counts[WEAK if level in LEVELS[WEAK] else STRONG] += value
    counts[UNKNOWN] = total - counts[WEAK] - counts[STRONG]
    return counts


def _link(links: Links, dimension: str, part: str, **more: str) -> str:
    states = ",".join(LEVELS[part])
    return links.to(item=ItemKind.DIMENSION, code=dimension, states=states, **more)


def _overall_table(cells: Mapping[tuple[str, str], Cell], kb: KnowledgeBase) -> Table:
    return Table(
        id="profile",
        caption=word("captions", "profile"),
        corner=word("columns", "dimension"),
        columns=[word("levels", part) for part in PARTS],
        rows=[
            Row(
                head=f"{dimension} {kb.dimensions[dimension].plain_name}",
                cells=[cells[dimension, part] for part in PARTS],
            )
            for dimension in kb.dimensions
        ],
    )


def _group_table(
    grouping: Grouping,
    overall: Mapping[str, Mapping[str, int]],
    kb: KnowledgeBase,
    links: Links,
) -> Table:
    """How many companies of each group are weak in each dimension.

    The totals of groups are not small, and those of dimensions stand in the table above:
    both are known. A dimension whose totals are hidden there is hidden here too.
    """
    into = merge_small(grouping.groups)
    sizes: dict[str, int] = {}
    for group, size in grouping.groups.items():
        sizes[into[group]] = sizes.get(into[group], 0) + size
    order = _order(grouping.name, sizes)
    columns = {d: _column(d, grouping, into, sizes, is_shown=d in overall) for d in kb.dimensions}
    rows = [
        Row(
            head=_group_word(grouping.name, group),
            cells=[
                _whole(sizes[group], links, grouping.name, group),
                *(
                    number(*columns[d][group], _group_link(links, d, grouping.name, group))
                    for d in columns
                ),
            ],
        )
        for group in order
    ]
    return Table(
        id=f"profile_{grouping.name}",
        caption=word("captions", f"profile_{grouping.name}"),
        corner=word("columns", grouping.name),
        columns=[word("columns", "cases"), *kb.dimensions],
        rows=rows,
    )


def _column(
    dimension: str,
    grouping: Grouping,
    into: Mapping[str, str],
    sizes: Mapping[str, int],
    *,
    is_shown: bool,
) -> Mapping[str, tuple[int, Mask]]:
    """How many companies of each group are weak in a dimension, and how that is published."""
    weak = dict.fromkeys(sizes, 0)
    for (group, name, level), value in grouping.levels.items():
        if name == dimension and level in LEVELS[WEAK]:
            weak[into[group]] += value
    rows = {g: {WEAK: w, "rest": sizes[g] - w} for g, w in weak.items()}
    masks = suppress(table(rows, known_rows=True, known_columns=True)) if is_shown else {}
    return {g: (w, masks.get((g, WEAK), Mask.WITHHELD)) for g, w in weak.items()}


def _whole(size: int, links: Links, name: str, group: str) -> Cell:
    link = None if group == MERGED else links.to(**{name: group or UNKNOWN})
    return number(size, Mask.SMALL if 0 < size < SMALL else Mask.SHOWN, link)


def _group_link(links: Links, dimension: str, name: str, group: str) -> str | None:
    if group == MERGED:
        return None
    return _link(links, dimension, WEAK, **{name: group or UNKNOWN})


def _order(name: str, sizes: Mapping[str, int]) -> list[str]:
    """Sizes from small to large, industries by their number; the rest at the end."""
    last = {"": 1, MERGED: 2}
    ranks = {str(size): at for at, size in enumerate(SizeClass)}
    if name != "size":
        ranks = {group: -size for group, size in sizes.items()}
    return sorted(sizes, key=lambda g: (last.get(g, 0), ranks.get(g, 0), g))


def _group_word(name: str, group: str) -> str:
    if group in ("", MERGED):
        return word("groups", group or UNKNOWN)
    return word("industries" if name == "industry" else "sizes", group)


def _reading(total: int, overall: Mapping[str, Mapping[str, int]], kb: KnowledgeBase) -> str:
    if not total:
        return word("sentences", "cases_none")
    said = say("cases_total", total=count(total))
    weakest = max(overall, key=lambda d: overall[d][WEAK], default=None)
    if weakest is None or not overall[weakest][WEAK]:
        return said + word("sentences", "profile_thin")
    name = kb.dimensions[weakest].plain_name
    return said + say("profile", name=name, count=overall[weakest][WEAK])
