"""Answers that lead nowhere else: greetings, questions about the bot, refusals."""

import json
from datetime import date

from advisor.answers import answer_topic
from advisor.consultation.output import Button, CardOut, Reply, Say
from advisor.consultation.state import Consultation, Heard, Phase
from advisor.knowledge import KnowledgeBase
from advisor.routing import RouteKind, route

MENU_CONCERNS = ("hiring", "engagement", "reskilling", "core_talent", "hr_system", "surplus")


def concern_buttons(kb: KnowledgeBase) -> tuple[Button, ...]:
    """Buttons for the most frequent troubles, in owners' words."""
    return tuple(
        Button(
            title=kb.wording(f"button_concern_{concern}"),
            payload="/state_concern" + json.dumps({"concern": concern}),
        )
        for concern in MENU_CONCERNS
    )


def person_button(kb: KnowledgeBase) -> tuple[Button, ...]:
    """The button that asks for a person."""
    return (Button(title=kb.wording("button_person"), payload="/talk_to_human"),)


def diagnosis_button(kb: KnowledgeBase) -> tuple[Button, ...]:
    """The button that begins (or goes on with) the questions."""
    return (Button(title=kb.wording("button_diagnosis"), payload="/start_diagnosis"),)


def fit_button(kb: KnowledgeBase) -> tuple[Button, ...]:
    """The button that begins the questions, from the answer about a program."""
    return (Button(title=kb.wording("button_fit"), payload="/start_diagnosis"),)


def next_buttons(state: Consultation, kb: KnowledgeBase) -> tuple[Button, ...]:
    """What can be done next, as buttons; none while a question waits."""
    if state.pending:
        return ()
    if state.situation.concerns and state.phase in {Phase.OPEN, Phase.ASKING}:
        return (*diagnosis_button(kb), *person_button(kb))
    if state.situation.concerns:
        more = Button(title=kb.wording("button_recommend"), payload="/ask_recommendation")
        return (more, *person_button(kb))
    return concern_buttons(kb)


def ask_for_concern(state: Consultation, kb: KnowledgeBase) -> Reply:
    """Ask, openly, what the trouble is."""
    state = state.having(phase=Phase.OPEN, pending=None)
    said = Say(response="ask_concern", buttons=(*concern_buttons(kb), *person_button(kb)))
    return Reply(state=state, utterances=(said,))


def what_next(state: Consultation, kb: KnowledgeBase) -> Reply:
    """Nothing is open: offer what can be done."""
    if not state.situation.concerns:
        return ask_for_concern(state, kb)
    said = Say(response="what_next", buttons=next_buttons(state, kb))
    return Reply(state=state, utterances=(said,))


