"""Asking questions and reading their answers."""

import json
from dataclasses import dataclass
from typing import Any

from advisor.answer_text import AnswerText
from advisor.choice_reader import read_exactly
from advisor.consultation.output import QuestionOut, Reply, Say
from advisor.consultation.state import Consultation, Heard, Phase
from advisor.interpretation import InterpretationKind, interpret
from advisor.knowledge import KnowledgeBase
from advisor.logic import FactValue
from advisor.model import AnswerType, Question, QuestionKind
from advisor.routing import RouteKind, route
from advisor.situation import Situation

UNKNOWN = "unknown"
MOST_CANDIDATES = 12
"""Places offered as buttons; the owner can type another one."""
FULL_PROFILE = "full_profile"
CORRECTED = frozenset(
    {QuestionKind.MATURITY, QuestionKind.FACT, QuestionKind.CONSENT, QuestionKind.CONTACT}
)
FREE_TEXT = frozenset({AnswerType.NAME, AnswerType.TEXT, AnswerType.EMAIL, AnswerType.PHONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that can wait for an answer."""

    id: str
    question: Question

    @property
    def is_free_text(self) -> bool:
        """Whether nearly every text can be its answer."""
        return self.question.type in FREE_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer that was taken."""

    question: Asked
    value: FactValue | None
    """None: the owner does not know or does not want to say."""
    state: Consultation
    say: tuple[Say, ...] = ()


def find(question_id: str | None, kb: KnowledgeBase) -> Asked | None:
    """The question of this id, if there is one."""
    question = kb.questions.get(question_id) if question_id else None
    return None if question is None else Asked(id=question.id, question=question)


def ask(state: Consultation, asked: Asked, kb: KnowledgeBase) -> Reply:
    """Ask a question; one that decides nothing leaves the talk where it stands."""
    is_interview = asked.question.is_maturity or asked.question.decides
    phase = Phase.ASKING if is_interview and state.phase is not Phase.HANDOFF else state.phase
    out = shape(asked.question, kb, candidates=state.candidates if asked.id == PLACE else ())
    return Reply(state=state.having(pending=asked.id, phase=phase), utterances=(out,))


PLACE = "municipality"


def shape(
    question: Question,
    kb: KnowledgeBase,
    *,
    text: str | None = None,
    candidates: tuple[str, ...] = (),
    may_skip: bool = True,
) -> QuestionOut:
    """The question as the API shows it.

    Args:
        question: What to ask.
        kb: For the words of the skip button.
        text: Other words for the question.
        candidates: Places to choose from, when the place was ambiguous.
        may_skip: Whether there is a button for 「わからない」.
    """
    choices = [choice(question.id, c.title, c.value) for c in question.choices]
    choices += [choice(question.id, name, name) for name in candidates]
    if may_skip:
        skip = "button_skip" if question.type in FREE_TEXT else "button_dont_know"
        choices.append(choice(question.id, kb.wording(skip), UNKNOWN))
    return QuestionOut(
        text=text or question.text,
        id=question.id,
        kind=question.kind.value,
        key=question.key,
        choices=choices,
        correction=correction(question),
    )


def correction(question: Question) -> str | None:
    """The payload that asks for another answer; offers and the last yes are not put right."""
    if question.kind not in CORRECTED or question.id == FULL_PROFILE:
        return None
    return "/choose" + json.dumps({"question": question.id})


def choice(question_id: str, title: str, value: FactValue) -> dict[str, Any]:
    """One button of a question."""
    payload = json.dumps({"question": question_id, "value": value}, ensure_ascii=False)
    return {"title": title, "payload": f"/choose{payload}", "value": value}


def is_plain_answer(asked: Asked, heard: Heard, kb: KnowledgeBase) -> bool:
    """Whether the text is one of the choices, a place or an address and nothing else."""
    if heard.is_button:
        return False
    if asked.question.type in {AnswerType.EMAIL, AnswerType.PHONE}:
        reading = interpret(
            asked.question, heard.text, kb, intent=heard.intent, entities=heard.entities
        )
        return reading.kind is InterpretationKind.VALUE
    if asked.is_free_text:
        return False
    answer = AnswerText(asked.question, heard.text, kb, heard.intent, heard.entities)
    if answer.is_dont_know_word():
        return True
    if asked.id == PLACE:
        return bool(kb.places.resolve(answer.core, None))
    return read_exactly(answer) is not None


def read_answer(
    state: Consultation, asked: Asked, heard: Heard, kb: KnowledgeBase
) -> Answered | None:
    """The owner's text as an answer to the question, or None if it is none."""
    if heard.intent == "dont_know" and heard.confidence >= 0.4 and not _is_choice(asked, heard, kb):
        return take_answer(state, asked, UNKNOWN, heard.text, kb)
    if asked.id == PLACE:
        return _read_place(state, asked, heard, kb)
    if asked.id == FULL_PROFILE and heard.intent == "deny":
        # "No" to an offer of two things means neither.
        return take_answer(state, asked, UNKNOWN, heard.text, kb)
    reading = interpret(
        asked.question, heard.text, kb, intent=heard.intent, entities=heard.entities
    )
    if reading.kind is InterpretationKind.UNKNOWN:
        return take_answer(state, asked, UNKNOWN, heard.text, kb)
    if reading.kind is InterpretationKind.VALUE and reading.value is not None:
        return take_answer(state, asked, reading.value, heard.text, kb)
    return None


def _is_choice(asked: Asked, heard: Heard, kb: KnowledgeBase) -> bool:
    """Whether the words name a choice all the same: 「覚えてほしいね」 is no lack of memory."""
    if not asked.question.choices or asked.id == PLACE:
        return False
    reading = interpret(asked.question, heard.text, kb, entities=heard.entities)
    return reading.kind is InterpretationKind.VALUE


def _read_place(
    state: Consultation, asked: Asked, heard: Heard, kb: KnowledgeBase
) -> Answered | None:
    """The place in the text; where several are meant, or only a prefecture, ask back."""
    reading = interpret(
        asked.question, heard.text, kb, intent=heard.intent, entities=heard.entities
    )
    prefecture = reading.prefecture or heard.first("prefecture")
    if reading.kind is InterpretationKind.UNKNOWN:
        return take_answer(state, asked, UNKNOWN, heard.text, kb)
    if reading.kind is InterpretationKind.VALUE:
        return take_answer(state, asked, reading.value, heard.text, kb, prefecture=prefecture)
    if reading.candidates:
        name = AnswerText(asked.question, heard.text, kb, heard.intent, heard.entities).core
        return _which_place(state, asked, name, reading.candidates)
    if prefecture is None:
        return None
    meant = [name for name in state.candidates if name.startswith(str(prefecture))]
    if len(meant) == 1:
        return take_answer(state, asked, meant[0], heard.text, kb)
    known = state.situation.facts.get("prefecture")
    situation = state.situation.with_fact("prefecture", prefecture, heard.text)
    if known == prefecture:
        # Asked back once already: the owner does not want to say more.
        return take_answer(state.having(situation=situation), asked, UNKNOWN, heard.text, kb)
    say = Say(response="which_municipality", arguments={"prefecture": str(prefecture)})
    return Answered(question=asked, value=None, state=state.having(situation=situation), say=(say,))


def _which_place(
    state: Consultation, asked: Asked, name: str, candidates: tuple[str, ...]
) -> Answered:
    """Ask back which of several places is meant."""
    history = tuple(h for h in state.history if h != PLACE)
    say = Say(response="which_place", arguments={"place": name})
    return Answered(
        question=asked,
        value=None,
        state=state.having(candidates=candidates[:MOST_CANDIDATES], history=history),
        say=(say,),
    )


def take_answer(
    state: Consultation,
    asked: Asked,
    value: FactValue | None,
    quote: str,
    kb: KnowledgeBase,
    *,
    prefecture: str | None = None,
) -> Answered:
    """Note an answer; what the question means for the hand-off is not decided here."""
    is_known = value is not None and value != UNKNOWN
    history = (*(h for h in state.history if h != asked.id), asked.id)
    state = state.having(history=history, pending=None, misses=0, candidates=())
    if asked.question.kind.value in {"consent", "contact", "confirm"}:
        answers = {**state.answers, asked.id: value if is_known else UNKNOWN}
        state = state.having(answers={k: v for k, v in answers.items() if v is not None})
    elif asked.id == PLACE and is_known:
        return _place_answered(state, asked, str(value), quote, kb, prefecture)
    else:
        state = state.having(situation=_noted(state, asked, value if is_known else None, quote))
    return Answered(question=asked, value=value if is_known else None, state=state)


def _noted(state: Consultation, asked: Asked, value: FactValue | None, quote: str) -> Situation:
    situation = state.situation
    if value is None:
        return situation.with_unknown(asked.id)
    if asked.question.is_maturity:
        return situation.with_level(asked.id, int(value), quote)
    return situation.with_fact(asked.id, value, quote)


def _place_answered(
    state: Consultation,
    asked: Asked,
    name: str,
    quote: str,
    kb: KnowledgeBase,
    prefecture: str | None,
) -> Answered:
    """Note the place, or ask back which one is meant.

    A prefecture in the name itself stands above one that was said before.
    """
    named, _ = kb.places.split_prefecture(name)
    prefecture = named or prefecture
    known_prefecture = prefecture or state.situation.facts.get("prefecture")
    route_to = route(
        kb,
        municipality=name,
        prefecture=str(known_prefecture) if known_prefecture else None,
    )
    if route_to.kind is RouteKind.AMBIGUOUS:
        return _which_place(state, asked, name, route_to.candidates)
    situation = note_place(state, name, quote, kb, prefecture)
    return Answered(question=asked, value=name, state=state.having(situation=situation))


def note_place(
    state: Consultation, name: str, quote: str, kb: KnowledgeBase, told: str | None = None
) -> Situation:
    """The situation with the municipality, by its full name, and its prefecture.

    Args:
        state: The state so far.
        name: The municipality as it was written.
        quote: The owner's words.
        kb: The knowledge base.
        told: The prefecture that was said with it, if any.
    """
    prefecture = told or state.situation.facts.get("prefecture")
    found = kb.places.resolve(name, str(prefecture) if prefecture else None)
    situation = state.situation
    if len(found) == 1:
        situation = situation.with_fact(PLACE, found[0].name, quote)
        return situation.with_fact("prefecture", found[0].prefecture, quote)
    return situation.with_fact(PLACE, name, quote)
