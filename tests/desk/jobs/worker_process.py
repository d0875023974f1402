"""A worker in a process of its own, that writes down when it begins and ends each job.

    python -m tests.desk.jobs.worker_process DATABASE_URL FILE LEASE_SECONDS

It works until it is stopped or killed.
"""

import asyncio
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

from desk.config import Settings
from desk.db import Database
from desk.jobs.models import Job
from desk.jobs.worker import Worker
from desk.observability import set_up_logging

KIND = "work"


async def main(url: str, file: Path, lease_seconds: float) -> None:
    """Work until the process ends."""
    set_up_logging()
    database = Database(Settings(_env_file=None, database_url=url).resolved_database_url)
    written = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(what: str, job: Job) -> None:
        line = f"{what} {job.id} {os.getpid()} {time.monotonic()}\n"
        os.write(written, line.encode())

    async def work(job: Job) -> None:
        note("begin", job)
        await asyncio.sleep(job.payload["seconds"])
        note("end", job)

    Worker(database, {KIND: work}, lease=timedelta(seconds=lease_seconds), poll_seconds=0.1).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])))
