"""Which content has to be checked again."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from advisor.knowledge import KnowledgeBase
from advisor.staleness import StaleItem
from desk.reports.figures import Report, Row, Table, number, plain
from desk.reports.svg.bars import Bar, bars
from desk.reports.words import say, word

AHEAD_DAYS = 30
"""What falls due within so many days is listed as well."""


def build(items: Sequence[StaleItem], kb: KnowledgeBase, on: date) -> Report:
    """The report.

    Args:
        items: What is due, and what soon will be.
        kb: The content.
        on: Calendar date (JST).
    """
    due = [item for item in items if item.is_due]
    by_keeper = Counter(item.keeper for item in due)
    title = word("titles", "freshness")
    drawn = [
        Bar(label=kb.keepers[keeper].name, parts=[number(value)])
        for keeper, value in by_keeper.most_common()
    ]
    reading = word("sentences", "fresh")
    if due:
        oldest = due[0]
        days = (on - oldest.due_on).days
        reading = say("stale", count=len(due), title=oldest.title, days=days)
    return Report(
        id="freshness",
        title=title,
        reading=reading + say("stale_soon", count=len(items) - len(due), days=AHEAD_DAYS),
        charts=[bars(title, drawn)] if drawn else [],
        tables=[_table(items, kb, on)],
        notes=[word("notes", "freshness")],
    )


def _table(items: Sequence[StaleItem], kb: KnowledgeBase, on: date) -> Table:
    columns = ("stale_kind", "keeper", "due_on", "days_over", "used_by")
    rows = [
        Row(
            head=item.title,
            cells=[
                plain(word("stale_kinds", item.kind)),
                plain(kb.keepers[item.keeper].name),
                plain(item.due_on.isoformat()),
                plain(str(max((on - item.due_on).days, 0))),
                number(len(item.used_by)),
            ],
        )
        for item in items
    ]
    return Table(
        id="freshness",
        caption=word("captions", "freshness"),
        corner=word("columns", "content"),
        columns=[word("columns", name) for name in columns],
        rows=rows,
    )
