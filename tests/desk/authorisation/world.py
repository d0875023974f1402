"""The things that requests are about."""

import json
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import delete, update

from desk.attachments.models import Attachment, FileState
from desk.auth.models import Role, StaffUser
from desk.auth.rights import can_write, visible_hub
from desk.auth.service import AuthService
from desk.cases.models import CaseResult, CaseStatus, HubCalendar, HubIntake
from desk.cases.service import CaseDraft, CaseService
from desk.chat import repository as chat
from desk.chat.models import Author, Conversation, Message
from desk.console.views import save_view
from desk.console.wanted import Wanted
from desk.db import Database, new_id, now
from desk.jobs import service as jobs
from desk.jobs.models import Job, JobState
from desk.line.models import LineSend, SendKind, SendReason, SendState
from desk.notify.models import DeliveryState, NoticeKind, NotificationTarget
from desk.notify.outbox import Notice, queue_delivery
from desk.notify.repository import move
from desk.notify.targets import TargetDraft, TargetService
from desk.review.models import ReviewLine
from desk.review.tasks import Correction
from tests.desk.authorisation.visitors import OTHER_HUB, OWN_HUB, VISITORS, Visitor

PASSWORD = "correct horse battery"
LINE_ACCOUNT = "own"
NOBODY = "http://127.0.0.1:9"
"""Where nobody listens."""


def write_line_files(folder: Path) -> dict[str, Path]:
    """A LINE account of the own hub, and a LINE that is away; gives the settings."""
    sites, line = folder / "sites.yml", folder / "line.yml"
    sites.write_text(json.dumps({"sites": {OWN_HUB: {"hub": OWN_HUB}}}), encoding="utf-8")
    account = {
        "site": OWN_HUB,
        "channel_secrets": ["0" * 32],
        "access_token": "t",
        "api_base": NOBODY,
        "data_base": NOBODY,
    }
    line.write_text(json.dumps({"accounts": {LINE_ACCOUNT: account}}), encoding="utf-8")
    line.chmod(0o600)
    return {"sites_file": sites, "line_file": line}


