"""A worker of the promise clock alone, for tests that kill it: `promise_worker.py DATA MOMENT`.

It works as desk does, but its clock stands at MOMENT, and it ends when nothing is due.
"""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[2]))

from advisor.knowledge import load_knowledge
from desk.cases.hubs import parties_of
from desk.cases.service import ANNOUNCE_JOB, PROMISE_JOB, WAKE_JOB, CaseService
from desk.chat.stream import Fanout
from desk.chat.voice import ConversationVoice
from desk.config import ROOT, Settings
from desk.jobs.models import Job
from desk.jobs.worker import Worker
from desk.vault.service import open_database


async def main(data: Path, moment: datetime) -> None:
    """Do every job that is due."""
    database = open_database(Settings(_env_file=None, data=data))
    kb = load_knowledge(ROOT / "knowledge")
    cases = CaseService(
        database,
        today=moment.date,
        clock=lambda: moment,
        promise_business_days=3,
        hubs=parties_of(kb),
        voice=ConversationVoice(kb, Fanout()),
    )

    async def check(job: Job) -> None:
        await cases.check_promise(UUID(job.payload["case_id"]))

    async def wake(job: Job) -> None:
        await cases.wake(UUID(job.payload["case_id"]))

    async def announce(job: Job) -> None:
        await cases.announce(UUID(job.payload["case_id"]))

    handlers = {PROMISE_JOB: check, WAKE_JOB: wake, ANNOUNCE_JOB: announce}
    print("working", flush=True)
    await Worker(database, handlers).run_due()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])))
