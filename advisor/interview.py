"""Interview: which question decides most, and when nothing can change the result any more."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from advisor.contest import Contest, Offer, head_size, open_contest
from advisor.eligibility import Verdict, possible_verdicts, unknown_facts
from advisor.fit import Form, least_difference
from advisor.knowledge import KnowledgeBase
from advisor.labels import EMPLOYEES, MUNICIPALITY, PREFECTURE
from advisor.logic import FactValue
from advisor.model import Question, QuestionKind
from advisor.situation import Situation, Statement

TOP: Final = 3
PATIENCE: Final = 8
CHECKS: Final = 2
QUESTIONS_PER_DIMENSION: Final = 2
_BEFORE_LEVELS: Final = -1.0
"""Of equally decisive questions, facts come first: they tell what a company cannot use."""


@dataclass(slots=True)
class _Doubt:
    """What can still change the chosen set; empty when nothing can."""

    dimensions: dict[str, int] = field(default_factory=dict)
    """Possible shift of a deciding difference, by dimension."""
    facts: set[str] = field(default_factory=set)
    is_open: bool = False


def askable_facts(
    situation: Situation, kb: KnowledgeBase, *, known: Mapping[str, FactValue]
) -> set[str]:
    """List the deciding facts that may still be asked.

    The prefecture is asked only when the owner does not know or tell the municipality.
    """
    return {
        q.key
        for q in kb.questions.values()
        if q.kind is QuestionKind.FACT
        and q.decides
        and q.key not in known
        and q.key not in situation.unknown
        and (q.key != PREFECTURE or MUNICIPALITY not in known)
    }


class _Stability:
    """Decides whether the chosen set is settled, by bounds on differences of fits."""

    def __init__(self, contest: Contest, limit: int) -> None:
        self.contest = contest
        self.limit = limit
        kb = contest.kb
        self.askable = askable_facts(contest.situation, kb, known=contest.facts)
        scale = kb.level_scale
        self.least = {d: e.least_need(scale) for d, e in contest.evidence.items()}
        self.most = {d: e.most_need(scale) for d, e in contest.evidence.items()}
        self.possible = {
            name: possible_verdicts(kb.programs[name], contest.facts, self.askable, kb)
            for name in contest.verdicts
        }

    def can_drop(self, name: str) -> bool:
        """Tell whether an answer could make a program impossible."""
        return Verdict.INELIGIBLE in self.possible[name]

    def is_out(self, name: str) -> bool:
        """Tell whether a program is impossible already."""
        return self.contest.verdicts[name] is Verdict.INELIGIBLE

    def open_facts(self, name: str) -> set[str]:
        """List the askable facts on which a program's verdict hangs."""
        program = self.contest.kb.programs[name]
        return self.askable.intersection(unknown_facts(program, self.contest.facts))

    def possible_forms(self, name: str) -> Iterator[tuple[str, Form]]:
        """Give every form that could lift an offer, with the program it comes from."""
        contest = self.contest
        if name in contest.forms:
            yield name, contest.forms[name]
        for ended, targets in contest.successors.items():
            if ended not in contest.forms or self.is_out(ended) or name not in targets:
                continue
            before = targets[: targets.index(name)]
            if all(self.is_out(target) or self.can_drop(target) for target in before):
                yield ended, contest.forms[ended]

    def certain_forms(self, name: str) -> Iterator[Form]:
        """Give the forms that an offer keeps whatever is answered, if it stays possible."""
        for origin, form in self.possible_forms(name):
            if origin != name:
                targets = self.contest.successors[origin]
                before = targets[: targets.index(name)]
                if self.can_drop(origin) or not all(self.is_out(t) for t in before):
                    continue
            if least_difference(form, _ZERO, self.least, self.most) > 0:
                yield form

    def doubts(self, offers: list[Offer]) -> _Doubt:
        """Find what can still change the selection from the ranked offers."""
        doubt = _Doubt()
        contest = self.contest
        head = [offer.program_id for offer in offers[: head_size(self.limit)]]
        chosen = [offer.program_id for offer in offers[: self.limit]]
        fallback = contest.pick_fallback(contest.verdicts)
        free = {name for name in chosen if contest.is_free(name)}
        in_head = free.intersection(head)
        if in_head or fallback is None:
            self._doubt_set(chosen, doubt, is_full=len(chosen) >= self.limit)
        if not in_head or (len(free) == 1 and fallback not in free):
            self._doubt_set(head, doubt, is_full=len(head) >= head_size(self.limit))
        if len(free) <= 1:
            self._doubt_fallback(doubt)
        return doubt

    def _doubt_set(self, chosen: list[str], doubt: _Doubt, *, is_full: bool) -> None:
        for name in chosen:
            if self.can_drop(name):
                doubt.is_open = True
                doubt.facts |= self.open_facts(name)
            if not any(True for _ in self.certain_forms(name)):
                self._doubt_presence(name, doubt)
        for rival in self.contest.available:
            if rival in chosen or self.is_out(rival):
                continue
            for origin, form in self.possible_forms(rival):
                if not is_full:
                    self._doubt_entry(form, doubt)
                for name in chosen:
                    self._doubt_pair(name, rival, origin, form, doubt)

    def _doubt_presence(self, name: str, doubt: _Doubt) -> None:
        doubt.is_open = True
        for origin, form in self.possible_forms(name):
            doubt.facts |= self.open_facts(origin)
            self._note_dimensions(form, _ZERO, doubt)

    def _doubt_entry(self, form: Form, doubt: _Doubt) -> None:
        doubt.is_open = True
        self._note_dimensions(form, _ZERO, doubt)

    def _doubt_pair(self, name: str, rival: str, origin: str, form: Form, doubt: _Doubt) -> None:
        """Note what could lift ``rival`` over ``name``."""
        best: Form | None = None
        margin = 0
        for certain in self.certain_forms(name):
            difference = least_difference(certain, form, self.least, self.most)
            if best is None or difference > margin:
                best, margin = certain, difference
        if best is None or margin > 0 or (margin == 0 and self._wins_tie(name, rival)):
            return
        doubt.is_open = True
        before = len(doubt.dimensions)
        self._note_dimensions(best, form, doubt)
        if len(doubt.dimensions) == before:
            doubt.facts |= self.open_facts(rival) | self.open_facts(origin)

    def _wins_tie(self, name: str, rival: str) -> bool:
        """Tell whether an offer stays before a rival of equal fit, whatever is answered."""
        worst = self.contest.verdicts[name]
        best = Verdict.ELIGIBLE if Verdict.ELIGIBLE in self.possible[rival] else Verdict.UNKNOWN
        return self.contest.tie_key(name, worst) < self.contest.tie_key(rival, best)

    def _doubt_fallback(self, doubt: _Doubt) -> None:
        if self.askable & {MUNICIPALITY, PREFECTURE}:
            doubt.is_open = True
            doubt.facts |= self.askable & {MUNICIPALITY, PREFECTURE}
        for name in self.contest.available:
            if self.contest.is_free(name) and self.can_drop(name):
                doubt.is_open = True
                doubt.facts |= self.open_facts(name)

    def _note_dimensions(self, upper: Form, lower: Form, doubt: _Doubt) -> None:
        for dimension in upper.coefficients.keys() | lower.coefficients.keys():
            slope = upper.coefficients.get(dimension, 0) - lower.coefficients.get(dimension, 0)
            shift = abs(slope) * (self.most[dimension] - self.least[dimension])
            if shift > 0:
                doubt.dimensions[dimension] = max(shift, doubt.dimensions.get(dimension, 0))


