"""The real adviser behind the chat, without Rasa: texts are understood as a test says.

The action, the knowledge, the wording of the domain and the opening of cases are those of
the product; what understands texts is left out: classifiers and the search for passages. A
button's payload is read as Rasa reads it.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from advisor.retrieval.library import Library
from bot.actions.consult import SLOT, ActionConsult
from bot.actions.context import ActionContext, current
from desk.cases.service import CaseService
from desk.chat.ports import DialogueEngineError, EngineTurn
from desk.config import Settings
from desk.vault.service import open_database
from tests.advisor.consultation.conftest import knowledge, responses

Meaning = tuple[str, Mapping[str, Any]]
"""Intent, and the values of the entities by name."""

FIRST_WORDS = "若い子が続かなくて、求人を出しても全然応募がないんです"
MEANINGS: dict[str, Meaning] = {
    FIRST_WORDS: ("state_concern", {"concern": ["engagement", "hiring"]}),
    "燕市。25人": ("inform_company", {"municipality": "燕市", "employees": 25}),
    "燕市": ("inform_company", {"municipality": "燕市"}),
    "25人": ("inform_company", {"employees": 25}),
    "40人": ("inform_company", {"employees": 40}),
    "ありがとう": ("thank", {}),
}


class NothingFound(Library):
    """The library, without opening it: the search takes long to load and is not looked at."""

    def find_sure(self, question: str) -> None:
        """No passage answers."""


class AdvisedEngine:
    """Does turns by the product's own action; fails while `is_away`."""

    def __init__(self, settings: Settings) -> None:
        self.is_away = False
        self.scripted: list[EngineTurn] = []
        """Turns to give before the adviser is asked again."""
        self._settings = settings
        self._states: dict[str, Any] = {}
        self._library = NothingFound(knowledge())

    async def turn(
        self,
        *,
        conversation_id: str,
        message_id: str,
        text: str,
        payload: str | None,
        metadata: Mapping[str, Any],
    ) -> EngineTurn:
        """See `desk.chat.ports.DialogueEngine`."""
        if self.is_away:
            raise DialogueEngineError("away, as the test says")
        if self.scripted:
            return self.scripted.pop(0)
        intent, values = meaning_of(text, payload)
        entities = [{"entity": k, "value": v} for k, vs in values.items() for v in _listed(vs)]
        understanding = {"intent": {"name": intent, "confidence": 0.95}, "entities": entities}
        tracker = Tracker(
            conversation_id,
            {SLOT: self._states.get(conversation_id)},
            {**understanding, "text": text, "metadata": dict(metadata)},
            [],
            False,
            None,
            {},
            "action_listen",
        )
        dispatcher = CollectingDispatcher()
        events = await self._act(tracker, dispatcher)
        self._states[conversation_id] = events[0]["value"]
        return EngineTurn(
            messages=[bubble(message) for message in dispatcher.messages],
            understanding={"intent": intent, "confidence": 0.95, "entities": entities},
        )

    async def _act(
        self, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> Sequence[Mapping[str, Any]]:
        database = open_database(self._settings)
        today = date(2026, 11, 24)
        cases = CaseService(database, today=lambda: today, promise_business_days=3)
        context = ActionContext(
            knowledge=knowledge(), today=today, cases=cases, library=self._library
        )
        token = current.set(context)
        try:
            return await ActionConsult().run(dispatcher, tracker, {})
        finally:
            current.reset(token)
            await database.close()

    async def forget(self, conversation_id: str) -> None:
        """Forget the state."""
        self._states.pop(conversation_id, None)

    async def is_ready(self) -> bool:
        """Unless it is away."""
        return not self.is_away

    async def close(self) -> None:
        """Nothing to give back."""


def meaning_of(text: str, payload: str | None) -> Meaning:
    """What Rasa would have understood."""
    if payload is not None:
        intent, brace, rest = payload.removeprefix("/").partition("{")
        return intent, json.loads(brace + rest) if brace else {}
    return MEANINGS.get(text, ("inform_answer", {}))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def bubble(message: Mapping[str, Any]) -> dict[str, Any]:
    """A dispatched message as Rasa gives it out, with the domain's words filled in."""
    text = message.get("text")
    if message.get("response"):
        text = responses()[message["response"]][0]["text"]
        known = {k: v for k, v in message.items() if isinstance(v, str)}
        for name, value in known.items():
            text = text.replace("{" + name + "}", value)
    return {"text": text, "buttons": message.get("buttons"), "custom": message.get("custom")}
