"""The promise clock is killed with -9 over and over; each step happens once all the same."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import func, select, update

from desk.cases.fold import derive_state, stored_state
from desk.cases.models import Case, CaseEvent, CaseStatus, EventKind
from desk.cases.service import CaseDraft, CaseService
from desk.chat.models import Author, Conversation, Message
from desk.config import JST, Settings
from desk.db import Base, Database, new_id, now
from desk.jobs.models import Job, JobState
from desk.vault.keys import KeyFile
from desk.vault.service import open_database

WORKER = Path(__file__).with_name("promise_worker.py")
OPENED = datetime(2099, 11, 20, 10, tzinfo=JST)
"""So far ahead that no job is due by itself: the test says when its time has come."""
ROUNDS = [
    datetime(2099, 11, 24, 10, tzinfo=JST),  # a day of the hub's hours later
    datetime(2099, 11, 26, 9, tzinfo=JST),  # the morning of the promised day
    datetime(2099, 11, 27, 0, tzinfo=JST),  # that day is over
    datetime(2099, 12, 10, 9, tzinfo=JST),  # those on hold wake
]
CASES = 24
KILLS = 2
"""In each round; what they leave undone is done in a later one."""
MOST_ROUNDS = 20
"""Of the work that is left at the end."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of the database that the worker opens too."""
    KeyFile(tmp_path / "keys.json").create()
    return Settings(_env_file=None, data=tmp_path)


@pytest_asyncio.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(settings)
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield database
    await database.close()


async def _open_cases(database: Database) -> list[UUID]:
    cases = CaseService(database, today=OPENED.date, clock=lambda: OPENED, promise_business_days=3)
    for number in range(CASES):
        async with database.write() as tx:
            row = Conversation(
                id=new_id(), token_hash=new_id().hex, expires_at=now() + timedelta(days=1)
            )
            tx.add(row)
        await cases.open_case(
            CaseDraft(
                conversation_id=row.id,
                handoff_number=1,
                turn_id=str(number),
                hub_id="tsubame",
                prefix="TSU",
                headline="若い子が続かない",
                snapshot={},
                consent={"share_info": True, "hubs": ["tsubame"]},
            )
        )
    opened = await cases.list_cases(None, limit=CASES)
    for case in opened[: CASES // 2]:
        await cases.change_status(
            case.id,
            None,
            new_id(),
            status=CaseStatus.SNOOZED,
            hold_until=ROUNDS[-1],
            version=1,
        )
    return [case.id for case in opened]


async def _let_time_pass(database: Database, moment: datetime) -> None:
    """Make due what is due at `moment`; the leases of the dead run out."""
    past = now() - timedelta(days=1)
    async with database.write() as tx:
        await tx.execute(
            update(Job)
            .where(Job.state.in_([JobState.RUNNING, JobState.QUEUED]), Job.run_at <= moment)
            .values(lease_until=past, run_at=past)
        )


async def _jobs_left(database: Database) -> int:
    async with database.read() as tx:
        left = select(func.count()).where(Job.state != JobState.DONE)
        return int((await tx.execute(left)).scalar_one())


def _work(settings: Settings, moment: datetime, *, kill_after: float | None) -> None:
    child = subprocess.Popen(
        [sys.executable, str(WORKER), str(settings.data), moment.astimezone(UTC).isoformat()],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "working"
    if kill_after is not None:
        time.sleep(kill_after)
        child.kill()
    child.wait(timeout=60)
    child.stdout.close()


@pytest.mark.parametrize("seed", [1])
async def test_every_step_happens_once_whenever_the_worker_dies(
    database: Database, settings: Settings, seed: int
) -> None:
    chosen = random.Random(seed)
    case_ids = await _open_cases(database)

    for moment in ROUNDS:
        for _ in range(KILLS):
            await _let_time_pass(database, moment)
            _work(settings, moment, kill_after=chosen.uniform(0.0, 0.4))
    for _ in range(MOST_ROUNDS):
        if not await _jobs_left(database):
            break
        await _let_time_pass(database, ROUNDS[-1])
        _work(settings, ROUNDS[-1], kill_after=None)
    assert await _jobs_left(database) == 0

    async with database.read() as tx:
        for case_id in case_ids:
            events = list(
                await tx.scalars(
                    select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.seq)
                )
            )
            case = await tx.get_one(Case, case_id)
            steps = [e.body["step"] for e in events if e.kind == EventKind.ESCALATED]
            assert steps == ["hub", "lead", "bureau"]
            assert derive_state(events) == stored_state(case)
            counted = Counter(event.kind for event in events)
            assert counted[EventKind.OWNER_TOLD] == 1
            assert counted[EventKind.WOKEN] == counted[EventKind.STATUS_CHANGED]
            query = select(func.count()).where(
                Message.conversation_id == case.conversation_id, Message.author == Author.SYSTEM
            )
            assert (await tx.execute(query)).scalar_one() == 1
