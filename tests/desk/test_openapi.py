"""Generated requests to the whole API are answered as its OpenAPI document says, never by 5xx."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import status_code_conformance

from advisor.knowledge import KnowledgeBase
from desk.app import create_app
from desk.auth.api import CSRF_HEADER
from desk.auth.passwords import Passwords
from desk.auth.service import AuthService
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import Settings
from tests.desk.authorisation.visitors import OWN_HUB, Visitor
from tests.desk.authorisation.world import World

CHAT = "/api/chat/"
STAFF_AREAS = ("/api/staff/", "/api/cases", "/api/hubs/", "/api/conversations/")
STREAMS = "/events"
EXAMPLES = 5
"""Of each kind of request; an operation is asked in up to three."""
CHECKS = [not_a_server_error, status_code_conformance]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Rates that no number of examples reaches: what is refused early tests nothing."""
    return settings.model_copy(
        update={"conversations_per_minute": 100_000, "messages_per_ten_seconds": 100_000}
    )


@pytest_asyncio.fixture
async def app(
    settings: Settings, engine: ScriptedDialogueEngine, knowledge: KnowledgeBase
) -> AsyncIterator[FastAPI]:
    app = create_app(settings, engine=engine, knowledge=knowledge)
    cheap = Passwords(time_cost=1, memory_kib=64, lanes=1)
    app.state.auth = AuthService(app.state.database, settings, passwords=cheap)
    yield app
    await app.state.database.close()


@pytest_asyncio.fixture
async def world(app: FastAPI) -> AsyncIterator[World]:
    world = World(app)
    yield world
    await world.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Somebody who sends generated requests, about things that exist."""

    client: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """By the names of path parameters."""

    async def send(self, case: Any, *, names_version: bool) -> httpx.Response:
        """Send the request as this person; with the version that holds now, if asked."""
        if names_version:
            await self._name_version(case)
        request = case.as_transport_kwargs(base_url="http://desk.test")
        content = request.pop("data", None)
        if "json" not in request:
            request["content"] = content
        request["headers"] = [
            (name.encode("latin-1", "replace"), str(value).encode("latin-1", "replace"))
            for name, value in {**request["headers"], **self.headers}.items()
        ]
        request.pop("cookies", None)
        return await self.client.request(**request)

    async def _name_version(self, case: Any) -> None:
        path = case.operation.path
        if path.startswith("/api/conversations/"):
            if isinstance(case.body, dict) and "version" in case.body:
                shown = await self.client.get(f"/api/conversations/{self.ids['conversation_id']}")
                case.body["version"] = shown.json().get("version", 0)
            return
        if path.startswith("/api/cases/{case_id}"):
            shown = await self.client.get(f"/api/cases/{self.ids['case_id']}")
        elif path.startswith("/api/hubs/"):
            shown = await self.client.get(path.format(hub_id=OWN_HUB))
        else:
            return
        if "ETag" in shown.headers:
            case.headers = {**(case.headers or {}), "If-Match": shown.headers["ETag"]}


def operations(app: FastAPI, *areas: str) -> Iterator[Any]:
    """The operations below these paths, without the endless streams."""
    load_all_checks()
    schema = schemathesis.openapi.from_dict(app.openapi())
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.startswith(areas) and not operation.path.endswith(STREAMS):
            yield operation


async def complaints(operation: Any, sender: Sender) -> list[str]:
    """What is wrong with the answers to generated requests of this operation.

    It is asked with valid requests about real things, with valid ones about anything and
    with broken ones.
    """
    ids = {name: value for name, value in sender.ids.items() if f"{{{name}}}" in operation.path}
    wrong: set[str] = set()

    async def check(case: Any) -> None:
        is_aimed = bool(ids) and case.path_parameters.items() >= ids.items()
        response = await sender.send(case, names_version=is_aimed and is_valid(case))
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as found:
            titles = sorted({failure.title for failure in found.exceptions})
            wrong.add(f"{operation.label}: {response.status_code} {', '.join(titles)}")

    valid = operation.as_strategy(path_parameters=ids or None)
    broken = operation.as_strategy(
        generation_mode=GenerationMode.NEGATIVE, path_parameters=ids or None
    )
    await each_example(valid, check)
    if ids and sender.headers:  # To nobody all ids are the same.
        await each_example(operation.as_strategy(), check)
    with contextlib.suppress(Unsatisfiable):  # Nothing of this operation can be broken.
        await each_example(broken, check)
    return sorted(wrong)


def is_valid(case: Any) -> bool:
    """Whether the request fits the document."""
    return bool(case.meta.generation.mode == GenerationMode.POSITIVE)


async def each_example(strategy: st.SearchStrategy[Any], check: Callable[..., Any]) -> None:
    """Await `check` for each example, on this loop; Hypothesis draws them in a thread."""
    loop = asyncio.get_running_loop()

    @with_settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def run(case: Any) -> None:
        asyncio.run_coroutine_threadsafe(check(case), loop).result()

    await asyncio.to_thread(run)


async def lead(world: World) -> Sender:
    """A lead who knows things of the own hub, and holds a conversation."""
    visitor = await world.visitor("lead_own")
    return Sender(
        client=visitor.client, headers={CSRF_HEADER: visitor.csrf}, ids=await things(world, visitor)
    )


async def things(world: World, visitor: Visitor) -> dict[str, str]:
    return {
        "case_id": await world.make("case", visitor),
        "conversation_id": await world.make("own_talk", visitor),
        "hub_id": OWN_HUB,
        "mention_id": await world.make("mention", visitor),
        "session_id": await world.make("own_session", visitor),
    }


async def owner(client: httpx.AsyncClient) -> Sender:
    """An owner with a new conversation."""
    started = (await client.post("/api/chat/conversations", json={})).json()
    return Sender(
        client=client,
        headers={"Authorization": f"Bearer {started['token']}"},
        ids={"conversation_id": started["conversation_id"]},
    )


class TestAnswersAsDocumented:
    @pytest.mark.parametrize("area", [CHAT, *STAFF_AREAS])
    async def test_anonymous(self, app: FastAPI, world: World, area: str) -> None:
        nobody = await world.visitor("anonymous")
        sender = Sender(client=nobody.client, ids=await things(world, nobody))

        wrong = [await complaints(operation, sender) for operation in operations(app, area)]

        assert not any(wrong), wrong

    async def test_to_an_owner(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        wrong = [
            await complaints(operation, await owner(client)) for operation in operations(app, CHAT)
        ]

        assert not any(wrong), wrong

    @pytest.mark.parametrize("area", STAFF_AREAS)
    async def test_to_a_lead(self, app: FastAPI, world: World, area: str) -> None:
        wrong = [
            await complaints(operation, await lead(world)) for operation in operations(app, area)
        ]

        assert not any(wrong), wrong


HALF_A_CHARACTER = "\ud800"
NULL_BYTE = "a\0b"


async def send_odd(
    sender: Sender, method: str, path: str, body: dict[str, Any], **headers: str
) -> httpx.Response:
    """Send a body in which odd signs stand as JSON's escapes."""
    return await sender.client.request(
        method,
        path,
        content=json.dumps(body),
        headers={"Content-Type": "application/json", **sender.headers, **headers},
    )


