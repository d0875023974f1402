"""Says what the adviser wants said, as Rasa responses with questions and cards."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from advisor.consultation.output import Button, CardOut, QuestionOut, Utterance
from advisor.knowledge import KnowledgeBase
from advisor.told import told


def utter(
    dispatcher: CollectingDispatcher,
    utterances: Iterable[Utterance],
    kb: KnowledgeBase,
    *,
    on: date,
) -> None:
    """Hand every utterance to the dispatcher, in order, with the facts that it tells."""
    for item in utterances:
        if isinstance(item, QuestionOut):
            _utter_question(dispatcher, item)
            continue
        custom: dict[str, Any] = {}
        if isinstance(item, CardOut):
            payloads = [button.payload for button in item.buttons]
            custom = {"card": dict(item.card), "payloads": payloads}
        facts = [[fact.fact, fact.version] for fact in told(item.facts, kb, on=on)]
        if facts:
            custom["told"] = {"on": on.isoformat(), "facts": facts}
        _utter(dispatcher, item.response, item.text, item.arguments, item.buttons, custom or None)


def _utter(
    dispatcher: CollectingDispatcher,
    response: str | None,
    text: str | None,
    arguments: Mapping[str, str],
    buttons: Sequence[Button],
    custom: dict[str, Any] | None,
) -> None:
    dispatcher.utter_message(
        response=f"utter_{response}" if response else None,
        text=text,
        buttons=[{"title": b.title, "payload": b.payload} for b in buttons],
        json_message=custom,
        **arguments,
    )


def _utter_question(dispatcher: CollectingDispatcher, question: QuestionOut) -> None:
    choices = [dict(choice) for choice in question.choices]
    shown: dict[str, Any] = {
        "id": question.id,
        "kind": question.kind,
        "key": question.key,
        "choices": choices,
    }
    custom: dict[str, Any] = {"question": shown}
    if question.left is not None:
        shown["left"] = question.left
    if question.correction is not None:
        shown["correction"] = question.correction
        custom["payloads"] = [question.correction]
    dispatcher.utter_message(
        text=question.text,
        buttons=[{"title": c["title"], "payload": c["payload"]} for c in choices],
        json_message=custom,
    )
