"""Runs leave one report, and raise the alarm when they find something."""

import asyncio
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import func, select, update

from desk.db import now
from desk.jobs import service as jobs
from desk.jobs.cron import Cron, ensure_cron
from desk.jobs.models import Job, JobState
from desk.notify.models import Delivery, NoticeKind
from desk.reconcile.models import ReconciliationReport
from desk.reconcile.service import RECONCILE_JOB
from tests.desk.reconcile.world import World

RUN = "nightly:2026-11-24"


async def let_jobs_die(world: World, count: int) -> None:
    async with world.database.write() as tx:
        for _ in range(count):
            await jobs.enqueue(tx, "chat.forget", {})
        await tx.execute(update(Job).values(state=JobState.DEAD))


async def alarms(world: World) -> list[Delivery]:
    async with world.database.read() as tx:
        query = select(Delivery).where(Delivery.notice == NoticeKind.RECONCILIATION)
        return list(await tx.scalars(query))


class TestNightly:
    async def test_a_clean_run_leaves_a_report_and_calls_nobody(self, world: World):
        await world.hand_off("matsumoto")

        await world.app.state.reconcile.run_nightly(RUN)

        (report,) = await world.app.state.reconcile.list_reports()
        assert (report.run, report.finding_count, report.findings) == (RUN, 0, [])
        assert report.checked["receipts"] == 1
        assert await alarms(world) == []

    async def test_what_is_found_is_reported_with_ids_and_the_bureau_is_told(
        self, world: World, ports: Any
    ):
        await let_jobs_die(world, 2)

        await world.app.state.reconcile.run_nightly(RUN)
        await world.work()

        (report,) = await world.app.state.reconcile.list_reports()
        assert report.finding_count == 2
        assert {tuple(finding) for finding in report.findings} == {("kind", "job_id")}
        (mail,) = ports.mail.sent
        assert mail.to == "staff@bureau.example.jp"
        assert "2件の食い違い" in mail.subject
        assert mail.body.count("/console/reconciliation") == 1

    async def test_the_same_night_is_reported_and_told_once_over_all_processes(self, world: World):
        await let_jobs_die(world, 1)

        await asyncio.gather(*(world.app.state.reconcile.run_nightly(RUN) for _ in range(4)))

        assert len(await world.app.state.reconcile.list_reports()) == 1
        assert len(await alarms(world)) == 1

    async def test_the_worker_does_it_when_it_is_due(self, app: FastAPI, world: World):
        nightly = Cron(name="nightly", kind=RECONCILE_JOB, at=app.state.settings.nightly_at)
        async with world.database.write() as tx:
            await ensure_cron(tx, nightly, now() - timedelta(days=1))

        await world.work()

        runs = {report.run for report in await app.state.reconcile.list_reports()}
        assert f"nightly:{nightly.last_due(now() - timedelta(days=1))}" in runs

    async def test_the_number_shows_among_the_metrics(self, app: FastAPI, world: World):
        await let_jobs_die(world, 3)

        await app.state.reconcile.run_nightly(RUN)

        shown = bytes(app.state.metrics.render().body).decode()
        assert "jinjibu_reconciliation_findings 3.0" in shown


class TestByHand:
    async def test_it_reports_and_calls_nobody(self, world: World):
        await let_jobs_die(world, 1)

        report = await world.app.state.reconcile.run_now()

        assert report.run.startswith("manual:")
        assert report.finding_count == 1
        assert await alarms(world) == []

    async def test_it_can_be_done_again_at_any_time(self, world: World):
        await world.app.state.reconcile.run_now()
        await world.app.state.reconcile.run_now()

        async with world.database.read() as tx:
            count = select(func.count()).select_from(ReconciliationReport)
            assert (await tx.execute(count)).scalar_one() == 2
