"""Two desks in one test, with the server between them: one does what the other queued."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from advisor.knowledge import KnowledgeBase
from desk.app import create_app
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import Settings
from desk.jobs.worker import Worker
from desk.vault.keys import KeyFile
from tests.desk.migrated import migrate_now
from tests.desk.signals.conftest import SECONDS, Ear
from tests.servers import Databases, PostgresServer, ValkeyServer


class ForgetfulEngine(ScriptedDialogueEngine):
    """Says when it has been asked to forget."""

    def __init__(self) -> None:
        super().__init__()
        self.has_forgotten = asyncio.Event()

    async def forget(self, conversation_id: str) -> None:
        await super().forget(conversation_id)
        self.has_forgotten.set()


@dataclass
class Two:
    """A desk that takes requests, and one that does the work."""

    asked: FastAPI
    working: FastAPI
    engine: ForgetfulEngine
    ear: Ear


@pytest_asyncio.fixture(params=["postgresql", "valkey"])
async def two(
    request: pytest.FixtureRequest,
    own_postgres: PostgresServer,
    valkey: ValkeyServer,
    tmp_path: Path,
    knowledge: KnowledgeBase,
) -> AsyncIterator[Two]:
    KeyFile(tmp_path / "keys.json").create()
    settings = Settings(
        _env_file=None,
        data=tmp_path,
        database_url=Databases(own_postgres).make(migrate_now),
        redis_url=valkey.url if request.param == "valkey" else "",
    )
    engine, ear = ForgetfulEngine(), Ear()
    asked, working = (create_app(settings, engine=engine, knowledge=knowledge) for _ in range(2))
    asked_ear = Ear()
    asked.state.signals.subscribe(asked_ear.hear)
    working.state.signals.subscribe(ear.hear)
    for app in (asked, working):
        await app.state.signals.start()
    await asked_ear.wait_for(None)
    await ear.wait_for(None)
    yield Two(asked, working, engine, ear)
    for app in (asked, working):
        await app.state.signals.stop()
        await app.state.database.close()


async def begin(app: FastAPI) -> tuple[httpx.AsyncClient, str]:
    """An owner at this desk: a client, and the conversation's address."""
    transport = httpx.ASGITransport(app=app)
    client = httpx.AsyncClient(transport=transport, base_url="http://desk")
    started = (await client.post("/api/chat/conversations", json={})).json()
    client.headers["Authorization"] = f"Bearer {started['token']}"
    return client, f"/api/chat/conversations/{started['conversation_id']}"


class TestWork:
    async def test_worker_of_one_is_woken_by_what_the_other_queued(self, two: Two):
        worker: Worker = two.working.state.worker
        worker._poll_seconds = 3600  # It looks when it is woken, and not by itself.
        client, url = await begin(two.asked)
        worker.start()

        assert (await client.delete(url)).status_code == 204

        await asyncio.wait_for(two.engine.has_forgotten.wait(), SECONDS)
        await worker.stop()
        await client.aclose()


class TestListener:
    async def test_listener_at_one_is_woken_by_a_message_at_the_other(self, two: Two):
        client, url = await begin(two.asked)
        conversation_id = UUID(url.rpartition("/")[2])

        with two.working.state.fanout.listen(conversation_id) as changed:
            await client.post(
                f"{url}/messages", json={"client_message_id": str(conversation_id), "text": "a"}
            )
            await asyncio.wait_for(changed.wait(), SECONDS)
        await client.aclose()