def greet(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """Greet back; at the beginning also say what this is for."""
    if state.situation.concerns or state.pending:
        said = Say(response="greet_again", buttons=next_buttons(state, kb))
        return Reply(state=state, utterances=(said,))
    said = Say(response="greet", buttons=(*concern_buttons(kb), *person_button(kb)))
    return Reply(state=state, utterances=(said,))


def thank(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """You are welcome."""
    said = Say(response="thank", buttons=next_buttons(state, kb))
    return Reply(state=state, utterances=(said,))


def goodbye(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """Say good-bye and how to come back; a waiting question is let go."""
    said = Say(response="goodbye", buttons=() if state.has_declined else person_button(kb))
    return Reply(state=state.having(pending=None), utterances=(said,))


def complaint(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """Apologise once, offer a person."""
    said = Say(response="complaint", buttons=person_button(kb))
    return Reply(state=state, utterances=(said,))


def out_of_scope(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """Say what this is for and what can be asked."""
    text = answer_topic("out_of_scope", kb, on=on).text
    buttons = next_buttons(state, kb)
    if state.misses > 1 and person_button(kb)[0] not in buttons:
        buttons = (*buttons, *person_button(kb))
    said = Say(text=text, buttons=buttons)
    return Reply(state=state, utterances=(said,))


class topic:  # noqa: N801 (reads as a function where it is used)
    """A handler that answers with a topic of the knowledge base."""

    def __init__(self, topic_id: str) -> None:
        self.topic_id = topic_id

    def __call__(self, state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
        """The topic's text with its source."""
        buttons = next_buttons(state, kb)
        return Reply(state=state, utterances=(topic_out(self.topic_id, kb, buttons, on),))


def topic_out(topic_id: str, kb: KnowledgeBase, buttons: tuple[Button, ...], on: date) -> Say:
    """The text of a topic, with its source and date in the last line."""
    answer = answer_topic(topic_id, kb, on=on)
    text = answer.text
    if answer.source is not None:
        source = kb.wording(
            "source_line",
            title=answer.source.title,
            date=japanese_date(answer.source.date, kb, answer.source.precision.value),
        )
        text = f"{text}\n{source}"
    return Say(text=text, buttons=buttons, facts=(f"topics/{topic_id}",))


def japanese_date(day: date, kb: KnowledgeBase, precision: str = "day") -> str:
    """A date as it is written in Japanese, as exact as it is known."""
    return kb.wording(
        f"date_{precision}", year=str(day.year), month=str(day.month), day=str(day.day)
    )


def answer_hub(state: Consultation, heard: Heard, kb: KnowledgeBase, on: date) -> Reply:
    """What the regional HR department is, and which one is the owner's."""
    facts = state.situation.facts
    place = heard.first("municipality") or facts.get("municipality")
    prefecture = heard.first("prefecture") or facts.get("prefecture")
    buttons = next_buttons(state, kb)
    said = topic_out("hub", kb, () if place else buttons, on)
    if not place:
        return Reply(state=state, utterances=(said,))
    to = route(kb, municipality=str(place), prefecture=str(prefecture) if prefecture else None)
    if to.kind not in {RouteKind.HUB, RouteKind.BUREAU} or to.hub_id is None:
        return Reply(state=state, utterances=(topic_out("hub", kb, buttons, on),))
    hub = kb.hubs[to.hub_id]
    response = "your_hub" if to.kind is RouteKind.HUB else "your_bureau"
    arguments = {"place": str(place), "hub": hub.name, "secretariat": hub.secretariat}
    mine = Say(response=response, arguments=arguments, buttons=buttons, facts=(f"hubs/{hub.id}",))
    return Reply(state=state, utterances=(said, mine))


def refer_labor(state: Consultation, kb: KnowledgeBase, on: date) -> Reply:
    """A legal dispute: name the right desks first, sell nothing."""
    contacts = [
        {"name": contact.name, "url": contact.url, "phone": contact.phone, "note": contact.note}
        for contact in kb.contacts.values()
        if contact.id in LABOR_CONTACTS
    ]
    answer = answer_topic("labor", kb, on=on)
    card = CardOut(
        text=answer.text,
        card={"kind": "referral", "to": "labor_bureau", "contacts": contacts},
        buttons=(
            *person_button(kb),
            Button(title=kb.wording("button_other_trouble"), payload="/restart"),
        ),
        facts=("topics/labor", *(f"contacts/{name}" for name in LABOR_CONTACTS)),
    )
    return Reply(state=state, utterances=(card,))


def refer_elsewhere(state: Consultation, kb: KnowledgeBase) -> Reply | None:
    """Where to ask instead, if the company's place is known and outside; None otherwise."""
    facts = state.situation.facts
    place, prefecture = facts.get("municipality"), facts.get("prefecture")
    if not place and not prefecture:
        return None
    to = route(
        kb,
        municipality=str(place) if place else None,
        prefecture=str(prefecture) if prefecture else None,
    )
    if to.kind is not RouteKind.OUTSIDE:
        return None
    return refer_outside(state, kb, str(place or prefecture))


def refer_outside(state: Consultation, kb: KnowledgeBase, place: str) -> Reply:
    """The company is outside the eleven prefectures: say where to ask, open no case."""
    contacts = [
        {"name": contact.name, "url": contact.url, "phone": contact.phone, "note": contact.note}
        for contact in kb.contacts.values()
        if contact.id in OUTSIDE_CONTACTS
    ]
    card = CardOut(
        response="outside",
        arguments={"place": place},
        card={"kind": "referral", "to": "outside", "contacts": contacts},
        facts=tuple(f"contacts/{name}" for name in OUTSIDE_CONTACTS),
    )
    return Reply(state=state.having(pending=None, phase=Phase.DONE), utterances=(card,))


LABOR_CONTACTS = ("labor_consultation", "labor_standards_office", "sharoushi")
OUTSIDE_CONTACTS = ("yorozu", "pro_jinzai")
