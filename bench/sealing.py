"""What sealing costs: a database of an older version sealed, talks read, trackers sealed.

Usage: .venv/bin/python bench/sealing.py [--messages N] [--database URL]

It makes a database as revision 0007 left it, with N messages of talks of 40, in a temporary
folder (or in the empty PostgreSQL database of the address), and tells the time and the memory
of each step.
"""

import argparse
import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from alembic import command
from sqlalchemy import Connection, insert, select
from sqlalchemy.types import JSON

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import desk.models  # noqa: F401 (every table must be known)
from bot.channels.tracker_seal import TrackerSeal
from desk.chat.models import Conversation, Message
from desk.chat.repository import list_after
from desk.config import Settings
from desk.db import Base, Database, new_id, now
from desk.migrate import _config, migrate
from desk.vault.service import check, open_database, prepare

BEFORE = "0007"
TALK = 40
CHUNK = 10_000
TRACKER_BYTES = 60_000
OWNER = "燕市で金属加工をしています。25人です。若い人が続かず、求人を出しても応募がありません。"
CONTENT = {"question": {"key": "F4.future_talk", "choices": [{"title": "ない", "value": 0}] * 5}}
HEARD = {"intent": "inform_company", "confidence": 0.98, "entities": [{"value": "燕市"}] * 4}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--database", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data=Path(folder), database_url=arguments.database)
        asyncio.run(measure(settings, arguments.messages))
    measure_tracker()


async def measure(settings: Settings, count: int) -> None:
    """Fill, migrate, seal, read."""
    database = open_database(settings)
    async with database.engine.begin() as connection:
        await connection.run_sync(_upgrade)
        await connection.run_sync(_fill, count)
    with step(f"marking {count} messages (revision 0008)", count):
        await migrate(database)
    with step(f"sealing {count} messages", count):
        await prepare(database, settings)
    with step("looking for messages that are not sealed"):
        await check(database)
    async with database.read() as tx:
        talks = (await tx.scalars(select(Conversation.id).limit(50))).all()
    print(f"reading a talk of {TALK} messages: {await _read(database, talks):.1f} ms (median)")
    await database.close()


async def _read(database: Database, talks: Any) -> float:
    times = []
    for talk in talks:
        begin = time.perf_counter()
        async with database.read() as tx:
            await list_after(tx, talk, 0)
        times.append((time.perf_counter() - begin) * 1000)
    return median(times)


@contextmanager
def step(name: str, count: int = 0) -> Iterator[None]:
    """Print how long it took, and the most memory that the process has used so far."""
    begin = time.perf_counter()
    yield
    seconds = time.perf_counter() - begin
    each = f", {seconds / count * 1e6:.0f} µs each" if count else ""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name}: {seconds:.2f} s{each}; at most {most} MB", flush=True)


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, BEFORE)


def _fill(connection: Connection, count: int) -> None:
    for first in range(0, count, CHUNK):
        talks = [new_id() for _ in range(0, min(CHUNK, count - first), TALK)]
        connection.execute(insert(Base.metadata.tables["conversation"]), [_talk(t) for t in talks])
        rows = [_message(talk, seq) for talk in talks for seq in range(1, TALK + 1)]
        connection.exec_driver_sql(*_plain_insert(connection, rows))


def _talk(talk: UUID) -> dict[str, Any]:
    return {"id": talk, "token_hash": talk.hex, "expires_at": now()}


def _message(talk: UUID, seq: int) -> dict[str, Any]:
    is_owner = seq % 2 == 1
    return {
        "id": new_id(),
        "conversation_id": talk,
        "seq": seq,
        "author": "user" if is_owner else "bot",
        "author_name": "",
        "text": OWNER,
        "content": {} if is_owner else CONTENT,
        "understanding": HEARD if is_owner else None,
        "created_at": now(),
    }


def _plain_insert(connection: Connection, rows: list[dict[str, Any]]) -> tuple[str, Any]:
    """The statement and its rows as the older version wrote them."""
    dialect, names = connection.dialect, list(rows[0])
    kinds = {name: Message.__table__.c[name].type for name in names}
    kinds |= {"content": JSON(), "understanding": JSON(none_as_null=True), "text": None}
    binds = {
        name: kind.dialect_impl(dialect).bind_processor(dialect) if kind is not None else None
        for name, kind in kinds.items()
    }
    mark = "?" if dialect.name == "sqlite" else "%s"
    values = [
        tuple(bind(row[n]) if (bind := binds[n]) is not None else row[n] for n in names)
        for row in rows
    ]
    marks = ", ".join([mark] * len(names))
    return f"INSERT INTO message ({', '.join(names)}) VALUES ({marks})", values  # noqa: S608


def measure_tracker() -> None:
    """Seal and open a tracker as long as they become."""
    seal = TrackerSeal({"k": os.urandom(32)})
    text = json.dumps([OWNER], ensure_ascii=False)
    text *= TRACKER_BYTES // len(text.encode())
    times = []
    for _ in range(200):
        begin = time.perf_counter()
        seal.open(seal.seal(text, "c"), "c")
        times.append(time.perf_counter() - begin)
    print(f"sealing and opening a tracker of 60 kB: {median(times) * 1e6:.0f} µs (median)")


if __name__ == "__main__":
    main()
