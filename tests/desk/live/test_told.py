"""Hubs are told of owners who wait for a person; the audit log of who held and read a talk."""

from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import select

from desk.audit.models import AuditEntry
from desk.auth.models import Role
from desk.notify.models import Delivery, NoticeKind, NotificationTarget, TargetKind
from tests.desk.chat.conftest import Owner
from tests.desk.live.conftest import StaffClient, StaffOf, run_jobs


async def add_target(app: FastAPI) -> None:
    async with app.state.database.write() as tx:
        tx.add(NotificationTarget(hub_id="matsumoto", kind=TargetKind.MAIL, address="a@example.jp"))


async def told(app: FastAPI) -> list[str]:
    """What was told of the waiting owner, but not that a mail did not arrive."""
    async with app.state.database.read() as tx:
        query = select(Delivery.notice).where(Delivery.notice == NoticeKind.OWNER_WROTE)
        return list(await tx.scalars(query))


async def audited(app: FastAPI, subject: str) -> list[tuple[str, UUID | None]]:
    async with app.state.database.read() as tx:
        query = select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.seq)
        return [(entry.action, entry.actor_id) for entry in await tx.scalars(query)]


class TestTold:
    async def test_hub_is_told_when_the_holder_has_no_page_open(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await add_target(app)
        await hanako.take()

        await owner.say("いますか")

        assert await told(app) == [NoticeKind.OWNER_WROTE]

    async def test_hub_is_not_told_while_the_holder_looks_on(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await add_target(app)
        await hanako.take()
        await hanako.put("presence", is_typing=False)

        await owner.say("いますか")

        assert await told(app) == []

    async def test_hub_is_told_when_the_holder_who_looks_on_does_not_answer(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await add_target(app)
        await hanako.take()
        await hanako.put("presence", is_typing=False)
        await owner.say("いますか")

        await run_jobs(app)

        assert await told(app) == [NoticeKind.OWNER_WROTE]


class TestAudited:
    async def test_each_change_of_holder_stands_in_the_audit_log(
        self, app: FastAPI, hanako: StaffClient, lead: StaffClient, owner: Owner
    ):
        await hanako.take()
        await lead.post("steal")
        await lead.hand_back()

        assert await audited(app, f"conversation:{owner.id}") == [
            ("conversation_taken", hanako.user.id),
            ("conversation_stolen", lead.user.id),
            ("conversation_returned", lead.user.id),
        ]

    async def test_who_reads_the_messages_stands_in_the_audit_log(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await hanako.get("/messages")

        assert await audited(app, f"conversation:{owner.id}") == [
            ("conversation_read", hanako.user.id)
        ]

    async def test_who_may_not_read_leaves_no_entry_of_reading(
        self, app: FastAPI, staff_of: StaffOf, owner: Owner, case_id: UUID
    ):
        outsider = await staff_of("jiro", Role.STAFF, "nagaoka")
        assert (await outsider.get("/messages")).status_code == 404

        assert await audited(app, f"conversation:{owner.id}") == []
