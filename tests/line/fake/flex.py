"""Whether LINE would take a flex container: sizes, nesting and the values of its properties."""

import re
from collections.abc import Mapping
from typing import Any

from tests.line.fake.limits import EMPTY, Check

BLOCKS = ("header", "hero", "body", "footer")
BUBBLE_SIZES = ["nano", "micro", "deca", "hecto", "kilo", "mega", "giga"]
PIXELS = r"\d+(\.\d+)?px"
SPACING = re.compile(rf"none|xs|sm|md|lg|xl|xxl|{PIXELS}")
PADDING = re.compile(rf"none|xs|sm|md|lg|xl|xxl|{PIXELS}|\d+(\.\d+)?%")
EXTENT = re.compile(rf"{PIXELS}|\d+(\.\d+)?%")
TEXT_SIZE = re.compile(rf"xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl|{PIXELS}")
IMAGE_SIZE = re.compile(rf"xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl|full|{PIXELS}|\d+(\.\d+)?%")
COLOR = re.compile(r"#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?")
CORNER = re.compile(rf"none|xs|sm|md|lg|xl|xxl|{PIXELS}")
BORDER = re.compile(rf"none|light|normal|medium|semi-bold|bold|{PIXELS}")
FORMS: dict[str, re.Pattern[str]] = {
    "margin": SPACING,
    "spacing": SPACING,
    "width": EXTENT,
    "height": EXTENT,
    "maxWidth": EXTENT,
    "maxHeight": EXTENT,
    "color": COLOR,
    "backgroundColor": COLOR,
    "borderColor": COLOR,
    "cornerRadius": CORNER,
    "borderWidth": BORDER,
    "lineSpacing": re.compile(PIXELS),
    "weight": re.compile("regular|bold"),
    "align": re.compile("start|end|center"),
    "gravity": re.compile("top|bottom|center"),
    "position": re.compile("relative|absolute"),
    "decoration": re.compile("none|underline|line-through"),
    "justifyContent": re.compile(
        "flex-start|center|flex-end|space-between|space-around|space-evenly"
    ),
    "alignItems": re.compile("flex-start|center|flex-end"),
    **dict.fromkeys(
        ("paddingAll", "paddingTop", "paddingBottom", "paddingStart", "paddingEnd"), PADDING
    ),
    **dict.fromkeys(("offsetTop", "offsetBottom", "offsetStart", "offsetEnd"), PADDING),
}
BUTTON_HEIGHT = re.compile("sm|md")
LAYOUTS = ["horizontal", "vertical", "baseline"]
IN_BOX = ["box", "button", "image", "video", "icon", "text", "separator", "filler"]
IN_BASELINE = ["icon", "text", "filler"]


def container(check: Check, given: Any, place: str) -> None:
    """Note what is wrong with a bubble or a carousel of bubbles."""
    if not isinstance(given, Mapping):
        check.add(place, EMPTY)
        return
    if not check.one_of(given.get("type"), ["bubble", "carousel"], f"{place}.type"):
        return
    if given["type"] == "bubble":
        _bubble(check, given, place)
        return
    bubbles = given.get("contents")
    if check.within("bubbles", bubbles, f"{place}.contents"):
        check.within("flex_carousel", given, place)
        objects = list(check.objects(bubbles, f"{place}.contents"))
        for here, bubble in objects:
            _bubble(check, bubble, here)
        if len({str(bubble.get("size", "mega")) for _, bubble in objects}) > 1:
            check.add(f"{place}.contents", "Bubbles of a carousel must have the same size")


def _bubble(check: Check, bubble: Mapping[str, Any], place: str) -> None:
    if not check.one_of(bubble.get("type"), ["bubble"], f"{place}.type"):
        return
    check.within("bubble", bubble, place)
    check.one_of(bubble.get("size", "mega"), BUBBLE_SIZES, f"{place}.size")
    blocks = [name for name in BLOCKS if name in bubble]
    if not blocks:
        check.add(place, "at least one block must be specified")
    for name in blocks:
        allowed = ["box", "image", "video"] if name == "hero" else ["box"]
        _component(check, bubble[name], f"{place}.{name}", allowed)
    if "action" in bubble:
        _tap(check, bubble["action"], f"{place}.action")


def _component(check: Check, given: Any, place: str, allowed: list[str]) -> None:
    if not isinstance(given, Mapping):
        check.add(place, EMPTY)
        return
    kind = given.get("type")
    if not check.one_of(kind, allowed, f"{place}.type"):
        return
    _values(check, given, place)
    if kind == "box":
        _box(check, given, place)
    elif kind == "text":
        _text(check, given, place)
    elif kind == "button":
        check.one_of(given.get("style", "link"), ["primary", "secondary", "link"], f"{place}.style")
        check.action(given.get("action"), f"{place}.action", "flex_label")
    elif kind in {"image", "icon"}:
        check.url(given.get("url"), f"{place}.url")
    if kind != "button" and "action" in given:
        _tap(check, given["action"], f"{place}.action")


def _box(check: Check, box: Mapping[str, Any], place: str) -> None:
    layout = box.get("layout")
    check.one_of(layout, LAYOUTS, f"{place}.layout")
    contents = box.get("contents")
    if not isinstance(contents, list):
        check.add(f"{place}.contents", EMPTY)
        return
    allowed = IN_BASELINE if layout == "baseline" else IN_BOX
    for number, child in enumerate(contents):
        _component(check, child, f"{place}.contents[{number}]", allowed)


def _text(check: Check, text: Mapping[str, Any], place: str) -> None:
    spans = text.get("contents")
    if not spans:
        if not isinstance(text.get("text"), str) or not text["text"]:
            check.add(f"{place}.text", "must be non-empty text")
        return
    for number, span in enumerate(spans):
        _component(check, span, f"{place}.contents[{number}]", ["span"])


def _values(check: Check, given: Mapping[str, Any], place: str) -> None:
    """The values of properties, which the OpenAPI file leaves open."""
    kind = given["type"]
    for name, form in FORMS.items():
        fitting = BUTTON_HEIGHT if (kind, name) == ("button", "height") else form
        _form(check, given.get(name), fitting, f"{place}.{name}")
    if kind in {"text", "span", "icon", "image"}:
        _form(
            check, given.get("size"), IMAGE_SIZE if kind == "image" else TEXT_SIZE, f"{place}.size"
        )
    flex = given.get("flex")
    if flex is not None and (isinstance(flex, bool) or not isinstance(flex, int) or flex < 0):
        check.add(f"{place}.flex", "invalid property")
    for name, kinds in (("wrap", bool), ("maxLines", int)):
        if name in given and not isinstance(given[name], kinds):
            check.add(f"{place}.{name}", "invalid property")


def _form(check: Check, value: Any, form: re.Pattern[str], place: str) -> None:
    if value is not None and (not isinstance(value, str) or not form.fullmatch(value)):
        check.add(place, "invalid property")


def _tap(check: Check, action: Any, place: str) -> None:
    """The action of a bubble, box, text or image: its label may be left out."""
    filled = {"label": "tap", **action} if isinstance(action, Mapping) else action
    check.action(filled, place, "flex_label")
