"""Takes one guard out of desk, to see that the runs would notice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from desk.line import lane, planning, repository
from desk.line.client import LineClient
from desk.line.sender import Outcome, Sender


@contextmanager
def _no_dedupe() -> Iterator[None]:
    """An event is stored as often as it comes."""
    add_events, count = repository.add_events, iter(range(10**6))

    async def add(tx: Any, rows: Any) -> Any:
        number = next(count)
        again = [{**r, "webhook_event_id": f"{r['webhook_event_id']}~{number}"} for r in rows]
        stored = await add_events(tx, again)
        return {name.partition("~")[0]: found for name, found in stored.items()}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repository, "add_events", add)
        yield


@contextmanager
def _new_key_each_time() -> Iterator[None]:
    """A push is repeated with a retry key of its own."""
    push = LineClient.push

    async def push_anew(self: LineClient, account: Any, to: str, messages: Any, _: Any) -> Any:
        return await push(self, account, to, messages, uuid4())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LineClient, "push", push_anew)
        yield


@contextmanager
def _uncertain_is_pushed() -> Iterator[None]:
    """A reply that may have arrived is taken for one that surely did not."""
    note_reply: Any = Sender._note_reply

    async def note(
        self: Sender, tx: Any, send: Any, user: Any, outcome: Outcome, *, is_last: bool
    ) -> Any:
        send.is_unknown = False
        if is_last:
            outcome = Outcome.BAD_TOKEN
        return await note_reply(self, tx, send, user, outcome, is_last=is_last)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sender, "_note_reply", note)
        yield


@contextmanager
def _decision_is_forgotten() -> Iterator[None]:
    """Which bubbles are one message is decided anew by whoever takes the lane over."""
    plan: Any = planning._Plan
    finish = plan._finish

    async def forget(self: Any, draft: Any) -> Any:
        segment = await finish(self, draft)
        for event in draft.events:
            event.client_message_id = None
        return segment

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "_finish", forget)
        yield


@contextmanager
def _unsend_is_ignored() -> Iterator[None]:
    """What was taken back before stays where it is."""

    async def nothing(*_: object) -> None:
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lane, "take_back", nothing)
        yield


@contextmanager
def _tokens_are_overlooked() -> Iterator[None]:
    """Everything is pushed."""

    async def find_none(*_: object) -> None:
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repository, "find_token", find_none)
        yield


GUARDS: dict[str, Callable[[], Any]] = {
    "dedupe": _no_dedupe,
    "retry_key": _new_key_each_time,
    "uncertain": _uncertain_is_pushed,
    "decision": _decision_is_forgotten,
    "unsend": _unsend_is_ignored,
    "token": _tokens_are_overlooked,
}
