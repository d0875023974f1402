"""The hand-off to a hub: each consent apart, contact, summary, case, receipt."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from advisor.consultation import questions, talk
from advisor.consultation.output import CardOut, OpenCase, Reply, Say
from advisor.consultation.state import Consultation, Heard, Phase
from advisor.interpretation import InterpretationKind, interpret
from advisor.knowledge import KnowledgeBase
from advisor.model import Hub, MemberKind
from advisor.routing import Route, RouteKind, route

SHARE = "share_info_consent"
BANK = "bank_share_consent"
AUTHORITY = "authority_share_consent"
CONTACT = "contact_consent"
COMPANY = "company_name"
NAME = "contact_name"
EMAIL = "contact_email"
PHONE = "contact_phone"
SEND = "send_case"
FULL_PROFILE = "full_profile"
BUREAU = "bureau"
KEYS = frozenset({SHARE, BANK, AUTHORITY, CONTACT, NAME, EMAIL, PHONE, SEND, FULL_PROFILE})
ASKED_FOR = {SHARE: "share_asked_for", BANK: "bank_asked_for"}
"""Under these names the answers keep the hub that a consent is for."""
BY_PHONE = "by_phone"
"""Under this name the answers keep that the owner wants to be called."""
OF_THE_PLACE = frozenset({SHARE, BANK, AUTHORITY, *ASKED_FOR.values()})
"""Answers that mean nothing for another place."""
SHARED_WITH_AUTHORITIES = frozenset({"jinzai_share", "employment_stability"})
"""Programs whose applications are shared with the prefecture and the labour bureau."""


def where(state: Consultation, kb: KnowledgeBase) -> Route:
    """The hub of the company's place."""
    facts = state.situation.facts
    municipality, prefecture = facts.get("municipality"), facts.get("prefecture")
    return route(
        kb,
        municipality=str(municipality) if municipality else None,
        prefecture=str(prefecture) if prefecture else None,
    )


def begin(state: Consultation, kb: KnowledgeBase, on: date) -> Reply:
    """Begin (or go on with) the hand-off: place first, then the consents."""
    state = state.having(phase=Phase.HANDOFF, pending=None)
    to = where(state, kb)
    if to.kind is RouteKind.OUTSIDE:
        place = state.situation.facts.get("municipality") or state.situation.facts.get("prefecture")
        return talk.refer_outside(state, kb, str(place))
    if to.kind in {RouteKind.UNKNOWN, RouteKind.AMBIGUOUS}:
        missing = _missing_place(state)
        if missing is not None:
            asked = questions.find(missing, kb)
            assert asked is not None
            return questions.ask(state, asked, kb)
    return _next(state, kb, on)


def acknowledge(state: Consultation, kb: KnowledgeBase) -> Say:
    """Say that a person will take over, and why something is asked before."""
    needs_place = where(state, kb).kind in {RouteKind.UNKNOWN, RouteKind.AMBIGUOUS}
    is_open = needs_place and _missing_place(state) is not None
    return Say(text=kb.wording("to_person_place" if is_open else "to_person"))


def by_phone(state: Consultation) -> Consultation:
    """Note that the owner wants to be called: the number is asked for before the address."""
    return state.having(answers={**state.answers, BY_PHONE: True})


def contact_given(
    state: Consultation, pending: questions.Asked, heard: Heard, kb: KnowledgeBase
) -> questions.Answered | None:
    """A number or an address as the answer to whether staff may call or write: it means yes."""
    if pending.id != CONTACT or heard.is_button:
        return None
    for key in (PHONE, EMAIL):
        reading = interpret(kb.questions[key], heard.text, kb)
        if reading.kind is InterpretationKind.VALUE and reading.value is not None:
            state = by_phone(state) if key == PHONE else state
            state = state.having(answers={**state.answers, key: reading.value})
            return questions.take_answer(state, pending, value=True, quote=heard.text, kb=kb)
    return None


def _missing_place(state: Consultation) -> str | None:
    for key in ("municipality", "prefecture"):
        if not state.situation.knows(key):
            return key
    return None


def local_hub(state: Consultation, kb: KnowledgeBase) -> Hub:
    """The hub of the place; the bureau where there is none, or the place is not said."""
    to = where(state, kb)
    return kb.hubs[to.hub_id or BUREAU]


def note_intake(state: Consultation, heard: Heard) -> Consultation:
    """Note which hubs take no cases; once the owner has agreed to a hub, it stays that one."""
    if SHARE in state.answers:
        return state
    return state.having(without_intake=tuple(sorted(heard.without_intake)))


