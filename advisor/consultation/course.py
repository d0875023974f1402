"""Decides, turn by turn, what a message means for the consultation and what comes next."""

from collections.abc import Callable
from datetime import date

from advisor.consultation import (
    advice,
    certainty,
    handoff,
    hearing,
    library,
    money,
    progress,
    questions,
    signals,
    talk,
)
from advisor.consultation.handoff import after_receipt
from advisor.consultation.output import CheckCase, Reply, Say
from advisor.consultation.state import Consultation, Heard, Phase
from advisor.knowledge import KnowledgeBase

__all__ = ["after_receipt", "respond"]

ASKING_BACK = frozenset({"which_program"})
"""Responses that ask something themselves."""
ELIGIBILITY = "eligibility"

Handler = Callable[[Consultation, Heard, KnowledgeBase, date], Reply]


def respond(state: Consultation, heard: Heard, kb: KnowledgeBase, *, on: date) -> Reply:
    """The consultation's next step.

    Args:
        state: The state so far.
        heard: The owner's message as it was understood.
        kb: The knowledge base.
        on: Calendar date (JST) whose rules apply.

    Returns:
        The next state, at least one utterance, and perhaps an effect to carry out.
    """
    reply = _respond(handoff.note_intake(state, heard), heard, kb, on)
    return progress.with_progress(reply, kb, on=on)


