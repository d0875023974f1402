"""How a test reads an answer: the value, or the word for what it is instead."""

from collections.abc import Mapping, Sequence
from typing import Any

from advisor.interpretation import Interpretation, InterpretationKind, interpret
from advisor.knowledge import KnowledgeBase

DONT_KNOW = "dont know"
UNCLEAR = "unclear"


def read(
    kb: KnowledgeBase,
    question: str,
    text: str,
    *,
    intent: str | None = None,
    entities: Sequence[Mapping[str, Any]] = (),
) -> object:
    found = interpret(kb.questions[question], text, kb, intent=intent, entities=entities)
    return outcome(found)


def outcome(found: Interpretation) -> object:
    if found.kind is InterpretationKind.VALUE:
        return found.value
    return DONT_KNOW if found.kind is InterpretationKind.UNKNOWN else UNCLEAR
