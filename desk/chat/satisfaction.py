"""Whether it helped: asked once after the advice and once after the hand-off, and kept.

The question comes only where nothing else is asked: with the receipt, or when the owner
ends or thanks after recommendations. A row is written with the question, so that later
reports know how many were asked and did not answer. No words of the owner are in it.
"""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from advisor.consultation.questions import UNKNOWN
from advisor.labels import FULL_PROFILE
from desk.chat import repository
from desk.chat.bubbles import ChatTexts, system_message
from desk.chat.models import Conversation, Message, Satisfaction
from desk.db import Transaction, new_id

PAYLOAD = "/satisfaction"
PART = -4
"""Place of the question, and of the thanks, among the answers to a message."""
FAREWELLS = frozenset({"thank", "goodbye"})


class After(StrEnum):
    """What the owner had come to when they were asked."""

    ADVICE = "advice"
    HANDOFF = "handoff"


class Answer(StrEnum):
    """What the owner answered."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


def takes(payload: str | None) -> bool:
    """Whether a button's payload is an answer to the question."""
    return payload is not None and payload.partition("{")[0] == PAYLOAD


def due_after(
    message: Message, understanding: Mapping[str, Any], answers: Sequence[Message]
) -> After | None:
    """After what the owner is to be asked now, if at all; after advice only if there was any.

    Args:
        message: The owner's message.
        understanding: What the bot understood of it.
        answers: The bot's answers to it.
    """
    if any(answer.card_kind == "receipt" for answer in answers):
        return After.HANDOFF
    if any(answer.content.get("question") for answer in answers):
        return None
    ends = understanding.get("intent") in FAREWELLS or _ends_for_today(message.payload)
    return After.ADVICE if ends else None


def _values_of(payload: str | None) -> dict[str, Any]:
    """What a button's payload carries behind its name."""
    _, brace, rest = (payload or "").partition("{")
    return json.loads(brace + rest) if brace else {}


def _ends_for_today(payload: str | None) -> bool:
    """Whether the owner takes neither of the ways that the offer after the advice shows."""
    values = _values_of(payload)
    return values.get("question") == FULL_PROFILE and values.get("value") == UNKNOWN


async def ask_if_due(
    tx: Transaction,
    conversation: Conversation,
    message: Message,
    understanding: Mapping[str, Any],
    answers: Sequence[Message],
    texts: ChatTexts,
) -> list[Message]:
    """Ask, in the transaction of the bot's answers, where it is due and was not asked yet.

    Returns:
        The question, or nothing.
    """
    after = due_after(message, understanding, answers)
    if after is None or await repository.is_asked_if_helped(tx, conversation.id, after):
        return []
    if after is After.ADVICE and not await repository.has_card(
        tx, conversation.id, "recommendations"
    ):
        return []
    row = Satisfaction(id=new_id(), conversation_id=conversation.id, after=after)
    tx.add(row)
    question = system_message(
        texts.system_name,
        texts.wording(f"satisfaction_{after}"),
        answers=message,
        part=PART,
        quick_replies=_buttons(row.id, texts),
    )
    await repository.append(tx, conversation, question)
    return [question]


async def pressed(
    tx: Transaction, conversation: Conversation, message: Message, texts: ChatTexts
) -> Sequence[Message]:
    """Keep an answer, the last one if there are several, and say thanks.

    The payload was checked: this conversation offered it.
    """
    values = _values_of(message.payload)
    asked_id, answer = UUID(values["asked"]), Answer(values["answer"])
    row = await repository.keep_if_helped(tx, conversation.id, asked_id, answer)
    text, buttons = _thanks(answer, After(row.after), texts)
    said = system_message(
        texts.system_name, text, answers=message, part=PART, quick_replies=buttons
    )
    await repository.append(tx, conversation, said)
    return [said]


def _buttons(asked_id: UUID, texts: ChatTexts) -> list[dict[str, str]]:
    """The three answers to one asking."""
    return [
        {
            "title": texts.wording(f"button_satisfaction_{answer}"),
            "payload": PAYLOAD + json.dumps({"asked": str(asked_id), "answer": answer.value}),
        }
        for answer in Answer
    ]


def _thanks(answer: Answer, after: After, texts: ChatTexts) -> tuple[str, list[dict[str, str]]]:
    """What is said to an answer, with its buttons."""
    if answer is Answer.YES:
        return texts.wording("satisfaction_thanks"), []
    if after is After.HANDOFF:
        return texts.wording("satisfaction_open_case"), []
    person = {"title": texts.wording("button_person"), "payload": "/talk_to_human"}
    return texts.wording("satisfaction_offer_person"), [person]
