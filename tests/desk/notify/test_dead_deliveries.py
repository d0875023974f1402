"""Deliveries that were given up, tried again, and by several workers."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from desk.db import Database
from desk.jobs.models import Job, JobState
from desk.jobs.worker import Worker
from desk.notify.errors import DeliveryError, DeliveryNotDeadError, DeliveryNotFoundError
from desk.notify.models import BUREAU, DeliveryState, NoticeKind
from desk.notify.ports import Ports
from desk.notify.service import LONGEST_DELAY_SECONDS, delay_seconds
from desk.notify.wiring import Notifications
from tests.desk.notify.delivery_steps import add, job_states, make_due
from tests.desk.notify.helpers import deliveries, queue, target_of


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
