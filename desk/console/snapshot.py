"""The snapshot of a case and the bubbles of its conversation, read for display."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from desk.cases.models import Case
from desk.chat.models import Author, Message
from desk.console.company import facts_of, mapping, part, sequence
from desk.console.labels import fact_value, label, labels

HIGHEST_LEVEL = 4
NOT_FACTS = ("_consent", "contact_")
"""Parts of keys that the page shows elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A concern in plain words and how the owner put it."""

    words: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that is known about the company."""

    key: str
    words: str
    value: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One line of the diagnosis."""

    id: str
    name: str
    level: int | None
    confidence_percent: int | None
    answered: int | None
    evidence: Sequence[str]
    is_weakest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One recommended measure."""

    title: str
    rank: int
    status: str
    reason: str
    unknown: Sequence[str]
    amount_yen: int | None
    first_step: str
    contact: str
    source_title: str
    source_url: str | None
    source_date: str
    source_level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What was known when the case was opened."""

    concerns: Sequence[Stated]
    facts: Sequence[Fact]
    unknown: Sequence[str]
    dimensions: Sequence[Dimension]
    advice: Sequence[Advice]
    advice_on: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One message of the transcript."""

    seq: int
    author: str
    name: str
    text: str
    created_at: datetime
    is_button: bool
    cards: Sequence[str]
    understanding: Sequence[tuple[str, str]]
    """Word and value of what the bot understood: intent first, then entities."""
    confidence_percent: int | None
    answer_id: UUID | None
    """The message's id where the bot answers the owner, so that it can be found wrong."""


def read_snapshot(case: Case) -> Snapshot:
    """The case's snapshot; what is missing stays empty."""
    situation = mapping(part(case, "situation"))
    words = mapping(part(case, "labels"))
    recommendations = mapping(part(case, "recommendations"))
    return Snapshot(
        concerns=_concerns(situation, mapping(words.get("concerns"))),
        facts=_facts(case, mapping(situation.get("quotes")), mapping(words.get("facts"))),
        unknown=[_fact_words(str(key), words) for key in sequence(situation.get("unknown"))],
        dimensions=_dimensions(mapping(part(case, "diagnosis"))),
        advice=[_advice(mapping(item), words) for item in sequence(recommendations.get("items"))],
        advice_on=str(recommendations.get("on") or ""),
        fingerprint=str(part(case, "knowledge", "fingerprint") or "")[:12],
    )


def _concerns(situation: Mapping[str, Any], words: Mapping[str, Any]) -> Sequence[Stated]:
    stated = []
    for item in map(mapping, sequence(situation.get("concerns"))):
        concern = str(item.get("concern", ""))
        stated.append(
            Stated(words=str(words.get(concern, concern)), quote=str(item.get("quote") or ""))
        )
    return stated


def _fact_words(key: str, words: Mapping[str, Any]) -> str:
    """Our short word for the fact, else the question's own words, else the key."""
    return str(labels()["facts"].get(key) or mapping(words.get("facts")).get(key) or key)


def _facts(case: Case, quotes: Mapping[str, Any], questions: Mapping[str, Any]) -> Sequence[Fact]:
    shown = [
        Fact(
            key=key,
            words=_fact_words(key, {"facts": questions}),
            value=fact_value(key, value),
            quote=str(quotes.get(key) or ""),
        )
        for key, value in facts_of(case).items()
        if not any(sign in key for sign in NOT_FACTS)
    ]
    order = list(labels()["facts"])
    return sorted(shown, key=lambda f: order.index(f.key) if f.key in order else len(order))


def _dimensions(card: Mapping[str, Any]) -> Sequence[Dimension]:
    found = mapping(card.get("dimensions"))
    weakest = sequence(card.get("weakest"))
    order = [key for key in labels()["dimensions"] if key in found]
    order += [key for key in found if key not in order]
    return [_dimension(key, mapping(found[key]), is_weakest=key in weakest) for key in order]


def _dimension(key: str, data: Mapping[str, Any], *, is_weakest: bool) -> Dimension:
    level, confidence, answered = (data.get(k) for k in ("level", "confidence", "answered"))
    is_level = isinstance(level, int) and 0 <= level <= HIGHEST_LEVEL
    return Dimension(
        id=key,
        name=str(data.get("name") or label("dimensions", key)),
        level=level if is_level else None,
        confidence_percent=_percent(confidence),
        answered=_count(answered),
        evidence=[words for words in map(_quote, sequence(data.get("evidence"))) if words],
        is_weakest=is_weakest,
    )


def _percent(share: object) -> int | None:
    return round(share * 100) if isinstance(share, int | float) else None


def _count(answered: object) -> int | None:
    if isinstance(answered, list | tuple):
        return len(answered)
    return int(answered) if isinstance(answered, int) else None


def _quote(item: object) -> str:
    if isinstance(item, Mapping):
        return str(item.get("quote") or item.get("text") or "")
    return str(item)


def _advice(item: Mapping[str, Any], words: Mapping[str, Any]) -> Advice:
    source = mapping(item.get("source"))
    contact, amount, rank = (item.get(key) for key in ("contact", "amount_yen", "rank"))
    name = mapping(contact).get("name") if isinstance(contact, Mapping) else contact
    return Advice(
        title=str(item.get("title") or item.get("program_id") or ""),
        rank=rank if isinstance(rank, int) else 0,
        status=str(item.get("status") or "unverified"),
        reason=str(item.get("reason") or ""),
        unknown=[_fact_words(str(key), words) for key in sequence(item.get("unknown"))],
        amount_yen=amount if isinstance(amount, int) else None,
        first_step=str(item.get("first_step") or ""),
        contact=str(name or ""),
        source_title=str(source.get("title") or ""),
        source_url=_web_address(source.get("url")),
        source_date=str(source.get("date") or ""),
        source_level=str(source.get("level") or ""),
    )


def _web_address(url: object) -> str | None:
    """`url` if it leads to a page; nothing else becomes a link."""
    is_web = isinstance(url, str) and url.startswith(("https://", "http://"))
    return str(url) if is_web else None


def concern_words(case: Case) -> Mapping[str, Any]:
    """Plain words for the concerns' ids, as they were when the case was opened."""
    return mapping(part(case, "labels", "concerns"))


def bubble(message: Message, concerns: Mapping[str, Any]) -> Bubble:
    """One message of the transcript.

    Args:
        message: The row.
        concerns: Plain words by concern id.
    """
    card = mapping(mapping(message.content).get("card"))
    understood = mapping(message.understanding)
    intent = understood.get("intent")
    confidence = understood.get("confidence")
    if isinstance(intent, Mapping):
        confidence = intent.get("confidence") if confidence is None else confidence
        intent = intent.get("name")
    return Bubble(
        seq=message.seq,
        author=message.author,
        name=message.author_name or label("authors", message.author),
        text=message.text,
        created_at=message.created_at,
        is_button=message.payload is not None,
        cards=[label("cards", card["kind"])] if card.get("kind") else [],
        understanding=_understanding(intent, sequence(understood.get("entities")), concerns),
        confidence_percent=_percent(confidence),
        answer_id=message.id if message.answers_id and message.author == Author.BOT else None,
    )


def _understanding(
    intent: object, entities: Sequence[Any], concerns: Mapping[str, Any]
) -> Sequence[tuple[str, str]]:
    lines = [("intent", label("intents", intent))] if intent else []
    for entity in map(mapping, entities):
        name = str(entity.get("entity", ""))
        value = str(entity.get("value", ""))
        lines.append((label("entities", name), str(concerns.get(value, value))))
    return lines
