"""The limits of LINE's Messaging API, checked before anything is sent.

LINE refuses a whole call for one field that is too long, and its OpenAPI file names hardly any
of these limits. Source: LINE's documentation and observed refusals, as of 2026-11.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from desk.line.messages import measure

MOST_MESSAGES: Final = 5
MOST_TEXT: Final = 5000
MOST_ALT_TEXT: Final = 1500
MOST_QUICK_REPLIES: Final = 13
MOST_LABEL: Final = 20
MOST_FLEX_LABEL: Final = 40
MOST_ACTION_TEXT: Final = 300
MOST_DATA: Final = 300
MOST_URI: Final = 1000
MOST_CLIPBOARD: Final = 1000
MOST_BUBBLES: Final = 12
MOST_BUBBLE_BYTES: Final = 30_000
MOST_CAROUSEL_BYTES: Final = 50_000
MOST_SENDER: Final = 20
MOST_IMAGE_URI: Final = 2000
MOST_COLUMNS: Final = 10
SCHEMES: Final = frozenset({"http", "https", "line", "tel"})
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?")
_LAYOUTS: Final = frozenset({"vertical", "horizontal", "baseline"})
_IN_BASELINE: Final = frozenset({"icon", "text", "filler"})
_BUBBLE_SIZES: Final = frozenset({"nano", "micro", "deca", "hecto", "kilo", "mega", "giga"})

Value = Any
Found = Iterator[str]


def problems(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """What LINE would refuse in the messages of one call; empty if it would take them.

    Args:
        messages: Message objects as they stand in `messages` of reply and push.

    Returns:
        Sentences such as `messages[0].text: 5001 UTF-16 units, at most 5000`.
    """
    found = []
    if not 1 <= len(messages) <= MOST_MESSAGES:
        found.append(f"messages: {len(messages)}, must be 1 to {MOST_MESSAGES}")
    for index, message in enumerate(messages):
        found += _message(message, f"messages[{index}]")
        if "quickReply" in message and index < len(messages) - 1:
            found.append(f"messages[{index}].quickReply: only those of the last message are shown")
    return found


def _message(message: Mapping[str, Any], at: str) -> Found:
    check = _MESSAGES.get(str(message.get("type")))
    if check is None:
        yield f"{at}.type: {message.get('type')!r} is none of {', '.join(_MESSAGES)}"
        return
    yield from check(message, at)
    if "quickReply" in message:
        yield from _quick_reply(message["quickReply"], f"{at}.quickReply")
    if "sender" in message:
        yield from _sender(message["sender"], f"{at}.sender")


def _text_message(message: Mapping[str, Any], at: str) -> Found:
    yield from _text(message.get("text"), MOST_TEXT, f"{at}.text", measure.utf16_units)


def _flex_message(message: Mapping[str, Any], at: str) -> Found:
    yield from _alt_text(message, at)
    container = message.get("contents")
    if not isinstance(container, Mapping):
        yield f"{at}.contents: must be a bubble or a carousel"
    elif container.get("type") == "bubble":
        yield from _bubble(container, f"{at}.contents")
    elif container.get("type") == "carousel":
        yield from _flex_carousel(container, f"{at}.contents")
    else:
        yield f"{at}.contents.type: {container.get('type')!r} is neither bubble nor carousel"


def _flex_carousel(carousel: Mapping[str, Any], at: str) -> Found:
    bubbles = carousel.get("contents") or []
    if not 1 <= len(bubbles) <= MOST_BUBBLES:
        yield f"{at}.contents: {len(bubbles)} bubbles, must be 1 to {MOST_BUBBLES}"
    if len({bubble.get("size") for bubble in bubbles}) > 1:
        yield f"{at}.contents: the bubbles of a carousel must be of one size"
    yield from _size(carousel, MOST_CAROUSEL_BYTES, at)
    for index, bubble in enumerate(bubbles):
        yield from _bubble(bubble, f"{at}.contents[{index}]")


def _bubble(bubble: Mapping[str, Any], at: str) -> Found:
    if bubble.get("type") != "bubble":
        yield f"{at}.type: must be bubble"
    if bubble.get("size", "mega") not in _BUBBLE_SIZES:
        yield f"{at}.size: {bubble['size']!r} is none of {', '.join(sorted(_BUBBLE_SIZES))}"
    blocks = [name for name in ("header", "hero", "body", "footer") if name in bubble]
    if not blocks:
        yield f"{at}: holds no block"
    yield from _size(bubble, MOST_BUBBLE_BYTES, at)
    for name in blocks:
        if name != "hero" and bubble[name].get("type") != "box":
            yield f"{at}.{name}.type: must be box"
        yield from _component(bubble[name], f"{at}.{name}")
    if "action" in bubble:
        yield from _action(bubble["action"], f"{at}.action", None)


def _component(component: Mapping[str, Any], at: str) -> Found:
    kind = component.get("type")
    if kind == "box":
        yield from _box(component, at)
    elif kind == "text":
        if "contents" not in component:
            yield from _text(component.get("text"), None, f"{at}.text", len)
        for index, span in enumerate(component.get("contents", ())):
            yield from _text(span.get("text"), None, f"{at}.contents[{index}].text", len)
    elif kind == "button":
        yield from _action(component.get("action"), f"{at}.action", MOST_FLEX_LABEL)
    elif kind in {"image", "icon"}:
        yield from _uri(component.get("url"), f"{at}.url", MOST_IMAGE_URI, {"https"})
    elif kind not in {"separator", "filler"}:
        yield f"{at}.type: {kind!r} is no component"
    if kind != "button" and "action" in component:
        yield from _action(component["action"], f"{at}.action", None)
    for name in ("color", "backgroundColor", "borderColor"):
        if name in component and not _COLOR.fullmatch(str(component[name])):
            yield f"{at}.{name}: {component[name]!r} is no color such as #1a1a1a"


def _box(box: Mapping[str, Any], at: str) -> Found:
    layout, contents = box.get("layout"), box.get("contents")
    if layout not in _LAYOUTS:
        yield f"{at}.layout: {layout!r} is none of {', '.join(sorted(_LAYOUTS))}"
    if not isinstance(contents, Sequence) or not contents:
        yield f"{at}.contents: is empty"
        return
    for index, component in enumerate(contents):
        place = f"{at}.contents[{index}]"
        if layout == "baseline" and component.get("type") not in _IN_BASELINE:
            yield f"{place}.type: {component.get('type')!r} cannot stand in a baseline box"
        yield from _component(component, place)


def _quick_reply(quick_reply: Mapping[str, Any], at: str) -> Found:
    items = quick_reply.get("items") or []
    if not 1 <= len(items) <= MOST_QUICK_REPLIES:
        yield f"{at}.items: {len(items)}, must be 1 to {MOST_QUICK_REPLIES}"
    for index, item in enumerate(items):
        if item.get("type") != "action":
            yield f"{at}.items[{index}].type: must be action"
        yield from _action(item.get("action"), f"{at}.items[{index}].action", MOST_LABEL)


def _action(action: Value, at: str, most_label: int | None) -> Found:
    """Problems of an action; `most_label` None where the label is not shown and may be missing."""
    if not isinstance(action, Mapping):
        yield f"{at}: is missing"
        return
    if most_label is not None or "label" in action:
        label = action.get("label")
        yield from _text(label, most_label or MOST_LABEL, f"{at}.label", measure.label_length)
    kind = action.get("type")
    if kind == "postback":
        yield from _text(action.get("data"), MOST_DATA, f"{at}.data", measure.utf16_units)
        optional = [name for name in ("displayText", "text", "fillInText") if name in action]
        if {"displayText", "text"} <= {*optional}:
            yield f"{at}: displayText and text exclude each other"
    elif kind == "message":
        optional = ["text"]
    elif kind == "uri":
        optional = []
        yield from _uri(action.get("uri"), f"{at}.uri", MOST_URI, SCHEMES)
    elif kind == "clipboard":
        optional = []
        text = action.get("clipboardText")
        yield from _text(text, MOST_CLIPBOARD, f"{at}.clipboardText", measure.utf16_units)
    else:
        optional = []
        yield f"{at}.type: {kind!r} is none of postback, message, uri, clipboard"
    for name in optional:
        yield from _text(action.get(name), MOST_ACTION_TEXT, f"{at}.{name}", measure.label_length)


def _sender(sender: Mapping[str, Any], at: str) -> Found:
    name = sender.get("name")
    if name is not None:
        yield from _text(name, MOST_SENDER, f"{at}.name", measure.label_length)
        if "line" in str(name).lower():
            yield f"{at}.name: may not hold the word LINE"
    if "iconUrl" in sender:
        yield from _uri(sender["iconUrl"], f"{at}.iconUrl", MOST_IMAGE_URI, {"https"})


def _template_message(message: Mapping[str, Any], at: str) -> Found:
    yield from _alt_text(message, at)
    template, place = message.get("template"), f"{at}.template"
    check = _TEMPLATES.get(template.get("type")) if isinstance(template, Mapping) else None
    if check is None or template is None:
        yield f"{place}.type: must be one of {', '.join(_TEMPLATES)}"
        return
    yield from check(template, place)


def _buttons(template: Mapping[str, Any], at: str) -> Found:
    has_head = "title" in template or "thumbnailImageUrl" in template
    yield from _head(template, at)
    yield from _text(template.get("text"), 60 if has_head else 160, f"{at}.text", _label)
    yield from _actions(template, at, range(1, 5))


def _confirm(template: Mapping[str, Any], at: str) -> Found:
    yield from _text(template.get("text"), 240, f"{at}.text", _label)
    yield from _actions(template, at, range(2, 3))


def _carousel(template: Mapping[str, Any], at: str) -> Found:
    columns = template.get("columns") or []
    if not 1 <= len(columns) <= MOST_COLUMNS:
        yield f"{at}.columns: {len(columns)}, must be 1 to {MOST_COLUMNS}"
    heads = [{"title", "thumbnailImageUrl"} & {*column} for column in columns]
    most = 60 if any(heads) else 120
    if any(head != heads[0] for head in heads):
        yield f"{at}.columns: a title or image must stand in all columns or in none"
    if len({len(column.get("actions") or ()) for column in columns}) > 1:
        yield f"{at}.columns: all columns must have the same number of actions"
    for index, column in enumerate(columns):
        place = f"{at}.columns[{index}]"
        yield from _head(column, place)
        yield from _text(column.get("text"), most, f"{place}.text", _label)
        yield from _actions(column, place, range(1, 4))


def _image_carousel(template: Mapping[str, Any], at: str) -> Found:
    columns = template.get("columns") or []
    if not 1 <= len(columns) <= MOST_COLUMNS:
        yield f"{at}.columns: {len(columns)}, must be 1 to {MOST_COLUMNS}"
    for index, column in enumerate(columns):
        place = f"{at}.columns[{index}]"
        yield from _uri(column.get("imageUrl"), f"{place}.imageUrl", MOST_IMAGE_URI, {"https"})
        yield from _action(column.get("action"), f"{place}.action", 12)


def _head(column: Mapping[str, Any], at: str) -> Found:
    if "title" in column:
        yield from _text(column["title"], 40, f"{at}.title", _label)
    if "thumbnailImageUrl" in column:
        url = column["thumbnailImageUrl"]
        yield from _uri(url, f"{at}.thumbnailImageUrl", MOST_IMAGE_URI, {"https"})


def _actions(template: Mapping[str, Any], at: str, allowed: range) -> Found:
    actions = template.get("actions") or []
    if len(actions) not in allowed:
        yield f"{at}.actions: {len(actions)}, must be {allowed[0]} to {allowed[-1]}"
    for index, action in enumerate(actions):
        yield from _action(action, f"{at}.actions[{index}]", MOST_LABEL)


def _image_message(message: Mapping[str, Any], at: str) -> Found:
    for name in ("originalContentUrl", "previewImageUrl"):
        yield from _uri(message.get(name), f"{at}.{name}", MOST_IMAGE_URI, {"https"})


def _alt_text(message: Mapping[str, Any], at: str) -> Found:
    alt = message.get("altText")
    yield from _text(alt, MOST_ALT_TEXT, f"{at}.altText", measure.utf16_units)


def _text(value: Value, most: int | None, at: str, length: Callable[[str], int]) -> Found:
    if not isinstance(value, str) or not value.strip():
        yield f"{at}: is empty"
    elif "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        yield f"{at}: holds a null character or half of a character"
    elif most is not None and length(value) > most:
        unit = "UTF-16 units" if length is measure.utf16_units else "characters"
        yield f"{at}: {length(value)} {unit}, at most {most}"


def _uri(value: Value, at: str, most: int, schemes: frozenset[str] | set[str]) -> Found:
    if not isinstance(value, str) or not value.strip():
        yield f"{at}: is empty"
        return
    if measure.uri_length(value) > most:
        length = measure.uri_length(value)
        yield f"{at}: {length} characters after percent-encoding, at most {most}"
    if not _is_address(value, schemes):
        yield f"{at}: {value[:40]!r} is no address with {', '.join(sorted(schemes))}"


def _is_address(value: str, schemes: frozenset[str] | set[str]) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    if parts.scheme == "tel":
        return "tel" in schemes and re.fullmatch(r"\+?[0-9*#-]+", parts.path) is not None
    has_blank = any(sign.isspace() or not sign.isprintable() for sign in value)
    return (
        parts.scheme in schemes and bool(parts.netloc) and parts.netloc.isascii() and not has_blank
    )


def is_link(value: object) -> bool:
    """Whether LINE takes this as the address of a link or a telephone."""
    return isinstance(value, str) and not list(_uri(value, "uri", MOST_URI, SCHEMES))


def _size(value: Mapping[str, Any], most: int, at: str) -> Found:
    if (size := measure.json_bytes(value)) > most:
        yield f"{at}: {size} bytes of JSON, at most {most}"


_label = measure.label_length
_MESSAGES: Final[Mapping[str, Callable[[Mapping[str, Any], str], Found]]] = {
    "text": _text_message,
    "flex": _flex_message,
    "template": _template_message,
    "image": _image_message,
}
_TEMPLATES: Final[Mapping[Any, Callable[[Mapping[str, Any], str], Found]]] = {
    "buttons": _buttons,
    "confirm": _confirm,
    "carousel": _carousel,
    "image_carousel": _image_carousel,
}


def action_problems(action: Mapping[str, Any], most_label: int) -> list[str]:
    """What LINE would refuse in an action whose label has at most `most_label` characters."""
    return list(_action(action, "action", most_label))


def fits(message: Mapping[str, Any]) -> bool:
    """Whether LINE takes this one message."""
    return not list(_message(message, "message"))
