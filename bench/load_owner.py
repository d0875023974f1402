"""One owner of bench/load.py: talks by the public API, reads the stream, notes everything."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

ATTEMPTS = 3
"""A message that met an error is sent again with the same id, as the widget does."""
LATE_SECONDS = 90.0
"""A late answer (202) is waited for so long; desk has given the message up by then."""
STREAM_SECONDS = 15.0
"""So long after its last message an owner waits for the stream to have everything."""
LONGEST_TALK = 40


@dataclass(kw_only=True)
class Sent:
    """A message and what came of it."""

    sent_at: float
    """Seconds since the start of the run."""
    id: str | None = None
    """As desk stored it; None if it was never taken."""
    seq: int = 0
    status: int = 0
    answered_seconds: float | None = None
    """Until the POST gave the answer, or the late one came by the stream."""
    streamed_seconds: float | None = None
    """Until the stream had the first answer."""
    answers: list[str] = field(default_factory=list)
    """Ids of the messages in the answer to the POST."""


@dataclass(kw_only=True)
class Talk:
    """One conversation as its owner saw it, and as desk lists it afterwards."""

    id: str
    sent: list[Sent] = field(default_factory=list)
    streamed: list[dict[str, Any]] = field(default_factory=list)
    listed: list[dict[str, Any]] = field(default_factory=list)


@dataclass(kw_only=True)
class Tally:
    """What went wrong on the way, of all owners."""

    errors: list[str] = field(default_factory=list)
    limited: int = 0
    late: int = 0
    reconnects: int = 0


class Owner:
    """Talks until the time is over, one conversation after the other."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        talks: Sequence[Mapping[str, Any]],
        tally: Tally,
        *,
        began: float,
        seconds: float,
        pause: float,
        seed: int,
    ) -> None:
        self._client = client
        self._talks = talks
        self._tally = tally
        self._began = began
        self._end = began + seconds
        self._pause = pause
        self._random = random.Random(seed)
        self._arrived = asyncio.Event()
        self.done: list[Talk] = []

    async def run(self) -> None:
        """Hold conversations until the time is over; the last turn is waited for."""
        while time.monotonic() < self._end:
            await self._hold(self._random.choice(self._talks))

    async def _hold(self, script: Mapping[str, Any]) -> None:
        response = await self._post("/api/chat/conversations", {"channel": "web"})
        if response is None or response.status_code != httpx.codes.CREATED:
            self._tally.errors.append("no conversation could be begun")
            await asyncio.sleep(1)
            return
        begun = response.json()
        talk = Talk(id=begun["conversation_id"])
        self.done.append(talk)
        headers = {"Authorization": f"Bearer {begun['token']}"}
        stream = asyncio.create_task(self._read_stream(talk, headers))
        try:
            await self._play(talk, headers, script, begun["messages"])
            talk.listed = await self._list(talk, headers)
            await self._wait_for_stream(talk, len(talk.listed))
        finally:
            stream.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await stream

    async def _play(
        self,
        talk: Talk,
        headers: Mapping[str, str],
        script: Mapping[str, Any],
        last: Sequence[Mapping[str, Any]],
    ) -> None:
        words = list(script["say"])
        for _ in range(LONGEST_TALK):
            body = _next_body(last, words, script["answers"])
            if body is None or time.monotonic() >= self._end:
                return
            await asyncio.sleep(self._random.uniform(0.5, 1.5) * self._pause)
            answers = await self._say(talk, headers, body)
            if answers is None:
                return
            last = answers

    async def _say(
        self, talk: Talk, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> list[dict[str, Any]] | None:
        """Send one message and have its answer; None if the talk cannot go on."""
        began = time.monotonic()
        sent = Sent(sent_at=began - self._began)
        talk.sent.append(sent)
        known = len(talk.streamed)
        path = f"/api/chat/conversations/{talk.id}/messages"
        response = await self._post(path, {"client_message_id": str(uuid4()), **body}, headers)
        if response is None:
            return None
        sent.status = response.status_code
        if response.status_code not in {httpx.codes.OK, httpx.codes.ACCEPTED}:
            self._tally.errors.append(f"POST messages: {response.status_code}")
            return None
        turn = response.json()
        sent.id, sent.seq = turn["message"]["id"], turn["message"]["seq"]
        sent.answers = [message["id"] for message in turn["messages"]]
        answers: list[dict[str, Any]] = turn["messages"]
        if response.status_code == httpx.codes.OK:
            sent.answered_seconds = time.monotonic() - began
        found = await self._wait_for_answer(talk, sent, known)
        if found:
            sent.streamed_seconds = found[0]["arrived"] - began
        if response.status_code == httpx.codes.ACCEPTED:
            self._tally.late += 1
            if not found:
                return None
            sent.answered_seconds = sent.streamed_seconds
            answers = [entry["message"] for entry in found]
        return answers

    async def _wait_for_answer(self, talk: Talk, sent: Sent, known: int) -> list[dict[str, Any]]:
        """The bot's messages behind this one, as the stream brought them."""
        late = sent.status == httpx.codes.ACCEPTED
        deadline = time.monotonic() + (LATE_SECONDS if late else STREAM_SECONDS)
        while True:
            self._arrived.clear()
            new = [e for e in talk.streamed[known:] if e["message"]["seq"] > sent.seq]
            found = [e for e in new if e["message"]["author"] == "bot"]
            if found or time.monotonic() >= deadline:
                return found
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), deadline - time.monotonic())

    async def _wait_for_stream(self, talk: Talk, count: int) -> None:
        deadline = time.monotonic() + STREAM_SECONDS
        while len(talk.streamed) < count and time.monotonic() < deadline:
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), 1)

    async def _list(self, talk: Talk, headers: Mapping[str, str]) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = []
        while True:
            after = listed[-1]["seq"] if listed else 0
            path = f"/api/chat/conversations/{talk.id}/messages"
            response = await self._client.get(path, params={"after": after}, headers=headers)
            if response.status_code != httpx.codes.OK:
                self._tally.errors.append(f"GET messages: {response.status_code}")
                return listed
            page = response.json()["messages"]
            listed += page
            if not page:
                return listed

    async def _post(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> httpx.Response | None:
        """Post, again with the same body where that helps; None if it never got through."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = await self._client.post(path, json=body, headers=headers)
            except httpx.HTTPError as exc:
                self._tally.errors.append(f"POST {_kind(path)}: {type(exc).__name__}")
                continue
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                self._tally.limited += 1
                await asyncio.sleep(float(response.headers.get("Retry-After", 1)))
            elif response.status_code >= 500 and attempt < ATTEMPTS:
                self._tally.errors.append(f"POST {_kind(path)}: {response.status_code}")
            else:
                return response
        return None

    async def _read_stream(self, talk: Talk, headers: Mapping[str, str]) -> None:
        """Read the event stream, again behind the last event whenever it ends."""
        path, last = f"/api/chat/conversations/{talk.id}/events", ""
        while True:
            known = {"Last-Event-ID": last} if last else {}
            try:
                async for number, message in _events(self._client, path, {**headers, **known}):
                    last = number
                    talk.streamed.append({"message": message, "arrived": time.monotonic()})
                    self._arrived.set()
            except httpx.HTTPError as exc:
                self._tally.errors.append(f"stream: {type(exc).__name__}")
            self._tally.reconnects += 1
            await asyncio.sleep(0.5)


def _kind(path: str) -> str:
    return path.rsplit("/", 1)[-1]


async def _events(
    client: httpx.AsyncClient, path: str, headers: Mapping[str, str]
) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The messages of an event stream, each with its id."""
    timeout = httpx.Timeout(60, connect=10)
    async with client.stream("GET", path, headers=headers, timeout=timeout) as response:
        response.raise_for_status()
        event: dict[str, str] = {}
        async for line in response.aiter_lines():
            if line:
                name, _, value = line.partition(":")
                event[name] = value.removeprefix(" ")
                continue
            if event.get("event") == "message":
                yield event["id"], json.loads(event["data"])
            event = {}


def _next_body(
    last: Sequence[Mapping[str, Any]], words: list[str], answers: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What the owner sends next: the answer to an open question, else the next words."""
    question = next((m["question"] for m in last if m["question"]), None)
    if question is None:
        return {"text": words.pop(0)} if words else None
    answer = answers.get(question["key"])
    if isinstance(answer, str):
        return {"text": answer}
    choices = question["choices"]
    same = [c for c in choices if c["value"] == answer and type(c["value"]) is type(answer)]
    if not choices:
        return {"text": "わからない"}
    choice = same[0] if same else choices[-2 if len(choices) > 1 else -1]
    return {"payload": choice["payload"], "title": choice["title"]}
