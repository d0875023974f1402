"""A whole desk on twins, in which a world can be lived through."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from fastapi import FastAPI

from advisor.knowledge import KnowledgeBase, load_knowledge
from desk.app import create_app
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import ROOT, Settings
from desk.db import Database
from desk.notify.ports import Ports, printed_ports
from tests.desk.reconcile.world import World

MakeWorld = Callable[[int], Awaitable[World]]


@pytest.fixture(scope="session")
def knowledge() -> KnowledgeBase:
    return load_knowledge(ROOT / "knowledge")


@pytest.fixture
def ports() -> Ports:
    return printed_ports()


@pytest.fixture
def engine() -> ScriptedDialogueEngine:
    return ScriptedDialogueEngine()


@pytest_asyncio.fixture
async def app(
    settings: Settings, engine: ScriptedDialogueEngine, knowledge: KnowledgeBase, ports: Ports
) -> AsyncIterator[FastAPI]:
    # The clock decides what is late, so the promises have to be of today.
    of_today = settings.model_copy(update={"today": None})
    app = create_app(of_today, engine=engine, knowledge=knowledge, ports=ports)
    database: Database = app.state.database
    yield app
    await database.close()


@pytest_asyncio.fixture
async def world(app: FastAPI, engine: ScriptedDialogueEngine) -> World:
    """A desk of which nothing has happened yet."""
    world = World(app, engine, seed=1)
    await world.set_up()
    return world
