"""Words that matter whatever else a message says: danger, abuse, hurry, and asking why."""

import unicodedata
from dataclasses import replace
from datetime import date
from typing import Final

from advisor.answers import answer_text, answer_topic, source_line
from advisor.consultation import talk
from advisor.consultation.output import CardOut, Reply, Say
from advisor.consultation.questions import FULL_PROFILE
from advisor.consultation.state import Consultation, Heard, Phase
from advisor.knowledge import KnowledgeBase
from advisor.recommendation import recommend

DANGER_CONTACTS: Final = ("yorisoi", "inochi_denwa")
_LONGEST_ABUSE: Final = 40
_LONGEST_WHY: Final = 16
_MOST_SHOWN: Final = 6
_NAMED: Final = 0.9
"""From this confidence on a program is named or described, not guessed."""


def is_danger(heard: Heard, kb: KnowledgeBase) -> bool:
    """Whether somebody's life may be in danger."""
    return _says(heard, "danger_words", kb)


def is_abuse(heard: Heard, kb: KnowledgeBase) -> bool:
    """Whether a short message insults and says nothing else."""
    is_short = len(heard.text) <= _LONGEST_ABUSE and not heard.all_of("concern")
    return is_short and _says(heard, "abuse_words", kb)


def is_about_phone(heard: Heard, kb: KnowledgeBase) -> bool:
    """Whether the owner speaks of a telephone call."""
    return _says(heard, "phone_words", kb)


def is_hurry(heard: Heard, kb: KnowledgeBase) -> bool:
    """Whether the owner has little time."""
    return _says(heard, "hurry_words", kb)


def is_why(heard: Heard, kb: KnowledgeBase) -> bool:
    """Whether the owner only asks why: why this question, or why this measure."""
    if len(heard.text) > _LONGEST_WHY or heard.all_of("concern"):
        return False
    if heard.first("program") and not is_bare_question(heard):
        return False
    text = heard.text
    for word in kb.word_list("not_why_words"):
        text = text.replace(word, "")
    return _says(replace(heard, text=text), "why_words", kb)


def is_bare_question(heard: Heard) -> bool:
    """Whether a short question names no program: one that was only guessed does not count."""
    entity = next((e for e in heard.entities if e.get("entity") == "program"), None)
    is_guess = entity is None or float(entity.get("confidence_entity", 1.0)) < _NAMED
    return is_guess and not heard.is_button and len(heard.text) <= _LONGEST_WHY


def asks_if_usable(heard: Heard, kb: KnowledgeBase) -> bool:
    """Whether a short question asks if the program just spoken of fits the company."""
    return len(heard.text) <= _LONGEST_WHY and _says(heard, "usable_words", kb)


def _says(heard: Heard, list_id: str, kb: KnowledgeBase) -> bool:
    if heard.is_button:
        return False
    text = unicodedata.normalize("NFKC", heard.text).lower()
    return any(word in text for word in kb.word_list(list_id))


def refer_danger(state: Consultation, kb: KnowledgeBase, on: date) -> Reply:
    """Name who helps at once; nothing is asked and nothing is recommended."""
    contacts = [
        {"name": contact.name, "url": contact.url, "phone": contact.phone, "note": contact.note}
        for contact in (kb.contacts[name] for name in DANGER_CONTACTS)
    ]
    card = CardOut(
        text=answer_topic("danger", kb, on=on).text,
        card={"kind": "referral", "to": "lifeline", "contacts": contacts},
        facts=("topics/danger", *(f"contacts/{name}" for name in DANGER_CONTACTS)),
    )
    return Reply(state=state.having(pending=None, misses=0), utterances=(card,))


def calm_down(state: Consultation, kb: KnowledgeBase) -> Reply:
    """Stay calm once; the next time close politely."""
    state = state.having(abuses=state.abuses + 1)
    if state.abuses == 1:
        said = Say(response="calm", buttons=() if state.pending else talk.person_button(kb))
        return Reply(state=state, utterances=(said,))
    closed = state.having(pending=None, phase=Phase.DONE)
    return Reply(state=closed, utterances=(Say(response="closed_politely"),))


def explain_why(state: Consultation, kb: KnowledgeBase, on: date) -> Reply | None:
    """Say why the waiting question is asked, or why the measure spoken of was named."""
    question = kb.questions.get(state.pending or "")
    if question is not None and question.is_maturity:
        dimension = kb.dimensions[question.key]
        answer = answer_text(dimension.why, dimension.why_source, kb, on=on)
        line = source_line(kb.source_ref(dimension.why_source), kb)
        said = Say(text=f"{answer.text}\n{line}", facts=(f"dimensions/{question.key}",))
        return Reply(state=state, utterances=(said,))
    if question is not None and question.decides:
        return Reply(state=state, utterances=(Say(response="why_fact"),))
    if state.pending and state.pending != FULL_PROFILE:
        return None
    return _why_measure(state, kb, on)


def _why_measure(state: Consultation, kb: KnowledgeBase, on: date) -> Reply | None:
    wanted = state.topic if state.topic in kb.programs else next(iter(state.shown), None)
    items = recommend(state.situation, kb, on=on, limit=_MOST_SHOWN)
    item = next((i for i in items if i.program_id == wanted), None)
    if item is None:
        return None
    lines = [item.reason, source_line(item.source, kb)]
    said = Say(
        response="why_measure",
        arguments={"program": item.title, "reason": "\n".join(lines)},
        buttons=() if state.pending else talk.person_button(kb),
        facts=(f"programs/{item.program_id}/advice",),
    )
    return Reply(state=state.having(topic=item.program_id), utterances=(said,))
