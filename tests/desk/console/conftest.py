"""A small application of the console alone, and a browser without a screen."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from desk.auth.dependencies import COOKIE, COOKIE_PATH
from desk.auth.models import Role, StaffUser
from desk.auth.passwords import Passwords
from desk.auth.service import AuthService
from desk.cases.hubs import HubParty
from desk.cases.models import CaseKind
from desk.cases.service import CaseDraft, CaseService
from desk.chat import repository as chat
from desk.chat.models import Author, Conversation, Message
from desk.chat.stream import Fanout
from desk.config import ROOT, Settings
from desk.console.endpoints import router
from desk.db import Database, new_id, now
from desk.live.beside import BesideService
from desk.live.ports import SetHours
from desk.live.service import LiveService
from desk.live.texts import LiveTexts
from desk.live.waiting import WaitingOwners
from desk.notify.ports import SettingsSecretBox, printed_ports
from desk.notify.wiring import build_notifications
from desk.reconcile.service import ReconcileService
from desk.review.service import ReviewService
from desk.review.tasks import TaskService
from tests.desk.notify.helpers import SECRET

PASSWORD = "correct horse battery"
HOST = "console.test"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
SNAPSHOT: dict[str, Any] = {
    "situation": {
        "facts": {
            "municipality": "松本市",
            "prefecture": "長野県",
            "industry": "E",
            "employees": 38,
            "accepts_external_talent": True,
            "share_info_consent": True,
        },
        "levels": {"F4.future_talk": 0},
        "unknown": ["has_university_partner"],
        "concerns": [{"concern": "engagement", "quote": "若い子が続かない"}],
        "quotes": {"employees": "だいたい38人", "accepts_external_talent": "副業の人でもいい"},
    },
    "diagnosis": {
        "dimensions": {
            "F4": {
                "name": "従業員エンゲージメント",
                "level": 1,
                "confidence": 0.6,
                "answered": ["F4.future_talk"],
                "evidence": ["若い子が続かない", "話したことはないね"],
            },
            "P1": {"level": None, "confidence": 0, "answered": [], "evidence": []},
        },
        "weakest": ["F4"],
        "concerns": ["engagement"],
    },
    "recommendations": {
        "on": "2026-11-22",
        "items": [
            {
                "program_id": "side_job_b",
                "title": "副業の人に手伝ってもらうときの補助金",
                "rank": 1,
                "status": "ended",
                "reason": "「若い子が続かない」を減らす助けになるからです",
                "unknown": ["needs_project_expert"],
                "amount_yen": 500000,
                "first_step": "窓口に電話します",
                "contact": "関東経済産業局",
                "source": {
                    "title": "関東経済産業局における人材確保支援に係る取組について",
                    "url": "javascript:alert(1)",
                    "date": "2023-06-01",
                    "level": "A",
                },
            }
        ],
    },
    "knowledge": {"fingerprint": "abc123def456"},
    "labels": {
        "concerns": {"engagement": "働く人が続かないこと"},
        "facts": {"accepts_external_talent": "社外の人の手を借りてもよいですか。"},
    },
}
CONSENT: dict[str, Any] = {
    "share_info": True,
    "bank_share": False,
    "authority_share": None,
    "recipients": ["松本市", "松本商工会議所"],
    "consented_at": "2026-11-22T05:00:00+00:00",
}
CONTACT = {
    "company_name": "信州精工",
    "name": "山田太郎",
    "email": "taro@example.jp",
    "phone": "0263-00-0000",
}


class Browser:
    """Keeps cookies, follows no redirect by itself, sends forms with their token."""

    def __init__(self, app: FastAPI) -> None:
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url=f"http://{HOST}"
        )

    async def get(self, path: str) -> httpx.Response:
        """Open a page."""
        return await self.client.get(path)

    async def post(
        self, path: str, *, token: str | None = None, site: str = "same-origin", **fields: str
    ) -> httpx.Response:
        """Send a form as a browser does; the token is that of the session unless given."""
        if token is None:
            token = await self.token()
        data = {**fields, "csrf_token": token}
        return await self.client.post(path, data=data, headers={"Sec-Fetch-Site": site})

    async def token(self) -> str:
        """The token in the forms of this session; empty without one."""
        found = CSRF.search((await self.client.get("/console/password")).text)
        return found.group(1) if found else ""


OpenCase = Callable[..., Awaitable[UUID]]
SignIn = Callable[..., Awaitable[Browser]]


@pytest.fixture
def auth(database: Database, settings: Settings) -> AuthService:
    """The account service, with hashes that cost little."""
    cheap = Passwords(time_cost=1, memory_kib=64, lanes=1)
    return AuthService(database, settings, passwords=cheap)


@pytest.fixture
def cases(database: Database, settings: Settings) -> CaseService:
    """The case service."""
    hubs = {
        hub_id: HubParty(id=hub_id, name=hub_id, secretariat=hub_id, members=(), banks=())
        for hub_id in ("matsumoto", "nagaoka", "bureau")
    }
    return CaseService(database, today=settings.today_jst, promise_business_days=3, hubs=hubs)


@pytest.fixture
def app(auth: AuthService, cases: CaseService, database: Database, settings: Settings) -> FastAPI:
    """The console and nothing else."""
    app = FastAPI()
    app.state.auth, app.state.cases = auth, cases
    app.state.database, app.state.settings = database, settings
    built = build_notifications(
        settings, database, ports=printed_ports(), secrets=SettingsSecretBox({"hook": SECRET})
    )
    app.state.notify, app.state.targets = built.notify, built.targets
    app.state.reconcile = ReconcileService(database, unanswered_minutes=30)
    fanout, texts = Fanout(), LiveTexts(wording=lambda text_id, **_: text_id)
    minutes = timedelta(minutes=settings.reply_within_minutes)
    waiting = WaitingOwners(database, fanout, texts, SetHours(), reply_within=minutes)
    app.state.live = LiveService(database, fanout, texts, waiting, cases.notes)
    app.state.beside = BesideService(database, fanout)
    app.state.review = ReviewService(database, settings, ROOT)
    app.state.knowledge_tasks = TaskService(database, app.state.review)
    app.include_router(router)
    return app


@pytest_asyncio.fixture
async def browser(app: FastAPI) -> AsyncIterator[Browser]:
    """A browser in which nobody is logged in."""
    browser = Browser(app)
    yield browser
    await browser.client.aclose()


@pytest_asyncio.fixture
async def sign_in(app: FastAPI, auth: AuthService) -> AsyncIterator[SignIn]:
    """Makes an account (once per login) and gives a browser in which it is logged in."""
    opened: list[Browser] = []

    async def sign_in(
        role: Role = Role.STAFF, hub: str | None = "matsumoto", login: str = ""
    ) -> Browser:
        user = await _account(auth, role, hub, login or f"{role}-{hub or 'all'}")
        browser = Browser(app)
        opened.append(browser)
        token = await auth.start_session(user.id)
        browser.client.cookies.set(COOKIE, token, domain=HOST, path=COOKIE_PATH)
        return browser

    yield sign_in
    for browser in opened:
        await browser.client.aclose()


async def _account(auth: AuthService, role: Role, hub: str | None, login: str) -> StaffUser:
    if login not in {user.login for user in await auth.list_users()}:
        await auth.create_user(login, f"名前{login}", role, hub, PASSWORD)
    return await auth.get_user_by_login(login)


@pytest.fixture
def open_case(database: Database, cases: CaseService) -> OpenCase:
    """Opens a case as a hand-off does, with a short conversation; gives its id."""

    async def open_case(**changes: Any) -> UUID:
        said = changes.pop("said", "若い子が続かなくて、求人を出しても応募がない")
        conversation, message = await _talk(database, said)
        fields: dict[str, Any] = {
            "hub_id": "matsumoto",
            "prefix": "MAT",
            "headline": "若い子が続かなくて、求人を出しても応募がない",
            "snapshot": SNAPSHOT,
            "consent": CONSENT,
            "contact": CONTACT,
        }
        if changes.get("kind") is CaseKind.ATTENTION:
            fields |= {"headline": "", "snapshot": {}, "consent": {}, "contact": {}}
        draft = CaseDraft(
            conversation_id=conversation.id,
            handoff_number=1,
            turn_id=str(message.id),
            **{**fields, **changes},
        )
        receipt = await cases.open_case(draft)
        found = await cases.list_cases(None, limit=1000)
        return next(case.id for case in found if case.number == receipt.case_number)

    return open_case


async def _talk(database: Database, said: str) -> tuple[Conversation, Message]:
    async with database.write() as tx:
        conversation = Conversation(id=new_id(), token_hash=new_id().hex, expires_at=now())
        tx.add(conversation)
        await tx.flush()
        message = Message(
            id=new_id(),
            author=Author.USER,
            text=said,
            client_message_id=new_id(),
            understanding={
                "intent": "state_concern",
                "confidence": 0.93,
                "entities": [{"entity": "concern", "value": "engagement"}],
            },
        )
        await chat.append(tx, conversation, message)
        answer = Message(
            id=new_id(),
            author=Author.BOT,
            author_name="相談ナビ",
            text="働く人が続かないことでお困りなのですね。",
            content={"card": {"kind": "diagnosis"}},
        )
        await chat.append(tx, conversation, answer)
    return conversation, message