class World:
    """Makes visitors and things in the application's own database."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.database: Database = app.state.database
        self.auth: AuthService = app.state.auth
        self.cases: CaseService = app.state.cases
        self.targets: TargetService = app.state.targets
        self._opened: list[Visitor] = []
        self._talk_id: UUID | None = None

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

    async def line_send(self, _: Visitor) -> UUID:
        """A call to LINE whose outcome nobody knows."""
        send = LineSend(
            id=new_id(),
            account=LINE_ACCOUNT,
            kind=SendKind.REPLY,
            reason=SendReason.ANSWER,
            messages={"messages": []},
            state=SendState.UNCERTAIN,
        )
        async with self.database.write() as tx:
            tx.add(send)
        return send.id

    async def nothing(self, _: Visitor) -> UUID:
        """An id that nothing has."""
        return new_id()

    async def report(self, _: Visitor) -> str:
        """A report."""
        return "needs"

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

    async def own_view(self, visitor: Visitor) -> UUID:
        """A view of the queue that the visitor has kept."""
        if visitor.user is None:
            return new_id()
        return await save_view(self.database, visitor.user, "own", Wanted(overdue=True))

    async def other_view(self, _: Visitor) -> UUID:
        """A view of the queue that somebody else has kept."""
        user = await self._account(Role.STAFF, OWN_HUB)
        return await save_view(self.database, user, "other", Wanted(overdue=True))

    async def conversation(self, _: Visitor) -> UUID:
        """An owner's conversation whose case is in the own hub."""
        conversation_id, _case = await self._handed_over()
        return conversation_id

    async def case(self, _: Visitor) -> UUID:
        """A case of the own hub that nobody has."""
        return (await self._handed_over())[1]

    async def file(self, _: Visitor) -> UUID:
        """A file in the conversation of the case that was made last."""
        assert self._talk_id is not None
        return await self._file(self._talk_id)

    async def other_file(self, _: Visitor) -> UUID:
        """A file in the conversation of another case of the own hub."""
        conversation_id, _case = await self._handed_over()
        return await self._file(conversation_id)

    async def _file(self, conversation_id: UUID) -> UUID:
        row = Attachment(
            id=new_id(),
            conversation_id=conversation_id,
            account=LINE_ACCOUNT,
            line_event_id=new_id(),
            line_message_id="1",
            kind="image",
            state=FileState.FETCHED,
            media_type="image/png",
            content=b"\x89PNG\r\n\x1a\n",
        )
        async with self.database.write() as tx:
            tx.add(row)
        return row.id

    async def taken_case(self, _: Visitor) -> UUID:
        """A case of the own hub that a colleague has."""
        case_id = await self.case(_)
        colleague = await self._account(Role.STAFF, OWN_HUB)
        await self.cases.claim(case_id, OWN_HUB, colleague.id)
        return case_id

    async def agreed_case(self, _: Visitor) -> UUID:
        """A case of the own hub that its owner lets go to the other one too."""
        return (await self._handed_over(hubs=[OWN_HUB, OTHER_HUB]))[1]

    async def closed_case(self, _: Visitor) -> UUID:
        """A case of the own hub that a colleague has closed."""
        case_id = await self.case(_)
        colleague = await self._account(Role.STAFF, OWN_HUB)
        await self.cases.claim(case_id, OWN_HUB, colleague.id)
        await self.cases.change_status(
            case_id,
            OWN_HUB,
            colleague.id,
            status=CaseStatus.CLOSED,
            version=2,
            result=CaseResult.ADVISED,
        )
        return case_id

    async def hub(self, _: Visitor) -> str:
        """The own hub, with the hours and the intake that every hub begins with."""
        async with self.database.write() as tx:
            await tx.execute(delete(HubCalendar).where(HubCalendar.hub_id == OWN_HUB))
            await tx.execute(delete(HubIntake).where(HubIntake.hub_id == OWN_HUB))
        return OWN_HUB

    async def mention(self, visitor: Visitor) -> UUID:
        """A note's mention of the visitor, if a note of the own hub can name them."""
        if visitor.user is None:
            return new_id()
        return await self._mention(visitor.user)

    async def other_mention(self, _: Visitor) -> UUID:
        """A mention of a colleague."""
        return await self._mention(await self._account(Role.STAFF, OWN_HUB))

    async def held_talk(self, _: Visitor) -> UUID:
        """A conversation of the own hub that a colleague holds."""
        return await self._held_by(await self._account(Role.STAFF, OWN_HUB))

    async def own_talk(self, visitor: Visitor) -> UUID:
        """A conversation of the own hub that the visitor holds if they may."""
        user = visitor.user
        if user is None or not can_write(user) or visible_hub(user) not in {None, OWN_HUB}:
            return await self.held_talk(visitor)
        return await self._held_by(user)

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

    async def review_line(self, visitor: Visitor) -> UUID:
        """A line of an owner of the own hub that waits for somebody to look at it."""
        conversation_id = await self.conversation(visitor)
        async with self.database.write() as tx:
            message = (await chat.list_after(tx, conversation_id, 0))[0]
            message.understanding = {"intent": "state_concern", "confidence": 0.1}
            line = ReviewLine(
                id=message.id, conversation_id=conversation_id, said_at=message.created_at
            )
            tx.add(line)
        return message.id

    async def bot_answer(self, visitor: Visitor) -> UUID:
        """An answer of the bot in a talk of the own hub."""
        conversation_id = await self.conversation(visitor)
        async with self.database.write() as tx:
            asked = (await chat.list_after(tx, conversation_id, 0))[0]
            answer = Message(
                id=new_id(), author=Author.BOT, text="はい", answers_id=asked.id, part=1
            )
            await chat.append(tx, await tx.get_one(Conversation, conversation_id), answer)
        return answer.id

    async def knowledge_task(self, visitor: Visitor) -> UUID:
        """An answer of the own hub that a colleague found wrong."""
        lead = await self._account(Role.LEAD, OWN_HUB)
        right = Correction(
            right="終わった",
            must_say="終わりました",
            never_say="",
            source_url="https://www.example.jp/",
            source_on=date(2026, 11, 1),
            asked="人が足りない",
        )
        task_id: UUID = await self.app.state.knowledge_tasks.add(
            lead, await self.bot_answer(visitor), right, today=date(2026, 11, 24)
        )
        return task_id

    async def _target(self) -> NotificationTarget:
        address = f"{new_id().hex}@city.example.jp"
        return await self.targets.save(TargetDraft(hub_id=OWN_HUB, kind="mail", address=address))

    async def _mention(self, user: StaffUser) -> UUID:
        author = await self._account(Role.STAFF, OWN_HUB)
        case_id = (await self._handed_over())[1]
        await self.cases.notes.add(case_id, OWN_HUB, author.id, f"@{user.login} お願いします")
        found = await self.cases.notes.list_unread(user)
        return found[-1].mention.id if found else new_id()

    async def _held_by(self, user: StaffUser) -> UUID:
        conversation_id, _case = await self._handed_over()
        await self.app.state.live.take(user, conversation_id, version=0)
        return conversation_id

    async def _handed_over(self, *, hubs: list[str] | None = None) -> tuple[UUID, UUID]:
        """A conversation and the case that it opened."""
        async with self.database.write() as tx:
            talk = Conversation(
                id=new_id(), token_hash=new_id().hex, expires_at=now() + timedelta(days=1)
            )
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
            consent={"share_info": True, "bank_share": True, "hubs": hubs or [OWN_HUB]},
        )
        number = (await self.cases.open_case(draft)).case_number
        self._talk_id = talk.id
        found = await self.cases.list_cases(OWN_HUB, limit=1000)
        return talk.id, next(case.id for case in found if case.number == number)
