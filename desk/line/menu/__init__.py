"""The rich menu: what stands in it, checked against LINE's limits, and its image.

`load_menu` gives what `jinjibu line menu install` sends; `area_of` tells what a pressed area
means.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from advisor.errors import KnowledgeError
from advisor.loading import load_yaml
from desk.line.messages import limits, measure

FOLDER: Final = Path(__file__).parent
MENU_FILE: Final = FOLDER / "menu.yml"
IMAGE_FILE: Final = FOLDER / "menu.png"
MENU_MARK: Final = "m:"
"""Before the id of an area, in the `data` of its postback."""
PAGE: Final = "page"
"""Payload of the area that asks for a link to our own page."""
MOST_NAME: Final = 300
MOST_BAR: Final = 14
MOST_AREAS: Final = 20
MOST_IMAGE_BYTES: Final = 1_000_000
WIDTHS: Final = range(800, 2501)
LEAST_HEIGHT: Final = 250
LEAST_RATIO: Final = 1.45
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_KEYS: Final = frozenset({"name", "chat_bar_text", "width", "height", "columns", "areas"})
_AREA_KEYS: Final = frozenset({"id", "label", "hint", "says", "payload"})


class MenuError(Exception):
    """The menu holds something that LINE would refuse; the message lists it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A part of the image that can be pressed."""

    id: str
    label: str
    hint: str
    """Words below the label; only in the image."""
    says: str
    """What the owner is shown to have said."""
    payload: str
    """What the bot gets, such as `/greet`; or `PAGE`."""
    x: int
    y: int
    width: int
    height: int

    def as_json(self) -> dict[str, Any]:
        """The area as LINE takes it."""
        names = ("x", "y", "width", "height")
        return {
            "bounds": {name: getattr(self, name) for name in names},
            "action": {
                "type": "postback",
                "label": self.label,
                "data": f"{MENU_MARK}{self.id}",
                "displayText": self.says,
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The menu with its areas, in reading order."""

    name: str
    chat_bar_text: str
    width: int
    height: int
    areas: tuple[Area, ...]

    def as_json(self) -> dict[str, Any]:
        """Body of `POST /v2/bot/richmenu`."""
        return {
            "size": {"width": self.width, "height": self.height},
            "selected": True,
            "name": self.name,
            "chatBarText": self.chat_bar_text,
            "areas": [area.as_json() for area in self.areas],
        }


def load_menu(path: Path = MENU_FILE, image: Path = IMAGE_FILE) -> tuple[Menu, bytes]:
    """The menu and its image, as LINE takes them.

    Args:
        path: The definition (see `menu.yml`).
        image: A PNG file of the menu's size.

    Raises:
        MenuError: LINE would refuse them, or the definition cannot be read; all of it is named.
    """
    menu = read_menu(path)
    try:
        content = image.read_bytes()
    except OSError as exc:
        raise MenuError(f"{image}: cannot be read ({exc.strerror}).") from exc
    if found := image_problems(content, menu):
        raise MenuError("\n".join(f"{image}: {each}" for each in found))
    return menu, content


def read_menu(path: Path = MENU_FILE) -> Menu:
    """The definition alone, checked.

    Raises:
        MenuError: It cannot be read, or LINE would refuse it; all of it is named.
    """
    try:
        data = load_yaml(path)
    except KnowledgeError as exc:
        raise MenuError(str(exc)) from exc
    entries = data.get("areas") if isinstance(data, Mapping) and set(data) == _KEYS else None
    if not isinstance(entries, list) or any(set(each) != _AREA_KEYS for each in entries):
        keys, area_keys = ", ".join(sorted(_KEYS)), ", ".join(sorted(_AREA_KEYS))
        raise MenuError(f"{path}: must hold {keys}, and in each area {area_keys}.")
    menu = _laid_out(data)
    if found := menu_problems(menu):
        raise MenuError("\n".join(f"{path}: {each}" for each in found))
    return menu


def _laid_out(data: Mapping[str, Any]) -> Menu:
    """The areas as a grid that covers the whole image."""
    width, height, columns = data["width"], data["height"], data["columns"]
    rows = -(-len(data["areas"]) // columns)
    areas = []
    for index, entry in enumerate(data["areas"]):
        row, column = divmod(index, columns)
        left, right = width * column // columns, width * (column + 1) // columns
        top, bottom = height * row // rows, height * (row + 1) // rows
        size = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        areas.append(Area(**entry, **size))
    return Menu(
        name=data["name"],
        chat_bar_text=data["chat_bar_text"],
        width=width,
        height=height,
        areas=tuple(areas),
    )


def menu_problems(menu: Menu) -> list[str]:
    """What LINE would refuse in the definition."""
    found = []
    if not 0 < measure.label_length(menu.name) <= MOST_NAME:
        found.append(f"name: must have 1 to {MOST_NAME} characters")
    if not 0 < measure.label_length(menu.chat_bar_text) <= MOST_BAR:
        found.append(f"chat_bar_text: must have 1 to {MOST_BAR} characters")
    if menu.width not in WIDTHS or menu.height < LEAST_HEIGHT:
        found.append(f"size: {menu.width}x{menu.height}, must be 800 to 2500 wide and 250 high")
    elif menu.width / menu.height < LEAST_RATIO:
        found.append(f"size: {menu.width}x{menu.height}, width must be 1.45 times the height")
    if not 1 <= len(menu.areas) <= MOST_AREAS:
        found.append(f"areas: {len(menu.areas)}, must be 1 to {MOST_AREAS}")
    ids = [area.id for area in menu.areas]
    found += [
        f"areas.{each}: stands twice" for each in sorted({i for i in ids if ids.count(i) > 1})
    ]
    for area in menu.areas:
        action = limits.action_problems(area.as_json()["action"], limits.MOST_LABEL)
        found += [f"areas.{area.id}.{each}" for each in action]
    return found


def image_problems(content: bytes, menu: Menu) -> list[str]:
    """What LINE would refuse in the image: a PNG of the menu's size, at most 1 MB."""
    if not content.startswith(_PNG) or len(content) < 24:
        return ["must be a PNG image"]
    found = []
    size = struct.unpack(">II", content[16:24])
    if size != (menu.width, menu.height):
        found.append(f"is {size[0]}x{size[1]}, must be {menu.width}x{menu.height}")
    if len(content) > MOST_IMAGE_BYTES:
        found.append(f"has {len(content)} bytes, at most {MOST_IMAGE_BYTES}")
    return found


@cache
def _areas() -> dict[str, Area]:
    return {f"{MENU_MARK}{area.id}": area for area in read_menu().areas}


def area_of(data: str) -> Area | None:
    """The area whose postback carries this `data`; None for other postbacks and old menus."""
    return _areas().get(data)