_ZERO: Final = Form(constant=0, coefficients={})


def next_question(
    situation: Situation,
    kb: KnowledgeBase,
    *,
    on: dt.date,
    limit: int = TOP,
    patience: int = PATIENCE,
    checks: int = CHECKS,
) -> Question | None:
    """Choose the question that decides most for the recommended set.

    The place comes first, since it decides the hub, then the size of the company; after that
    only what can still change the set is asked. Nothing known or unknown to the owner is asked.

    Args:
        situation: What is known about the company.
        kb: The knowledge base.
        on: Date of the recommendation.
        limit: Size of the set.
        patience: Number of answers, also not-knowing ones, after which nothing is asked
            but what rules out a program of the set.
        checks: Most questions of that kind.

    Returns:
        The question, or None when no answers can change the set or the patience is used up.
    """
    count = count_answers(situation, kb)
    if count >= patience + checks:
        return None
    opening = _opening_question(situation, kb) if count < patience else None
    if opening is not None:
        return opening
    contest = open_contest(situation, kb, on=on)
    if count < patience:
        questions = deciding_questions(contest, limit=limit)
    else:
        questions = _ruling_out(contest, limit=limit)
    return _most_decisive(contest, questions, limit) if questions else None


def _ruling_out(contest: Contest, *, limit: int) -> tuple[Question, ...]:
    """List the unanswered questions that tell whether a program of the set can be used at all."""
    stability = _Stability(contest, limit)
    facts: set[str] = set()
    for name in _chosen(contest, limit):
        if contest.verdicts[name] is Verdict.UNKNOWN and stability.can_drop(name):
            facts |= stability.open_facts(name)
    return tuple(q for q in contest.kb.questions.values() if q.id in facts)


