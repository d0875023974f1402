"""Elements of a drawing; every value and text is escaped."""

from markupsafe import Markup, escape

Value = str | float | int


def element(name: str, *inside: Markup | str, **attributes: Value | None) -> Markup:
    """An element.

    Args:
        name: Its name; never from outside.
        *inside: Elements and texts in it; texts are escaped.
        **attributes: Its attributes; `_` stands for `-`, a last `_` is dropped, None is left out.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _short(value))
        for key, value in attributes.items()
        if value is not None
    )
    content = Markup("").join(escape(part) for part in inside)
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, content)


def _short(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def drawing(label: str, width: float, height: float, *inside: Markup) -> Markup:
    """A whole drawing with its name for those who do not see it."""
    return element(
        "svg",
        *inside,
        role="group",
        aria_label=label,
        class_="chart",
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> Markup:
    """A line of text."""
    return element("text", words, x=x, y=y, text_anchor=anchor, class_=kind or None)


def linked(link: str | None, label: str, *inside: Markup, is_quiet: bool = False) -> Markup:
    """What leads to the list of its cases, named for those who do not see it.

    With `is_quiet` the keyboard passes it by: the table beneath has the same link.
    """
    title = element("title", label)
    if link is None:
        return element("g", title, *inside)
    tab = "-1" if is_quiet else None
    return element("a", title, *inside, href=link, aria_label=label, tabindex=tab)