def _respond(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    if state.pending == questions.PLACE:
        heard = hearing.apart_from_number(heard, kb)
    if heard.intent == "choose":
        return _chosen(state, heard, kb, on)
    signalled = _signalled(state, heard, kb, on)
    if signalled is not None:
        return signalled
    pending = questions.find(state.pending, kb) if state.pending else None
    if pending is None:
        return _unasked(state, heard, kb, on)
    answered = _answered(state, pending, heard, kb)
    if answered is not None:
        return _after_answer(answered, heard, kb, on)
    if heard.intent in certainty.TURNS and certainty.is_sure(heard):
        return HANDLERS[heard.intent](state, heard, kb, on)
    if heard.intent in certainty.ASIDES and certainty.is_sure(heard):
        aside = HANDLERS[heard.intent](state, heard, kb, on)
        if aside.state.pending != state.pending or _asks_back(aside):
            return aside
        return _ask_again(aside, kb, on)
    absorbed = hearing.absorb(state, heard, kb)
    if absorbed.is_new:
        said = hearing.say_back(absorbed, kb)
        return Reply(state=absorbed.state, utterances=said).then(_resume(absorbed.state, kb, on))
    if heard.passage is not None:
        return _ask_again(library.tell(state, heard.passage, kb, on), kb, on)
    return _not_understood(state, kb, on)


def _answered(
    state: Consultation, pending: questions.Asked, heard: Heard, kb: KnowledgeBase
) -> questions.Answered | None:
    """The message as an answer to the question that waits, if it may be one."""
    given = handoff.contact_given(state, pending, heard, kb)
    if given is not None:
        return given
    if certainty.interrupts(heard, pending) and not questions.is_plain_answer(pending, heard, kb):
        return None
    return questions.read_answer(state, pending, heard, kb)


def _asks_back(reply: Reply) -> bool:
    """Whether it ends with a question of its own; the one that waits is asked after the answer."""
    return any(isinstance(said, Say) and said.response in ASKING_BACK for said in reply.utterances)


def _signalled(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply | None:
    """What goes before everything else a message may mean."""
    if signals.is_danger(heard, kb):
        return signals.refer_danger(state, kb, on)
    if signals.is_abuse(heard, kb):
        reply = signals.calm_down(state, kb)
        return _ask_again(reply, kb, on) if reply.state.pending else reply
    if signals.is_why(heard, kb):
        reason = signals.explain_why(state, kb, on)
        if reason is not None:
            return _ask_again(reason, kb, on) if state.pending else reason
    if signals.is_hurry(heard, kb):
        if not state.is_hurried:
            return _hurried(state, heard, kb, on)
        if state.phase is Phase.HANDOFF and state.pending:
            # Impatience is neither a yes nor a no to what is asked here.
            return _ask_again(Reply(state=state), kb, on)
    return None


def _hurried(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """Ask less from now on; what the message says beside the hurry is taken up."""
    absorbed = hearing.absorb(state.having(is_hurried=True), heard, kb)
    said = (Say(response="hurried"), *hearing.say_back(absorbed, kb))
    reply = Reply(state=absorbed.state, utterances=said)
    if absorbed.state.phase is Phase.HANDOFF:
        return _ask_again(reply, kb, on)
    return reply.then(_go_on(absorbed.state.having(pending=None), kb, on))


def _chosen(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """A button of a question was pressed; it may belong to an earlier question."""
    question = questions.find(str(heard.first("question")), kb)
    if question is None:
        return _not_understood(state, kb, on)
    if not heard.all_of("value"):
        return _correct(state, question.id, kb, on)
    value = heard.first("value")
    answered = questions.take_answer(state, question, value, heard.text, kb)
    return _after_answer(answered, heard, kb, on)


def _after_answer(answered: questions.Answered, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    beside = hearing.beside_name(heard) if answered.question.is_free_text else heard
    absorbed = hearing.absorb(answered.state, beside, kb, only_facts=True)
    if answered.question.id == questions.PLACE:
        absorbed = hearing.with_place(absorbed, is_known=answered.value is not None)
    state = absorbed.state.having(misses=0)
    said = tuple(answered.say) + hearing.say_back(absorbed, kb)
    reply = Reply(state=state, utterances=said)
    if answered.question.id in handoff.KEYS:
        return reply.then(handoff.step(state, answered, kb, on))
    if answered.question.id in money.KEYS:
        return reply.then(money.step(state, heard.text, kb, on))
    if state.phase is Phase.HANDOFF:
        return reply.then(handoff.begin(state, kb, on))
    return reply.then(_go_on(state, kb, on))


def _unasked(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """A message while no question waits for an answer."""
    is_specific = certainty.is_sure(heard) or not heard.all_of("concern")
    if heard.intent in HANDLERS and is_specific and certainty.is_plausible(heard):
        return HANDLERS[heard.intent](state, heard, kb, on)
    absorbed = hearing.absorb(state, heard, kb)
    if absorbed.is_new:
        said = hearing.say_back(absorbed, kb)
        next_state = absorbed.state.having(misses=0)
        return Reply(state=next_state, utterances=said).then(_go_on(next_state, kb, on))
    if heard.passage is not None:
        return library.tell(state, heard.passage, kb, on)
    if {statement.concern for statement in state.situation.concerns} & set(heard.all_of("concern")):
        # A trouble that is known already: said again, not misunderstood.
        return _told_again(state.having(misses=0), kb, on)
    costs = money.answer_costs(state, heard.text, kb, on)
    if costs is not None:
        return costs
    if heard.intent in certainty.SMALL_TALK and certainty.is_plausible(heard):
        return talk.what_next(state.having(misses=0), kb)
    return _not_understood(state, kb, on)


def _told_again(state: Consultation, kb: KnowledgeBase, on: date) -> Reply:
    """Go on where the talk stands; after the advice, offer what can be done with it."""
    if state.phase in {Phase.OPEN, Phase.ASKING} or talk.refer_elsewhere(state, kb) is not None:
        return _go_on(state, kb, on)
    return talk.what_next(state, kb)


def _resume(state: Consultation, kb: KnowledgeBase, on: date) -> Reply:
    """Ask the waiting question again, unless it was just answered in passing."""
    question = questions.find(state.pending, kb) if state.pending else None
    if question is not None and not state.situation.knows(question.id):
        return _ask_again(Reply(state=state), kb, on)
    return _go_on(state.having(pending=None), kb, on)


def _ask_again(reply: Reply, kb: KnowledgeBase, on: date) -> Reply:
    state = reply.state
    question = questions.find(state.pending, kb) if state.pending else None
    if question is None:
        return reply
    if question.id == handoff.FULL_PROFILE:
        return reply.then(advice.offer_again(state, kb))
    if question.id in handoff.KEYS:
        return reply.then(handoff.ask(state, question.id, kb, on))
    return reply.then(questions.ask(state, question, kb))


def _go_on(state: Consultation, kb: KnowledgeBase, on: date) -> Reply:
    """Ask what decides most; when nothing does, tell what was found."""
    elsewhere = talk.refer_elsewhere(state, kb)
    if elsewhere is not None:
        return elsewhere
    if not state.situation.concerns:
        return talk.ask_for_concern(state, kb)
    return advice.go_on(state, kb, on)


def _not_understood(state: Consultation, kb: KnowledgeBase, on: date) -> Reply:
    """First say so and offer choices; the second time offer a person as well."""
    state = state.having(misses=state.misses + 1)
    say = "not_understood" if state.misses == 1 else "not_understood_again"
    buttons = talk.person_button(kb) if state.misses > 1 else ()
    if state.pending:
        question = kb.questions.get(state.pending)
        if question and not (buttons or question.choices or state.candidates):
            say = "not_understood_words"  # There is nothing to choose from.
        reply = Reply(state=state, utterances=(Say(response=say, buttons=buttons),))
        return _ask_again(reply, kb, on)
    menu = (*talk.concern_buttons(kb), *talk.person_button(kb))
    return Reply(state=state, utterances=(Say(response=say, buttons=menu),))


def _restart(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    fresh = Consultation(handoff_number=state.handoff_number)
    return Reply(state=fresh, utterances=(Say(response="restarted"),)).then(
        talk.ask_for_concern(fresh, kb)
    )


def _go_back(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """Take the last answer back and ask its question again."""
    if not state.history:
        reply = Reply(state=state, utterances=(Say(response="nothing_to_go_back"),))
        return _ask_again(reply, kb, on) if state.pending else reply
    last = state.history[-1]
    phase = Phase.HANDOFF if last in handoff.KEYS else Phase.ASKING
    state = handoff.without_answer(state, last).having(phase=phase)
    return _ask_again(Reply(state=state, utterances=(Say(response="going_back"),)), kb, on)


def _correct(state: Consultation, key: str, kb: KnowledgeBase, on: date) -> Reply:
    """Take an earlier answer back and ask its question again; what is sent stays as it is."""
    if state.phase is Phase.DONE and state.handoff_number > 1:
        said = Say(text=kb.wording("correction_after_sending"), buttons=talk.person_button(kb))
        return Reply(state=state, utterances=(said,))
    in_handoff = state.phase is Phase.HANDOFF or key in handoff.KEYS
    state = handoff.without_answer(state, key).having(
        phase=Phase.HANDOFF if in_handoff else Phase.ASKING, misses=0
    )
    return _ask_again(Reply(state=state, utterances=(Say(text=kb.wording("correcting")),)), kb, on)


def _start_diagnosis(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    absorbed = hearing.absorb(state, heard, kb)
    state = absorbed.state.having(misses=0)
    if state.phase is Phase.ADVISED:
        situation = state.situation.with_fact(handoff.FULL_PROFILE, value=True)
        state = state.having(is_full_profile=True, situation=situation)
    return Reply(state=state, utterances=hearing.say_back(absorbed, kb)).then(_go_on(state, kb, on))


def _recommend(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """The owner wants to hear now what fits."""
    absorbed = hearing.absorb(state, heard, kb)
    said = hearing.say_back(absorbed, kb)
    state = absorbed.state.having(misses=0)
    reply = Reply(state=state, utterances=said)
    if state.topic in kb.programs and signals.asks_if_usable(heard, kb):
        usable = advice.tell_program(state, str(state.topic), ELIGIBILITY, kb, on)
        return _ask_again(usable, kb, on) if state.pending else usable
    if not state.situation.concerns or talk.refer_elsewhere(state, kb) is not None:
        return reply.then(_go_on(state, kb, on))
    if state.phase is Phase.ADVISED and state.shown and not absorbed.is_new:
        return reply.then(advice.show_more(state, kb, on))
    if absorbed.is_new and state.phase is Phase.OPEN:
        return reply.then(_go_on(state, kb, on))
    return reply.then(advice.advise(state, kb, on))


def _talk_to_human(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    absorbed = hearing.absorb(state, heard, kb)
    state = absorbed.state.having(has_declined=False, misses=0)
    if signals.is_about_phone(heard, kb):
        state = handoff.by_phone(state)
    said = hearing.say_back(absorbed, kb)
    if not heard.is_button:
        said = (*said, handoff.acknowledge(state, kb))
    return Reply(state=state, utterances=said).then(handoff.begin(state, kb, on))


def _labor_trouble(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    return talk.refer_labor(state.having(has_labor_trouble=True, pending=None, misses=0), kb, on)


def _ask_program(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """A named program is answered by its own texts; a described one by the passage found."""
    absorbed = hearing.absorb(state, heard, kb, is_question=True)
    state, said = absorbed.state, hearing.say_back(absorbed, kb)
    found, program_id = heard.passage, advice.program_meant(state, heard, kb)
    answered: Reply | None = None
    if found is not None and found.program and program_id is None:
        answered = library.tell(state, found, kb, on)
    elif program_id is not None and heard.first("aspect") == money.AMOUNT:
        answered = money.answer(state, program_id, heard.text, kb, on)
    if answered is None:
        answered = advice.answer_program_question(state, heard, kb, on)
    return Reply(state=state, utterances=said).then(answered)


def _ask_hub(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    found = heard.passage
    if found is not None and found.kind == "hubs":
        return library.tell(state, found, kb, on)
    return talk.answer_hub(state, heard, kb, on)


def _ask_model(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    found = heard.passage
    if found is not None and found.kind in library.MODEL_KINDS:
        return library.tell(state, found, kb, on)
    return MODEL(state, heard, kb, on)


def _out_of_scope(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """Refuse, unless something published answers surely after all; then offer a person."""
    if heard.passage is not None:
        return library.tell(state, heard.passage, kb, on)
    return talk.out_of_scope(state.having(misses=state.misses + 1), heard, kb, on)


def _check_case(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    number = heard.first("case_number")
    return Reply(state=state, effect=CheckCase(case_number=str(number) if number else None))


def _hearing_too(answer: Handler) -> Handler:
    """The same handler, taking up a trouble that stands beside the question."""

    def handle(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
        absorbed = hearing.absorb(state, heard, kb, is_question=True)
        if not absorbed.concerns:
            return answer(state, heard, kb, on)
        reply = Reply(state=absorbed.state, utterances=hearing.say_back(absorbed, kb)).then(
            answer(absorbed.state, heard, kb, on)
        )
        return reply if state.pending else reply.then(_go_on(reply.state, kb, on))

    return handle


MODEL = talk.topic("model")

HANDLERS: dict[str, Handler] = {
    "restart": _restart,
    "go_back": _go_back,
    "start_diagnosis": _start_diagnosis,
    "ask_recommendation": _recommend,
    "talk_to_human": _talk_to_human,
    "labor_trouble": _labor_trouble,
    "check_case": _check_case,
    "ask_program": _ask_program,
    "ask_hub": _hearing_too(_ask_hub),
    "ask_model": _ask_model,
    "ask_privacy": _hearing_too(talk.topic("privacy")),
    "help": talk.topic("help"),
    "bot_challenge": talk.topic("bot"),
    "greet": talk.greet,
    "thank": talk.thank,
    "goodbye": talk.goodbye,
    "complaint": talk.complaint,
    "out_of_scope": _out_of_scope,
}
