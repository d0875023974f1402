"""Cards of the chat as Flex messages.

Every field may be missing; what is missing is left out, never guessed. A card shows what the
page shows: status, source, date, and what is not known.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from desk.line.messages import flex, limits, measure
from desk.line.messages.choices import Choice, action_of, tidy
from desk.line.messages.flex import Component
from desk.line.messages.words import (
    Wording,
    contact_lines,
    date_text,
    day_text,
    entries,
    joined,
    source_lines,
    status_tag,
    status_words,
    yen_text,
)

Card = Mapping[str, Any]
LEVELS: Final = 5
CONFIDENCES: Final = 3
MOST_EVIDENCE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A card as it can be shown in LINE."""

    alt: str
    """Its gist, for notifications and where Flex messages are not shown."""
    bubbles: Sequence[Component]


def draw(card: Card, wording: Wording, said: str) -> Drawn | None:
    """The card as bubbles of a Flex message.

    Args:
        card: As the chat shows it, with its `kind`.
        wording: The knowledge base's texts.
        said: Text of the message that carries the card; what it says is not repeated.

    Returns:
        None for a kind that is not known here, or a card that shows nothing.
    """
    render = _RENDERERS.get(tidy(card.get("kind")))
    drawn = render(card, wording, said) if render else None
    if drawn is None or not all("body" in bubble for bubble in drawn.bubbles):
        return None
    return drawn if drawn.bubbles else None


def _title(words: object) -> Component | None:
    return flex.text(words, size="md", weight="bold")


def _diagnosis(card: Card, wording: Wording, said: str) -> Drawn:
    dimensions = card.get("dimensions")
    profiles = dimensions if isinstance(dimensions, Mapping) else {}
    weakest = [tidy(name) for name in entries(card.get("weakest"))]
    names = [_name(profiles.get(name), name) for name in weakest]
    lead = wording("line.weakest", names=joined(names, wording)) if names else ""
    gist = [lead] if lead else [_stand(name, each, wording) for name, each in profiles.items()]
    rows = [
        _dimension(number, _name(profile, name), profile, wording, is_weak=name in weakest)
        for number, (name, profile) in enumerate(profiles.items(), start=1)
    ]
    heading = wording("line.diagnosis")
    shown = flex.bubble(_title(heading), flex.text(lead, weight="bold"), *rows)
    return Drawn(alt=_alt([heading, *gist], wording), bubbles=[shown])


def _stand(name: str, profile: object, wording: Wording) -> str:
    """A dimension and how it stands; empty for one that was not asked."""
    level = _level(profile)
    if level is None:
        return ""
    return wording("line.named", name=_name(profile, name), value=wording(f"line.level_{level}"))


def _level(profile: object) -> int | None:
    found = profile.get("level") if isinstance(profile, Mapping) else None
    is_level = isinstance(found, int) and not isinstance(found, bool) and 0 <= found < LEVELS
    return found if is_level else None


def _name(profile: object, name: str) -> str:
    found = profile.get("name") if isinstance(profile, Mapping) else None
    return tidy(found) or name


def _dimension(
    number: int, name: str, profile: object, wording: Wording, *, is_weak: bool
) -> Component | None:
    """One dimension: its name, how it stands in words and as a bar, and what speaks for it."""
    known = profile if isinstance(profile, Mapping) else {}
    level = _level(profile)
    stands = wording("line.unasked") if level is None else wording(f"line.level_{level}")
    color = flex.MARK if is_weak else flex.INK
    head = flex.row(
        flex.text(
            wording("line.dimension", number=number, name=name), weight="bold", color=color, flex=5
        ),
        flex.text(stands, align="end", flex=3) if level is not None else None,
    )
    if level is None:
        return flex.column(head, flex.muted(stands), spacing="xs", margin="lg")
    anchor = tidy(known.get("level_text"))
    quotes = [tidy(quote) for quote in entries(known.get("evidence"))[:MOST_EVIDENCE]]
    return flex.column(
        head,
        flex.bar(round((level + 1) * 100 / LEVELS), is_weak=is_weak),
        flex.muted(wording("line.anchor", text=anchor)) if anchor else None,
        *(flex.muted(wording("line.evidence", quote=quote)) for quote in quotes if quote),
        flex.muted(_clues(known.get("confidence"), wording)),
        spacing="xs",
        margin="lg",
    )


def _clues(confidence: object, wording: Wording) -> str:
    if not isinstance(confidence, int | float) or not math.isfinite(confidence):
        return ""
    step = max(0, min(CONFIDENCES - 1, math.floor(confidence * CONFIDENCES)))
    return wording("line.clues", amount=wording(f"line.clues_{step}"))


def _recommendations(card: Card, wording: Wording, said: str) -> Drawn:
    items = [item for item in entries(card.get("items")) if isinstance(item, Mapping)]
    titles = {item.get("program_id"): tidy(item.get("title")) for item in items}
    bubbles = [_measure(item, rank, titles, card, wording) for rank, item in enumerate(items, 1)]
    ranked = [
        wording("line.rank", rank=item.get("rank") or rank, title=tidy(item.get("title")))
        for rank, item in enumerate(items, start=1)
    ]
    return Drawn(alt=_alt([wording("line.recommendations"), *ranked], wording), bubbles=bubbles)