def takes_cases(state: Consultation, hub: Hub) -> bool:
    """Whether the hub took cases when the owner was asked."""
    return hub.id not in state.without_intake


def open_hub(state: Consultation, kb: KnowledgeBase) -> Hub:
    """The hub of the place, if it takes cases; else the bureau."""
    hub = local_hub(state, kb)
    return hub if takes_cases(state, hub) else kb.hubs[BUREAU]


def is_run_by_bank(hub: Hub) -> bool:
    """Whether a bank runs the hub's office, so that it reads every case."""
    banks = {member.name for member in hub.members if member.kind is MemberKind.BANK}
    return hub.secretariat in banks


def hub_of(state: Consultation, kb: KnowledgeBase) -> Hub:
    """The hub that gets the case.

    The local one, unless it takes no cases, or a bank runs it and the owner does not
    want banks to see the talk; then the bureau.
    """
    hub = open_hub(state, kb)
    if is_run_by_bank(hub) and state.answers.get(BANK) is not True:
        return kb.hubs[BUREAU]
    return hub


def _next(state: Consultation, kb: KnowledgeBase, on: date) -> Reply:
    """Ask what is still missing, in order; when nothing is, read it back."""
    key = next(missing(state, kb), SEND)
    if key != COMPANY:
        return ask(state, key, kb, on)
    asked = questions.find(COMPANY, kb)
    assert asked is not None  # The validator demands this question.
    return questions.ask(state, asked, kb)


def missing(state: Consultation, kb: KnowledgeBase) -> Iterator[str]:
    """Keys of the questions that still have to be asked, in order.

    A consent counts for the hub that was named when it was asked for, and for no other.
    """
    answers, hub = state.answers, hub_of(state, kb)
    named = {SHARE: hub.id, BANK: open_hub(state, kb).id}
    void = {key for key, hub_id in named.items() if answers.get(ASKED_FOR[key], hub_id) != hub_id}
    wanted = [SHARE]
    if is_run_by_bank(open_hub(state, kb)):
        wanted = [BANK, SHARE]
    elif any(member.kind is MemberKind.BANK for member in hub.members):
        wanted = [SHARE, BANK]
    if SHARED_WITH_AUTHORITIES & set(state.shown):
        wanted.append(AUTHORITY)
    wanted += [COMPANY, CONTACT]
    if answers.get(CONTACT) is True:
        first, second = (PHONE, EMAIL) if answers.get(BY_PHONE) else (EMAIL, PHONE)
        wanted += [NAME, first]
        if answers.get(first) == questions.UNKNOWN:
            wanted.append(second)
    for key in wanted:
        if key in void or (key not in answers and not state.situation.knows(key)):
            yield key


def ask(state: Consultation, key: str, kb: KnowledgeBase, on: date) -> Reply:
    """Ask one question of the hand-off, with what has to be said before it."""
    state = state.having(pending=key)
    question = kb.questions[key]
    before: tuple[Say, ...] = ()
    hub = hub_of(state, kb)
    if key in ASKED_FOR:
        named = hub if key == SHARE else open_hub(state, kb)
        state = state.having(answers={**state.answers, ASKED_FOR[key]: named.id})
    if key == SHARE:
        before = (
            *_why_bureau(state, kb),
            Say(response="consent_explained", arguments=_recipients(hub, kb)),
        )
    elif key == BANK:
        hub = open_hub(state, kb)
        banks = [m.name for m in hub.members if m.kind is MemberKind.BANK]
        names = kb.wording("list_comma").join(banks)
        response = "bank_explained"
        if is_run_by_bank(hub):
            response = "bank_runs_hub"
        before = (Say(response=response, arguments={"banks": names, "hub": hub.name}),)
    elif key == AUTHORITY:
        before = (Say(response="authority_explained"),)
    elif key == SEND:
        before = (Say(response="read_back", arguments=_summary(state, hub, kb)),)
    may_skip = key in {NAME, EMAIL, PHONE}
    out = questions.shape(question, kb, may_skip=may_skip)
    return Reply(state=state, utterances=(*before, out))


def _why_bureau(state: Consultation, kb: KnowledgeBase) -> tuple[Say, ...]:
    """Why the talk goes to the bureau, where the hub of the place takes no cases."""
    hub = local_hub(state, kb)
    if takes_cases(state, hub):
        return ()
    arguments = {"hub": hub.name, "bureau": kb.hubs[BUREAU].name}
    return (Say(response="hub_without_intake", arguments=arguments),)


