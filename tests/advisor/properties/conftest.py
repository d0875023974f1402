"""What the property tests draw: situations, small bases, dates; the same examples in every run."""

import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st

from advisor.eligibility import known_facts
from advisor.interview import askable_facts, next_question
from advisor.knowledge import KnowledgeBase, load_knowledge
from advisor.logic import FactValue
from advisor.model import Question
from advisor.situation import Situation, Statement
from tests.advisor.conftest import REAL_KNOWLEDGE, copy_small_base
from tests.advisor.test_interview import answered

settings.register_profile(
    "properties", derandomize=True, deadline=None, max_examples=100, database=None
)
settings.load_profile("properties")

ENDLESS = 999
DATES = (date(2023, 6, 15), date(2024, 6, 1), date(2026, 11, 22))
PLACES = ("燕市", "三島市", "大子町", "前橋市", "府中市", "燕三条", "大阪市", "ほげ村", "")
PREFECTURES = ("新潟県", "静岡県", "群馬県", "大阪府", "ほげ県", "")

PLACE_ANSWERS: dict[str, tuple[FactValue, ...]] = {
    "municipality": ("燕市", "三条市", "大阪市"),
    "prefecture": ("新潟県", "大阪府"),
}
"""The area of a hub, of the bureau alone, and of neither."""

days = st.sampled_from(DATES)


@cache
def real_base() -> KnowledgeBase:
    return load_knowledge(REAL_KNOWLEDGE)


@cache
def small_base() -> KnowledgeBase:
    with tempfile.TemporaryDirectory() as folder:
        return load_knowledge(copy_small_base(Path(folder)), complete=False)


def fact_values(kb: KnowledgeBase) -> dict[str, tuple[FactValue, ...]]:
    """Values by fact: all that reach an outcome, and some that reach none."""
    values: dict[str, tuple[FactValue, ...]] = dict(kb.domains)
    values["municipality"] = (*values.get("municipality", ()), *PLACES)
    values["prefecture"] = (*values.get("prefecture", ()), *PREFECTURES)
    values["employees"] = (1, 5, 35, 300)
    values["industry"] = ("E", "M")
    values["planned_costs_yen"] = (0, 999_999, 6_000_000)
    return values


def facts(kb: KnowledgeBase) -> st.SearchStrategy[dict[str, FactValue]]:
    """Any of the facts."""
    options = {key: st.sampled_from(values) for key, values in fact_values(kb).items()}
    return st.fixed_dictionaries({}, optional=options)


@st.composite
def situations(draw: st.DrawFn, kb: KnowledgeBase) -> Situation:
    """Give any situation: whatever an owner may have said, answered and not known."""
    known = draw(facts(kb))
    ids = [question.id for question in kb.questions.values() if question.is_maturity]
    levels = draw(st.dictionaries(st.sampled_from(ids), st.integers(0, 4), max_size=len(ids)))
    left = sorted({*kb.domains, *ids} - {*known, *levels})
    unknown = draw(st.frozensets(st.sampled_from(left))) if left else frozenset()
    names = draw(st.lists(st.sampled_from(sorted(kb.concerns)), max_size=4, unique=True))
    quotes = draw(st.lists(st.sampled_from(["", "困っている"]), min_size=4, max_size=4))
    stated = (Statement(concern=n, quote=q) for n, q in zip(names, quotes, strict=False))
    return Situation(facts=known, levels=levels, unknown=unknown, concerns=tuple(stated))


@st.composite
def variants(draw: st.DrawFn, kb: KnowledgeBase) -> KnowledgeBase:
    """Give a base whose programs serve other needs and cost an application or not."""
    weights = st.sampled_from((0, 0, 10, 30, 50, 100))
    programs = {}
    for name, program in kb.programs.items():
        needs = replace(
            program.needs,
            concerns={key: draw(weights) for key in kb.concerns},
            dimensions={key: draw(weights) for key in kb.dimensions},
        )
        programs[name] = replace(program, needs=needs, no_application=draw(st.booleans()))
    return replace(kb, programs=programs)


def open_questions(situation: Situation, kb: KnowledgeBase) -> list[Question]:
    """List the unanswered questions whose answer any program or desk looks at."""
    keys = askable_facts(situation, kb, known=known_facts(situation, kb))
    decisive = keys & {*kb.domains, *PLACE_ANSWERS}
    return [
        q
        for q in kb.questions.values()
        if (q.is_maturity and not situation.knows(q.id)) or q.id in decisive
    ]


def answers(question: Question, kb: KnowledgeBase) -> list[FactValue | None]:
    """Give every answer that differs in what it leads to, not knowing among them."""
    if question.is_maturity:
        return [*(choice.value for choice in question.choices), None]
    domain = kb.domains.get(question.key, ())
    return [*dict.fromkeys((*domain, *PLACE_ANSWERS.get(question.key, ()))), None]


def completions(situation: Situation, kb: KnowledgeBase) -> Iterator[Situation]:
    """Give the situation with the open questions answered in every way."""
    questions = open_questions(situation, kb)
    for values in itertools.product(*(answers(q, kb) for q in questions)):
        done = situation
        for question, value in zip(questions, values, strict=True):
            done = answered(done, question, value)
        yield done


def play(
    situation: Situation, kb: KnowledgeBase, on: date, choose: st.DataObject
) -> tuple[Situation, list[str]]:
    """Answer what is asked until nothing is asked; give what was asked as well."""
    asked: list[str] = []
    while (question := next_question(situation, kb, on=on, patience=ENDLESS)) is not None:
        assert question.id not in asked, f"{question.id} was asked twice"
        asked.append(question.id)
        value = choose.draw(st.sampled_from(answers(question, kb)))
        situation = answered(situation, question, value)
    return situation, asked


def fill_up(
    situation: Situation, kb: KnowledgeBase, choose: st.DataObject, *, most_open: int
) -> Situation:
    """Answer questions until few enough are open to try every completion."""
    while len(questions := open_questions(situation, kb)) > most_open:
        question = choose.draw(st.sampled_from(questions))
        value = choose.draw(st.sampled_from(answers(question, kb)))
        situation = answered(situation, question, value)
    return situation