def _measure(
    item: Card, rank: int, titles: Mapping[Any, str], card: Card, wording: Wording
) -> Component:
    """One measure with status, reason, amount, first step, what is not known, and source."""
    title, status = tidy(item.get("title")), item.get("status")
    yen = yen_text(item.get("amount_yen"), wording)
    day = date_text(card.get("on"), wording)
    facts = [
        ("reason", flex.text(item.get("reason"))),
        ("amount", flex.text(yen)),
        ("working", flex.text(item.get("amount_working")) if yen else None),
        ("status_note", flex.text(item.get("status_note")) if status != "open" else None),
        ("unknown", flex.text(_unknown(item, wording))),
        ("successors", flex.text(_successors(item, titles, wording))),
        ("first_step", flex.text(item.get("first_step"))),
        ("contact", contact_lines(item.get("contact"), wording)),
    ]
    cautions = [flex.text(line) for line in entries(item.get("cautions"))]
    more = _more(item, title, wording)
    return flex.bubble(
        _title(wording("line.ranked", rank=item.get("rank") or rank, title=title)),
        status_tag(status, wording),
        *(flex.pair(wording(f"line.{name}"), value) for name, value in facts),
        flex.pair(wording("line.cautions"), flex.column(*cautions, spacing="xs")),
        source_lines(item.get("source"), wording),
        flex.muted(wording("line.as_of", date=day)) if day else None,
        footer=[flex.button(more)] if more else (),
    )


def _more(item: Card, title: str, wording: Wording) -> dict[str, Any] | None:
    """The action that asks about one measure, in the words that the page uses."""
    if not tidy(item.get("program_id")) or not title:
        return None
    asked = json.dumps({"program": item["program_id"], "aspect": "overview"})
    said = wording("line.ask_more", title=title)
    action = action_of(Choice(title=said, payload=f"/ask_program{asked}"))
    return {**action, "label": wording("line.more")}


def _unknown(item: Card, wording: Wording) -> str:
    """Conditions that were not asked; keys of facts say nothing to an owner."""
    found = item.get("unknown_texts")
    words = [
        tidy(each.get("text") if isinstance(each, Mapping) else each)
        for each in entries(item.get("unknown") if found is None else found)
    ]
    return joined([each for each in words if not each.isascii()], wording)


def _successors(item: Card, titles: Mapping[Any, str], wording: Wording) -> str:
    if item.get("status") != "ended":
        return ""
    found = [
        tidy(each.get("title")) if isinstance(each, Mapping) else titles.get(each, "")
        for each in entries(item.get("successors"))
    ]
    return joined(found, wording)


def _program(card: Card, wording: Wording, said: str) -> Drawn:
    title = tidy(card.get("title")) or wording("line.program")
    first_step = flex.text(card.get("first_step"))
    body = tidy(card.get("text"))
    shown = flex.bubble(
        _title(title),
        status_tag(card.get("status"), wording),
        flex.text(body) if body not in said else None,
        flex.pair(wording("line.first_step"), first_step),
        source_lines(card.get("source"), wording, card.get("as_of")),
    )
    alt = _alt([title, status_words(card.get("status"), wording), body], wording)
    return Drawn(alt=alt, bubbles=[shown])


def _amount(card: Card, wording: Wording, said: str) -> Drawn:
    title = tidy(card.get("title"))
    heading = wording("line.amount_of", title=title) if title else wording("line.amount")
    yen, working = yen_text(card.get("yen"), wording), tidy(card.get("working"))
    shown = flex.bubble(
        _title(heading),
        status_tag(card.get("status"), wording),
        flex.text(yen, size="xl", weight="bold"),
        flex.pair(wording("line.working"), flex.text(working) if working not in said else None),
        source_lines(card.get("source"), wording, card.get("as_of")),
    )
    alt = _alt([heading, yen, status_words(card.get("status"), wording)], wording)
    return Drawn(alt=alt, bubbles=[shown])


def _receipt(card: Card, wording: Wording, said: str) -> Drawn:
    number = tidy(card.get("case_number"))
    hub = tidy(card.get("hub_name")) or tidy(card.get("hub"))
    day = day_text(card.get("promised_on"), wording)
    promised = wording("line.promised_by", date=day) if day else ""
    shown = flex.bubble(
        _title(wording("line.receipt")),
        flex.pair(wording("line.case_number"), flex.text(number, size="lg", weight="bold")),
        flex.pair(wording("line.hub"), flex.text(hub)),
        flex.pair(wording("line.promised_on"), flex.text(promised)),
    )
    named = wording("line.named", name=wording("line.case_number"), value=number) if number else ""
    alt = _alt([wording("line.receipt"), named, hub, promised], wording)
    return Drawn(alt=alt, bubbles=[shown])


def _referral(card: Card, wording: Wording, said: str) -> Drawn:
    contacts = entries(card.get("contacts"))
    shown = flex.bubble(
        _title(wording("line.referral")),
        *(contact_lines(contact, wording) for contact in contacts),
    )
    names = [
        " ".join([tidy(each.get("name")), tidy(each.get("phone"))]).strip()
        if isinstance(each, Mapping)
        else tidy(each)
        for each in contacts
    ]
    alt = wording("line.named", name=wording("line.referral"), value=joined(names, wording))
    return Drawn(alt=_alt([alt], wording), bubbles=[shown])


def _alt(parts: Sequence[str], wording: Wording) -> str:
    whole = wording("line.joiner").join(part for part in parts if part)
    return measure.cut_text(whole, limits.MOST_ALT_TEXT)


_RENDERERS: Final[Mapping[str, Callable[[Card, Wording, str], Drawn]]] = {
    "diagnosis": _diagnosis,
    "recommendations": _recommendations,
    "program": _program,
    "amount": _amount,
    "receipt": _receipt,
    "referral": _referral,
}
