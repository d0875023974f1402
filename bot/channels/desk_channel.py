"""The private channel between desk and Rasa: one request, one whole turn.

Differences from Rasa's REST channel, each for a reason:

* The tracker is read once and saved once, and only if the turn said something: a turn
  whose action failed leaves no trace, so that desk can have it done again.
* A `message_id` that was answered before gets the recorded answer.
* An error is an error (500), never an empty 200.
* The turn goes on when the caller hangs up.
* Typed text never names an intent; buttons come as `payload`, which desk has checked
  against those it showed.
"""

import asyncio
import hmac
import json
import logging
import re
from typing import Any, Awaitable, Callable, Dict, List, Optional, Tuple

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels.action_calls import make_action_calls_cheap
from bot.channels.graph_runs import run_graphs_in_order

logger = logging.getLogger(__name__)
PAYLOAD = re.compile(r"^/(?P<intent>[a-z_]+)(?P<entities>\{.*\})?$", re.DOTALL)
FULL_WIDTH_SLASH = "\uff0f"


class BadTurnError(Exception):
    """The request is not a turn; desk has a bug."""


class TurnOutput(OutputChannel):
    """Swallows what actions send; the turn is read from the tracker's events."""

    @classmethod
    def name(cls) -> str:
        """Name of the channel, as responses may vary by it."""
        return "desk"

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        """Nothing: the answer is built from the events once the turn is over."""


class DeskChannel(InputChannel):
    """Answers desk at `/webhooks/desk`."""

    def __init__(self, token: str) -> None:
        self._token = token
        make_action_calls_cheap()
        run_graphs_in_order()

    @classmethod
    def name(cls) -> str:
        """Part of the address."""
        return "desk"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> "DeskChannel":
        """The channel with the shared secret of `credentials.yml`."""
        token = (credentials or {}).get("token")
        if not token:
            cls.raise_missing_credentials_exception()
        return cls(str(token))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Routes `/turn` and `/forget`."""
        blueprint = Blueprint("desk_channel")

        @blueprint.middleware("request")
        async def check_token(request: Request) -> Optional[HTTPResponse]:
            given = request.headers.get("X-Jinjibu-Token", "")
            if not hmac.compare_digest(given.encode(), self._token.encode()):
                return response.json({"error": "wrong token"}, status=401)
            return None

        @blueprint.route("/turn", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            body = request.json or {}
            return await _answer(_turn(request.app.ctx.agent, body))

        @blueprint.route("/forget", methods=["POST"])
        async def forget(request: Request) -> HTTPResponse:
            body = request.json or {}
            return await _answer(_forget(request.app.ctx.agent, body))

        return blueprint


async def _answer(work: Awaitable[Dict[str, Any]]) -> HTTPResponse:
    try:
        return response.json(await asyncio.shield(asyncio.ensure_future(work)))
    except BadTurnError as exc:
        return response.json({"error": str(exc)}, status=400)
    except Exception as exc:
        logger.exception("The turn failed.")
        return response.json({"error": type(exc).__name__}, status=500)


async def _turn(agent: Any, body: Dict[str, Any]) -> Dict[str, Any]:
    """Do one turn under the conversation's lock, or find the answer it had."""
    conversation_id, message_id = body.get("conversation_id"), body.get("message_id")
    if not conversation_id or not message_id or not agent.is_ready():
        raise BadTurnError("conversation_id, message_id and a loaded model are needed")
    processor = agent.processor
    store = _store(processor)
    async with agent.lock_store.lock(conversation_id):
        tracker = await store.retrieve(conversation_id) or store.init_tracker(conversation_id)
        recorded = _find_turn(tracker, message_id)
        if recorded is not None:
            return _as_json(*recorded)
        output = TurnOutput()
        await processor._update_tracker_session(tracker, output)
        message = _message(body, output)
        await processor._handle_message_with_tracker(message, tracker)
        await processor.run_action_extract_slots(output, tracker)
        await processor._run_prediction_loop(output, tracker)
        done = _find_turn(tracker, message_id)
        if done is None or not done[1]:
            raise RuntimeError("no answer: an action failed or none was predicted")
        await store.save(tracker)
    return _as_json(*done)


async def _forget(agent: Any, body: Dict[str, Any]) -> Dict[str, Any]:
    conversation_id = str(body.get("conversation_id") or "")
    store = _store(agent.processor)
    async with agent.lock_store.lock(conversation_id):
        await store.delete(conversation_id)
    return {"forgotten": conversation_id}


def _store(processor: Any) -> Any:
    """The tracker store itself.

    Rasa wraps it into one that falls back to memory without a word when the database
    fails; here such a turn has to fail, so that desk does it again.
    """
    store = processor.tracker_store
    return store._tracker_store if isinstance(store, FailSafeTrackerStore) else store


def _message(body: Dict[str, Any], output: TurnOutput) -> UserMessage:
    text, payload = str(body.get("text") or ""), body.get("payload")
    if payload:
        parse_data: Optional[Dict[str, Any]] = _parse_payload(str(payload), text)
    else:
        parse_data = None
        text = text.strip()
        if text.startswith("/"):
            # Rasa takes "/name" for an intent; from people it is only text.
            text = FULL_WIDTH_SLASH + text[1:]
    return UserMessage(
        text=text,
        output_channel=output,
        sender_id=body["conversation_id"],
        parse_data=parse_data,
        input_channel="desk",
        message_id=body["message_id"],
        metadata=body.get("metadata") or {},
    )


def _parse_payload(payload: str, title: str) -> Dict[str, Any]:
    match = PAYLOAD.match(payload)
    if match is None:
        raise BadTurnError("the payload is not of the form /intent{...}")
    try:
        values = json.loads(match.group("entities") or "{}")
    except json.JSONDecodeError as exc:
        raise BadTurnError("the payload's entities are not JSON") from exc
    intent = {"name": match.group("intent"), "confidence": 1.0}
    return {
        "text": title,
        "intent": intent,
        "intent_ranking": [intent],
        "entities": [
            {"entity": name, "value": value, "start": 0, "end": 0, "extractor": "button"}
            for name, value in values.items()
        ],
    }


def _find_turn(
    tracker: DialogueStateTracker, message_id: str
) -> Optional[Tuple[UserUttered, List[BotUttered]]]:
    """The owner's message and its answers, if the turn is in the tracker."""
    answers: List[BotUttered] = []
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered):
            answers.append(event)
        elif isinstance(event, UserUttered):
            if event.message_id == message_id:
                return event, answers[::-1]
            answers = []
    return None


def _as_json(message: UserUttered, answers: List[BotUttered]) -> Dict[str, Any]:
    return {
        "messages": [
            {
                "text": answer.text or "",
                "buttons": answer.data.get("buttons") or [],
                "custom": answer.data.get("custom") or {},
            }
            for answer in answers
        ],
        "understanding": {
            "intent": (message.intent or {}).get("name"),
            "confidence": (message.intent or {}).get("confidence"),
            "entities": message.entities or [],
        },
    }
