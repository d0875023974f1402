"""Flex messages as plain text, where they cannot be shown or LINE refused them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from desk.line.messages import limits, measure
from desk.line.messages.choices import BULLET

BLANK_LINE: Final = "\n\n"


def as_text(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same as text messages, at most 5, without anything that LINE could object to.

    Flex messages become their words with the addresses of their links. Quick replies become
    lines of text, since it is not known what LINE objected to.

    Args:
        messages: Message objects, of which LINE may have refused one.

    Returns:
        Text messages without problems; empty only if nothing was said.
    """
    texts = [words_of(message) for message in messages]
    if messages and (titles := _titles(messages[-1])):
        texts.append(titles)
    return [{"type": "text", "text": text} for text in packed(texts)]


def packed(
    texts: Sequence[str], cut: str = measure.ELLIPSIS, most: int = limits.MOST_MESSAGES
) -> list[str]:
    """Texts as at most `most` texts that LINE takes; neighbours are joined where needed.

    Args:
        texts: What is said, in order; blank ones are left out.
        cut: What stands at the end if it is too much (over 25,000 UTF-16 units in 5 messages).
        most: How many messages there may be.
    """
    pieces = [piece for text in texts for piece in pieces_of(text)]
    while len(pieces) > most and (at := shortest_pair(pieces)) is not None:
        pieces[at : at + 2] = [BLANK_LINE.join(pieces[at : at + 2])]
    if len(pieces) <= most:
        return pieces
    pieces = pieces_of(BLANK_LINE.join(pieces), anywhere=True)
    if len(pieces) > most:
        room = limits.MOST_TEXT - measure.utf16_units(cut)
        head = measure.split_text(pieces[most - 1], room, anywhere=True)[0]
        pieces = [*pieces[: most - 1], head + cut]
    return pieces


def pieces_of(text: str, *, anywhere: bool = False) -> list[str]:
    """A text in pieces that LINE takes as one message each; blanks around them are left out."""
    whole = text.replace("\0", "").strip()
    pieces = measure.split_text(whole, limits.MOST_TEXT, anywhere=anywhere)
    return [piece.strip() for piece in pieces if piece.strip()]


def shortest_pair(pieces: Sequence[str | None]) -> int | None:
    """Where two neighbouring texts begin that give the shortest text together.

    Args:
        pieces: Texts, and None for what is no text.

    Returns:
        Index of the first one; None where no two can be joined to a text that LINE takes.
    """
    found, shortest = None, limits.MOST_TEXT + 1
    for at, (first, second) in enumerate(pairwise(pieces)):
        if first is None or second is None:
            continue
        length = measure.utf16_units(first + BLANK_LINE + second)
        if length < shortest:
            found, shortest = at, length
    return found


def words_of(message: Mapping[str, Any]) -> str:
    """What a message says, as text; links stand behind their words."""
    if message.get("type") == "flex":
        return flex_words(message["contents"]) or str(message.get("altText", ""))
    return str(message.get("text") or message.get("altText") or "")


def flex_words(container: Mapping[str, Any]) -> str:
    """All words of a bubble or carousel, line by line; bubbles are parted by a blank line."""
    bubbles = container["contents"] if container["type"] == "carousel" else [container]
    blocks = (
        [
            line
            for name in ("header", "body", "footer")
            if name in each
            for line in _lines(each[name])
        ]
        for each in bubbles
    )
    return BLANK_LINE.join("\n".join(lines) for lines in blocks if lines)


def _lines(component: Mapping[str, Any]) -> Iterator[str]:
    kind = component["type"]
    if kind == "box":
        inner = [line for each in component["contents"] for line in _lines(each)]
        if component["layout"] == "vertical":
            yield from inner
        elif inner:
            yield " ".join(inner)
    elif kind == "text":
        yield component["text"] + _address(component["text"], component.get("action"))
    elif kind == "button":
        action = component["action"]
        if action["type"] == "uri":
            yield action["label"] + _address(action["label"], action)
        else:
            yield BULLET + _said(action)


def _address(words: str, action: Mapping[str, Any] | None) -> str:
    """The address that words lead to, unless they are it."""
    if action is None or action.get("type") != "uri":
        return ""
    uri = str(action["uri"]).removeprefix("tel:")
    digits = "".join(sign for sign in words if sign.isdigit() or sign == "+")
    return "" if uri in {words, digits} or digits.endswith(uri) else f"\n{uri}"


def _titles(message: Mapping[str, Any]) -> str:
    """Quick replies as lines of text; what the message says already is not repeated."""
    said = words_of(message)
    items = message.get("quickReply", {}).get("items", [])
    actions = [item["action"] for item in items]
    titles = [BULLET + _said(action) for action in actions]
    return "\n".join(title for title in titles if title not in said)


def _said(action: Mapping[str, Any]) -> str:
    """What the owner says by pressing."""
    return str(action.get("displayText") or action.get("text") or action["label"])
