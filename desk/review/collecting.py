"""Which lines of a conversation are looked at, and why: pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from desk.chat.models import Author, Holder, Message
from desk.live.models import HolderChange
from desk.review.models import Reason
from desk.review.sets import lot

BEFORE_FAILURE = 3
"""So many lines before a hand-off, or before 「解決しなかった」, are looked at."""
LONGEST = 500
"""Characters of a line that one person can label with one intent."""
PRIVATE_QUESTIONS = frozenset({"company_name", "contact_name", "contact_email", "contact_phone"})
"""What answers them is a name or an address and nothing to learn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What makes a line one to look at.

    Attributes:
        confidence: Below this the bot was not sure.
        sample_share: Share of all lines that is drawn by lot.
        fallbacks: What the bot says where it did not understand.
    """

    confidence: float
    sample_share: float
    fallbacks: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What is known of one conversation, each list in order."""

    messages: Sequence[Message]
    changes: Sequence[HolderChange]
    handed_over_at: Sequence[datetime]
    unsolved_at: Sequence[datetime]


def held_by_staff(seq: int, changes: Sequence[HolderChange]) -> bool:
    """Whether a person held the conversation when the message of this number was written."""
    holder: str = Holder.BOT
    for change in changes:
        if change.after_seq < seq:
            holder = change.holder
    return holder == Holder.STAFF


def private_ids(talk: Talk) -> frozenset[UUID]:
    """The owner's messages that nobody is to learn from.

    What was said to a person, and what answers a question for a name or an address.
    """
    found: set[UUID] = set()
    asked: str | None = None
    for message in talk.messages:
        if message.author == Author.BOT:
            question = message.content.get("question")
            asked = question.get("key") if question else None
        elif message.author == Author.USER and (
            asked in PRIVATE_QUESTIONS or held_by_staff(message.seq, talk.changes)
        ):
            found.add(message.id)
    return frozenset(found)


def lines_of(talk: Talk) -> Iterator[Message]:
    """The owner's typed lines that the bot understood, without what is private.

    What was taken back or erased has no understanding any more; what was said to a person,
    or answers a question for a name, is no line to learn from.
    """
    private = private_ids(talk)
    for message in talk.messages:
        if message.author != Author.USER or message.payload is not None:
            continue
        if message.understanding is None or message.id in private:
            continue
        if message.text.strip() and len(message.text) <= LONGEST:
            yield message


def find_reasons(talk: Talk, rules: Rules) -> Mapping[Message, set[Reason]]:
    """The lines to look at, with every reason for each."""
    lines = list(lines_of(talk))
    found: dict[Message, set[Reason]] = {line: set() for line in lines}
    fell_back = {
        message.answers_id
        for message in talk.messages
        if message.author == Author.BOT and message.text in rules.fallbacks
    }
    for line in lines:
        if line.id in fell_back:
            found[line].add(Reason.FALLBACK)
        if (confidence_of(line) or 0.0) < rules.confidence:
            found[line].add(Reason.LOW_CONFIDENCE)
        if lot(line.id.bytes, "sample") < rules.sample_share:
            found[line].add(Reason.SAMPLE)
    for moments, reason in (
        (talk.handed_over_at, Reason.HANDOFF),
        (talk.unsolved_at, Reason.UNSOLVED),
    ):
        for moment in moments:
            for line in [line for line in lines if line.created_at <= moment][-BEFORE_FAILURE:]:
                found[line].add(reason)
    return {line: reasons for line, reasons in found.items() if reasons}


def confidence_of(line: Message) -> float | None:
    """How sure the bot was of the intent, 0 to 1; None if it did not say."""
    value = (line.understanding or {}).get("confidence")
    return float(value) if isinstance(value, int | float) else None


def intent_of(understanding: Mapping[str, Any] | None) -> str | None:
    """The intent that the bot understood."""
    name = (understanding or {}).get("intent")
    return str(name)[:48] if name else None


def concerns_of(understanding: Mapping[str, Any] | None) -> list[str]:
    """The concerns that the bot understood, by name."""
    entities = (understanding or {}).get("entities") or ()
    named = {str(e.get("value")) for e in entities if e.get("entity") == "concern"}
    return sorted(named)
