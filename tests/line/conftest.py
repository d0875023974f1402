"""The whole desk with LINE beside it: the fake of LINE, its clock, and work done on call."""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import yaml
from fastapi import FastAPI
from sqlalchemy import select, update

from advisor.knowledge import KnowledgeBase
from desk.app import create_app
from desk.chat.models import Conversation, Message
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import Settings
from desk.jobs.models import Job, JobState
from desk.line.models import LineEvent, LineLink, LineSend, LineUser, SendState
from tests.desk.conftest import (  # noqa: F401 (fixtures)
    database,
    database_url,
    engine,
    knowledge,
    make_database,
    settings,
    sqlite_template,
)
from tests.line.fake.clock import Clock
from tests.line.fake.line import FakeLine
from tests.line.fake.serving import running_fake_line
from tests.line.fake.users import User

ROUNDS = 12
ACCOUNT = "bureau"


class LineDesk:
    """A desk that serves one LINE account, whose work is done when a test says so."""

    def __init__(self, app: FastAPI, fake: FakeLine, scripted: ScriptedDialogueEngine) -> None:
        self.app = app
        self.fake = fake
        self.engine = scripted
        self.clock: Clock = fake.clock  # type: ignore[assignment]
        self.account = fake.account
        self.user: User = fake.user()

    async def settle(self, *, without: Sequence[str] = ()) -> int:
        """Do all work that is due by the fake's clock, and what follows from it.

        Args:
            without: Kinds of jobs that are left waiting.

        Returns:
            How many jobs were done or tried.
        """
        count = 0
        for _ in range(ROUNDS):
            async with self.app.state.database.write() as tx:
                queued = Job.state == JobState.QUEUED
                later = datetime(2099, 1, 1, tzinfo=UTC)
                await tx.execute(
                    update(Job).where(queued, Job.kind.in_(without)).values(run_at=later)
                )
                due = queued & (Job.run_at <= self.clock())
                await tx.execute(update(Job).where(due).values(run_at=datetime.now(UTC)))
            done = await self.app.state.worker.run_due()
            count += done
            if not done:
                break
        return count

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and do what is due then."""
        self.clock.advance(seconds)
        await self.settle()

    async def say(self, words: str) -> None:
        """The user writes, pauses, and the work is done."""
        await self.user.says(words)
        await self.pass_time(1.6)

    async def take_over(self) -> None:
        """A worker died: what it had leased can be taken by another."""
        async with self.app.state.database.write() as tx:
            running = Job.state == JobState.RUNNING
            gone = datetime.now(UTC) - timedelta(seconds=1)
            await tx.execute(update(Job).where(running).values(lease_until=gone))

    async def rows(self, table: Any) -> list[Any]:
        async with self.app.state.database.read() as tx:
            return list(await tx.scalars(select(table).order_by(table.id)))

    async def sends(self, *states: SendState) -> list[LineSend]:
        rows: list[LineSend] = await self.rows(LineSend)
        return [row for row in rows if not states or row.state in states]

    async def events(self) -> list[LineEvent]:
        return await self.rows(LineEvent)

    async def links(self) -> list[LineLink]:
        return await self.rows(LineLink)

    async def line_user(self) -> LineUser:
        rows: list[LineUser] = await self.rows(LineUser)
        assert len(rows) == 1
        return rows[0]

    async def messages(self) -> list[Message]:
        """The newest conversation, from its first message."""
        async with self.app.state.database.read() as tx:
            conversation_id: UUID = (
                await tx.scalars(select(Conversation.id).order_by(Conversation.id.desc()))
            ).first()
            query = select(Message).where(Message.conversation_id == conversation_id)
            return list(await tx.scalars(query.order_by(Message.seq)))

    async def change(self, table: Any, **values: Any) -> None:
        """Set columns of every row."""
        async with self.app.state.database.write() as tx:
            await tx.execute(update(table).values(**values))

    async def change_events(self, **values: Any) -> None:
        await self.change(LineEvent, **values)

    async def change_due(self, kind: str) -> None:
        """Let jobs of a kind be due now."""
        async with self.app.state.database.write() as tx:
            waiting = (Job.kind == kind) & (Job.state == JobState.QUEUED)
            await tx.execute(update(Job).where(waiting).values(run_at=datetime.now(UTC)))

    async def again(self, kind: str) -> None:
        """Have jobs of a kind done once more, as after a crash before they were marked done."""
        async with self.app.state.database.write() as tx:
            done = (Job.kind == kind) & (Job.state == JobState.DONE)
            await tx.execute(
                update(Job).where(done).values(state=JobState.QUEUED, run_at=datetime.now(UTC))
            )


@pytest.fixture
def fake() -> Iterator[FakeLine]:
    """LINE. Its clock is an hour ahead, so that no timer runs by itself."""
    with running_fake_line(Clock(datetime.now(UTC) + timedelta(hours=1))) as line:
        yield line


@pytest.fixture
def line_entry() -> dict[str, Any]:
    """More settings of the account; a test overrides it by `indirect` or its own fixture."""
    return {}


@pytest.fixture
def line_settings(
    settings: Settings,  # noqa: F811
    fake: FakeLine,
    tmp_path: Path,
    line_entry: dict[str, Any],
) -> Settings:
    path = tmp_path / "line.yml"
    entry = {**fake.settings(), **line_entry}
    path.write_text(yaml.safe_dump({"accounts": {ACCOUNT: entry}}), encoding="utf-8")
    os.chmod(path, 0o600)  # noqa: PTH101
    return settings.model_copy(update={"line_file": path, "public_url": "https://desk.example"})


@pytest_asyncio.fixture
async def app(
    line_settings: Settings,
    engine: ScriptedDialogueEngine,  # noqa: F811
    knowledge: KnowledgeBase,  # noqa: F811
) -> AsyncIterator[FastAPI]:
    """The whole desk; its background work does not run by itself."""
    app = create_app(line_settings, engine=engine, knowledge=knowledge)
    yield app
    await app.state.line.close()
    await app.state.database.close()


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Talks to `app` without a network."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield client


@pytest.fixture
def desk(
    app: FastAPI,
    client: httpx.AsyncClient,
    fake: FakeLine,
    engine: ScriptedDialogueEngine,  # noqa: F811
) -> LineDesk:
    """A desk with its account, and a first user."""
    app.state.line_clock = fake.clock
    fake.account.webhook.url = f"http://desk/line/webhook/{ACCOUNT}"
    fake.account.webhook.client = client
    fake.account.webhook.patience_seconds = 30  # LINE's own is what TestPatience is about.
    return LineDesk(app, fake, engine)
