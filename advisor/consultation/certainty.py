"""How sure an intent must be before the consultation acts on it."""

from advisor.consultation import questions
from advisor.consultation.state import Heard

SURE = 0.5
"""Confidence from which an intent may interrupt a question that waits for an answer."""
VERY_SURE = 0.75
"""Confidence that interrupts a question for free text, such as a name."""
GUESS = 0.3
"""Below this confidence a message without any content counts as not understood."""

ASIDES = frozenset(
    {
        "greet", "thank", "help", "bot_challenge", "ask_program", "ask_hub", "ask_model",
        "ask_privacy", "check_case", "complaint", "out_of_scope",
    }
)  # fmt: skip
"""Answered in the middle of a question, which is then asked again."""
TURNS = frozenset(
    {
        "restart", "go_back", "talk_to_human", "labor_trouble", "goodbye", "start_diagnosis",
        "ask_recommendation",
    }
)  # fmt: skip
"""Lead the consultation somewhere else."""

SMALL_TALK = frozenset({"affirm", "deny", "dont_know", "inform_company"})
"""Answers to nothing, while no question waits."""


def interrupts(heard: Heard, pending: questions.Asked) -> bool:
    """Whether the message may lead away from the question that waits."""
    threshold = VERY_SURE if pending.is_free_text else SURE
    return (heard.is_button or heard.confidence >= threshold) and heard.intent in TURNS | ASIDES - {
        "out_of_scope",
        "greet",
        "thank",
        "complaint",
    }


def is_sure(heard: Heard) -> bool:
    """Whether the intent may be acted on while something else is under way."""
    return heard.is_button or heard.confidence >= SURE


def is_plausible(heard: Heard) -> bool:
    """Whether the intent may be acted on where nothing waits."""
    return heard.is_button or heard.confidence >= GUESS
