"""How many questions are still to come: an estimate, told with each question."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import islice

from advisor.consultation import advice, handoff, questions
from advisor.consultation.output import QuestionOut, Reply
from advisor.consultation.state import Consultation, Phase
from advisor.interview import answered_halfway
from advisor.knowledge import KnowledgeBase
from advisor.labels import MUNICIPALITY, PREFECTURE
from advisor.model import Question

MOST = 30
"""No interview is longer; beyond it the estimate would be of no use."""
SOMETHING = "x"


def with_progress(reply: Reply, kb: KnowledgeBase, *, on: date) -> Reply:
    """The reply, its questions with the number of those still to come."""
    if not any(isinstance(said, QuestionOut) for said in reply.utterances):
        return reply
    left = questions_to_come(reply.state, kb, on=on)
    said = tuple(
        replace(each, left=left) if isinstance(each, QuestionOut) else each
        for each in reply.utterances
    )
    return replace(reply, utterances=said)


def questions_to_come(state: Consultation, kb: KnowledgeBase, *, on: date) -> int | None:
    """Estimate how many questions are to come, the one that waits counted.

    The interview is played on with the middle choice of each question, the hand-off with yes.

    Returns:
        At least 1; None when the question that waits belongs to neither.
    """
    asked = questions.find(state.pending, kb)
    if asked is None or asked.id == questions.FULL_PROFILE:
        return None
    if state.phase is Phase.HANDOFF:
        return _of_handoff(state, kb)
    if not (asked.question.is_maturity or asked.question.decides):
        return None
    return max(1, sum(1 for _ in islice(_played_on(state, kb, on), MOST)))


def _played_on(state: Consultation, kb: KnowledgeBase, on: date) -> Iterator[Question]:
    """The questions that would come."""
    while (question := advice.next_to_ask(state, kb, on)) is not None:
        yield question
        situation = answered_halfway(state.situation, question)
        if question.id == MUNICIPALITY:
            # Nearly everybody names it, and then the prefecture is not asked.
            situation = situation.with_unknown(PREFECTURE)
        state = state.having(situation=situation)


def _of_handoff(state: Consultation, kb: KnowledgeBase) -> int:
    """The questions of the hand-off up to the last yes."""
    count = 1 + (state.pending in {MUNICIPALITY, PREFECTURE})
    while (key := next(handoff.missing(state, kb), None)) is not None:
        # Named anew, a consent counts for the hub that it is asked for.
        answers = {k: v for k, v in state.answers.items() if k not in handoff.ASKED_FOR.values()}
        if key == handoff.COMPANY:
            situation = state.situation.with_fact(key, SOMETHING)
            state = state.having(situation=situation)
        else:
            state = state.having(answers={**answers, key: True})
        count += 1
    return count
