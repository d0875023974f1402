"""Amounts from what the owner says: the costs, for how many people, and the sum."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from advisor.amounts import Amount, subsidy
from advisor.consultation import advice, cards, questions, talk
from advisor.consultation.output import CardOut, Reply
from advisor.consultation.state import Consultation
from advisor.errors import AmountError, ParameterNotFoundError
from advisor.knowledge import KnowledgeBase
from advisor.model import Program, Status
from advisor.numerals import NumberReader
from advisor.recommendation import PEOPLE_TAKEN_IN, PLANNED_COSTS
from advisor.status import status_on

KEYS: Final = frozenset({PLANNED_COSTS, PEOPLE_TAKEN_IN})
"""Questions that only amounts need."""
AMOUNT: Final = "amount"
_MOST_PEOPLE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Costs as an owner told them."""

    yen: tuple[int, ...]
    """One for each person, or a single sum."""
    people: int | None
    """How many people a single sum is for, if that was said."""


def read_costs(text: str, kb: KnowledgeBase) -> Costs | None:
    """Read costs, such as 「2人で80万円」「120万円ずつ3人」「100万円の人と40万円の人」."""
    reader = NumberReader(kb)
    yen_marks = kb.word_list("yen_marks")
    counters = kb.word_list("people_counters")
    numbers = reader.find(text)
    yen = [n.value for n in numbers if n.rest.startswith(yen_marks)]
    counted = [n.value for n in numbers if n.rest.startswith(counters)]
    if not yen:
        return None
    people = max(counted) if counted else None
    if len(yen) > 1:
        return Costs(yen=tuple(yen), people=None)
    is_each = any(word in text for word in kb.word_list("each_words")) or len(counted) > 1
    if is_each and people is not None and people <= _MOST_PEOPLE:
        return Costs(yen=tuple(yen) * people, people=None)
    return Costs(yen=tuple(yen), people=people)


def known_costs(state: Consultation) -> Costs | None:
    """Costs that were told before."""
    yen, people = (state.situation.facts.get(key) for key in (PLANNED_COSTS, PEOPLE_TAKEN_IN))
    if isinstance(yen, bool) or not isinstance(yen, int):
        return None
    return Costs(yen=(yen,), people=people if isinstance(people, int) else None)


def noted(state: Consultation, costs: Costs, quote: str) -> Consultation:
    """The state with the costs among the facts."""
    situation = state.situation.with_fact(PLANNED_COSTS, sum(costs.yen), quote)
    people = len(costs.yen) if len(costs.yen) > 1 else costs.people
    if people is not None:
        situation = situation.with_fact(PEOPLE_TAKEN_IN, people, quote)
    return state.having(situation=situation)


def can_compute(program: Program, kb: KnowledgeBase, on: date) -> bool:
    """Whether an amount may be told for a program on a date."""
    if program.amount is None or status_on(program, on=on).status is not Status.OPEN:
        return False
    try:
        _amounts(program, Costs(yen=(0,), people=1), kb, on)
    except (AmountError, ParameterNotFoundError):
        return False
    return True


def answer(
    state: Consultation, program_id: str, text: str, kb: KnowledgeBase, on: date
) -> Reply | None:
    """What a program would pay: computed where costs are known, else asked for.

    Returns:
        None where no amount can be computed; the published text then answers alone.
    """
    program = kb.programs[program_id]
    if not can_compute(program, kb, on):
        return None
    told = read_costs(text, kb)
    is_offer = state.pending == advice.FULL_PROFILE
    state = state.having(topic=program_id, misses=0, pending=None if is_offer else state.pending)
    if told is not None:
        state = noted(state, told, text)
    costs = told or known_costs(state)
    if costs is None:
        reply = advice.tell_program(state, program_id, AMOUNT, kb, on)
        return reply if state.pending else reply.then(_ask(reply.state, PLANNED_COSTS, kb))
    return _tell(state, program, costs, text, kb, on)


def answer_costs(state: Consultation, text: str, kb: KnowledgeBase, on: date) -> Reply | None:
    """The amount for costs told unasked, if the program spoken of has one; None otherwise."""
    if state.topic not in kb.programs or read_costs(text, kb) is None:
        return None
    return answer(state, str(state.topic), text, kb, on)


def step(state: Consultation, text: str, kb: KnowledgeBase, on: date) -> Reply:
    """Go on after the owner answered a question for costs or people."""
    program = kb.programs.get(state.topic or "")
    told = read_costs(text, kb)
    if told is not None:
        state = noted(state, told, text)
    costs = told or known_costs(state)
    if program is None or costs is None or not can_compute(program, kb, on):
        return talk.what_next(state, kb)
    return _tell(state, program, costs, text, kb, on)


def _ask(state: Consultation, key: str, kb: KnowledgeBase) -> Reply:
    question = kb.questions[key]
    return questions.ask(state, questions.Asked(id=key, question=question), kb)


def _tell(
    state: Consultation, program: Program, costs: Costs, text: str, kb: KnowledgeBase, on: date
) -> Reply:
    rule = program.amount
    assert rule is not None  # `can_compute` has looked.
    is_sum = len(costs.yen) == 1 and costs.people is None
    if rule.cap_per_person is not None and is_sum:
        if not state.situation.knows(PEOPLE_TAKEN_IN) and state.pending is None:
            return _ask(state, PEOPLE_TAKEN_IN, kb)
        costs = Costs(yen=costs.yen, people=1)
    amounts = _amounts(program, costs, kb, on)
    named = [frame.id for frame in rule.frames.values() if frame.title in text]
    shown = [
        _card(program, title, amount, kb, on)
        for frame, title, amount in amounts
        if not named or frame in named
    ]
    return Reply(state=state, utterances=tuple(shown))


def _amounts(
    program: Program, costs: Costs, kb: KnowledgeBase, on: date
) -> list[tuple[str | None, str, Amount]]:
    """The amount, or one for each frame that can be applied for: frame, title, amount."""
    rule = program.amount
    assert rule is not None  # Callers have looked.
    yen: Sequence[int] = costs.yen if rule.cap_per_person is not None else (sum(costs.yen),)
    people = costs.people if rule.cap_per_person is not None else None
    if not rule.frames:
        amount = subsidy(program, kb, costs_yen=yen, on=on, people=people)
        return [(None, program.name, amount)]
    return [
        (
            frame.id,
            kb.wording("amount_of_frame", program=program.plain_name, frame=frame.title),
            subsidy(program, kb, costs_yen=yen, on=on, people=people, frame=frame.id),
        )
        for frame in rule.frames.values()
    ]


def _card(program: Program, title: str, amount: Amount, kb: KnowledgeBase, on: date) -> CardOut:
    card: dict[str, Any] = {
        "kind": "amount",
        "program_id": program.id,
        "title": title,
        "yen": amount.yen,
        "working": amount.working,
        "status": status_on(program, on=on).status.value,
        "source": cards.source_json(amount.sources[0]),
    }
    return CardOut(
        response="amount",
        arguments={"yen": f"{amount.yen:,}"},
        card=card,
        buttons=talk.person_button(kb),
        facts=(f"programs/{program.id}/amount",),
    )
