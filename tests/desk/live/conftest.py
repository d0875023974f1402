"""Staff and an owner in one conversation, on the whole desk with a scripted engine."""

# ruff: noqa: F811 (fixtures of the chat are used under their own names)

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select, update

from desk.auth.api import CSRF_HEADER
from desk.auth.dependencies import COOKIE
from desk.auth.models import Role, StaffUser
from desk.auth.passwords import Passwords
from desk.auth.service import AuthService
from desk.cases.models import Case, CaseEvent
from desk.cases.service import CaseDraft
from desk.chat.models import Conversation
from desk.config import Settings
from desk.db import now
from desk.jobs.models import Job
from desk.live.ports import SetHours
from tests.desk.chat.conftest import Owner, owner  # noqa: F401 (a fixture)


class StaffClient:
    """A staff member's page on one conversation."""

    def __init__(self, app: FastAPI, user: StaffUser, token: str, csrf: str, talk: str) -> None:
        self.user = user
        self.token = token
        self.url = f"/api/conversations/{talk}"
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
            base_url="http://desk",
            headers={CSRF_HEADER: csrf},
            cookies={COOKIE: token},
        )

    async def get(self, path: str = "") -> httpx.Response:
        return await self.client.get(self.url + path)

    async def look(self) -> dict[str, Any]:
        response = await self.get()
        assert response.status_code == 200, response.text
        seen: dict[str, Any] = response.json()
        return seen

    async def post(self, path: str, **body: Any) -> httpx.Response:
        """Do it for the version that stands now, unless another one is given."""
        if "version" not in body:
            body["version"] = (await self.look())["version"]
        return await self.client.post(f"{self.url}/{path}", json=body)

    async def put(self, path: str, **body: Any) -> httpx.Response:
        return await self.client.put(f"{self.url}/{path}", json=body)

    async def take(self, **body: Any) -> httpx.Response:
        return await self.post("take", **body)

    async def reply(self, text: str = "はい", **body: Any) -> httpx.Response:
        body = {"client_message_id": str(uuid4()), "text": text, **body}
        return await self.post("replies", **body)

    async def hand_back(
        self, summary: str = "電話で話すことにしました", **body: Any
    ) -> httpx.Response:
        return await self.post("return", summary=summary, **body)


StaffOf = Callable[..., Awaitable[StaffClient]]


@pytest.fixture
def auth(app: FastAPI, settings: Settings) -> AuthService:
    """The application's accounts, with hashes that cost little."""
    cheap = Passwords(time_cost=1, memory_kib=64, lanes=1)
    app.state.auth = AuthService(app.state.database, settings, passwords=cheap)
    return app.state.auth


@pytest.fixture
def hours(app: FastAPI) -> SetHours:
    """The opening hours of every hub; open unless a test says otherwise."""
    set_hours = SetHours()
    app.state.waiting._hours = set_hours
    return set_hours


@pytest_asyncio.fixture
async def case_id(app: FastAPI, owner: Owner) -> UUID:
    """The case that the owner's conversation opened at the hub of Matsumoto."""
    draft = CaseDraft(
        conversation_id=UUID(owner.id),
        handoff_number=1,
        turn_id=str(uuid4()),
        hub_id="matsumoto",
        prefix="MAT",
        headline="若い子が続かない",
        snapshot={},
        consent={},
    )
    await app.state.cases.open_case(draft)
    async with app.state.database.read() as tx:
        return (await tx.scalars(select(Case.id))).one()


@pytest_asyncio.fixture
async def staff_of(app: FastAPI, auth: AuthService, owner: Owner) -> AsyncIterator[StaffOf]:
    """Makes an account and gives its page on the owner's conversation."""
    opened: list[StaffClient] = []

    async def staff_of(
        login: str = "hanako", role: Role = Role.STAFF, hub: str | None = "matsumoto"
    ) -> StaffClient:
        await auth.create_user(login, f"名前 {login}", role, hub, "correct horse battery")
        user = await auth.get_user_by_login(login)
        token = await auth.start_session(user.id)
        signed = await auth.find_session(token)
        assert signed is not None
        opened.append(StaffClient(app, user, token, signed.session.csrf_token, owner.id))
        return opened[-1]

    yield staff_of
    for staff in opened:
        await staff.client.aclose()


@pytest_asyncio.fixture
async def hanako(staff_of: StaffOf, case_id: UUID, hours: SetHours) -> StaffClient:
    """A staff member of the case's hub, in opening hours."""
    return await staff_of("hanako")


@pytest_asyncio.fixture
async def taro(staff_of: StaffOf, case_id: UUID) -> StaffClient:
    """A colleague at the same hub."""
    return await staff_of("taro")


@pytest_asyncio.fixture
async def lead(staff_of: StaffOf, case_id: UUID) -> StaffClient:
    """The lead of the same hub."""
    return await staff_of("lead", Role.LEAD)


async def run_jobs(app: FastAPI, *, kind: str | None = None) -> None:
    """Run what is queued, as if its time had come."""
    async with app.state.database.write() as tx:
        query = update(Job).where(Job.state == "queued").values(run_at=now())
        await tx.execute(query if kind is None else query.where(Job.kind == kind))
    await app.state.worker.run_due()


async def jobs_of(app: FastAPI, kind: str) -> list[Job]:
    async with app.state.database.read() as tx:
        return list(await tx.scalars(select(Job).where(Job.kind == kind).order_by(Job.id)))


async def events_of(app: FastAPI, case_id: UUID) -> list[CaseEvent]:
    async with app.state.database.read() as tx:
        query = select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.seq)
        return list(await tx.scalars(query))


async def conversation_of(app: FastAPI, owner: Owner) -> Conversation:
    async with app.state.database.read() as tx:
        return await tx.get_one(Conversation, UUID(owner.id))


def set_clock(app: FastAPI, moment: datetime) -> None:
    app.state.waiting._clock = lambda: moment
