"""A desk with a scripted engine, served to a browser without Rasa."""

import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import uvicorn
from playwright.sync_api import Browser, Page
from sqlalchemy import select, update

from desk.app import create_app
from desk.auth.dependencies import COOKIE
from desk.auth.models import Role
from desk.auth.passwords import Passwords
from desk.auth.service import AuthService
from desk.cases.models import Case
from desk.cases.service import CaseDraft, CaseService
from desk.chat.models import Conversation
from desk.chat.ports import DialogueEngine, ScriptedDialogueEngine
from desk.config import JST, Settings
from desk.db import Base, now
from desk.jobs.models import Job, JobState
from desk.live.ports import OpeningHours, SetHours
from desk.vault.keys import KeyFile
from desk.vault.service import open_database
from tests.apart import run_apart
from tests.product import free_port

T = TypeVar("T")
START_SECONDS = 180
MOMENT = datetime(2026, 11, 24, 10, 30, tzinfo=JST)
"""When owners are told whether people are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDesk:
    """A running desk and what a test arranges behind its back."""

    base: str
    settings: Settings
    engine: ScriptedDialogueEngine
    """Not asked where the desk was started with another one."""

    def arrange(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in an event loop of its own, apart from the server's."""
        return run_apart(work)

    def session_of(self, login: str, role: Role = Role.STAFF, hub: str = "matsumoto") -> str:
        """The session token of a staff member of a hub, who is added if need be."""

        async def sign_in() -> str:
            database = open_database(self.settings)
            cheap = Passwords(time_cost=1, memory_kib=64, lanes=1)
            auth = AuthService(database, self.settings, passwords=cheap)
            if login not in {user.login for user in await auth.list_users()}:
                secret = "correct horse battery"
                await auth.create_user(login, f"担当 {login}", role, hub, secret)
            token = await auth.start_session((await auth.get_user_by_login(login)).id)
            await database.close()
            return token

        return self.arrange(sign_in())

    def open_case(self, *, handoff_number: int = 1) -> UUID:
        """Hand the newest conversation over to the hub of Matsumoto, perhaps once more."""

        async def hand_over() -> UUID:
            database = open_database(self.settings)
            cases = CaseService(database, today=self.settings.today_jst, promise_business_days=3)
            async with database.read() as tx:
                newest = select(Conversation.id).order_by(Conversation.id.desc()).limit(1)
                conversation_id = (await tx.scalars(newest)).one()
            draft = CaseDraft(
                conversation_id=conversation_id,
                handoff_number=handoff_number,
                turn_id=str(uuid4()),
                hub_id="matsumoto",
                prefix="MAT",
                headline="若い子が続かない",
                snapshot={},
                consent={},
            )
            await cases.open_case(draft)
            async with database.read() as tx:
                query = select(Case.id).where(
                    Case.conversation_id == conversation_id, Case.handoff_number == handoff_number
                )
                case_id = (await tx.scalars(query)).one()
            await database.close()
            return case_id

        return self.arrange(hand_over())

    def let_time_pass(self) -> None:
        """Make everything due that is queued for later."""

        async def make_due() -> None:
            database = open_database(self.settings)
            async with database.write() as tx:
                queued = update(Job).where(Job.state == JobState.QUEUED)
                await tx.execute(queued.values(run_at=now()))
            await database.close()

        self.arrange(make_due())


@contextmanager
def running_desk(
    data: Path,
    *,
    engine_of: Callable[[Settings], DialogueEngine] | None = None,
    hours: OpeningHours | None = None,
    **more: Any,
) -> Iterator[LiveDesk]:
    """Serve a desk with an empty database until the test is done.

    Args:
        data: An empty folder.
        engine_of: Makes another engine than the scripted one.
        hours: When the hubs are there; always if None.
        **more: Further settings.
    """
    port = free_port()
    settings = Settings(_env_file=None, data=data, port=port, today=date(2026, 11, 24), **more)
    engine = ScriptedDialogueEngine()
    desk = LiveDesk(base=f"http://127.0.0.1:{port}", settings=settings, engine=engine)
    KeyFile(settings.key_path).create()
    desk.arrange(_make_tables(settings))
    asked = engine if engine_of is None else engine_of(settings)
    app = create_app(settings, engine=asked, hours=hours or SetHours())
    app.state.reception._clock = lambda: MOMENT
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=5)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        assert thread.is_alive(), "the desk ended at its start"
        assert time.monotonic() < deadline, "the desk does not start"
        time.sleep(0.05)
    yield desk
    app.state.stopping.set()  # The streams look now and then whether they should end.
    server.should_exit = True
    thread.join()


async def _make_tables(settings: Settings) -> None:
    database = open_database(settings)
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await database.close()


@contextmanager
def console_page(
    browser: Browser, desk: LiveDesk, token: str, path: str, *, may_be_refused: bool = False
) -> Iterator[Page]:
    """A page of a staff member; an error in its console fails the test.

    With `may_be_refused` what the server refuses is no error: browsers write 409 there.
    """
    context = browser.new_context(
        locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1280, "height": 1000}
    )
    context.add_cookies([{"name": COOKIE, "value": token, "url": desk.base}])
    page = context.new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto(f"{desk.base}{path}")
    yield page
    context.close()
    if may_be_refused:
        errors = [error for error in errors if "status of 409" not in error]
    assert errors == []
