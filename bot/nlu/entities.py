"""Putting entities onto Rasa messages in one form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.nlu.constants import ENTITY_ATTRIBUTE_CONFIDENCE_TYPE
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    EXTRACTOR,
)
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.text import Span


def entity(
    kind: str, value: str | int, span: Span, confidence: float = 1.0, **details: Any
) -> dict[str, Any]:
    """One entity with offsets into the original text; `details` are keys beyond Rasa's own."""
    return {
        ENTITY_ATTRIBUTE_TYPE: kind,
        ENTITY_ATTRIBUTE_VALUE: value,
        ENTITY_ATTRIBUTE_START: span.start,
        ENTITY_ATTRIBUTE_END: span.end,
        ENTITY_ATTRIBUTE_CONFIDENCE_TYPE: round(float(confidence), 4),
        **details,
    }


def add_entities(message: Message, entities: Iterable[dict[str, Any]], extractor: str) -> None:
    """Add entities to those that earlier components found."""
    own = [{**item, EXTRACTOR: extractor} for item in entities]
    message.set(ENTITIES, [*message.get(ENTITIES, []), *own], add_to_output=True)
