"""When owners come: conversations by weekday and hour."""

from collections.abc import Mapping

from desk.reports.figures import Cell, Links, Report, Row, Table, number
from desk.reports.figures import total as count
from desk.reports.scope import Counted
from desk.reports.suppression import line, suppress
from desk.reports.svg.heat import HOURS, heat_map
from desk.reports.words import say, texts, word

DAYS = 7


def build(counts: Mapping[tuple[int, int], int], erased: int, links: Links) -> Report:
    """The report.

    Args:
        counts: Conversations by weekday (0: Monday) and hour in Japan.
        erased: How many of the period were erased; they are among them.
        links: To the lists of cases.
    """
    places = [(day, hour) for day in range(DAYS) for hour in range(HOURS)]
    numbers = {f"{day}.{hour}": counts.get((day, hour), 0) for day, hour in places}
    masks = suppress(line(numbers))
    cells = {
        (day, hour): number(
            numbers[f"{day}.{hour}"],
            masks[f"{day}.{hour}",],
            links.to(counted=Counted.TALK, weekday=str(day), hour=str(hour)),
        )
        for day, hour in places
    }
    weekdays = texts()["weekdays"]
    table = Table(
        id="volume",
        caption=word("captions", "volume"),
        corner=word("columns", "hour"),
        columns=weekdays,
        rows=[
            Row(
                head=say("hour", hour=hour),
                cells=[cells[day, hour] for day in range(DAYS)],
            )
            for hour in range(HOURS)
        ],
    )
    label = word("titles", "volume")
    return Report(
        id="volume",
        title=label,
        reading=_reading(cells, sum(numbers.values())),
        charts=[heat_map(label, weekdays, cells)],
        tables=[table],
        notes=[
            word("notes", "volume"),
            word("notes", "volume_erased" if erased else "none_erased"),
        ],
    )


def _reading(cells: Mapping[tuple[int, int], Cell], total: int) -> str:
    if not total:
        return word("sentences", "volume_none")
    said = say("volume_total", total=count(total))
    most = max(cells.items(), key=lambda item: item[1].value or 0)
    if not most[1].value:
        return said + word("sentences", "volume_thin")
    (day, hour), cell = most
    weekday = texts()["weekdays"][day]
    return said + say("volume_most", weekday=weekday, hour=hour, count=cell.text)
