"""Building blocks of Flex messages, with contrasts that hold on white."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from desk.line.messages import limits, measure

Component = dict[str, Any]

INK: Final = "#1a1a1a"
MUTED: Final = "#595959"
"""7:1 on white."""
LINK: Final = "#0017c1"
MARK: Final = "#b0000f"
"""Of what deserves attention, always beside words that say so."""
GROUND: Final = "#ffffff"
TRACK: Final = "#d9d9d9"
BAR: Final = "#0017c1"
BAR_WEAK: Final = "#b0000f"


def text(value: object, **style: Any) -> Component | None:
    """A text that wraps and grows with the reader's letter size; None if there is nothing to say.

    Args:
        value: The words; numbers are written as they are.
        style: Properties of the component, such as `size` or `weight`.
    """
    words = "" if value is None else str(value).replace("\0", "").strip()
    if not words:
        return None
    return {
        "type": "text",
        "text": words,
        "wrap": True,
        "scaling": True,
        "size": "sm",
        "color": INK,
        **style,
    }


def muted(value: object, **style: Any) -> Component | None:
    """Words beside the matter, still readable."""
    return text(value, **{"size": "xs", "color": MUTED, **style})


def linked(value: object, uri: object, **style: Any) -> Component | None:
    """A text that opens an address; without a usable address it is just the text."""
    found = text(value, **style)
    if found is None or not limits.is_link(uri):
        return found
    action = {"type": "uri", "uri": measure.encoded_uri(str(uri))}
    return {**found, "color": LINK, "decoration": "underline", "action": action}


def column(*contents: Component | None, **style: Any) -> Component | None:
    """Components one below the other; None if all of them are missing."""
    return _box("vertical", contents, {"spacing": "sm", **style})


def row(*contents: Component | None, **style: Any) -> Component | None:
    """Components side by side; None if all of them are missing."""
    return _box("horizontal", contents, {"spacing": "sm", **style})


def _box(
    layout: str, contents: Iterable[Component | None], style: Mapping[str, Any]
) -> Component | None:
    kept = [component for component in contents if component is not None]
    return {"type": "box", "layout": layout, "contents": kept, **style} if kept else None


def pair(name: str, value: Component | None) -> Component | None:
    """A value under its name; None without a value."""
    return None if value is None else column(muted(name, weight="bold"), value, spacing="none")


def tag(words: str, *, is_marked: bool) -> Component | None:
    """A status in a few words; marked ones want attention."""
    color = MARK if is_marked else INK
    return text(words, size="xs", weight="bold", color=color)


def bar(share: int, *, is_weak: bool) -> Component:
    """A horizontal bar, `share` percent of which is filled."""
    filler = {"type": "filler"}
    filled = {
        "type": "box",
        "layout": "vertical",
        "contents": [filler],
        "width": f"{share}%",
        "height": "8px",
        "backgroundColor": BAR_WEAK if is_weak else BAR,
    }
    return {
        "type": "box",
        "layout": "vertical",
        "contents": [filled if share else filler],
        "height": "8px",
        "backgroundColor": TRACK,
    }


def uri_button(label: str, uri: str) -> Component:
    """A button that opens an address or a telephone; `uri` is usable (`limits.is_link`)."""
    shown = measure.cut_label(label, limits.MOST_FLEX_LABEL)
    action = {"type": "uri", "label": shown, "uri": measure.encoded_uri(uri)}
    return {"type": "button", "height": "sm", "style": "link", "color": LINK, "action": action}


def button(action: Mapping[str, Any]) -> Component:
    """A button with an action that has a label."""
    return {
        "type": "button",
        "height": "sm",
        "style": "link",
        "color": LINK,
        "action": dict(action),
    }


def bubble(
    heading: Component | None,
    *body: Component | None,
    footer: Iterable[Component | None] = (),
) -> Component:
    """A card on white, also where the reader's LINE is dark."""
    block = {"backgroundColor": GROUND}
    found: Component = {"type": "bubble", "size": "mega"}
    content = column(heading, *body, spacing="md")
    if content is not None:
        found["body"] = content
    if (foot := column(*footer, spacing="none")) is not None:
        found["footer"] = foot
    found["styles"] = {name: block for name in ("body", "footer") if name in found}
    return found
