"""Takes up what a message says beside answering, and says it back."""

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

from advisor.consultation.output import Say
from advisor.consultation.questions import PLACE, note_place
from advisor.consultation.state import Consultation, Heard
from advisor.consultation.stated import stated_facts
from advisor.interpretation import MOST_PEOPLE
from advisor.knowledge import KnowledgeBase
from advisor.routing import RouteKind, route

QUOTE_LENGTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbed:
    """The state after a message, and what was new in it."""

    state: Consultation
    concerns: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    unclear_place: str | None = None

    @property
    def is_new(self) -> bool:
        """Whether the message said anything that was not known."""
        return bool(self.concerns or self.facts or self.unclear_place)


_PLACE_AND_NUMBER = re.compile(r"(?P<place>[^\W\d]+)[\s,.\u3001\u3002]*(?P<number>\d{1,4})")
CLAUSE_FROM = 40
"""Longer messages are quoted by the clause that states the trouble."""
LEAST_CLAUSE = 6


def quote_of(text: str) -> str:
    """The owner's words, shortened to one line for quoting."""
    line = " ".join(text.split())
    return line if len(line) <= QUOTE_LENGTH else line[: QUOTE_LENGTH - 1] + "…"


def _words_of(concern: str, heard: Heard) -> str:
    """What the owner said of a concern: all of a short message, of a long one the clause."""
    entity = next((e for e in heard.entities if e.get("value") == concern), {})
    start, end = entity.get("start", 0), entity.get("end", 0)
    clause = heard.text[start:end] if len(heard.text) > CLAUSE_FROM else ""
    return quote_of(clause if len(clause) >= LEAST_CLAUSE else heard.text)


def apart_from_number(heard: Heard, kb: KnowledgeBase) -> Heard:
    """A place with nothing but a number behind it, read as the place and the people there.

    Asked where the company is, hurried owners write 「つばめ 25」. What was understood is said back.
    """
    found = _PLACE_AND_NUMBER.fullmatch(unicodedata.normalize("NFKC", heard.text).strip())
    if heard.is_button or found is None or heard.first("employees") is not None:
        return heard
    if not kb.places.resolve(found["place"], None):
        return heard
    people = {"entity": "employees", "value": int(found["number"])}
    return replace(heard, text=found["place"], entities=(*heard.entities, people))


def beside_name(heard: Heard) -> Heard:
    """What a name, or another answer in free words, says beside: a place with its prefecture.

    A number or a lone place is a part of the name, as in 「高崎第21製作所」.
    """
    is_full_place = heard.first("prefecture") is not None
    kept = {"prefecture", PLACE} if is_full_place else set()
    return replace(heard, entities=[e for e in heard.entities if e.get("entity") in kept])


def absorb(
    state: Consultation,
    heard: Heard,
    kb: KnowledgeBase,
    *,
    only_facts: bool = False,
    is_question: bool = False,
) -> Absorbed:
    """Note the concerns and company facts of a message.

    Args:
        state: The state so far.
        heard: The message.
        kb: The knowledge base.
        only_facts: The message was an answer; take no concerns from it.
        is_question: It ends with a question, which states nothing.
    """
    situation, quote = state.situation, quote_of(heard.text)
    known = {statement.concern for statement in situation.concerns}
    concerns = [
        c for c in dict.fromkeys(heard.all_of("concern")) if c in kb.concerns and c not in known
    ]
    if only_facts:
        concerns = []
    for concern in concerns:
        words = "" if heard.is_button else _words_of(concern, heard)
        situation = situation.with_concern(concern, words)
    facts: list[str] = []
    stated = [] if heard.is_button else stated_facts(heard.text, kb, is_question=is_question)
    for key, value in [*_company_facts(heard), *((q.key, c.value) for q, c in stated)]:
        if situation.facts.get(key) != value:
            situation = situation.with_fact(key, value, quote)
            facts.append(key)
    state = state.having(situation=situation)
    state, place_facts, unclear = _absorb_place(state, heard, kb, quote)
    return Absorbed(
        state=state,
        concerns=tuple(concerns),
        facts=(*place_facts, *facts),
        unclear_place=unclear,
    )


