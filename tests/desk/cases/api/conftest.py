"""The whole application for the staff API of cases, and people who call it."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from advisor.knowledge import KnowledgeBase, load_knowledge
from desk.app import create_app
from desk.auth.api import CSRF_HEADER
from desk.auth.dependencies import COOKIE
from desk.auth.models import Role
from desk.auth.passwords import Passwords
from desk.auth.service import AuthService
from desk.cases.service import CaseService
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import ROOT, Settings
from tests.desk.cases.conftest import Clock, draft, talk

HOST = "desk.test"


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeBase:
    return load_knowledge(ROOT / "knowledge")


@pytest_asyncio.fixture
async def app(settings: Settings, knowledge: KnowledgeBase) -> AsyncIterator[FastAPI]:
    app = create_app(settings, engine=ScriptedDialogueEngine(), knowledge=knowledge)
    cheap = Passwords(time_cost=1, memory_kib=64, lanes=1)
    app.state.auth = AuthService(app.state.database, settings, passwords=cheap)
    yield app
    await app.state.database.close()


class Person:
    """Somebody with a session (or without), who names versions as a program does."""

    def __init__(self, client: httpx.AsyncClient, csrf: str = "", user_id: str = "") -> None:
        self.client = client
        self.csrf = csrf
        self.id = user_id

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query)

    async def send(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        version: int | str | None = None,
        method: str = "POST",
    ) -> httpx.Response:
        headers = {CSRF_HEADER: self.csrf}
        if version is not None:
            headers["If-Match"] = f'"{version}"' if isinstance(version, int) else version
        content = None if body is None else json.dumps(body)  # Surrogates stay escaped.
        headers["Content-Type"] = "application/json"
        return await self.client.request(method, path, content=content, headers=headers)


@pytest_asyncio.fixture
async def sign_in(app: FastAPI) -> AsyncIterator[Any]:
    opened: list[httpx.AsyncClient] = []

    def client() -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        opened.append(httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}"))
        return opened[-1]

    async def sign_in(login: str, role: Role = Role.STAFF, hub: str | None = "tsubame") -> Person:
        auth: AuthService = app.state.auth
        await auth.create_user(login, login, role, hub, "correct horse battery")
        user = await auth.get_user_by_login(login)
        token = await auth.start_session(user.id)
        found = await auth.find_session(token)
        assert found is not None
        person = Person(client(), found.session.csrf_token, str(user.id))
        person.client.cookies.set(COOKIE, token, domain=HOST)
        return person

    sign_in.anonymous = lambda: Person(client())  # type: ignore[attr-defined]
    yield sign_in
    for one in opened:
        await one.aclose()


@pytest.fixture
def open_one(app: FastAPI) -> Any:
    async def open_one(**changes: Any) -> str:
        cases: CaseService = app.state.cases
        conversation_id = changes.pop("conversation_id", None)
        if conversation_id is None:
            conversation_id = await talk(app.state.database, Clock())
        receipt = await cases.open_case(draft(conversation_id, **changes))
        found = await cases.list_cases(None, limit=1000)
        return next(str(c.id) for c in found if c.number == receipt.case_number)

    return open_one


BODIES: dict[str, dict[str, Any]] = {
    "status": {"status": "waiting", "reason": "返事待ち"},
    "assign": {"assignee_id": str(uuid4())},
    "labels": {"labels": ["製造"]},
    "priority": {"priority": "high", "reasons": ["program_deadline"]},
    "contact": {"how": "phone"},
    "transfer": {"to_hub": "bureau", "reason": "広い話"},
    "merge": {"into": str(uuid4())},
    "release": {},
    "reopen": {"reason": "続き"},
}
PUT = {"labels", "priority"}


def method_of(deed: str) -> str:
    return "PUT" if deed in PUT else "POST"
