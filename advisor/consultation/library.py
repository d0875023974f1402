"""Tells a passage that was found for a free question, with its source and date."""

from datetime import date
from typing import Final

from advisor.answers import Answer, answer_program_text, answer_text, source_line
from advisor.consultation import advice
from advisor.consultation.output import Reply, Say
from advisor.consultation.state import Consultation
from advisor.consultation.talk import next_buttons
from advisor.knowledge import KnowledgeBase
from advisor.retrieval.passages import Passage

MODEL_KINDS: Final = frozenset({"dimensions", "shifts"})
"""Kinds of passages that explain the model behind the diagnosis."""


def tell(state: Consultation, passage: Passage, kb: KnowledgeBase, on: date) -> Reply:
    """Answer with a passage: a program's aspect as a card, everything else as text."""
    state = state.having(misses=0)
    if passage.program is not None and passage.aspect is not None:
        return advice.tell_program(state, passage.program, passage.aspect, kb, on)
    text = passage.text
    if passage.source is not None:
        answer = _answer(passage, passage.source, kb, on)
        text = f"{answer.text}\n{source_line(kb.source_ref(passage.source), kb)}"
    state = state.having(topic=passage.program or state.topic)
    said = Say(text=text, buttons=next_buttons(state, kb), facts=(fact_of(passage),))
    return Reply(state=state, utterances=(said,))


def _answer(passage: Passage, source: str, kb: KnowledgeBase, on: date) -> Answer:
    if passage.program is not None:
        return answer_program_text(passage.program, passage.text, source, kb, on=on)
    return answer_text(passage.text, source, kb, on=on)


def fact_of(passage: Passage) -> str:
    """The id under which it is noted that a passage was told (see ``advisor.told``)."""
    if passage.program is not None:
        return f"programs/{passage.program}/advice"
    return passage.subject
