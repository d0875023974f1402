"""Rich menus of an account: made, given their image, shown to everybody or to one user."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.line.fake.errors import NOT_FOUND, LineError, Problem, content_type, has_errors
from tests.line.fake.limits import EMPTY, Check

if TYPE_CHECKING:
    from tests.line.fake.account import Account

Json = dict[str, Any]
WIDTHS = (800, 2500)
LEAST_HEIGHT = 250
LEAST_RATIO = 1.45
IMAGE_BYTES = 1_000_000
PNG = b"\x89PNG\r\n\x1a\n"
NO_IMAGE = "must upload richmenu image before applying it to user"
"""LINE's wording is known from reports only."""


def problems(menu: Any) -> list[Problem]:
    """What LINE would refuse about a menu."""
    check = Check()
    if not isinstance(menu, dict):
        check.add("", EMPTY)
        return check.problems
    check.within("rich_menu_name", menu.get("name"), "name")
    check.within("chat_bar_text", menu.get("chatBarText"), "chatBarText")
    if not isinstance(menu.get("selected"), bool):
        check.add("selected", EMPTY)
    width, height = _numbers(menu.get("size"), ("width", "height"))
    if not WIDTHS[0] <= width <= WIDTHS[1]:
        check.add("size.width", f"Must be between {WIDTHS[0]} and {WIDTHS[1]}")
    if height < LEAST_HEIGHT or width / max(height, 1) < LEAST_RATIO:
        check.add("size.height", f"Must be at least {LEAST_HEIGHT}, and width/height {LEAST_RATIO}")
    if check.within("rich_menu_areas", menu.get("areas"), "areas"):
        for place, area in check.objects(menu["areas"], "areas"):
            _area(check, area, place, width, height)
    return check.problems


def _numbers(given: Any, names: tuple[str, ...]) -> list[int]:
    """The numbers of these names; -1 for what is none."""
    found = given if isinstance(given, Mapping) else {}
    values = [found.get(name) for name in names]
    return [v if isinstance(v, int) and not isinstance(v, bool) else -1 for v in values]


def _area(check: Check, area: Mapping[str, Any], place: str, width: int, height: int) -> None:
    x, y, wide, high = _numbers(area.get("bounds"), ("x", "y", "width", "height"))
    if min(x, y) < 0 or min(wide, high) < 1 or x + wide > width or y + high > height:
        check.add(f"{place}.bounds", "Must lie within size")
    check.action(area.get("action"), f"{place}.action", "rich_menu")


class RichMenus:
    """The menus of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.menus: dict[str, Json] = {}
        self.images: dict[str, tuple[str, bytes]] = {}
        self.default: str | None = None

    def create(self, menu: Json) -> str:
        """Keep a menu; gives its id."""
        found = problems(menu)
        if found:
            raise has_errors(found)
        menu_id = f"richmenu-{self._account.line.chance_of_answers.getrandbits(128):032x}"
        self.menus[menu_id] = menu
        return menu_id

    def get(self, menu_id: str) -> Json:
        """A menu with its id."""
        if menu_id not in self.menus:
            raise LineError(404, NOT_FOUND)
        return {"richMenuId": menu_id, **self.menus[menu_id]}

    def delete(self, menu_id: str) -> None:
        """Remove a menu, wherever it is shown."""
        self.get(menu_id)
        del self.menus[menu_id]
        self.images.pop(menu_id, None)
        if self.default == menu_id:
            self.default = None
        for user in self._account.users.values():
            if user.rich_menu == menu_id:
                user.rich_menu = None

    def upload(self, menu_id: str, kind: str, image: bytes) -> None:
        """Give a menu its image, once: PNG or JPEG, of the menu's size."""
        size = self.get(menu_id)["size"]
        if kind not in {"image/png", "image/jpeg"}:
            raise content_type(kind)
        if menu_id in self.images:
            raise LineError(400, "An image has already been uploaded to the richmenu")
        if len(image) > IMAGE_BYTES:
            raise LineError(413, "The image is too large")
        if kind == "image/png":
            is_png = image.startswith(PNG)
            if not is_png or struct.unpack(">II", image[16:24]) != (size["width"], size["height"]):
                raise LineError(400, "Invalid image size")
        self.images[menu_id] = (kind, image)

    def show(self, menu_id: str, user_id: str | None) -> None:
        """Show a menu to everybody (None) or to one user."""
        self.get(menu_id)
        if menu_id not in self.images:
            raise LineError(400, NO_IMAGE)
        if user_id is None:
            self.default = menu_id
        elif user_id in self._account.users:
            self._account.users[user_id].rich_menu = menu_id
        else:
            raise LineError(404, NOT_FOUND)

    def of(self, user_id: str) -> str | None:
        """The id of the menu that a user sees."""
        user = self._account.users.get(user_id)
        return (user.rich_menu if user else None) or self.default
