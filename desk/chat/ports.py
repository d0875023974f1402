"""What the chat stands on: the dialogue engine, and the people who may step in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import httpx

from desk.chat.models import Conversation, Message
from desk.db import Transaction


class DialogueEngineError(Exception):
    """The engine gave no usable answer; the turn must be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTurn:
    """What the engine answered to one owner message."""

    messages: Sequence[Mapping[str, Any]]
    """Bubbles in order: `{text, buttons: [{title, payload}], custom: {question, card}}`."""
    understanding: Mapping[str, Any] = field(default_factory=dict)
    """Intent, confidence and entities of the owner's message."""


class DialogueEngine(Protocol):
    """Understands one owner message and answers it."""

    async def turn(
        self,
        *,
        conversation_id: str,
        message_id: str,
        text: str,
        payload: str | None,
        metadata: Mapping[str, Any],
    ) -> EngineTurn:
        """Do the turn, or give its recorded answer if `message_id` was done before.

        Raises:
            DialogueEngineError: No answer in time, an error, or an empty answer.
        """
        ...

    async def forget(self, conversation_id: str) -> None:
        """Erase everything the engine knows of the conversation.

        Raises:
            DialogueEngineError: It could not be reached.
        """
        ...

    async def is_ready(self) -> bool:
        """Whether a message would be answered now."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class StaffSide(Protocol):
    """The people who may hold a conversation (`desk/live`).

    Every call is made in the chat's transaction, with the conversation locked.
    """

    def takes(self, payload: str | None) -> bool:
        """Whether a button's payload is for the staff side and not for the bot."""
        ...

    async def pressed(
        self, tx: Transaction, conversation: Conversation, message: Message
    ) -> Sequence[Message]:
        """Do what such a button says.

        Returns:
            What was answered to it.
        """
        ...

    async def received(self, tx: Transaction, conversation: Conversation, message: Message) -> None:
        """Note an owner's message while a person holds the conversation."""
        ...

    async def erase(self, tx: Transaction, conversation_id: UUID) -> None:
        """Erase what staff had noted of an owner's words."""
        ...


class NoStaff:
    """A desk at which nobody ever steps in."""

    def takes(self, payload: str | None) -> bool:
        """None is."""
        return False

    async def pressed(
        self, tx: Transaction, conversation: Conversation, message: Message
    ) -> Sequence[Message]:
        """Nothing to do."""
        return []

    async def received(self, tx: Transaction, conversation: Conversation, message: Message) -> None:
        """Nobody to note it."""

    async def erase(self, tx: Transaction, conversation_id: UUID) -> None:
        """Nothing to erase."""


class RasaDialogueEngine:
    """The Rasa server behind its private channel (`bot/channels/desk_channel.py`)."""

    def __init__(
        self, url: str, token: str, *, timeout_seconds: float, model_fingerprint: str = ""
    ) -> None:
        self._model_fingerprint = model_fingerprint
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"X-Jinjibu-Token": token},
            timeout=httpx.Timeout(timeout_seconds, connect=2.0),
            trust_env=False,
        )
        self._token = token

    async def turn(
        self,
        *,
        conversation_id: str,
        message_id: str,
        text: str,
        payload: str | None,
        metadata: Mapping[str, Any],
    ) -> EngineTurn:
        """See `DialogueEngine.turn`."""
        body = {
            "conversation_id": conversation_id,
            "message_id": message_id,
            "text": text,
            "payload": payload,
            "metadata": dict(metadata),
        }
        answer = await self._post("/webhooks/desk/turn", body)
        messages = answer.get("messages")
        if not isinstance(messages, list) or not messages:
            raise DialogueEngineError("the engine answered without a message")
        return EngineTurn(messages=messages, understanding=answer.get("understanding") or {})

    async def forget(self, conversation_id: str) -> None:
        """See `DialogueEngine.forget`."""
        await self._post("/webhooks/desk/forget", {"conversation_id": conversation_id})

    async def is_ready(self) -> bool:
        """Whether Rasa has a model loaded, and the one this code was started with."""
        try:
            response = await self._client.get("/status", params={"token": self._token})
            model_file = str(response.json().get("model_file") or "")
        except (httpx.HTTPError, ValueError):
            return False
        return bool(model_file) and self._model_fingerprint in model_file

    async def close(self) -> None:
        """See `DialogueEngine.close`."""
        await self._client.aclose()

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            response = await self._client.post(path, json=body)
            response.raise_for_status()
            answer = response.json()
        except (httpx.HTTPError, json.JSONDecodeError) as exc:
            raise DialogueEngineError(f"{path}: {type(exc).__name__}") from exc
        if not isinstance(answer, dict):
            raise DialogueEngineError(f"{path}: the answer is not an object")
        return answer


class ScriptedDialogueEngine:
    """A twin for tests: gives the answers it was told, and shows what it was asked."""

    def __init__(self, answers: Sequence[EngineTurn | DialogueEngineError] = ()) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.forgotten: list[str] = []
        self.ready = True

    async def turn(
        self,
        *,
        conversation_id: str,
        message_id: str,
        text: str,
        payload: str | None,
        metadata: Mapping[str, Any],
    ) -> EngineTurn:
        """The next scripted answer, or an echo of the text."""
        self.asked.append(
            {
                "conversation_id": conversation_id,
                "message_id": message_id,
                "text": text,
                "payload": payload,
                "metadata": dict(metadata),
            }
        )
        if not self.answers:
            return EngineTurn(messages=[{"text": f"echo: {text}"}])
        answer = self.answers.pop(0)
        if isinstance(answer, DialogueEngineError):
            raise answer
        return answer

    async def forget(self, conversation_id: str) -> None:
        """Note the wish."""
        self.forgotten.append(conversation_id)

    async def is_ready(self) -> bool:
        """As told."""
        return self.ready

    async def close(self) -> None:
        """Nothing to give back."""
