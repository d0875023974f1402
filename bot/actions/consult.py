"""The consultation's turn as a Rasa action."""

from functools import cache
from typing import Any
from uuid import UUID

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from advisor.consultation import (
    CheckCase,
    Consultation,
    Effect,
    Heard,
    OpenCase,
    Reply,
    after_receipt,
    respond,
)
from bot.actions.context import ActionContext, current
from bot.actions.hand_over import case_draft, tell_receipts
from bot.actions.utter import utter

SLOT = "consultation"


class ActionConsult(Action):
    """Does one turn of the consultation; the course itself is the adviser's."""

    def name(self) -> str:
        """Name in the domain and the rules."""
        return "action_consult"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Hear, respond, carry out the effect, say."""
        context = current.get()
        state = Consultation.from_json(tracker.get_slot(SLOT))
        heard = _heard(tracker, context)
        reply = respond(state, heard, context.knowledge, on=context.today)
        if reply.effect is not None:
            reply = await _carry_out(reply.effect, reply, tracker, context)
        utter(dispatcher, reply.utterances, context.knowledge, on=context.today)
        return [SlotSet(SLOT, reply.state.to_json())]


class ActionRestart(ActionConsult):
    """The same for the intent `restart`, which Rasa binds to an action of this name."""

    def name(self) -> str:
        """Name that Rasa expects."""
        return "action_restart"


def _heard(tracker: Tracker, context: ActionContext) -> Heard:
    message = tracker.latest_message
    text = message.get("text") or ""
    is_button = bool((message.get("metadata") or {}).get("is_button"))
    intent = message.get("intent") or {}
    entities = message.get("entities") or []
    return Heard(
        text=text,
        intent=intent.get("name") or "out_of_scope",
        confidence=float(intent.get("confidence") or 0.0),
        entities=entities,
        is_button=is_button,
        find_passage=cache(lambda: None if is_button else context.library.find_sure(text)),
        without_intake=context.without_intake,
    )


async def _carry_out(
    effect: Effect, reply: Reply, tracker: Tracker, context: ActionContext
) -> Reply:
    """Open or look up the case; both may be repeated without harm."""
    conversation_id = UUID(tracker.sender_id)
    if isinstance(effect, CheckCase):
        receipts = await context.cases.find_receipts(conversation_id)
        told = tell_receipts(reply.state, receipts, effect, context.knowledge, on=context.today)
        # A question that still waits comes last.
        return told.then(Reply(state=reply.state, utterances=reply.utterances))
    assert isinstance(effect, OpenCase)
    turn_id = str((tracker.latest_message.get("metadata") or {}).get("turn_id", ""))
    draft = case_draft(
        reply.state,
        effect,
        context.knowledge,
        conversation_id=conversation_id,
        turn_id=turn_id,
        on=context.today,
    )
    receipt = await context.cases.open_case(draft)
    return reply.then(
        after_receipt(
            reply.state,
            context.knowledge,
            case_number=receipt.case_number,
            hub_id=receipt.hub_id,
            promised_on=receipt.promised_on,
            is_delayed=receipt.is_delayed,
        )
    )
