"""A database that is away is told apart from a mistake, and answered as such."""

import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import psycopg
import pytest
import pytest_asyncio
from fastapi import FastAPI
from psycopg import errors
from sqlalchemy import Connection, event
from sqlalchemy.exc import (
    IntegrityError,
    InterfaceError,
    InvalidRequestError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
    TimeoutError,  # noqa: A004 (that of the pool)
)

from advisor.knowledge import KnowledgeBase
from desk.app import create_app
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import Settings
from desk.outage import is_disk_full, is_outage
from desk.vault.keys import KeyFile
from tests.product import free_port


def operational(orig: Exception) -> OperationalError:
    return OperationalError("SELECT 1", {}, orig)


def of_sqlite(code: int) -> sqlite3.OperationalError:
    exc = sqlite3.OperationalError("x")
    exc.sqlite_errorcode = code
    return exc


class TestIsOutage:
    @pytest.mark.parametrize(
        "exc",
        [
            operational(psycopg.OperationalError("connection refused")),
            operational(errors.AdminShutdown("terminating connection")),
            operational(errors.CannotConnectNow("the database system is starting up")),
            operational(errors.TooManyConnections("too many clients")),
            operational(errors.ReadOnlySqlTransaction("cannot execute UPDATE")),
            operational(errors.DeadlockDetected("deadlock detected")),
            operational(of_sqlite(sqlite3.SQLITE_BUSY)),
            operational(of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT)),
            operational(of_sqlite(sqlite3.SQLITE_FULL)),
            InterfaceError("SELECT 1", {}, psycopg.InterfaceError("the connection is closed")),
            TimeoutError("QueuePool limit reached"),
        ],
    )
    def test_what_may_succeed_later(self, exc: SQLAlchemyError):
        assert is_outage(exc)

    @pytest.mark.parametrize(
        "exc",
        [
            operational(of_sqlite(sqlite3.SQLITE_ERROR)),
            operational(errors.SyntaxError("syntax error")),
            ProgrammingError("SELECT 1", {}, errors.UndefinedTable("no such table")),
            IntegrityError("INSERT", {}, errors.UniqueViolation("duplicate key")),
            InvalidRequestError("no session"),
        ],
    )
    def test_what_will_fail_again(self, exc: SQLAlchemyError):
        assert not is_outage(exc)


class TestDiskFull:
    @pytest.mark.parametrize(
        "exc",
        [
            operational(of_sqlite(sqlite3.SQLITE_FULL)),
            operational(errors.DiskFull("could not extend file")),
        ],
    )
    def test_it_is_an_outage_with_a_cause(self, exc: SQLAlchemyError):
        assert is_disk_full(exc)
        assert is_outage(exc)

    @pytest.mark.parametrize(
        "exc",
        [
            operational(of_sqlite(sqlite3.SQLITE_BUSY)),
            operational(errors.AdminShutdown("terminating connection")),
            TimeoutError("QueuePool limit reached"),
        ],
    )
    def test_other_outages_are_not_called_so(self, exc: SQLAlchemyError):
        assert not is_disk_full(exc)


@pytest_asyncio.fixture
async def cut_off(tmp_path, knowledge: KnowledgeBase) -> AsyncIterator[FastAPI]:
    """A desk whose PostgreSQL is not there."""
    KeyFile(tmp_path / "keys.json").create()
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    settings = Settings(_env_file=None, data=tmp_path, database_url=url, action_secret="s")
    app = create_app(settings, engine=ScriptedDialogueEngine(), knowledge=knowledge)
    yield app
    await app.state.database.close()


@pytest_asyncio.fixture
async def caller(cut_off: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=cut_off, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield client


class TestAnswers:
    async def test_api_answers_503_with_the_time_to_try_again(self, caller: httpx.AsyncClient):
        response = await caller.post("/api/chat/conversations", json={})

        assert response.status_code == 503
        assert response.headers["content-type"] == "application/problem+json"
        assert int(response.headers["retry-after"]) >= 1
        assert response.json()["code"] == "database_away"

    async def test_console_answers_with_a_page(self, caller: httpx.AsyncClient):
        response = await caller.get("/console", headers={"Cookie": "jinjibu_session=x"})

        assert response.status_code == 503
        assert response.headers["content-type"].startswith("text/html")
        assert int(response.headers["retry-after"]) >= 1

    async def test_not_ready_but_alive(self, caller: httpx.AsyncClient):
        ready = await caller.get("/readyz")

        assert ready.status_code == 503
        assert ready.json()["missing"] == ["database"]
        assert (await caller.get("/healthz")).status_code == 200

    async def test_little_room_on_the_disk_is_told(self, app: FastAPI, client: httpx.AsyncClient):
        app.state.settings.disk_warning_mb = 10**9

        ready = await client.get("/readyz")

        assert ready.status_code == 200
        assert "disk" in ready.json()["degraded"]
        free = shutil.disk_usage(app.state.settings.data).free
        told = float(
            (await client.get("/metrics")).text.split("\njinjibu_disk_free_bytes ")[1].split()[0]
        )
        assert told == pytest.approx(free, rel=0.2)

    async def test_no_room_for_what_owners_write_is_not_ready(
        self, app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("desk.disk.NO_ROOM_BYTES", 2**60)

        ready = await client.get("/readyz")

        if app.state.database.is_sqlite:
            assert ready.json()["missing"] == ["disk"]
        else:
            assert ready.status_code == 200

    async def test_mistake_is_not_called_an_outage(
        self, cut_off: FastAPI, caller: httpx.AsyncClient
    ):
        @contextlib.asynccontextmanager
        async def broken() -> AsyncIterator[None]:
            raise ProgrammingError("SELECT 1", {}, errors.UndefinedTable("no such table"))
            yield

        cut_off.state.database.write = broken

        response = await caller.post("/api/chat/conversations", json={})

        assert response.status_code == 500
        assert "no such table" not in response.text

    async def test_process_starts_without_its_database(self, cut_off: FastAPI):
        async with cut_off.router.lifespan_context(cut_off):
            assert cut_off.state.worker is not None


@pytest.mark.on_database("sqlite")
class TestFullDisk:
    async def test_message_is_refused_said_why_and_taken_once_there_is_room(
        self, app: FastAPI, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
    ):
        engine = app.state.database.engine.sync_engine
        begun = (await client.post("/api/chat/conversations", json={})).json()
        address = f"/api/chat/conversations/{begun['conversation_id']}/messages"
        headers = {"Authorization": f"Bearer {begun['token']}"}

        async def send(number: int) -> int:
            body = {"client_message_id": str(UUID(int=number)), "text": "あ" * 2000}
            return (await client.post(address, json=body, headers=headers)).status_code

        def leave_no_room(connection: Connection) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")

        event.listen(engine, "begin", leave_no_room)
        codes = [await send(number) for number in range(1, 40)]
        event.remove(engine, "begin", leave_no_room)

        assert 503 in codes
        assert "disk_full" in capsys.readouterr().err
        refused = codes.index(503) + 1
        event.listen(
            engine, "begin", lambda c: c.exec_driver_sql("PRAGMA max_page_count = 4294967294")
        )
        assert await send(refused) == await send(refused) == 200
        stored = (await client.get(f"{address}?after=0", headers=headers)).json()["messages"]
        ids = [m["client_message_id"] for m in stored]
        assert ids.count(str(UUID(int=refused))) == 1
