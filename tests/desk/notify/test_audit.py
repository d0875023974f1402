"""What the audit log says of targets and deliveries."""

from typing import Any

import pytest
from sqlalchemy import select, update

from desk.audit.models import AuditEntry
from desk.db import Database, new_id
from desk.jobs.worker import Worker
from desk.notify.errors import DeliveryError, DeliveryNotDeadError, TargetRefusedError
from desk.notify.models import Delivery, DeliveryState
from desk.notify.ports import Ports
from desk.notify.targets import TargetDraft
from desk.notify.wiring import Notifications
from tests.desk.notify.helpers import deliveries

MAIL = TargetDraft(hub_id="matsumoto", kind="mail", address="staff@city.example.jp")
HOOK = TargetDraft(
    hub_id="matsumoto",
    kind="webhook",
    address="https://hook.example.jp/in",
    secret_names=("hook",),
)


async def audited(database: Database) -> list[dict[str, Any]]:
    async with database.read() as tx:
        entries = (await tx.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all()
    names = ("action", "actor", "actor_id", "subject", "details")
    return [{name: getattr(entry, name) for name in names} for entry in entries]


class TestTargets:
    async def test_every_change_names_who_made_it(self, built: Notifications, database: Database):
        admin = new_id()

        target = await built.targets.save(MAIL, by=admin)
        await built.targets.switch(target.id, enabled=False, by=admin)
        await built.targets.queue_test(target.id, by=admin)
        await built.targets.remove(target.id, by=admin)

        entries = await audited(database)
        assert [entry["action"] for entry in entries] == [
            "target_saved",
            "target_switched",
            "target_tested",
            "target_removed",
        ]
        assert {(e["actor"], e["actor_id"], e["subject"]) for e in entries} == {
            ("staff", admin, f"target:{target.id}")
        }
        assert entries[1]["details"] == {"hub_id": "matsumoto", "enabled": False}

    async def test_the_operators_deeds_are_theirs(self, built: Notifications, database: Database):
        target = await built.targets.save(MAIL)
        await built.targets.test(target.id)

        entries = await audited(database)

        assert [(e["action"], e["actor"]) for e in entries] == [
            ("target_saved", "operator"),
            ("target_tested", "operator"),
        ]

    async def test_no_address_stands_in_it(self, built: Notifications, database: Database):
        await built.targets.save(MAIL)

        assert MAIL.address not in str(await audited(database))

    async def test_a_refused_target_leaves_nothing(self, built: Notifications, database: Database):
        bad = TargetDraft(hub_id="osaka", kind="mail", address="staff@city.example.jp")

        with pytest.raises(TargetRefusedError):
            await built.targets.save(bad)

        assert await audited(database) == []

    async def test_a_receiver_that_wants_nothing_more_is_switched_off_by_the_system(
        self, built: Notifications, database: Database, ports: Ports, worker: Worker
    ):
        target = await built.targets.save(HOOK)
        await built.targets.queue_test(target.id)
        failures: list[Exception] = getattr(ports.webhook, "failures")  # noqa: B009 (the twin's)
        failures.append(DeliveryError("410", gone=True))

        await worker.run_due()

        last = (await audited(database))[-1]
        assert (last["action"], last["actor"]) == ("target_switched", "system")
        assert last["subject"] == f"target:{target.id}"


class TestRetry:
    async def test_it_names_who_asked_for_it_and_counts_once(
        self, built: Notifications, database: Database
    ):
        staff = new_id()
        target = await built.targets.save(MAIL)
        await built.targets.queue_test(target.id)
        (delivery,) = await deliveries(database)
        async with database.write() as tx:
            await tx.execute(update(Delivery).values(state=DeliveryState.DEAD))

        await built.notify.retry(delivery.id, "matsumoto", by=staff)
        with pytest.raises(DeliveryNotDeadError):
            await built.notify.retry(delivery.id, "matsumoto", by=staff)

        retried = [e for e in await audited(database) if e["action"] == "delivery_retried"]
        assert [(e["actor_id"], e["subject"]) for e in retried] == [
            (staff, f"delivery:{delivery.id}")
        ]
