"""Turns of real consultations as bubbles, as desk stores them."""

from collections.abc import Iterator
from datetime import date
from functools import cache

from advisor.consultation import CardOut, QuestionOut, Reply, Say, after_receipt
from advisor.labels import ASPECTS
from desk.chat.bubbles import content_of
from desk.line.messages import Bubble
from tests.advisor.consultation.conftest import TODAY, Interview, knowledge, responses

Turn = tuple[Bubble, ...]


def bubbles_of(reply: Reply) -> Turn:
    """What the owner is shown, by the same way as the bot's answers become messages."""
    return tuple(_bubble(each) for each in reply.utterances)


def _bubble(said: Say | CardOut | QuestionOut) -> Bubble:
    if isinstance(said, QuestionOut):
        question = {
            "id": said.id,
            "kind": said.kind,
            "key": said.key,
            "choices": [dict(choice) for choice in said.choices],
            "left": said.left,
        }
        return Bubble(text=said.text, question=question)
    text = said.text or ""
    if said.response is not None:
        text = responses()[f"utter_{said.response}"][0].get("text", "").format(**said.arguments)
    content = content_of(
        {
            "buttons": [{"title": b.title, "payload": b.payload} for b in said.buttons],
            "custom": {"card": dict(said.card)} if isinstance(said, CardOut) else {},
        }
    )
    return Bubble(text=text, quick_replies=content["quick_replies"], card=content["card"])


def answered(interview: Interview) -> Iterator[Turn]:
    """Answer every question by its first choice (a place by a name), telling each turn."""
    for _ in range(60):
        yield bubbles_of(interview.reply)
        question = interview.question
        if question is None:
            return
        if question.key == "municipality":
            interview.place("燕市")
        elif question.choices:
            interview.choose(question.key, question.choices[0]["value"])
        else:
            return


@cache
def real_turns() -> tuple[Turn, ...]:
    """Interviews, every aspect of every program, amounts, referrals and a receipt."""
    kb = knowledge()
    turns: list[Turn] = []
    for concern in kb.concerns:
        turns += answered(Interview().concern(concern))
    for program in kb.programs:
        for aspect in ASPECTS:
            entities = [
                {"entity": "program", "value": program},
                {"entity": "aspect", "value": aspect},
            ]
            turns.append(bubbles_of(Interview().say("?", "ask_program", entities=entities).reply))
    for intent in ("labor_trouble", "talk_to_human", "greet", "help", "ask_hub", "ask_model"):
        turns.append(bubbles_of(Interview().say("?", intent).reply))
    entities = [
        {"entity": "program", "value": "side_job_a"},
        {"entity": "aspect", "value": "amount"},
    ]
    amount = Interview(on=date(2023, 6, 15)).say("?", "ask_program", entities=entities)
    turns.append(bubbles_of(amount.say("220万円です", "inform_company").reply))
    receipt = after_receipt(
        Interview().state,
        kb,
        case_number="K-2026-000123",
        hub_id="tsubame",
        promised_on=TODAY,
        is_delayed=True,
    )
    turns.append(bubbles_of(receipt))
    return tuple(turns)
