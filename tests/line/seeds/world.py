"""One desk for one run: its engine, its workers, and how they die. All by the fake's clock."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import yaml
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

import desk.models  # noqa: F401 (every table must be known)
from advisor.knowledge import KnowledgeBase
from desk.app import create_app
from desk.chat.ports import DialogueEngineError, EngineTurn
from desk.config import SecondFactorRule, Settings
from desk.db import Transaction
from desk.jobs import service as jobs
from desk.jobs import worker
from desk.jobs.models import Job, JobState
from desk.jobs.worker import Worker, worker_name
from desk.line import sender
from desk.line.client import LineAnswer
from desk.line.models import LineSend, LineUser, SendState
from desk.notify.models import NotificationTarget
from desk.vault.keys import KeyFile
from tests.line.fake.clock import Clock
from tests.line.fake.line import FakeLine
from tests.line.fake.serving import running_fake_line
from tests.line.seeds.plan import Plan

ACCOUNT = "bureau"
TIMEOUT_SECONDS = 1.0
"""Of a call to LINE, in real time; what `SLOW` and `STUCK` take is longer."""
ENGINE_TIMEOUT = 8.0
INSTANT = timedelta(milliseconds=1)
IS_WEBHOOK: ContextVar[bool] = ContextVar("is_webhook", default=False)


class Killed(BaseException):
    """The process is gone at this moment."""


class SeededEngine:
    """Answers each message the same however often it is asked, as Rasa's channel does."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.seconds = 0.0
        self.failures = 0
        self.heard: dict[str, list[str]] = {}
        """What it remembers, by conversation."""
        self._known: dict[tuple[str, str], EngineTurn] = {}

    async def turn(
        self,
        *,
        conversation_id: str,
        message_id: str,
        text: str,
        payload: str | None,
        metadata: Mapping[str, Any],
    ) -> EngineTurn:
        if self.failures > 0:
            self.failures -= 1
            self.clock.advance(ENGINE_TIMEOUT)
            raise DialogueEngineError("no answer in time")
        seconds, self.seconds = self.seconds, 0.0
        self.clock.advance(seconds)
        found = self._known.get((conversation_id, message_id))
        if found is None:
            self.heard.setdefault(conversation_id, []).append(text)
            found = _answer(UUID(message_id), text)
            self._known[conversation_id, message_id] = found
        return found

    async def forget(self, conversation_id: str) -> None:
        self.heard.pop(conversation_id, None)
        for key in [key for key in self._known if key[0] == conversation_id]:
            del self._known[key]

    async def is_ready(self) -> bool:
        return True

    async def close(self) -> None:
        """Nothing to give back."""


def mark_of(message_id: UUID, bubble: int) -> str:
    """What stands in each bubble of the answer to an owner message, and nowhere else."""
    return f"[{message_id.hex[-10:]}{'ab'[bubble]}]"


def _answer(message_id: UUID, text: str) -> EngineTurn:
    chance = random.Random(text)
    bubbles: list[dict[str, Any]] = [{"text": f"{mark_of(message_id, 0)} {text}"}]
    if chance.random() < 0.3:
        bubbles.append({"text": f"{mark_of(message_id, 1)} …"})
    if chance.random() < 0.5:
        id_ = message_id.hex[-6:]
        bubbles[-1]["buttons"] = [
            {"title": f"choice {n}", "payload": f"/seed_{id_}_{n}"} for n in range(3)
        ]
    return EngineTurn(messages=bubbles)


