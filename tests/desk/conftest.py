"""Real parts for the tests of desk: settings, a database with its tables, the application.

A test that asks for `settings` (or for what is built on it: `database`, `app`, `client`)
runs on each database that `--database` names; see CONTRIBUTING.md.
"""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

import desk.models  # noqa: F401 (every table must be known)
from advisor.knowledge import KnowledgeBase, load_knowledge
from desk.app import create_app
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import ROOT, SecondFactorRule, Settings
from desk.db import Database
from desk.vault.keys import KeyFile
from desk.vault.service import open_database
from tests.desk.migrated import migrate_now
from tests.servers import Databases


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the tables of the migrations, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrate_now(f"sqlite:///{path}")
    return path


@pytest.fixture
def make_database(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., str]]:
    """Makes databases that live as long as the test; gives their addresses.

    With `empty=True` one without tables, as before the first start.
    """
    made: list[str] = []

    def make(*, empty: bool = False) -> str:
        if backend == "sqlite":
            made.append(f"sqlite:///{tmp_path / _sqlite_name(len(made))}")
            if not empty:
                template = request.getfixturevalue("sqlite_template")
                shutil.copy(template, made[-1].removeprefix("sqlite:///"))
        else:
            made.append(postgres().make(None if empty else migrate_now))
        return made[-1]

    def postgres() -> Databases:
        databases: Databases = request.getfixturevalue("postgres_databases")
        return databases

    yield make
    if backend != "sqlite":
        for url in made:
            postgres().drop(url)


def _sqlite_name(number: int) -> str:
    return "jinjibu.db" if number == 0 else f"jinjibu-{number}.db"


@pytest.fixture
def database_url(make_database: Callable[..., str]) -> str:
    """Address of a database with all tables and no rows, for this test alone."""
    return make_database()


@pytest.fixture
def empty_database_url(make_database: Callable[..., str]) -> str:
    """Address of a database without tables, as before the first start."""
    return make_database(empty=True)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings that nothing outside the test decides, with a database and keys."""
    KeyFile(tmp_path / "keys.json").create()
    return Settings(
        _env_file=None,
        data=tmp_path,
        database_url=database_url,
        today=date(2026, 11, 24),
        require_totp=SecondFactorRule.NONE,
    )


@pytest_asyncio.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The database of the settings, opened."""
    database = open_database(settings)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def knowledge() -> KnowledgeBase:
    """The content as it is published."""
    return load_knowledge(ROOT / "knowledge")


@pytest.fixture
def engine() -> ScriptedDialogueEngine:
    """What stands in for Rasa: gives the answers that a test tells it, else an echo."""
    return ScriptedDialogueEngine()


@pytest_asyncio.fixture
async def app(
    settings: Settings, engine: ScriptedDialogueEngine, knowledge: KnowledgeBase
) -> AsyncIterator[FastAPI]:
    """The whole desk; its background work does not run by itself."""
    app = create_app(settings, engine=engine, knowledge=knowledge)
    yield app
    await app.state.database.close()


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Talks to `app` without a network."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield client
