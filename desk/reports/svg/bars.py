"""Bars and stacked bars, one below the other, each with its words and number."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from desk.reports.figures import Cell
from desk.reports.suppression import Mask
from desk.reports.svg.element import drawing, element, linked, text

WIDTH, LABEL, NUMBER, ROW = 480.0, 150.0, 70.0, 30.0
HIDDEN_WIDTH = 8.0
"""Width of the bar that stands for a hidden number, whatever it is."""
LETTERS = 10
"""So many letters of a label fit beside its bar."""
LEGEND = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar, of one or more parts."""

    label: str
    parts: Sequence[Cell]
    kinds: Sequence[str] = ("a",)
    """Style of each part: a, b, c."""
    names: Sequence[str] = ("",)
    """What each part is, for its name."""


def bars(label: str, items: Sequence[Bar], legend: Sequence[tuple[str, str]] = ()) -> Markup:
    """The drawing.

    Args:
        label: What it shows.
        items: The bars from above.
        legend: Style and name of each part, where there are several.
    """
    longest = max((_sum(item) for item in items), default=0)
    room = WIDTH - LABEL - NUMBER
    top = LEGEND if legend else 0.0
    drawn = [
        *_legend(legend),
        *(_bar(item, top + ROW * at, room, longest) for at, item in enumerate(items)),
    ]
    return drawing(label, WIDTH, top + ROW * max(len(items), 1), *drawn)


def _sum(item: Bar) -> int:
    return sum(part.value or 0 for part in item.parts)


def _legend(legend: Sequence[tuple[str, str]]) -> Sequence[Markup]:
    drawn = []
    for at, (kind, name) in enumerate(legend):
        x = at * WIDTH / max(len(legend), 1)
        drawn.append(element("rect", x=x, y=4, width=12, height=12, class_=f"part part-{kind}"))
        drawn.append(text(x + 17, 15, name))
    return drawn


def _bar(item: Bar, y: float, room: float, longest: int) -> Markup:
    short = item.label if len(item.label) <= LETTERS else f"{item.label[: LETTERS - 1]}…"
    drawn, x = [text(LABEL - 8, y + 20, short, anchor="end")], LABEL
    for part, kind, name in zip(item.parts, item.kinds, item.names, strict=True):
        width = _width(part, room, longest)
        if width:
            style = f"part part-{kind}" if part.mask is Mask.SHOWN else "part part-hidden"
            rect = element("rect", x=x, y=y + 5, width=width, height=20, class_=style)
            words = " ".join(filter(None, (item.label, name, part.text)))
            drawn.append(linked(part.link, words, rect))
        x += width
    if len(item.parts) == 1:
        drawn.append(text(x + 6, y + 20, item.parts[0].text, kind="number"))
    return element("g", *drawn)


def _width(part: Cell, room: float, longest: int) -> float:
    if part.mask is not Mask.SHOWN:
        return HIDDEN_WIDTH
    return round(room * (part.value or 0) / longest, 1) if longest else 0.0
