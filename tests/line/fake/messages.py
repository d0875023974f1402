"""Whether LINE would take these messages; if not, every reason with its place."""

from collections.abc import Mapping
from typing import Any

from tests.line.fake import flex
from tests.line.fake.errors import Problem
from tests.line.fake.limits import EMPTY, Check, Json

TYPES = [
    "text", "textV2", "sticker", "image", "video", "audio", "location", "imagemap", "template",
    "flex", "coupon",
]  # fmt: skip
TEMPLATES = ["buttons", "confirm", "carousel", "image_carousel"]


def problems(messages: Any) -> list[Problem]:
    """What LINE would refuse about `messages`; empty if it takes them."""
    check = Check()
    if not check.within("messages", messages, "messages"):
        return check.problems
    for place, message in check.objects(messages, "messages"):
        _message(check, message, place)
    return check.problems


def _message(check: Check, message: Json, place: str) -> None:
    kind = message.get("type")
    if not check.one_of(kind, TYPES, f"{place}.type"):
        return
    if kind in {"text", "textV2"}:
        check.within("text", message.get("text"), f"{place}.text")
    elif kind == "image":
        for name in ("originalContentUrl", "previewImageUrl"):
            check.url(message.get(name), f"{place}.{name}")
    elif kind == "sticker":
        for name in ("packageId", "stickerId"):
            if not message.get(name):
                check.add(f"{place}.{name}", EMPTY)
    elif kind in {"template", "flex", "imagemap"}:
        check.within("alt_text", message.get("altText"), f"{place}.altText")
    if kind == "template":
        _template(check, message.get("template"), f"{place}.template")
    elif kind == "flex":
        flex.container(check, message.get("contents"), f"{place}.contents")
    _sender(check, message.get("sender"), f"{place}.sender")
    _quick_replies(check, message.get("quickReply"), f"{place}.quickReply")


def _sender(check: Check, sender: Any, place: str) -> None:
    if not isinstance(sender, Mapping):
        return
    name = sender.get("name")
    is_fit = check.within("sender_name", name, f"{place}.name", needed=False)
    if is_fit and name and "line" in name.lower():
        check.add(f"{place}.name", "May not contain: LINE")
    check.url(sender.get("iconUrl"), f"{place}.iconUrl", needed=False)


def _quick_replies(check: Check, given: Any, place: str) -> None:
    if given is None:
        return
    items = given.get("items") if isinstance(given, Mapping) else None
    if not check.within("quick_replies", items, f"{place}.items"):
        return
    for here, item in check.objects(items, f"{place}.items"):
        check.one_of(item.get("type"), ["action"], f"{here}.type")
        check.action(item.get("action"), f"{here}.action", "label", quick=True)
        check.url(item.get("imageUrl"), f"{here}.imageUrl", needed=False)


def _template(check: Check, given: Any, place: str) -> None:
    if not isinstance(given, Mapping):
        check.add(place, EMPTY)
        return
    kind = given.get("type")
    if not check.one_of(kind, TEMPLATES, f"{place}.type"):
        return
    if kind == "buttons":
        is_below = bool(given.get("title") or given.get("thumbnailImageUrl"))
        limit = "buttons_text_below_title" if is_below else "buttons_text"
        check.within("title", given.get("title"), f"{place}.title", needed=False)
        check.within(limit, given.get("text"), f"{place}.text")
        check.url(given.get("thumbnailImageUrl"), f"{place}.thumbnailImageUrl", needed=False)
        _actions(check, given.get("actions"), place, "buttons_actions")
    elif kind == "confirm":
        check.within("confirm_text", given.get("text"), f"{place}.text")
        _actions(check, given.get("actions"), place, "confirm_actions")
    elif check.within("columns", given.get("columns"), f"{place}.columns"):
        (_columns if kind == "carousel" else _images)(check, given["columns"], place)


def _actions(check: Check, actions: Any, place: str, limit: str) -> None:
    if check.within(limit, actions, f"{place}.actions"):
        for number, action in enumerate(actions):
            check.action(action, f"{place}.actions[{number}]", "label")


def _columns(check: Check, given: list[Any], place: str) -> None:
    objects = list(check.objects(given, f"{place}.columns"))
    columns = [column for _, column in objects]
    is_below = any(c.get("title") or c.get("thumbnailImageUrl") for c in columns)
    limit = "column_text_below_title" if is_below else "column_text"
    for here, column in objects:
        check.within("title", column.get("title"), f"{here}.title", needed=False)
        check.within(limit, column.get("text"), f"{here}.text")
        check.url(column.get("thumbnailImageUrl"), f"{here}.thumbnailImageUrl", needed=False)
        _actions(check, column.get("actions"), here, "column_actions")
    shapes = {
        (_count(c.get("actions")), bool(c.get("title")), bool(c.get("thumbnailImageUrl")))
        for c in columns
    }
    if len(shapes) > 1:
        check.add(f"{place}.columns", "Columns must have the same number of actions, title, image")


def _count(items: Any) -> int:
    return len(items) if isinstance(items, list) else 0


def _images(check: Check, columns: list[Any], place: str) -> None:
    for here, column in check.objects(columns, f"{place}.columns"):
        check.url(column.get("imageUrl"), f"{here}.imageUrl")
        check.action(column.get("action"), f"{here}.action", "image_carousel_label")