def with_place(absorbed: Absorbed, *, is_known: bool) -> Absorbed:
    """The same after an answer to the question for the place.

    A known place is among what was new; one that is asked back is not spoken of twice.
    """
    facts = (PLACE, *absorbed.facts) if is_known else absorbed.facts
    return replace(absorbed, facts=facts, unclear_place=None)


def _company_facts(heard: Heard) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = []
    employees = heard.first("employees")
    if isinstance(employees, int) and 1 <= employees <= MOST_PEOPLE:
        facts.append(("employees", employees))
    for entity in heard.entities:
        if entity.get("entity") == "industry" and entity.get("class"):
            facts.append(("industry", str(entity["class"])[:1]))
            break
    return facts


def _absorb_place(
    state: Consultation, heard: Heard, kb: KnowledgeBase, quote: str
) -> tuple[Consultation, tuple[str, ...], str | None]:
    """Note where the company is; an ambiguous name is asked back, never guessed."""
    prefecture, name = heard.first("prefecture"), heard.first(PLACE)
    situation = state.situation
    facts: tuple[str, ...] = ()
    if prefecture and situation.facts.get("prefecture") != prefecture:
        situation = situation.with_fact("prefecture", str(prefecture), quote)
        facts = ("prefecture",)
        state = state.having(situation=situation)
    if not name or situation.facts.get(PLACE) == name:
        return state, facts, None
    known = prefecture or situation.facts.get("prefecture")
    to = route(kb, municipality=str(name), prefecture=str(known) if known else None)
    if to.kind is RouteKind.AMBIGUOUS:
        return state.having(candidates=to.candidates), facts, str(name)
    if to.kind is RouteKind.UNKNOWN:
        return state, facts, None
    noted = note_place(state, str(name), quote, kb)
    return state.having(situation=noted, candidates=()), (PLACE,), None


def say_back(absorbed: Absorbed, kb: KnowledgeBase) -> tuple[Say, ...]:
    """Say what was heard, before anything is asked."""
    parts = []
    heard = [kb.concerns[c].heard for c in absorbed.concerns]
    if len(heard) == 1:
        parts.append(kb.wording("heard_one", a=heard[0]))
    elif len(heard) == 2:
        parts.append(kb.wording("heard_two", a=heard[0], b=heard[1]))
    elif heard:
        parts.append(kb.wording("heard_many", a=kb.wording("list_comma").join(heard)))
    wishes = _wishes(absorbed, kb)
    if wishes:
        parts.append(kb.wording("heard_wishes", wishes=kb.wording("list_comma").join(wishes)))
    facts = _company_words(absorbed, kb)
    if facts:
        parts.append(kb.wording("heard_company", company=facts))
    if absorbed.unclear_place:
        parts.append(kb.wording("heard_unclear_place", place=absorbed.unclear_place))
    return (Say(text="".join(parts)),) if parts else ()


def _wishes(absorbed: Absorbed, kb: KnowledgeBase) -> list[str]:
    """What was said about the company unasked, in words that can be put right."""
    known = absorbed.state.situation.facts
    return [
        choice.stated.heard
        for key in absorbed.facts
        if key in kb.questions
        for choice in kb.questions[key].choices
        if choice.stated is not None and known.get(key) == choice.value
    ]


def _company_words(absorbed: Absorbed, kb: KnowledgeBase) -> str:
    known = absorbed.state.situation.facts
    words = []
    if PLACE in absorbed.facts:
        words.append(str(known[PLACE]))
    elif "prefecture" in absorbed.facts:
        words.append(str(known["prefecture"]))
    if "employees" in absorbed.facts:
        words.append(kb.wording("people_count", count=str(known["employees"])))
    return kb.wording("list_comma").join(words)
