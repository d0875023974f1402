"""An owner who talks with the whole desk by its API."""

from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio


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
