"""One owner who goes through a whole hand-off and sends again until an answer stands."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

import httpx

from advisor.knowledge import load_knowledge
from tests.faults.plan import QUESTIONS, Plan, Step
from tests.product import ROOT, OwnerClient

TROUBLE = "若い子が続かなくて、求人を出しても全然応募がないんです"
ASKS_STATUS = "さっきの相談はどうなりましたか"
TYPED = {"municipality": "燕市", "company_name": "山田金属"}
PRESSED = {"full_profile": False, "share_info_consent": True, "contact_consent": False}
ANSWER_SECONDS = 240.0
"""Longer than everything that is tried again: starts, leases of 30 s, the job's delays."""
PAUSE_SECONDS = 0.4
MOST_QUESTIONS = 25
LASTING = ("seq", "author", "text", "question", "card")


class UntrueError(AssertionError):
    """Something that must never happen to an owner has happened."""


@cache
def wording(text_id: str) -> str:
    """A sentence that desk itself says."""
    return load_knowledge(ROOT / "knowledge").wording(text_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message as the owner's page knows it."""

    id: str
    text: str
    attempts: int
    seq: int
    """The place that the service gave it."""


class GivenUpError(Exception):
    """The owner was told that a person looks at the message instead."""


def meet(base: str) -> "Walker":
    """Begin a conversation, however often that must be tried."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            return Walker(base)
        except (httpx.TransportError, KeyError, ValueError):
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)


class Walker(OwnerClient):
    """Keeps what it sent and everything it was ever shown."""

    def __init__(self, base: str) -> None:
        super().__init__(base)
        self.log: list[Sent] = []
        self.shown: dict[str, dict[str, Any]] = {m["id"]: m for m in self.last}
        self.asked: list[str] = []
        self.wordings: list[str] = []
        """How each was asked: several questions of one component share their key."""
        self.has_sent_case = False
        self.before_post: Callable[[Step], None] = lambda _: None
        self._step: Step | None = None

    def walk(self, plan: Plan, before_post: Callable[[Step], None]) -> None:
        """The whole way: trouble, questions, consents, sending, asking how it stands.

        Raises:
            GivenUpError: The service said honestly that the bot cannot answer.
            UntrueError: It did something else than a service that keeps its word.
        """
        self.before_post = before_post
        self._step = Step.FIRST_MESSAGE
        self.say(TROUBLE)
        pressed = {
            **PRESSED,
            "bank_share_consent": plan.shares_with_bank,
            "send_case": plan.sends,
        }
        self._answer_all(pressed)
        if "send_case" not in self.asked:
            raise UntrueError(f"the owner was never asked whether to send: {self.asked}")
        self._step = Step.STATUS
        self.say(ASKS_STATUS)

    def _answer_all(self, pressed: dict[str, bool]) -> None:
        for _ in range(MOST_QUESTIONS):
            question = self.question
            if question is None or "send_case" in self.asked:
                return
            key = question["key"]
            wording_asked = "".join(m["text"] for m in self.last if m["question"])
            if (key, wording_asked) in zip(self.asked, self.wordings, strict=True):
                raise UntrueError(f"'{key}' was answered and is asked again after {self.asked}")
            self.asked.append(key)
            self.wordings.append(wording_asked)
            self._step = QUESTIONS.get(key)
            if key in TYPED:
                self.say(TYPED[key])
            elif key in pressed:
                self.has_sent_case |= key == "send_case" and pressed[key]
                self.choose(pressed[key])
            else:
                values = [choice["value"] for choice in question["choices"]]
                self.choose(values[-2] if len(values) > 1 else values[-1])
        raise UntrueError(f"more than {MOST_QUESTIONS} questions: {self.asked}")

    def send(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Send a message until it is taken, and wait until the bot has answered it."""
        body = {"client_message_id": str(uuid4()), **body}
        deadline = time.monotonic() + ANSWER_SECONDS
        step, self._step = self._step, None
        if step is not None:
            self.before_post(step)
        taken, attempts = self._post(body, deadline)
        own = taken["message"]
        self._see([own, *taken["messages"]])
        said = body.get("text", body.get("title"))
        sent = Sent(id=own["id"], text=said, attempts=attempts, seq=own["seq"])
        self.log.append(sent)
        answers = [m for m in taken["messages"] if m["author"] == "bot"]
        self.last = answers or self._wait_for_answer(sent, deadline)
        return self.last

    def _post(self, body: dict[str, Any], deadline: float) -> tuple[dict[str, Any], int]:
        attempts = 0
        while True:
            attempts += 1
            problem = ""
            try:
                response = self.client.post(f"{self.url}/messages", json=body)
            except httpx.TransportError as exc:
                problem = type(exc).__name__
            else:
                if response.status_code in {200, 202}:
                    return response.json(), attempts
                problem = f"{response.status_code} {response.text}"
                if response.status_code < 500 and response.status_code != 429:
                    raise UntrueError(f"a proper message was refused: {problem}")
            if time.monotonic() > deadline:
                raise UntrueError(f"the message was not taken in {ANSWER_SECONDS:.0f} s: {problem}")
            time.sleep(PAUSE_SECONDS)

    def _wait_for_answer(self, sent: Sent, deadline: float) -> list[dict[str, Any]]:
        while time.monotonic() < deadline:
            later = [m for m in self.list_all() if m["seq"] > sent.seq]
            answers = [m for m in later if m["author"] == "bot"]
            if answers:
                return answers
            if any(m["text"] == wording("gave_up") for m in later):
                raise GivenUpError(sent.text)
            time.sleep(PAUSE_SECONDS)
        raise UntrueError(f"no answer to message {sent.seq} in {ANSWER_SECONDS:.0f} s")

    def list_all(self) -> list[dict[str, Any]]:
        """The whole conversation, asked for until it comes."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                response = self.client.get(f"{self.url}/messages")
                if response.status_code == httpx.codes.OK:
                    listed: list[dict[str, Any]] = response.json()["messages"]
                    self._see(listed)
                    return listed
                problem = f"{response.status_code} {response.text}"
            except httpx.TransportError as exc:
                problem = type(exc).__name__
            if time.monotonic() > deadline:
                raise UntrueError(f"the conversation could not be read: {problem}")
            time.sleep(PAUSE_SECONDS)

    def _see(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            before = self.shown.setdefault(message["id"], message)
            if any(before[field] != message[field] for field in LASTING):
                raise UntrueError(f"message {message['seq']} was shown and is now another")