def is_settled(situation: Situation, kb: KnowledgeBase, *, on: dt.date, limit: int = TOP) -> bool:
    """Tell whether no completion of the unanswered questions can change the recommended set."""
    return not deciding_questions(open_contest(situation, kb, on=on), limit=limit)


def count_answers(situation: Situation, kb: KnowledgeBase) -> int:
    """Count the answers that the owner gave, not-knowing ones included.

    A municipality tells the prefecture too and counts once; one that is not known does not.
    """
    keys = {*situation.facts, *situation.unknown}
    facts = {
        PREFECTURE if key == MUNICIPALITY and key in situation.facts else key
        for key in keys
        if key in kb.questions and kb.questions[key].decides and not kb.questions[key].is_maturity
    }
    levels = {*situation.levels, *(k for k in situation.unknown if k in kb.questions)}
    return len(facts) + sum(
        1 for key in levels if key in kb.questions and kb.questions[key].is_maturity
    )


def _opening_question(situation: Situation, kb: KnowledgeBase) -> Question | None:
    """Give the place question, then the size question, unless answered."""
    if MUNICIPALITY not in situation.facts:
        for key in (MUNICIPALITY, PREFECTURE):
            if key in kb.questions and not situation.knows(key):
                return kb.questions[key]
    if EMPLOYEES in kb.questions and not situation.knows(EMPLOYEES):
        return kb.questions[EMPLOYEES]
    return None


def deciding_questions(contest: Contest, *, limit: int) -> tuple[Question, ...]:
    """List the unanswered questions on which the recommended set still hangs."""
    stability = _Stability(contest, limit)
    doubt = stability.doubts(contest.rank())
    if not doubt.is_open:
        return ()
    kb = contest.kb
    names = {n for d in doubt.dimensions for n in contest.evidence[d].open}
    facts = doubt.facts & stability.askable
    if PREFECTURE in facts and MUNICIPALITY in stability.askable:
        facts = (facts - {PREFECTURE}) | {MUNICIPALITY}
    return tuple(q for q in kb.questions.values() if q.id in names or q.id in facts)


