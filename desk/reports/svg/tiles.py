"""A map of the eleven prefectures as tiles, each about where it lies."""

from collections.abc import Mapping

from markupsafe import Markup

from desk.reports.figures import Cell
from desk.reports.svg.element import drawing, element, linked, text
from desk.reports.svg.heat import shade_of

SIDE = 84.0
PLACES = {
    "15": (1, 0),
    "10": (1, 1),
    "09": (2, 1),
    "08": (3, 1),
    "20": (0, 1),
    "11": (2, 2),
    "12": (3, 3),
    "13": (2, 3),
    "14": (2, 4),
    "19": (1, 2),
    "22": (1, 3),
}
"""Column and row of each prefecture by its code; no map's data is behind it."""
ROWS, COLUMNS = 5, 4


def tile_map(label: str, names: Mapping[str, str], cells: Mapping[str, Cell]) -> Markup:
    """The drawing; the darker, the more.

    Args:
        label: What it shows.
        names: Names of the prefectures by code.
        cells: Their numbers by code.
    """
    most = max((cell.value or 0 for cell in cells.values()), default=0)
    drawn = []
    for code, (column, row) in PLACES.items():
        cell, name = cells[code], names[code]
        x, y, shade = SIDE * column, SIDE * row * 0.75, shade_of(cell, most)
        middle = x + SIDE / 2
        square = element(
            "rect",
            x=x + 2,
            y=y + 2,
            width=SIDE - 4,
            height=SIDE * 0.75 - 4,
            rx=4,
            class_=f"heat heat-{shade}",
        )
        words = (
            text(middle, y + 27, name, anchor="middle", kind=f"on-{shade}"),
            text(middle, y + 47, cell.text, anchor="middle", kind=f"number on-{shade}"),
        )
        drawn.append(linked(cell.link, f"{name} {cell.text}", square, *words))
    return drawing(label, SIDE * COLUMNS, SIDE * 0.75 * ROWS, *drawn)
