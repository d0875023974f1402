"""The interview, the diagnosis, the recommendation, and questions about programs."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

from advisor.answers import answer_program
from advisor.consultation import cards, questions, signals, talk
from advisor.consultation.output import Button, CardOut, Reply, Say
from advisor.consultation.state import Consultation, Heard, Phase
from advisor.diagnosis import Diagnosis, diagnose, finding_of
from advisor.interview import (
    CHECKS,
    PATIENCE,
    next_cause_question,
    next_profile_question,
    next_question,
)
from advisor.knowledge import KnowledgeBase
from advisor.model import Question, Side
from advisor.recommendation import Recommendation, recommend

TOP = 3
MORE = 6
FULL_PROFILE = "full_profile"
OVERVIEW = "overview"
MOST_SENTENCES = 3
"""Of the diagnosis, before its card."""
HURRIED_PATIENCE = 3
"""Answers after which nothing more is asked of somebody in a hurry."""
HOW_TO_APPLY = "how_to_apply"


def next_to_ask(state: Consultation, kb: KnowledgeBase, on: date) -> Question | None:
    """The question that comes next in the interview; None when it is over."""
    if state.is_full_profile:
        return next_profile_question(state.situation, kb)
    if state.phase is Phase.ADVISED:
        return None
    patience = HURRIED_PATIENCE if state.is_hurried else PATIENCE
    checks = 0 if state.is_hurried else CHECKS
    question = next_question(state.situation, kb, on=on, patience=patience, checks=checks)
    if question is None and not state.is_hurried:
        # The measures are settled; the causes of what was stated are still worth asking.
        question = next_cause_question(state.situation, kb)
    return question


def go_on(state: Consultation, kb: KnowledgeBase, on: date) -> Reply:
    """Ask the next question; when nothing more decides, tell what was found."""
    question = next_to_ask(state, kb, on)
    if question is None:
        return advise(state, kb, on)
    intro: tuple[Say, ...] = ()
    if state.phase is Phase.OPEN:
        intro = (Say(response="some_questions"),)
    asked = questions.Asked(id=question.id, question=question)
    return Reply(state=state, utterances=intro).then(questions.ask(state, asked, kb))


def advise(state: Consultation, kb: KnowledgeBase, on: date) -> Reply:
    """Tell in plain sentences what was found, then what fits and why."""
    state = state.having(phase=Phase.ADVISED, pending=None)
    found = _tell_diagnosis(state, kb)
    items = recommend(state.situation, kb, on=on, limit=TOP)
    if not items:
        said = Say(response="no_recommendation", buttons=talk.person_button(kb))
        return Reply(state=state, utterances=(*found, said))
    state = state.having(shown=tuple(item.program_id for item in items), topic=None)
    shown = _show(items, kb, on, response="recommendations")
    return Reply(state=state, utterances=(*found, shown)).then(_offer(state, kb))


def show_more(state: Consultation, kb: KnowledgeBase, on: date) -> Reply:
    """The next recommendations, after those that were shown."""
    items = recommend(state.situation, kb, on=on, limit=MORE)
    more = tuple(item for item in items if item.program_id not in state.shown)
    if not more:
        said = Say(response="no_more_recommendations", buttons=talk.person_button(kb))
        return Reply(state=state, utterances=(said,))
    state = state.having(shown=(*state.shown, *(item.program_id for item in more)))
    return Reply(
        state=state, utterances=(_show(more, kb, on, response="more_recommendations"),)
    ).then(_offer(state, kb))


def _weak_lines(diagnosis: Diagnosis, kb: KnowledgeBase) -> list[str]:
    """What stands worst, in two sentences at most; one trouble may weigh on two dimensions."""
    found = list(dict.fromkeys(finding_of(d, diagnosis, kb) for d in diagnosis.weakest))
    templates = ("found_first", "found_second")
    lines = [kb.wording(t, finding=f) for t, f in zip(templates, found, strict=False)]
    if lines and (evidence := diagnosis.dimensions[diagnosis.weakest[0]].evidence):
        lines[0] += kb.wording("found_quote", quote=evidence[0])
    return lines


def _tell_diagnosis(state: Consultation, kb: KnowledgeBase) -> tuple[Say | CardOut, ...]:
    diagnosis = diagnose(state.situation, kb)
    lines = _weak_lines(diagnosis, kb)
    if not lines and diagnosis.concerns:
        concern = kb.concerns[diagnosis.concerns[0]]
        lines.append(kb.wording("found_concern", concern=concern.heard))
    strong = [
        kb.dimensions[d]
        for d, profile in diagnosis.dimensions.items()
        if profile.level is not None and profile.level >= 3 and d not in diagnosis.weakest
    ]
    if strong:
        lines.append(kb.wording("found_strong", finding=strong[0].strong_text))
    open_points = [
        kb.dimensions[d].plain_name for d, p in diagnosis.dimensions.items() if p.level is None
    ]
    if open_points and len(lines) < MOST_SENTENCES:
        # Otherwise the card alone shows them.
        names = kb.wording("list_comma").join(open_points[:4])
        lines.append(kb.wording("found_not_asked", names=names))
    intro = Say(response="summary", arguments={"lines": "\n".join(lines)})
    told = tuple(f"dimensions/{d}" for d, p in diagnosis.dimensions.items() if p.level is not None)
    card = CardOut(response="diagnosis_card", card=cards.diagnosis_card(diagnosis, kb), facts=told)
    return (intro, card)


def _show(
    items: tuple[Recommendation, ...], kb: KnowledgeBase, on: date, *, response: str
) -> CardOut:
    return CardOut(
        response=response,
        arguments={"count": str(len(items))},
        card=cards.recommendations_card(items, kb, on),
        buttons=tuple(_details_button(item, kb) for item in items),
        facts=cards.facts_of(items),
    )


def _details_button(item: Recommendation, kb: KnowledgeBase) -> Button:
    title = kb.wording("button_details", rank=str(item.rank))
    payload = {"program": item.program_id, "aspect": OVERVIEW}
    return Button(title=title, payload="/ask_program" + json.dumps(payload))


def _offer(state: Consultation, kb: KnowledgeBase) -> Reply:
    """Offer the full profile beside going straight to a person."""
    if state.has_declined:
        return Reply(state=state)
    if not state.is_full_profile and next_profile_question(state.situation, kb) is not None:
        return _offer_profile(state, kb, text=None)
    said = Say(response="offer_person", buttons=talk.person_button(kb))
    return Reply(state=state, utterances=(said,))


def offer_again(state: Consultation, kb: KnowledgeBase) -> Reply:
    """The same offer after a question in between, in few words."""
    return _offer_profile(state, kb, text=kb.wording("offer_again"))


def _offer_profile(state: Consultation, kb: KnowledgeBase, *, text: str | None) -> Reply:
    out = questions.shape(kb.questions[FULL_PROFILE], kb, text=text, may_skip=False)
    stop = questions.choice(FULL_PROFILE, kb.wording("button_enough_for_today"), questions.UNKNOWN)
    out = replace(out, choices=[*out.choices, stop])
    return Reply(state=state.having(pending=FULL_PROFILE), utterances=(out,))


def answer_program_question(
    state: Consultation, heard: Heard, kb: KnowledgeBase, on: date
) -> Reply:
    """A question about one program: by its name, by its rank, or the one spoken of."""
    program_id = program_meant(state, heard, kb)
    if program_id is None:
        return Reply(state=state, utterances=(_which_program(state, kb),))
    return tell_program(state, program_id, str(heard.first("aspect") or OVERVIEW), kb, on)


def tell_program(
    state: Consultation, program_id: str, aspect: str, kb: KnowledgeBase, on: date
) -> Reply:
    """What is published about one aspect of a program."""
    program = kb.programs[program_id]
    answer = answer_program(program_id, aspect, kb, on=on)
    card: dict[str, Any] = {
        "kind": "program",
        "program_id": program_id,
        "title": program.name,
        "aspect": aspect,
        "text": answer.text,
        "status": answer.status.value,
        "source": cards.source_json(answer.source),
        "as_of": answer.as_of.isoformat(),
    }
    if aspect == HOW_TO_APPLY and program.side is Side.COMPANY:
        card["first_step"] = program.first_step
    response = "program_for_individuals" if program.side is Side.INDIVIDUAL else "program_answer"
    out = CardOut(
        response=response,
        arguments={"program": program.name},
        card=card,
        buttons=() if state.pending else _aspect_buttons(state, program_id, aspect, kb),
        facts=(f"programs/{program_id}/answers/{aspect}",),
    )
    return Reply(state=state.having(topic=program_id, misses=0), utterances=(out,))


def program_meant(state: Consultation, heard: Heard, kb: KnowledgeBase) -> str | None:
    """The program that a question is about, if it can be told."""
    named = heard.first("program")
    if named in kb.programs and not (
        signals.is_bare_question(heard) and (state.topic or state.shown)
    ):
        return str(named)
    rank = cards.rank_in(heard.text, kb)
    if rank:
        return state.shown[rank - 1] if rank <= len(state.shown) else None
    if state.topic in kb.programs:
        return state.topic
    return next(iter(state.shown), None)


def _which_program(state: Consultation, kb: KnowledgeBase) -> Say:
    ids = state.shown or ("shin_geneki", "jinzai_share", "hub", "yorozu")
    buttons = tuple(
        Button(
            title=kb.programs[program_id].plain_name,
            payload="/ask_program" + json.dumps({"program": program_id, "aspect": OVERVIEW}),
        )
        for program_id in ids
        if program_id in kb.programs
    )
    return Say(response="which_program", buttons=buttons)


def _aspect_buttons(
    state: Consultation, program_id: str, aspect: str, kb: KnowledgeBase
) -> tuple[Button, ...]:
    offered = [a for a in ("eligibility", "amount", "flow", "contact") if a != aspect][:3]
    asks = tuple(
        Button(
            title=kb.wording(f"button_aspect_{a}"),
            payload="/ask_program" + json.dumps({"program": program_id, "aspect": a}),
        )
        for a in offered
    )
    fits = () if state.phase is Phase.ADVISED else talk.fit_button(kb)
    return (*asks, *fits, *talk.person_button(kb))