class TestOddSigns:
    """What the generated requests seldom or never hold."""

    @pytest.mark.parametrize(("text", "status"), [(HALF_A_CHARACTER, 422), (NULL_BYTE, 200)])
    async def test_in_an_owners_message(
        self, client: httpx.AsyncClient, text: str, status: int
    ) -> None:
        sender = await owner(client)
        path = f"{CHAT}conversations/{sender.ids['conversation_id']}/messages"
        body = {"client_message_id": str(uuid4()), "text": text}

        answer = await send_odd(sender, "POST", path, body)

        assert answer.status_code == status

    async def test_in_the_title_of_a_button(self, client: httpx.AsyncClient) -> None:
        started = (await client.post(f"{CHAT}conversations", json={})).json()
        replies = [reply for shown in started["messages"] for reply in shown["quick_replies"]]
        sender = Sender(client=client, headers={"Authorization": f"Bearer {started['token']}"})
        path = f"{CHAT}conversations/{started['conversation_id']}/messages"
        body = {"client_message_id": str(uuid4()), "payload": replies[0]["payload"]}

        answer = await send_odd(sender, "POST", path, {**body, "title": NULL_BYTE})

        assert answer.json()["message"]["text"] == "ab"

    @pytest.mark.parametrize(("text", "status"), [(HALF_A_CHARACTER, 422), (NULL_BYTE, 201)])
    async def test_in_a_reply(self, world: World, text: str, status: int) -> None:
        sender = await lead(world)
        path = f"/api/conversations/{sender.ids['conversation_id']}/replies"
        body = {"client_message_id": str(uuid4()), "version": 1, "text": text}

        answer = await send_odd(sender, "POST", path, body)

        assert answer.status_code == status

    @pytest.mark.parametrize(("text", "status"), [(HALF_A_CHARACTER, 422), (NULL_BYTE, 204)])
    async def test_in_a_draft(self, world: World, text: str, status: int) -> None:
        sender = await lead(world)
        path = f"/api/conversations/{sender.ids['conversation_id']}/draft"

        answer = await send_odd(sender, "PUT", path, {"text": text})

        assert answer.status_code == status

    @pytest.mark.parametrize(("login", "status"), [(HALF_A_CHARACTER, 422), (NULL_BYTE, 401)])
    async def test_in_a_login(self, client: httpx.AsyncClient, login: str, status: int) -> None:
        body = {"login": login, "password": "correct horse battery"}

        answer = await send_odd(Sender(client=client), "POST", "/api/staff/session", body)

        assert answer.status_code == status

    async def test_in_an_origin_that_is_no_address(self, world: World) -> None:
        sender = await lead(world)
        path = f"/api/cases/{sender.ids['case_id']}/claim"

        answer = await send_odd(sender, "POST", path, {}, Origin="http://[")

        assert answer.status_code == 403
