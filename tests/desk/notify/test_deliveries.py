"""From the event to the proof: queueing and delivering."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from desk.db import Database, new_id, now
from desk.jobs.models import Job, JobState
from desk.jobs.worker import Worker
from desk.notify.errors import DeliveryError
from desk.notify.messages import wording
from desk.notify.models import BUREAU, DeliveryState, NoticeKind
from desk.notify.outbox import queue_notice
from desk.notify.wiring import Notifications
from tests.desk.notify.delivery_steps import add, job_states, make_due
from tests.desk.notify.helpers import deliveries, notice, queue


class TestQueue:
    async def test_each_target_of_the_hub_gets_one_delivery_and_one_job(
        self, database: Database, built: Notifications
    ):
        await add(built)
        await add(built, "webhook")
        await add(built, hub="nagaoka")

        assert await queue(database) == 2

        assert len(await deliveries(database)) == 2
        assert await job_states(database) == [JobState.QUEUED] * 2

    async def test_the_same_event_is_queued_once_however_often_and_at_once(
        self, database: Database, built: Notifications
    ):
        await add(built)

        told = await asyncio.gather(*(queue(database, key="case:1:2") for _ in range(8)))

        assert told == [1] * 8
        assert len(await deliveries(database)) == 1
        assert len(await job_states(database)) == 1

    async def test_nothing_is_queued_when_the_transaction_fails(
        self, database: Database, built: Notifications
    ):
        await add(built)

        async def fail_after_queueing() -> None:
            async with database.write() as tx:
                await queue_notice(tx, notice())
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await fail_after_queueing()

        assert await deliveries(database) == []
        assert await job_states(database) == []

    async def test_a_hub_without_a_target_is_told_nowhere(
        self, database: Database, built: Notifications
    ):
        switched_off = await add(built)
        await built.targets.switch(switched_off, enabled=False)
        removed = await add(built, "webhook")
        await built.targets.remove(removed)

        assert await queue(database) == 0

    async def test_kintone_gets_cases_and_nothing_else(
        self, database: Database, built: Notifications
    ):
        await add(built, "kintone", hub=BUREAU)

        told = await queue(database, hub_id=BUREAU, kind=NoticeKind.RECONCILIATION, case_id=None)

        assert told == 0


class TestDeliver:
    async def test_a_mail_tells_number_date_and_link_and_no_person(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built)
        case_id = new_id()
        await queue(database, case_id=case_id)

        await worker.run_due()

        (mail,) = ports.mail.sent
        assert mail.to == "staff@city.example.jp"
        assert "MAT-2611-0001" in mail.subject
        assert "2026年11月27日（金）" in mail.body
        assert f"https://desk.example.jp/console/cases/{case_id}" in mail.body
        (delivery,) = await deliveries(database)
        assert (delivery.state, delivery.attempts) == (DeliveryState.SENT, 1)
        assert delivery.proof == "printed, not sent"
        assert delivery.sent_at is not None
        assert await job_states(database) == [JobState.DONE]

    async def test_a_webhook_gets_a_cloud_event(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built, "webhook")
        await queue(database, key="case:1:2")

        await worker.run_due()

        (call,) = ports.webhook.sent
        assert call.id == "case:1:2"
        event = built.notify._messages.cloud_event((await deliveries(database))[0])
        assert event["specversion"] == "1.0"
        assert event["type"] == "jinjibu.case_announced"
        assert event["source"] == "https://desk.example.jp"
        assert event["subject"] == "MAT-2611-0001"
        assert event["data"]["promised_on"] == "2026-11-27"

    async def test_kintone_gets_the_mapped_fields(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built, "kintone")
        await queue(database)

        await worker.run_due()

        (record,) = ports.kintone.sent
        assert (record.key_field, record.key) == ("receipt", "MAT-2611-0001")
        assert record.values == {"kind": "新しい相談", "due": "2026-11-27"}
        assert record.token == "right-token"

    async def test_a_failing_target_holds_up_neither_itself_nor_others(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built)
        await add(built, "webhook")
        ports.mail.failures.append(DeliveryError("451 later"))
        await queue(database)
        await queue(database)

        await worker.run_due()

        states = [(d.state, d.last_error) for d in await deliveries(database)]
        assert sorted(states, key=str) == [
            (DeliveryState.PENDING, "451 later"),
            (DeliveryState.SENT, None),
            (DeliveryState.SENT, None),
            (DeliveryState.SENT, None),
        ]

    async def test_a_failed_one_is_sent_later(
        self,
        database: Database,
        built: Notifications,
        worker: Worker,
        ports: Any,
        counted: list[tuple[str, str]],
    ):
        await add(built)
        ports.mail.failures.append(DeliveryError("451 later"))
        await queue(database)
        await worker.run_due()

        await make_due(database)
        await worker.run_due()

        (delivery,) = await deliveries(database)
        assert (delivery.state, delivery.attempts) == (DeliveryState.SENT, 2)
        assert counted == [("mail", "failed"), ("mail", "sent")]

    async def test_records_of_one_case_keep_their_order(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built, "kintone")
        case_id = new_id()
        ports.kintone.failures.append(DeliveryError("HTTP 503"))
        await queue(database, case_id=case_id)
        await queue(database, case_id=case_id, kind=NoticeKind.CASE_ESCALATED)

        await worker.run_due()
        assert ports.kintone.sent == []
        await make_due(database)
        await worker.run_due()

        assert [r.values["kind"] for r in ports.kintone.sent] == [
            wording()["notices"][kind] for kind in ("case_announced", "case_escalated")
        ]

    async def test_a_job_that_runs_twice_sends_once(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built)
        await queue(database)
        await worker.run_due()
        async with database.write() as tx:
            await tx.execute(update(Job).values(state=JobState.QUEUED, run_at=now()))

        assert await worker.run_due() == 1

        assert len(ports.mail.sent) == 1

    async def test_what_waits_for_a_removed_target_is_cancelled(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        target = await add(built)
        await queue(database)
        await built.targets.remove(target)

        await worker.run_due()

        assert ports.mail.sent == []
        assert [d.state for d in await deliveries(database)] == [DeliveryState.CANCELLED]

    async def test_a_fault_of_ours_shows_on_the_delivery(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built)
        ports.mail.failures.append(ZeroDivisionError())
        await queue(database)

        await worker.run_due()

        (delivery,) = await deliveries(database)
        assert delivery.last_error == "unexpected ZeroDivisionError on our side"

    async def test_a_secret_that_is_gone_is_named(
        self, database: Database, built: Notifications, worker: Worker
    ):
        await add(built, "webhook")
        built.notify._secrets._secrets.clear()  # type: ignore[attr-defined]
        await queue(database)

        await worker.run_due()

        (delivery,) = await deliveries(database)
        assert delivery.state == DeliveryState.DEAD
        assert "There is no secret 'hook'" in str(delivery.last_error)
