"""What is done with and old is deleted in batches; what is open stays, however old."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from desk.audit.models import AuditEntry
from desk.audit.service import Actor, record
from desk.auth.models import LoginChallenge, OidcAttempt, Role, StaffSession, StaffUser
from desk.config import Settings
from desk.db import Database, new_id, now
from desk.jobs.cron import ensure_cron
from desk.jobs.models import Job, JobState
from desk.notify.models import Delivery, DeliveryState, NotificationTarget
from desk.notify.repository import find_pruned_before
from desk.pruning.service import Keep, PruneService
from desk.reconcile.models import ReconciliationReport

DAYS = 30
KEEP = Keep(deliveries=DAYS, jobs=DAYS, reports=DAYS, logins=DAYS, line=DAYS, files=DAYS)
OLD, YOUNG = timedelta(days=DAYS, minutes=1), timedelta(days=DAYS, minutes=-1)


async def add(database: Database, *rows: Any) -> None:
    async with database.write() as tx:
        for row in rows:
            tx.add(row)
            await tx.flush()


async def ids_of(database: Database, table: Any) -> set[UUID]:
    async with database.read() as tx:
        return {*(await tx.scalars(select(table.id)))}


def job(state: JobState, at: datetime) -> Job:
    finished = at if state in {JobState.DONE, JobState.DEAD} else None
    return Job(
        id=new_id(), kind="test", state=state, run_at=at, created_at=at, finished_at=finished
    )


@pytest.fixture
async def target(database: Database) -> NotificationTarget:
    row = NotificationTarget(hub_id="tsubame", kind="mail", address="a@city.example.jp")
    await add(database, row)
    return row


@pytest.fixture
async def user(database: Database) -> StaffUser:
    row = StaffUser(
        login="hanako", display_name="花子", password_hash="x", role=Role.STAFF, hub_id="tsubame"
    )
    await add(database, row)
    return row


def delivery(
    target: NotificationTarget, state: DeliveryState, at: datetime, **more: Any
) -> Delivery:
    key = f"test:{new_id()}"
    return Delivery(
        id=new_id(),
        target_id=target.id,
        event_key=key,
        notice="test",
        hub_id="tsubame",
        state=state,
        created_at=at,
        **more,
    )


class TestDeliveries:
    async def test_what_arrived_or_was_cancelled_goes_after_its_days_and_nothing_open(
        self, database: Database, target: NotificationTarget
    ) -> None:
        old, young = now() - OLD, now() - YOUNG
        gone = [delivery(target, DeliveryState.SENT, old, sent_at=old)]
        gone.append(delivery(target, DeliveryState.CANCELLED, old))
        kept = [delivery(target, DeliveryState.SENT, young, sent_at=young)]
        kept.append(delivery(target, DeliveryState.SENT, old, sent_at=young))
        kept += [
            delivery(target, state, old) for state in (DeliveryState.PENDING, DeliveryState.DEAD)
        ]
        await add(database, *gone, *kept)

        counts = await PruneService(database, KEEP).run()

        assert counts["deliveries"] == len(gone)
        assert await ids_of(database, Delivery) == {row.id for row in kept}

    async def test_it_is_noted_before_when_some_may_be_gone_and_never_taken_back(
        self, database: Database
    ) -> None:
        async with database.read() as tx:
            before = await find_pruned_before(tx)
        moment = now()
        await PruneService(database, KEEP, clock=lambda: moment).run()
        longer = Keep(deliveries=10 * DAYS, jobs=0, reports=0, logins=0, line=0, files=0)
        await PruneService(database, longer, clock=lambda: moment).run()

        async with database.read() as tx:
            after = await find_pruned_before(tx)
        assert before is None
        assert after == moment - timedelta(days=DAYS)


class TestJobs:
    async def test_only_those_that_were_done_go(self, database: Database) -> None:
        gone = job(JobState.DONE, now() - OLD)
        kept = [job(state, now() - OLD) for state in JobState if state != JobState.DONE]
        kept.append(job(JobState.DONE, now() - YOUNG))
        await add(database, gone, *kept)

        counts = await PruneService(database, KEEP).run()

        assert counts["jobs"] == 1
        assert await ids_of(database, Job) == {row.id for row in kept}

    @pytest.mark.parametrize("number", [3, 4, 5])
    async def test_more_than_a_batch_goes_in_one_night(
        self, database: Database, number: int
    ) -> None:
        await add(database, *(job(JobState.DONE, now() - OLD) for _ in range(number)))

        counts = await PruneService(database, KEEP, batch=2).run()

        assert counts["jobs"] == number
        assert await ids_of(database, Job) == set()


class TestReports:
    async def test_the_newest_stays_however_old(self, database: Database) -> None:
        reports = [
            ReconciliationReport(
                id=new_id(),
                run=f"nightly:{day}",
                started_at=now() - OLD - timedelta(days=day),
                finished_at=now() - OLD - timedelta(days=day),
                checked={},
                finding_count=0,
                findings=[],
            )
            for day in range(3)
        ]
        await add(database, *reports)

        await PruneService(database, KEEP).run()

        assert await ids_of(database, ReconciliationReport) == {reports[0].id}


class TestLogins:
    def _session(self, user: StaffUser, **moments: datetime) -> StaffSession:
        token = new_id().hex
        values: dict[str, Any] = {"expires_at": now() + timedelta(hours=1), **moments}
        return StaffSession(
            id=new_id(), user_id=user.id, token_hash=token, csrf_token=token, **values
        )

    async def test_ended_and_expired_sessions_go_and_open_ones_stay(
        self, database: Database, user: StaffUser
    ) -> None:
        gone = [
            self._session(user, ended_at=now() - OLD),
            self._session(user, expires_at=now() - OLD),
        ]
        kept = [
            self._session(user, created_at=now() - OLD),
            self._session(user, ended_at=now() - YOUNG),
            self._session(user, expires_at=now() - YOUNG),
        ]
        await add(database, *gone, *kept)

        counts = await PruneService(database, KEEP).run()

        assert counts["sessions"] == len(gone)
        assert await ids_of(database, StaffSession) == {row.id for row in kept}

    async def test_logins_that_nobody_finished_go(
        self, database: Database, user: StaffUser
    ) -> None:
        rows: dict[Any, list[Any]] = {LoginChallenge: [], OidcAttempt: []}
        for age in (OLD, YOUNG):
            over = now() - age
            rows[LoginChallenge].append(
                LoginChallenge(
                    id=new_id(),
                    user_id=user.id,
                    token_hash=new_id().hex,
                    method="password",
                    expires_at=over,
                )
            )
            rows[OidcAttempt].append(
                OidcAttempt(
                    id=new_id(),
                    state_hash=new_id().hex,
                    browser_hash="b",
                    nonce="n",
                    code_verifier="v",
                    target="/console",
                    expires_at=over,
                )
            )
        await add(database, *rows[LoginChallenge], *rows[OidcAttempt])

        await PruneService(database, KEEP).run()

        for table, (_old, young) in rows.items():
            assert await ids_of(database, table) == {young.id}


class TestKeep:
    async def test_zero_keeps_everything(
        self, database: Database, target: NotificationTarget
    ) -> None:
        old = now() - timedelta(days=9999)
        sent = delivery(target, DeliveryState.SENT, old, sent_at=old)
        await add(database, sent, job(JobState.DONE, old))

        counts = await PruneService(
            database, Keep(deliveries=0, jobs=0, reports=0, logins=0, line=0, files=0)
        ).run()

        assert counts == {}
        assert await ids_of(database, Delivery) == {sent.id}
        async with database.read() as tx:
            assert await find_pruned_before(tx) is None

    @pytest.mark.parametrize(("days", "is_taken"), [(0, True), (6, False), (7, True), (-1, False)])
    def test_a_few_days_are_refused(self, days: int, *, is_taken: bool) -> None:
        if is_taken:
            assert Settings(_env_file=None, keep_jobs_days=days).keep_jobs_days == days
        else:
            with pytest.raises(ValidationError):
                Settings(_env_file=None, keep_jobs_days=days)


async def _audited(database: Database) -> set[int]:
    async with database.read() as tx:
        return {*(await tx.scalars(select(AuditEntry.seq)))}


class TestNightly:
    async def test_every_night_has_its_run_and_the_audit_log_stays(self, app: Any) -> None:
        database = app.state.database
        done = job(JobState.DONE, now() - timedelta(days=500))
        async with database.write() as tx:
            tx.add(done)
            record(tx, action="test", actor=Actor.OWNER, actor_id=None, subject="test:1")
            for cron in app.state.worker._crons:
                await ensure_cron(tx, cron, now())
        entries = await _audited(database)

        await app.state.worker.run_due()

        async with database.read() as tx:
            kinds = {*(await tx.scalars(select(Job.kind).where(Job.state == JobState.DONE)))}
        assert done.id not in await ids_of(database, Job)
        assert {"prune.nightly", "reconcile.nightly"} <= kinds
        assert entries
        assert entries <= await _audited(database)