@dataclass(slots=True, kw_only=True)
class World:
    """A running desk, LINE, and what the run notes of their calls."""

    app: FastAPI
    fake: FakeLine
    clock: Clock
    engine: SeededEngine
    workers: list[Worker] = field(default_factory=list)
    kill_in: int | None = None
    """After so many commits and calls whoever makes it dies."""
    deaths: int = 0
    lose_in: int | None = None
    """Around so many commits the database goes away: before one, or just after it."""
    refuses: bool = False
    """The database takes nothing from webhooks."""
    rows_of_tokens: dict[str, set[UUID]] = field(default_factory=dict)
    """By reply token: the rows for which calls with it were made."""
    rows_of_keys: dict[str, set[UUID]] = field(default_factory=dict)
    """By retry key: the same for pushes."""
    to_blocked: list[str] = field(default_factory=list)
    """Pushes to users of whom desk knew that they had blocked the account."""
    _write: Any = None
    _call: Any = None

    def hook(self) -> None:
        """Let every commit and call be a point at which a process may die."""
        database, client = self.app.state.database, self.app.state.line.client
        self._write, self._call = database.write, client.call
        database.write, client.call = self._struck_write, self._struck_call
        client._timeout_seconds = TIMEOUT_SECONDS
        self.workers = [self._new_worker(), self._new_worker()]

    def _new_worker(self) -> Worker:
        first: Any = self.app.state.worker
        made = Worker(
            self.app.state.database,
            first._handlers,
            on_dead=first._on_dead,
        )
        made.name = worker_name()
        return made

    def _point(self) -> None:
        if self.kill_in is None:
            return
        self.kill_in -= 1
        if self.kill_in <= 0:
            self.kill_in = None
            self.deaths += 1
            raise Killed

    @asynccontextmanager
    async def _struck_write(self, **how: bool) -> AsyncIterator[Transaction]:
        async with self._write(**how) as tx:
            if self.refuses and IS_WEBHOOK.get():
                raise OperationalError("storing", {}, Exception("away"))
            yield tx
            self._point()  # Before the commit: everything is rolled back.
            self._lose()
        self._point()
        self._lose()

    def _lose(self) -> None:
        if self.lose_in is None:
            return
        self.lose_in -= 1
        if self.lose_in <= 0:
            self.lose_in = None
            raise OperationalError("commit", {}, Exception("away"))

    async def _struck_call(
        self,
        account: Any,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> LineAnswer:
        self._point()
        await self._note(path, body, headers or {})
        answer: LineAnswer = await self._call(account, method, path, body, headers)
        self._point()  # LINE has taken it, and nobody knows.
        return answer

    async def _note(self, path: str, body: Any, headers: Mapping[str, str]) -> None:
        if not path.endswith(("/reply", "/push")):
            return
        async with self.app.state.database.read() as tx:
            query = select(LineSend).where(LineSend.state == SendState.PENDING)
            for row in await tx.scalars(query):
                if row.token is not None and row.token == body.get("replyToken"):
                    self.rows_of_tokens.setdefault(row.token, set()).add(row.id)
                key = headers.get("X-Line-Retry-Key")
                if key == str(row.retry_key) and row.line_user_id is not None:
                    self.rows_of_keys.setdefault(key, set()).add(row.id)
                    user = await tx.get_one(LineUser, row.line_user_id)
                    if user.blocked_at is not None:
                        self.to_blocked.append(str(row.id))

    @asynccontextmanager
    async def quiet_write(self) -> AsyncIterator[Transaction]:
        """A transaction of the test itself, in which nobody dies."""
        async with self._write() as tx:
            yield tx

    async def rows(self, table: Any) -> list[Any]:
        async with self.app.state.database.read() as tx:
            return list(await tx.scalars(select(table).order_by(table.id)))

    async def work(self, workers: int) -> bool:
        """Do everything that is due, by some workers at a time; whether there was anything."""
        crew = self.workers[:workers]
        done = await asyncio.gather(*(each.run_due() for each in crew), return_exceptions=True)
        for number, result in enumerate(done):
            if isinstance(result, OperationalError):
                continue  # Nothing was leased; the loop of a worker goes on.
            if isinstance(result, BaseException):
                reraise_unless_killed(result)
                self.workers[number] = self._new_worker()
        return any(done)

    async def next_due(self) -> datetime | None:
        """When, after now, the next job is due or can be taken over."""
        moment = self.clock()
        async with self.app.state.database.read() as tx:
            queued = (Job.state == JobState.QUEUED) & (Job.run_at > moment)
            leased = (Job.state == JobState.RUNNING) & (Job.lease_until >= moment)
            found = [
                (await tx.execute(select(func.min(Job.run_at)).where(queued))).scalar_one(),
                (await tx.execute(select(func.min(Job.lease_until)).where(leased))).scalar_one(),
            ]
        return min((each + INSTANT for each in found if each is not None), default=None)


def reraise_unless_killed(exc: BaseException) -> None:
    """Let everything pass on but a death that the plan wanted."""
    if isinstance(exc, BaseExceptionGroup):
        for each in exc.exceptions:
            reraise_unless_killed(each)
    elif not isinstance(exc, Killed):
        raise exc


@contextmanager
def _by_clock(clock: Clock) -> Any:
    """Let the queue live by the fake's clock, and nobody wait in real time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "now", clock)
        patch.setattr(sender, "REPLY_PAUSE_SECONDS", 0.0)
        patch.setattr(worker, "OUTCOME_PAUSE_SECONDS", 0.0)
        yield


def _settings(folder: Path, database_url: str, entry: Mapping[str, Any]) -> Settings:
    KeyFile(folder / "keys.json").create()
    path = folder / "line.yml"
    path.write_text(yaml.safe_dump({"accounts": {ACCOUNT: dict(entry)}}), encoding="utf-8")
    os.chmod(path, 0o600)  # noqa: PTH101
    return Settings(
        _env_file=None,
        data=folder,
        database_url=database_url,
        today=date(2026, 11, 24),
        require_totp=SecondFactorRule.NONE,
        line_file=path,
        public_url="https://desk.example",
    )


@asynccontextmanager
async def open_world(
    folder: Path, database_url: str, knowledge: KnowledgeBase, plan: Plan
) -> AsyncIterator[tuple[World, list[str]]]:
    """A desk with LINE for one run.

    Args:
        folder: Empty, for this run alone.
        database_url: A database with all tables and no rows.
        knowledge: The content.
        plan: Says the seed of ids and tokens, and the account's settings.

    Yields:
        The world, and what LINE would not have taken.
    """
    clock = Clock(datetime.now(UTC))
    async with AsyncExitStack() as stack:
        fake = stack.enter_context(running_fake_line(clock, seed=plan.seed))
        stack.enter_context(_by_clock(clock))
        engine = SeededEngine(clock)
        entry = {**fake.settings(), "confidential": plan.confidential}
        app = create_app(_settings(folder, database_url, entry), engine=engine, knowledge=knowledge)
        stack.push_async_callback(app.state.database.close)
        stack.push_async_callback(app.state.line.close)
        app.state.line_clock = clock
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://desk")
        await stack.enter_async_context(client)
        webhook = fake.account.webhook
        webhook.url, webhook.client = f"http://desk/line/webhook/{ACCOUNT}", client
        webhook.patience_seconds = 30
        world = World(app=app, fake=fake, clock=clock, engine=engine)
        world.hook()
        async with world.quiet_write() as tx:
            tx.add(NotificationTarget(hub_id="bureau", kind="mail", address="a@example.jp"))
        try:
            yield world, fake.violations
        finally:
            fake.violations = []
