"""A delivery's life: once per target, tried again, never in the way, dead with an alarm."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from desk.db import Database, new_id, now
from desk.jobs.models import Job, JobState
from desk.jobs.worker import Worker
from desk.notify.errors import DeliveryError, DeliveryNotDeadError, DeliveryNotFoundError
from desk.notify.messages import wording
from desk.notify.models import BUREAU, DeliveryState, NoticeKind
from desk.notify.outbox import queue_notice
from desk.notify.ports import Ports
from desk.notify.service import LONGEST_DELAY_SECONDS, delay_seconds
from desk.notify.targets import TargetDraft
from desk.notify.wiring import Notifications
from tests.desk.notify.helpers import deliveries, notice, queue, target_of

FIELDS = {"case_number": "receipt", "notice": "kind", "promised_on": "due"}


async def add(
    built: Notifications, kind: str = "mail", *, hub: str = "matsumoto", address: str = ""
) -> UUID:
    drafts = {
        "mail": {"address": "staff@city.example.jp"},
        "webhook": {"address": "https://hook.example.jp/in", "secret_names": ("hook",)},
        "kintone": {
            "address": "https://city.cybozu.com",
            "app": "7",
            "field_map": FIELDS,
            "secret_names": ("kintone",),
        },
    }
    given: dict[str, Any] = drafts[kind] | ({"address": address} if address else {})
    return (await built.targets.save(TargetDraft(hub_id=hub, kind=kind, **given))).id


async def make_due(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(update(Job).values(run_at=now() - timedelta(seconds=1)))


async def job_states(database: Database) -> list[str]:
    async with database.read() as tx:
        return list(await tx.scalars(select(Job.state).order_by(Job.id)))


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


class TestDead:
    async def test_a_final_refusal_is_dead_at_once_and_the_bureau_is_told(
        self,
        database: Database,
        built: Notifications,
        worker: Worker,
        ports: Any,
        counted: list[tuple[str, str]],
    ):
        await add(built)
        await add(built, hub=BUREAU, address="bureau@meti.example.jp")
        ports.mail.failures.append(DeliveryError("550 nobody", permanent=True))
        await queue(database)

        await worker.run_due()

        dead, alarm = await deliveries(database)
        assert (dead.state, dead.last_error) == (DeliveryState.DEAD, "550 nobody")
        assert (alarm.notice, alarm.state) == (NoticeKind.DELIVERY_DEAD, DeliveryState.SENT)
        (mail,) = ports.mail.sent
        assert mail.to == "bureau@meti.example.jp"
        assert "https://desk.example.jp/console/deliveries" in mail.body
        assert "メール" in mail.body
        assert counted == [("mail", "dead"), ("mail", "sent")]

    async def test_one_that_always_fails_is_dead_after_its_last_try(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built)
        ports.mail.failures += [DeliveryError("451 later")] * 3
        await queue(database)
        async with database.write() as tx:
            await tx.execute(update(Job).values(max_attempts=3))

        for _ in range(3):
            await make_due(database)
            await worker.run_due()

        (delivery,) = await deliveries(database)
        assert (delivery.state, delivery.attempts) == (DeliveryState.DEAD, 3)
        assert await job_states(database) == [JobState.DEAD]

    async def test_an_alarm_that_cannot_be_sent_makes_no_further_alarm(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built)
        await add(built, hub=BUREAU, address="a@meti.example.jp")
        await add(built, hub=BUREAU, address="b@meti.example.jp")
        ports.mail.failures += [DeliveryError("550 nobody", permanent=True)] * 3
        await queue(database)

        await worker.run_due()

        kinds = [d.notice for d in await deliveries(database)]
        assert kinds == [NoticeKind.CASE_ANNOUNCED, *[NoticeKind.DELIVERY_DEAD] * 2]

    async def test_the_target_that_failed_is_not_told_of_its_own_failure(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built, hub=BUREAU)
        ports.mail.failures.append(DeliveryError("550 nobody", permanent=True))
        await queue(database, hub_id=BUREAU)

        await worker.run_due()

        assert len(await deliveries(database)) == 1

    async def test_a_receiver_that_is_gone_is_switched_off(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        target = await add(built, "webhook")
        await queue(database)
        await queue(database)
        ports.webhook.failures.append(DeliveryError("HTTP 410", gone=True))

        await worker.run_due()

        switched = await target_of(database, target)
        assert (switched.enabled, switched.disabled_reason) == (False, "HTTP 410")
        assert [d.state for d in await deliveries(database)] == [DeliveryState.DEAD] * 2
        assert ports.webhook.sent == []


class TestRetry:
    async def dead(self, database: Database, worker: Worker, ports: Any) -> UUID:
        ports.mail.failures.append(DeliveryError("550 nobody", permanent=True))
        await queue(database)
        await worker.run_due()
        return (await deliveries(database))[-1].id

    async def test_a_dead_one_is_sent_once_more(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built)
        delivery_id = await self.dead(database, worker, ports)

        await built.notify.retry(delivery_id, "matsumoto")
        await worker.run_due()

        (delivery,) = await deliveries(database)
        assert (delivery.state, delivery.rounds) == (DeliveryState.SENT, 1)
        assert len(ports.mail.sent) == 1

    async def test_pressing_twice_queues_once(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built)
        delivery_id = await self.dead(database, worker, ports)
        await built.notify.retry(delivery_id, None)

        with pytest.raises(DeliveryNotDeadError):
            await built.notify.retry(delivery_id, None)

        assert await job_states(database) == [JobState.DEAD, JobState.QUEUED]

    async def test_another_hubs_delivery_is_not_there(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built)
        delivery_id = await self.dead(database, worker, ports)

        with pytest.raises(DeliveryNotFoundError):
            await built.notify.retry(delivery_id, "nagaoka")

    async def test_one_that_dies_again_raises_a_new_alarm(
        self, database: Database, built: Notifications, worker: Worker, ports: Any
    ):
        await add(built)
        await add(built, hub=BUREAU, address="bureau@meti.example.jp")
        ports.mail.failures.append(DeliveryError("550 nobody", permanent=True))
        await queue(database)
        await worker.run_due()
        first = (await deliveries(database))[0]
        ports.mail.failures.append(DeliveryError("550 nobody", permanent=True))

        await built.notify.retry(first.id, None)
        await worker.run_due()

        alarms = [d for d in await deliveries(database) if d.notice == NoticeKind.DELIVERY_DEAD]
        assert [d.event_key for d in alarms] == [f"dead:{first.id}:0", f"dead:{first.id}:1"]


class TestDelay:
    def test_it_grows_and_ends_at_an_hour_spread_by_a_fifth(self):
        for attempt, middle in ((1, 10), (2, 30), (3, 90), (6, 2430), (7, 3600), (30, 3600)):
            assert 0.8 * middle <= delay_seconds(attempt) <= 1.2 * LONGEST_DELAY_SECONDS
            assert delay_seconds(attempt) <= 1.2 * middle


class TestWorkers:
    async def test_two_workers_send_each_delivery_once(
        self, database: Database, built: Notifications, ports: Ports
    ):
        await add(built)
        for _ in range(20):
            await queue(database)
        workers = [Worker(database, {"notify.deliver": built.notify.deliver}) for _ in range(2)]

        await asyncio.gather(*(worker.run_due() for worker in workers))

        sent = ports.mail.sent  # type: ignore[attr-defined]
        assert len({mail.id for mail in sent}) == len(sent) == 20