def _most_decisive(contest: Contest, questions: Iterable[Question], limit: int) -> Question:
    now = _chosen(contest, limit)
    kb = contest.kb

    def key(question: Question) -> tuple[int, float]:
        change = max((len(now ^ after) for after in _outcomes(contest, question, limit)), default=0)
        if not question.is_maturity:
            return (-change, _BEFORE_LEVELS)
        evidence = contest.evidence[question.key]
        return (-change, len(evidence.answered) / len(kb.maturity[question.key]))

    return min(questions, key=key)


def _chosen(
    contest: Contest,
    limit: int,
    *,
    fits: Mapping[str, int] | None = None,
    verdicts: Mapping[str, Verdict] | None = None,
) -> frozenset[str]:
    verdicts = contest.verdicts if verdicts is None else verdicts
    ranked = contest.rank_ids(contest.fits if fits is None else fits, verdicts)
    return contest.select_ids(ranked, limit, verdicts)


def _outcomes(contest: Contest, question: Question, limit: int) -> Iterator[frozenset[str]]:
    """Give the recommended set after each possible answer to a question."""
    kb = contest.kb
    if question.is_maturity:
        evidence = contest.evidence[question.key]
        for level in sorted({int(choice.value) for choice in question.choices}):
            need = evidence.need_with(level, kb.level_scale)
            yield _chosen(contest, limit, fits=contest.fits_with(question.key, need))
        return
    for value in kb.domains.get(question.key, ()):
        verdicts = contest.verdicts_with(question.key, value)
        yield _chosen(contest, limit, verdicts=verdicts)


def questions_left(
    situation: Situation,
    kb: KnowledgeBase,
    *,
    on: dt.date,
    limit: int = TOP,
    patience: int = PATIENCE,
) -> int:
    """Estimate how many questions are still to come, by answering them with the middle choice."""
    count = 0
    patience -= count_answers(situation, kb)
    while count < patience:
        question = _opening_question(situation, kb)
        if question is None:
            contest = open_contest(situation, kb, on=on)
            question = next(iter(deciding_questions(contest, limit=limit)), None)
        if question is None:
            break
        situation = answered_halfway(situation, question)
        count += 1
    return count


def answered_halfway(situation: Situation, question: Question) -> Situation:
    """Give the situation with the question answered by its middle choice, else unknown."""
    if question.is_maturity and question.choices:
        levels = sorted(int(choice.value) for choice in question.choices)
        return situation.with_level(question.id, levels[len(levels) // 2])
    if question.choices:
        return situation.with_fact(question.key, question.choices[0].value)
    return situation.with_unknown(question.key)


def next_profile_question(
    situation: Situation, kb: KnowledgeBase, *, per_dimension: int = QUESTIONS_PER_DIMENSION
) -> Question | None:
    """Choose the next question of the full profile: two a dimension, least covered first.

    What was asked before counts: in all there are never more than two for each dimension.
    """
    best: tuple[int, Question] | None = None
    asked = sum(situation.knows(q.id) for questions in kb.maturity.values() for q in questions)
    if asked >= per_dimension * len(kb.maturity):
        return None
    for questions in kb.maturity.values():
        done = sum(1 for question in questions if situation.knows(question.id))
        if done >= min(per_dimension, len(questions)):
            continue
        if best is None or done < best[0]:
            best = (done, next(q for q in questions if not situation.knows(q.id)))
    return None if best is None else best[1]


def next_cause_question(situation: Situation, kb: KnowledgeBase) -> Question | None:
    """Choose a question that tells rival causes apart: one for each dimension that was stated.

    The recommended set may be settled without them; the diagnosis is firmer with them.
    """
    stated = {d for s in situation.concerns if s.concern in kb.concerns for d in _linked(s, kb)}
    for dimension, questions in kb.maturity.items():
        if dimension in stated and not any(situation.knows(q.id) for q in questions):
            return next(iter(questions), None)
    return None


def _linked(statement: Statement, kb: KnowledgeBase) -> Iterable[str]:
    return kb.concerns[statement.concern].dimensions
