"""How old the open cases are."""

from collections.abc import Mapping
from datetime import date, timedelta

from desk.reports.figures import Cell, Links, Report, Row, Table, number
from desk.reports.figures import total as count
from desk.reports.period import Period
from desk.reports.scope import Counted
from desk.reports.suppression import suppress, table
from desk.reports.svg.bars import Bar, bars
from desk.reports.words import say, word

FIRST_DAY = date(2000, 1, 1)
YOUNGEST_DAYS: Mapping[str, int] = {"d0": 0, "d3": 3, "d7": 7, "d14": 14, "d30": 30}
"""Each span's youngest age in calendar days; it ends where the next one begins."""
COLUMNS = {"owed": False, "answered": True}


def spans(today: date) -> dict[str, Period]:
    """The days on which cases of each age were opened."""
    ends = [today - timedelta(days=days) for days in YOUNGEST_DAYS.values()]
    firsts = [*(end + timedelta(days=1) for end in ends[1:]), FIRST_DAY]
    return {
        key: Period(first=first, last=last)
        for key, first, last in zip(YOUNGEST_DAYS, firsts, ends, strict=True)
    }


def build(counts: Mapping[tuple[str, bool], int], today: date, links: Links) -> Report:
    """The report.

    Args:
        counts: Open cases by span and whether the owner has had an answer.
        today: Calendar date (JST).
        links: To the lists of cases.
    """
    days = spans(today)
    rows = {
        key: {name: counts.get((key, flag), 0) for name, flag in COLUMNS.items()} for key in days
    }
    masks = suppress(table(rows))
    cells = {
        (key, name): number(value, masks[key, name], _link(links, days[key], name))
        for key, row in rows.items()
        for name, value in row.items()
    }
    sums = {key: number(sum(row.values()), masks[key, ""]) for key, row in rows.items()}
    title = word("titles", "backlog")
    names = [word("columns", name) for name in COLUMNS]
    drawn = [
        Bar(
            label=word("ages", key),
            parts=[cells[key, name] for name in COLUMNS],
            kinds=("a", "b"),
            names=names,
        )
        for key in days
    ]
    total = sum(map(sum, (row.values() for row in rows.values())))
    old = sums["d30"]
    return Report(
        id="backlog",
        title=title,
        reading=say("backlog", total=count(total), old=old.text)
        if total
        else word("sentences", "backlog_none"),
        charts=[bars(title, drawn, list(zip("ab", names, strict=True)))],
        tables=[_table(cells, sums)],
        notes=[word("notes", "backlog")],
    )


def _link(links: Links, days: Period, name: str) -> str:
    chosen = {"to_day": days.last.isoformat()}
    if days.first != FIRST_DAY:
        chosen["from_day"] = days.first.isoformat()
    answered = "yes" if COLUMNS[name] else "no"
    return links.to(counted=Counted.NOW, answered=answered, **chosen)


def _table(cells: Mapping[tuple[str, str], Cell], sums: Mapping[str, Cell]) -> Table:
    return Table(
        id="backlog",
        caption=word("captions", "backlog"),
        corner=word("columns", "age"),
        columns=[*(word("columns", name) for name in COLUMNS), word("columns", "sum")],
        rows=[
            Row(head=word("ages", key), cells=[*(cells[key, n] for n in COLUMNS), whole])
            for key, whole in sums.items()
        ],
    )
