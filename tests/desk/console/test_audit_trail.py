"""What staff do and see in the console stands in the audit log, without a word of it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from desk.audit.models import AuditEntry
from desk.audit.verification import verify
from desk.auth.models import Role
from desk.config import Settings
from desk.db import Database
from desk.jobs import service as jobs
from desk.jobs.models import Job, JobState
from desk.notify.models import Delivery, DeliveryState, NotificationTarget

Entries = Callable[[], Awaitable[list[AuditEntry]]]


@pytest.fixture
def entries(database: Database) -> Entries:
    """The entries about cases and conversations, oldest first."""

    async def entries() -> list[AuditEntry]:
        query = select(AuditEntry).order_by(AuditEntry.seq)
        async with database.read() as tx:
            found = (await tx.scalars(query)).all()
        return [e for e in found if e.subject.startswith(("case:", "conversation:"))]

    return entries


class TestCase:
    async def test_anonymous_leave_no_entry(
        self, browser: Any, open_case: Any, entries: Entries
    ) -> None:
        case_id = await open_case()

        await browser.get(f"/console/cases/{case_id}")

        assert [entry.action for entry in await entries()] == ["case_opened"]

    async def test_its_course_is_written_down_with_who(
        self, sign_in: Any, open_case: Any, entries: Entries, auth: Any, database: Database
    ) -> None:
        browser = await sign_in(login="hanako")
        hanako = await auth.get_user_by_login("hanako")
        case_id = await open_case()
        address = f"/console/cases/{case_id}"
        await browser.post(f"{address}/claim")
        await browser.post(f"{address}/notes", text="社長は怒っていた")
        form = {"version": "2", "status": "waiting", "reason": "返事を待ちます"}
        await browser.post(f"{address}/status", **form)

        found = await entries()

        assert [(e.action, e.actor, e.actor_id) for e in found] == [
            ("case_opened", "owner", None),
            ("case_claimed", "staff", hanako.id),
            ("case_noted", "staff", hanako.id),
            ("case_status_changed", "staff", hanako.id),
        ]
        assert {e.subject for e in found} == {f"case:{case_id}"}
        assert found[3].details == {"seq": 4, "from": "working", "to": "waiting"}
        assert (await verify(database)).is_whole

    async def test_who_opens_it_has_read_the_conversation(
        self, sign_in: Any, open_case: Any, entries: Entries, cases: Any
    ) -> None:
        browser = await sign_in(Role.AUDITOR, None)
        case_id = await open_case()
        conversation_id = (await cases.get_case(case_id, None)).conversation_id

        await browser.get(f"/console/cases/{case_id}")

        seen = (await entries())[1:]
        assert [(e.action, e.subject) for e in seen] == [
            ("case_viewed", f"case:{case_id}"),
            ("conversation_read", f"conversation:{conversation_id}"),
        ]

    async def test_what_another_hub_may_not_see_is_not_called_seen(
        self, sign_in: Any, open_case: Any, entries: Entries
    ) -> None:
        browser = await sign_in(Role.STAFF, "nagaoka")

        await browser.get(f"/console/cases/{await open_case()}")

        assert [entry.action for entry in await entries()] == ["case_opened"]

    async def test_what_cannot_be_written_down_is_not_shown(
        self, sign_in: Any, open_case: Any, database: Database, settings: Settings
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        settings.resolved_audit_key_file.write_text("broken")
        database.info["audit_keys"]._keys = None

        answer = await browser.get(f"/console/cases/{case_id}")

        assert answer.status_code == 503
        assert "若い子が続かなくて" not in answer.text


class TestNotifications:
    async def test_targets_deliveries_and_jobs_name_who_changed_them(
        self, sign_in: Any, auth: Any, database: Database
    ) -> None:
        browser = await sign_in(Role.ADMIN, None, login="boss")
        boss = await auth.get_user_by_login("boss")
        form = {"hub_id": "matsumoto", "kind": "mail", "address": "staff@city.example.jp"}
        await browser.post("/console/targets", **form)
        async with database.read() as tx:
            target_id = (await tx.scalars(select(NotificationTarget.id))).one()
        target = f"/console/targets/{target_id}"
        await browser.post(f"{target}/test")
        async with database.write() as tx:
            delivery_id = (await tx.scalars(select(Delivery.id))).one()
            await tx.execute(update(Delivery).values(state=DeliveryState.DEAD))
            job_id = await jobs.enqueue(tx, "chat.forget", {})
            await tx.execute(update(Job).where(Job.id == job_id).values(state=JobState.DEAD))
        await browser.post(f"/console/deliveries/{delivery_id}/retry")
        for _ in range(2):  # The second time it is not dead any more.
            await browser.post(f"/console/reconciliation/jobs/{job_id}/retry")
        await browser.post(f"{target}/switch", on="false")
        await browser.post(f"{target}/remove")

        async with database.read() as tx:
            query = select(AuditEntry).where(AuditEntry.actor_id == boss.id)
            found = (await tx.scalars(query.order_by(AuditEntry.seq))).all()

        assert [(e.action, e.subject) for e in found if e.action != "login_succeeded"] == [
            ("target_saved", f"target:{target_id}"),
            ("target_tested", f"target:{target_id}"),
            ("delivery_retried", f"delivery:{delivery_id}"),
            ("job_retried", f"job:{job_id}"),
            ("target_switched", f"target:{target_id}"),
            ("target_removed", f"target:{target_id}"),
        ]
