"""The things that requests are about, and the visitors who send them."""

from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import update

from desk.auth.api import CSRF_HEADER
from desk.auth.dependencies import COOKIE
from desk.auth.models import Role, StaffUser
from desk.auth.service import AuthService
from desk.cases.service import CaseDraft, CaseService
from desk.chat import repository as chat
from desk.chat.models import Author, Conversation, Message
from desk.db import Database, new_id, now
from desk.jobs import service as jobs
from desk.jobs.models import Job, JobState
from desk.notify.models import DeliveryState, NoticeKind, NotificationTarget
from desk.notify.outbox import Notice, queue_delivery
from desk.notify.repository import move
from desk.notify.targets import TargetDraft, TargetService

HOST = "desk.test"
OWN_HUB, OTHER_HUB = "matsumoto", "nagaoka"
VISITORS: dict[str, tuple[Role, str | None] | None] = {
    "anonymous": None,
    "staff_own": (Role.STAFF, OWN_HUB),
    "staff_other": (Role.STAFF, OTHER_HUB),
    "lead_own": (Role.LEAD, OWN_HUB),
    "lead_other": (Role.LEAD, OTHER_HUB),
    "bureau": (Role.BUREAU, None),
    "auditor": (Role.AUDITOR, None),
    "admin": (Role.ADMIN, None),
}
GROUPS = {
    "own_hub": ("staff_own", "lead_own"),
    "other_hub": ("staff_other", "lead_other"),
}
PASSWORD = "correct horse battery"


class Visitor:
    """Somebody with a browser or a program, logged in or not."""

    def __init__(self, app: FastAPI, user: StaffUser | None, token: str, csrf: str) -> None:
        self.user = user
        self.csrf = csrf
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
            base_url=f"http://{HOST}",
        )
        if token:
            self.client.cookies.set(COOKIE, token, domain=HOST, path="/")

    async def send(
        self,
        method: str,
        path: str,
        row: dict[str, Any],
        *,
        with_token: bool = True,
        site: str = "same-origin",
    ) -> httpx.Response:
        """Send the row's request as its kind of page or program does."""
        csrf = self.csrf if with_token and row.get("token") != "none" else ""
        headers = {"Sec-Fetch-Site": site} if method != "GET" else {}
        more: dict[str, Any] = {"params": row.get("query")}
        if method != "GET" and path.startswith("/console"):
            more["data"] = {**row.get("form", {}), "csrf_token": csrf}
        elif "form" in row:
            more["data"] = row["form"]
        else:
            headers |= {CSRF_HEADER: csrf} if csrf else {}
            if "json" in row:
                more["json"] = row["json"]
        return await self.client.request(method, path, headers=headers, **more)


class World:
    """Makes visitors and things in the application's own database."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.database: Database = app.state.database
        self.auth: AuthService = app.state.auth
        self.cases: CaseService = app.state.cases
        self.targets: TargetService = app.state.targets
        self._opened: list[Visitor] = []

    async def visitor(self, name: str) -> Visitor:
        """A new visitor of this kind."""
        kind = VISITORS[name]
        if kind is None:
            visitor = Visitor(self.app, None, "", "")
        else:
            visitor = await self._signed_in(*kind)
        self._opened.append(visitor)
        return visitor

    async def _signed_in(self, role: Role, hub: str | None) -> Visitor:
        user = await self._account(role, hub)
        token = await self.auth.start_session(user.id)
        signed = await self.auth.find_session(token)
        assert signed is not None
        return Visitor(self.app, user, token, signed.session.csrf_token)

    async def _account(self, role: Role, hub: str | None) -> StaffUser:
        login = f"{role}-{new_id().hex}"
        await self.auth.create_user(login, "名前", role, hub, PASSWORD)
        return await self.auth.get_user_by_login(login)

    async def make(self, thing: str, visitor: Visitor) -> str:
        """A new thing of this name, for (or of) the visitor; gives its id."""
        return str(await getattr(self, thing)(visitor))

    async def close(self) -> None:
        """Give back every connection."""
        for visitor in self._opened:
            await visitor.client.aclose()

    async def nothing(self, _: Visitor) -> UUID:
        """An id that nothing has."""
        return new_id()

    async def widget_file(self, _: Visitor) -> str:
        """A file of the widget."""
        return "app.js"

    async def user(self, _: Visitor) -> UUID:
        """Somebody else's account, of the own hub."""
        return (await self._account(Role.STAFF, OWN_HUB)).id

    async def own_session(self, visitor: Visitor) -> UUID:
        """Another session of the visitor."""
        if visitor.user is None:
            return new_id()
        signed = await self.auth.find_session(await self.auth.start_session(visitor.user.id))
        assert signed is not None
        return signed.session.id

    async def other_session(self, _: Visitor) -> UUID:
        """A session of somebody else."""
        user = await self._account(Role.STAFF, OWN_HUB)
        signed = await self.auth.find_session(await self.auth.start_session(user.id))
        assert signed is not None
        return signed.session.id

    async def conversation(self, _: Visitor) -> UUID:
        """An owner's conversation whose case is in the own hub."""
        conversation_id, _case = await self._handed_over()
        return conversation_id

    async def case(self, _: Visitor) -> UUID:
        """A case of the own hub that nobody has."""
        return (await self._handed_over())[1]

    async def taken_case(self, _: Visitor) -> UUID:
        """A case of the own hub that a colleague has."""
        case_id = await self.case(_)
        colleague = await self._account(Role.STAFF, OWN_HUB)
        await self.cases.claim(case_id, OWN_HUB, colleague.id)
        return case_id

    async def target(self, _: Visitor) -> UUID:
        """A place where the own hub is told."""
        return (await self._target()).id

    async def delivery(self, _: Visitor) -> UUID:
        """A notice of the own hub that was given up."""
        target = await self._target()
        async with self.database.write() as tx:
            notice = Notice(key=f"test:{new_id()}", kind=NoticeKind.TEST, hub_id=OWN_HUB)
            delivery_id = await queue_delivery(tx, notice, target)
            assert delivery_id is not None
            await move(tx, delivery_id, DeliveryState.DEAD)
        return delivery_id

    async def job(self, _: Visitor) -> UUID:
        """A job that was given up."""
        async with self.database.write() as tx:
            job_id = await jobs.enqueue(tx, "chat.forget", {})
            assert job_id is not None
            await tx.execute(update(Job).where(Job.id == job_id).values(state=JobState.DEAD))
        return job_id

    async def _target(self) -> NotificationTarget:
        address = f"{new_id().hex}@city.example.jp"
        return await self.targets.save(TargetDraft(hub_id=OWN_HUB, kind="mail", address=address))

    async def _handed_over(self) -> tuple[UUID, UUID]:
        """A conversation and the case that it opened."""
        async with self.database.write() as tx:
            talk = Conversation(id=new_id(), token_hash=new_id().hex, expires_at=now())
            tx.add(talk)
            await tx.flush()
            message = Message(
                id=new_id(), author=Author.USER, text="人が足りない", client_message_id=new_id()
            )
            await chat.append(tx, talk, message)
        draft = CaseDraft(
            conversation_id=talk.id,
            handoff_number=1,
            turn_id=str(message.id),
            hub_id=OWN_HUB,
            prefix="MAT",
            headline="人が足りない",
            snapshot={"situation": {}},
            consent={"share_info": True},
        )
        number = (await self.cases.open_case(draft)).case_number
        found = await self.cases.list_cases(OWN_HUB, limit=1000)
        return talk.id, next(case.id for case in found if case.number == number)