def _recipients(hub: Hub, kb: KnowledgeBase) -> dict[str, str]:
    others = [
        m.name for m in hub.members if m.kind is not MemberKind.BANK or m.name == hub.secretariat
    ]
    names = kb.wording("list_comma").join(dict.fromkeys([hub.secretariat, *others]))
    return {"hub": hub.name, "members": names}


def step(state: Consultation, answered: questions.Answered, kb: KnowledgeBase, on: date) -> Reply:
    """What an answer to one of the hand-off's questions leads to."""
    key, value = answered.question.id, answered.value
    if key == FULL_PROFILE:
        return _after_offer(state, value, kb, on)
    if key == SHARE and value is not True:
        return _declined(state, kb)
    if key == SEND:
        if value is not True:
            return _declined(state, kb)
        if next(missing(state, kb), None) is not None:
            return begin(state, kb, on)  # The last answer changed the hub.
        hub = hub_of(state, kb)
        return Reply(state=state.having(pending=None), effect=OpenCase(hub_id=hub.id))
    return begin(state, kb, on)


def _after_offer(state: Consultation, value: Any, kb: KnowledgeBase, on: date) -> Reply:
    from advisor.consultation import advice  # noqa: PLC0415 (advice offers, this answers)

    if value is True:
        situation = state.situation.with_fact(FULL_PROFILE, value=True)
        state = state.having(is_full_profile=True, situation=situation)
        return advice.go_on(state, kb, on)
    if value is False:
        return begin(state, kb, on)
    said = Say(response="enough_for_today", buttons=talk.person_button(kb))
    return Reply(state=state, utterances=(said,))


def _declined(state: Consultation, kb: KnowledgeBase) -> Reply:
    """Nothing is sent; what was said of contact is forgotten; it is not asked again."""
    state = state.having(phase=Phase.ADVISED, answers={}, has_declined=True, pending=None)
    return Reply(state=state, utterances=(Say(response="declined"),))


def without_answer(state: Consultation, key: str) -> Consultation:
    """The state in which this question is asked and not answered."""
    situation, gone = state.situation.without(key), {key}
    if key == questions.PLACE:
        # The prefecture came with the place; left behind, it would choose between two of a name.
        situation = situation.without("prefecture")
        gone |= OF_THE_PLACE
    return state.having(
        history=tuple(each for each in state.history if each != key),
        situation=situation,
        answers={name: value for name, value in state.answers.items() if name not in gone},
        pending=key,
    )


def _summary(state: Consultation, hub: Hub, kb: KnowledgeBase) -> dict[str, str]:
    """What will be sent, in the owner's words, line by line."""
    facts, answers = state.situation.facts, state.answers
    said = [s.quote or kb.concerns[s.concern].heard for s in state.situation.concerns]
    comma = kb.wording("list_comma")
    company = [str(facts[k]) for k in (COMPANY, "municipality") if facts.get(k)]
    if facts.get("employees"):
        company.append(kb.wording("people_count", count=str(facts["employees"])))
    contact = [
        str(answers[k])
        for k in (NAME, EMAIL, PHONE)
        if answers.get(k, questions.UNKNOWN) != questions.UNKNOWN
    ]
    nothing = kb.wording("nothing_said")
    return {
        "hub": hub.name,
        "trouble": comma.join(dict.fromkeys(said)) or nothing,
        "company": comma.join(company) or nothing,
        "contact": comma.join(contact) or kb.wording("no_contact_wanted"),
    }


def after_receipt(
    state: Consultation,
    kb: KnowledgeBase,
    *,
    case_number: str,
    hub_id: str,
    promised_on: date,
    is_delayed: bool = False,
) -> Reply:
    """Tell the receipt of the case that was opened.

    Args:
        state: The state at the last yes.
        kb: The knowledge base.
        case_number: The receipt number.
        hub_id: The hub that got the case.
        promised_on: Calendar date (JST) by which it answers.
        is_delayed: The hub takes no more cases now, so that day is later than usual.
    """
    hub = kb.hubs[hub_id]
    promised = talk.japanese_date(promised_on, kb)
    card = CardOut(
        response="receipt",
        arguments={"case_number": case_number, "hub": hub.name, "promised_on": promised},
        card={
            "kind": "receipt",
            "case_number": case_number,
            "hub": hub_id,
            "hub_name": hub.name,
            "promised_on": promised_on.isoformat(),
        },
    )
    done = state.having(
        phase=Phase.DONE, handoff_number=state.handoff_number + 1, answers={}, pending=None
    )
    said = (card, Say(response="receipt_delayed")) if is_delayed else (card,)
    return Reply(state=done, utterances=said)
