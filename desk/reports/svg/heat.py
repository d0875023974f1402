"""A heat map of weekdays and hours."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from desk.reports.figures import Cell
from desk.reports.suppression import Mask
from desk.reports.svg.element import drawing, element, linked, text

SIDE, LEFT, TOP = 26.0, 30.0, 22.0
STEPS = 4
"""Shades beside that of zero."""
HOURS = 24


def heat_map(label: str, weekdays: Sequence[str], cells: Mapping[tuple[int, int], Cell]) -> Markup:
    """The drawing; the darker, the more.

    Args:
        label: What it shows.
        weekdays: Names of the weekdays, from above.
        cells: Numbers by place of the weekday and hour (0 to 23).
    """
    most = max((cell.value or 0 for cell in cells.values()), default=0)
    drawn = [
        text(LEFT + SIDE * hour + SIDE / 2, TOP - 7, str(hour), anchor="middle", kind="axis")
        for hour in range(HOURS)
    ]
    for row, name in enumerate(weekdays):
        drawn.append(text(LEFT - 8, TOP + SIDE * row + 18, name, anchor="end", kind="axis"))
        drawn += [_square(cells[row, hour], row, hour, name, most) for hour in range(HOURS)]
    return drawing(label, LEFT + SIDE * HOURS, TOP + SIDE * len(weekdays), *drawn)


def _square(cell: Cell, row: int, hour: int, name: str, most: int) -> Markup:
    x, y = LEFT + SIDE * hour, TOP + SIDE * row
    shade = f"heat heat-{shade_of(cell, most)}"
    square = element("rect", x=x + 1, y=y + 1, width=SIDE - 2, height=SIDE - 2, rx=2, class_=shade)
    words = f"{name} {hour}: {cell.text}"
    sign = _sign(cell)
    if not sign:
        return linked(cell.link, words, square, is_quiet=True)
    number = text(x + SIDE / 2, y + 18, sign, anchor="middle", kind=f"on-{shade_of(cell, most)}")
    return linked(cell.link, words, square, number, is_quiet=True)


def _sign(cell: Cell) -> str:
    if cell.mask is not Mask.SHOWN:
        return "·"
    return str(cell.value) if cell.value and cell.value < 1000 else ""


def shade_of(cell: Cell, most: int) -> str:
    """The shade of a number beside the highest one: 0 to 4, or hidden."""
    if cell.mask is not Mask.SHOWN:
        return "hidden"
    if not cell.value or not most:
        return "0"
    return str(max(1, -(-STEPS * cell.value // most)))
