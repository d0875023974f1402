"""Writers of SQLite at once: how long one waits for the others, queued and not.

Run in desk's environment, from the project root:

    .venv/bin/python bench/writers.py                        # 15 writers, 20 transactions each
    .venv/bin/python bench/writers.py --writers 30 --times 50

Each writer writes, pauses for a fifth of a second, and writes again. "Queued" is what desk does:
the writers of one process wait in their order (`desk.db.Database.write`). "Unqueued" gives each
writer a `Database` of its own, so that only SQLite's busy timeout lies between them.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from desk.db import Database

PAUSE_SECONDS = 0.2
MOST_WRITERS = 100


def main() -> int:
    options = _options()
    for name, is_queued in (("queued", True), ("unqueued", False)):
        waits = asyncio.run(_measure(options.writers, options.times, is_queued=is_queued))
        print(_row(name, [1000 * each for each in waits]))
    return 0


async def _measure(writers: int, times: int, *, is_queued: bool) -> Sequence[float]:
    """Seconds from each wish to write until it was committed."""
    with tempfile.TemporaryDirectory(prefix="jinjibu-writers-") as folder:
        url = f"sqlite+aiosqlite:///{folder}/bench.db"
        databases = [Database(url) for _ in range(1 if is_queued else writers)]
        async with databases[0].write() as tx:
            await tx.execute(text("CREATE TABLE notes (writer INTEGER, number INTEGER)"))
        waits: list[float] = []
        async with asyncio.TaskGroup() as group:
            for writer in range(writers):
                database = databases[writer % len(databases)]
                group.create_task(_write(database, writer, times, waits))
        for database in databases:
            await database.close()
    return waits


async def _write(database: Database, writer: int, times: int, waits: list[float]) -> None:
    for number in range(times):
        begun = time.perf_counter()
        async with database.write() as tx:
            for _ in range(2):
                await tx.execute(
                    text("INSERT INTO notes VALUES (:writer, :number)"),
                    {"writer": writer, "number": number},
                )
                await tx.execute(text("SELECT count(*) FROM notes"))
        waits.append(time.perf_counter() - begun)
        await asyncio.sleep(PAUSE_SECONDS)


def _row(name: str, values: Sequence[float]) -> str:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return (
        f"{name}, ms: p50 {cuts[49]:.0f}, p95 {cuts[94]:.0f}, p99 {cuts[98]:.0f},"
        f" max {max(values):.0f}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--writers", type=int, default=15, help="at a time (15)")
    parser.add_argument("--times", type=int, default=20, help="transactions of each (20)")
    options = parser.parse_args()
    if not 1 <= options.writers <= MOST_WRITERS or options.times < 2:
        parser.error(f"--writers is 1 to {MOST_WRITERS}, --times at least 2")
    return options


if __name__ == "__main__":
    raise SystemExit(main())
