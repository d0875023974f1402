"""The chat API on a real database, with a scripted engine where Rasa is not the matter."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from advisor.knowledge import KnowledgeBase, load_knowledge
from desk.app import create_app
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import ROOT, Settings
from desk.db import Base, Database


@pytest.fixture(scope="session")
def knowledge() -> KnowledgeBase:
    return load_knowledge(ROOT / "knowledge")


@pytest.fixture
def engine() -> ScriptedDialogueEngine:
    return ScriptedDialogueEngine()


@pytest_asyncio.fixture
async def app(
    settings: Settings, engine: ScriptedDialogueEngine, knowledge: KnowledgeBase
) -> AsyncIterator[FastAPI]:
    app = create_app(settings, engine=engine, knowledge=knowledge)
    database: Database = app.state.database
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield app
    await database.close()


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield client


class Owner:
    """An owner with a conversation of their own."""

    def __init__(self, client: httpx.AsyncClient, started: dict[str, Any]) -> None:
        self.client = client
        self.id: str = started["conversation_id"]
        self.headers = {"Authorization": f"Bearer {started['token']}"}
        self.greeting: list[dict[str, Any]] = started["messages"]
        self.url = f"/api/chat/conversations/{self.id}"

    async def say(self, text: str, *, message_id: str | None = None) -> httpx.Response:
        body = {"client_message_id": message_id or str(uuid4()), "text": text}
        return await self.client.post(f"{self.url}/messages", json=body, headers=self.headers)

    async def press(self, payload: str, title: str = "") -> httpx.Response:
        body = {"client_message_id": str(uuid4()), "payload": payload, "title": title}
        return await self.client.post(f"{self.url}/messages", json=body, headers=self.headers)

    async def messages(self, after: int = 0) -> list[dict[str, Any]]:
        response = await self.client.get(
            f"{self.url}/messages", params={"after": after}, headers=self.headers
        )
        listed: list[dict[str, Any]] = response.json()["messages"]
        return listed


@pytest_asyncio.fixture
async def owner(client: httpx.AsyncClient) -> Owner:
    response = await client.post("/api/chat/conversations", json={"channel": "web"})
    assert response.status_code == 201
    return Owner(client, response.json())
