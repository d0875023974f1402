"""A whole turn of the chat as the messages of one call to LINE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from desk.line.messages import cards, flex, limits, measure, plain
from desk.line.messages.bubble import Bubble
from desk.line.messages.choices import (
    Choice,
    distinct,
    fitting,
    listed,
    quick_reply,
    read_choices,
    tidy,
)
from desk.line.messages.words import Wording

STAFF: Final = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A sentence with a button that opens an address."""

    text: str
    label: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A text, or a Flex message with the text that can stand in its place."""

    text: str
    flex: Mapping[str, Any] | None = None


def line_messages(
    bubbles: Sequence[Bubble],
    wording: Wording,
    *,
    link: Link | None = None,
    more: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """One turn as LINE messages: 1 to 5, and LINE takes every one of them.

    Texts stay apart where there is room and are joined by a blank line where there is none; a
    card that LINE would not take becomes text. Buttons of the whole turn are the quick replies
    of the last message, the question's first. Only of more than 25,000 UTF-16 units the end is
    missing, and the last message says so.

    Args:
        bubbles: The messages of the chat, in order, none of them the owner's.
        wording: The knowledge base's `wording(text_id, **values)`.
        link: What stands at the end, as a message of its own.
        more: Quick replies `{title, payload}` after those of the turn, as far as there is room,
            such as the one that corrects the last answer.

    Returns:
        Message objects for reply or push; empty if there is nothing to show.
    """
    choices = _choices(bubbles)
    parts = [part for bubble in bubbles for part in _parts(bubble, wording)]
    missing = _missing(choices)
    if missing:
        parts.append(_Part(text=f"{wording('line.choices')}\n{listed(missing)}"))
    most = limits.MOST_MESSAGES - (link is not None)
    messages = [_message(part) for part in _packed(parts, wording("line.cut"), most)]
    if link is not None:
        messages.append(link_message(link.text, link.label, link.uri))
    replies = quick_reply(distinct([*choices, *read_choices(more)]))
    if messages and replies:
        messages[-1]["quickReply"] = replies
    return messages


def link_message(
    text: str, label: str, uri: str, choices: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """A sentence with a button that opens an address.

    Args:
        text: What is said.
        label: Words on the button.
        uri: Where it leads; not cut. If LINE takes no button for it, it stands in the text.
        choices: Quick replies, each `{title, payload}`.

    Returns:
        One message object that LINE takes; as plain text where a card would not do.
    """
    body = flex.text(text)
    room = limits.MOST_TEXT - measure.utf16_units(uri) - 1
    words = measure.cut_text(text, room) if room > 0 else ""
    message: dict[str, Any] = {"type": "text", "text": f"{words}\n{uri}"}
    if body is not None and limits.is_link(uri):
        shown = {
            "type": "flex",
            "altText": measure.cut_text(str(body["text"]), limits.MOST_ALT_TEXT),
            "contents": flex.bubble(body, footer=[flex.uri_button(label, uri)]),
        }
        message = shown if limits.fits(shown) else message
    replies = quick_reply(distinct(read_choices(choices)))
    return {**message, "quickReply": replies} if replies else message


def _choices(bubbles: Sequence[Bubble]) -> list[Choice]:
    """What can be pressed after this turn: the newest question's choices, then the newest buttons."""
    asked = [bubble.question.get("choices") or [] for bubble in bubbles if bubble.question]
    found = read_choices(asked[-1]) if asked else []
    for bubble in reversed(bubbles):
        found += read_choices(bubble.quick_replies)
    return distinct(found)


def _missing(choices: Sequence[Choice]) -> list[Choice]:
    """All choices, if one of them has no quick reply or not its whole title; else none."""
    shown = fitting(choices)
    is_whole = len(shown) == len(choices) and all(choice.is_whole for choice in choices)
    return [] if is_whole else list(choices)


def _parts(bubble: Bubble, wording: Wording) -> list[_Part]:
    text = tidy(bubble.text)
    left = (bubble.question or {}).get("left")
    if text and isinstance(left, int) and left > 0:
        text += wording("line.left", count=left)
    drawn = cards.draw(bubble.card, wording, bubble.text) if bubble.card else None
    if text and bubble.author == STAFF:
        text = f"{_name(bubble, wording)}\n{text}"
    parts = [_Part(text=text)] if text else []
    if drawn is not None:
        parts += _cards(drawn)
    return parts


def _name(bubble: Bubble, wording: Wording) -> str:
    """Who of the staff speaks: owners must see that it is a person."""
    name = tidy(bubble.author_name)
    return wording("line.staff", name=name) if name else wording("line.staff_nameless")


def _cards(drawn: cards.Drawn) -> list[_Part]:
    """A card as Flex messages, as many bubbles in each as LINE takes; one too large is text."""
    parts: list[_Part] = []
    some: list[flex.Component] = []
    for bubble in drawn.bubbles:
        if some and not limits.fits(_card(drawn, [*some, bubble])):
            parts.append(_card_part(drawn, some))
            some = []
        some.append(bubble)
    return [*parts, _card_part(drawn, some)]


def _card(drawn: cards.Drawn, bubbles: Sequence[flex.Component]) -> dict[str, Any]:
    contents = bubbles[0] if len(bubbles) == 1 else {"type": "carousel", "contents": list(bubbles)}
    return {"type": "flex", "altText": drawn.alt, "contents": contents}


def _card_part(drawn: cards.Drawn, bubbles: Sequence[flex.Component]) -> _Part:
    message = _card(drawn, bubbles)
    text = plain.flex_words(message["contents"])
    return _Part(text=text, flex=message if limits.fits(message) else None)


def _packed(parts: Sequence[_Part], cut: str, most: int) -> list[_Part]:
    """The parts as few as that, and LINE takes them: texts joined first, then cards made text."""
    pieces = [
        piece
        for part in parts
        for piece in (
            [part] if part.flex is not None else map(_text_part, plain.pieces_of(part.text))
        )
    ]
    while len(pieces) > most:
        at = plain.shortest_pair([None if each.flex else each.text for each in pieces])
        if at is not None:
            joined = plain.BLANK_LINE.join(each.text for each in pieces[at : at + 2])
            pieces[at : at + 2] = [_Part(text=joined)]
            continue
        drawn = [index for index, each in enumerate(pieces) if each.flex]
        if not drawn:
            return [_text_part(each) for each in plain.packed([p.text for p in pieces], cut, most)]
        least = min(drawn, key=lambda index: measure.utf16_units(pieces[index].text))
        pieces[least : least + 1] = map(_text_part, plain.pieces_of(pieces[least].text))
    return pieces


def _text_part(text: str) -> _Part:
    return _Part(text=text)


def _message(part: _Part) -> dict[str, Any]:
    return dict(part.flex) if part.flex else {"type": "text", "text": part.text}
