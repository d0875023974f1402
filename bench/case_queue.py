"""The queue and the search with very many cases: how soon is the first page there.

Run in desk's environment, from the project root:

    .venv/bin/python bench/case_queue.py --cases 1000 100000
    .venv/bin/python bench/case_queue.py --cases 1000000 --messages 0 --sqlite

For each number of cases a database is made (PostgreSQL from the wheel, or an SQLite file),
filled in bulk and asked by HTTP within this process, each page several times. One case in a
hundred is open, up to 2,000; they belong to eight hubs. With --messages 0 all cases share one
empty conversation, so that a million of them are made in minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import structlog
from sqlalchemy import insert, text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from advisor.knowledge import load_knowledge  # noqa: E402 (the root is on the path only now)
from desk.app import create_app  # noqa: E402
from desk.auth.dependencies import COOKIE, COOKIE_PATH  # noqa: E402
from desk.auth.models import Role  # noqa: E402
from desk.cases.counts import tidy_counts  # noqa: E402
from desk.cases.models import Case  # noqa: E402
from desk.chat.models import Author, Conversation, Message  # noqa: E402
from desk.chat.ports import ScriptedDialogueEngine  # noqa: E402
from desk.config import SecondFactorRule, Settings  # noqa: E402
from desk.db import Database, new_id, now  # noqa: E402
from desk.migrate import migrate  # noqa: E402
from desk.vault.models import SearchEntry  # noqa: E402
from desk.vault.searching import SearchableRow, entry_of  # noqa: E402
from desk.vault.service import open_database, prepare, vault_of  # noqa: E402
from desk.vault.types import BoundDict, BoundText  # noqa: E402
from tests.servers import Databases, PostgresServer  # noqa: E402

CHUNK = 1000
HUBS = ("matsumoto", "nagaoka", "tsubame", "mishima", "hitachi", "shiojiri", "daigo", "hitachiota")
MOST_OPEN = 2000
REPEATS = 15
TODAY = date(2026, 11, 24)
PARTS = (
    "若い人が続かず、求人を出しても応募がありません。",
    "燕市で金属加工をしています。25人です。",
    "副業の人に手伝ってもらうことはできますか。",
    "離職が多くて困っています。",
    "ベテランが来年定年で、後を継ぐ人がいません。",
    "賃上げをしたいのですが、原資がありません。",
    "外国の方を雇う手続きがわかりません。",
    "補助金の締め切りはいつですか。",
)
RARE = "夜勤の手当の規程"
SEARCHES = {"common word": "求人", "two words": "離職 定年", "rare word": RARE, "none": "宇宙飛行"}
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--cases", type=int, nargs="+", default=[1000, 100_000])
    parser.add_argument("--messages", type=int, default=2, help="of the owner, in each case's talk")
    parser.add_argument("--sqlite", action="store_true", help="SQLite in place of PostgreSQL")
    arguments = parser.parse_args()
    server = None if arguments.sqlite else PostgresServer(syncs=True)
    try:
        for count in arguments.cases:
            with tempfile.TemporaryDirectory() as folder:
                url = f"sqlite:///{folder}/bench.db"
                if server is not None:
                    url = Databases(server).make(None)
                settings = Settings(
                    _env_file=None,
                    data=Path(folder),
                    database_url=url,
                    today=TODAY,
                    require_totp=SecondFactorRule.NONE,
                )
                asyncio.run(measure(settings, count, arguments.messages))
    finally:
        if server is not None:
            server.remove()


async def measure(settings: Settings, count: int, messages: int) -> None:
    """Fill a database and ask for pages."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    database = open_database(settings)
    await migrate(database)
    await prepare(database, settings)
    started = time.monotonic()
    await fill(database, count, messages)
    print(f"{count:,} cases made in {time.monotonic() - started:.0f} s")
    await tidy_counts(database)
    await analyse(database)
    await database.close()
    app = create_app(
        settings, engine=ScriptedDialogueEngine(), knowledge=load_knowledge(ROOT / "knowledge")
    )
    for role, hub in ((Role.STAFF, HUBS[0]), (Role.BUREAU, None)):
        user = f"bench-{role}"
        await app.state.auth.create_user(user, "Bench", role, hub, "correct horse battery")
        who = await app.state.auth.get_user_by_login(user)
        token = await app.state.auth.start_session(who.id)
        await ask(app, token, role)
    await app.state.database.close()
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


async def ask(app: Any, token: str, role: str) -> None:
    """Time the pages for one person."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as client:
        client.cookies.set(COOKIE, token, domain="bench.test", path=COOKIE_PATH)
        for name, query in (
            ("first page", ""),
            ("closed", "?filter=closed"),
            ("overdue", "?overdue=1"),
            ("by priority", "?sort=priority"),
        ):
            await report(f"{role}: {name}", lambda q=query: client.get(f"/console{q}"))
        page = (await client.get("/console/search")).text
        found = TOKEN.search(page)
        assert found is not None
        headers = {"Sec-Fetch-Site": "same-origin"}
        for name, typed in SEARCHES.items():
            data = {"q": typed, "csrf_token": found.group(1)}
            await report(
                f"{role}: search, {name}",
                lambda d=data: client.post("/console/search", data=d, headers=headers),
            )


async def report(name: str, get: Any) -> None:
    """Ask several times and print the median and the longest."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        answer = await get()
        times.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, (name, answer.status_code)
    hits = answer.text.count("found-item") or answer.text.count('class="queue-row')
    median, longest = statistics.median(times), max(times)
    print(f"  {name:32} {median:8.1f} ms median {longest:8.1f} ms longest  ({hits} rows)")


async def fill(database: Database, count: int, messages: int) -> None:
    """Insert the cases, with a progress bar."""
    dice = random.Random(7)
    opened = max(1, min(MOST_OPEN, count // 100))
    shared = None
    if not messages:
        shared = new_id()
        async with database.write() as tx:
            await tx.execute(insert(Conversation).values(_talk(shared)))
    for first in range(0, count, CHUNK):
        numbers = range(first, min(count, first + CHUNK))
        rows = [row for n in numbers for row in _rows(dice, n, count, opened, messages, shared)]
        async with database.write() as tx:
            for table in (Conversation, Message, Case, SearchEntry):
                values = [values for kind, values in rows if kind is table]
                if table is SearchEntry:
                    values = list(_entries(database, rows))
                if values:
                    await tx.execute(insert(table), values)
        _show(numbers.stop, count)


def _rows(
    dice: random.Random, number: int, count: int, opened: int, messages: int, shared: UUID | None
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The rows of one case."""
    talk = shared or new_id()
    if shared is None:
        yield Conversation, _talk(talk, last_seq=messages)
    for seq in range(1, messages + 1):
        row = new_id()
        words = "".join(dice.sample(PARTS, 3)) + (RARE if dice.random() < 0.0005 else "")
        yield (
            Message,
            {
                "id": row,
                "conversation_id": talk,
                "seq": seq,
                "author": Author.USER,
                "author_name": "",
                "text": BoundText(words, row.hex),
                "content": BoundDict({}, row.hex),
                "created_at": now(),
            },
        )
    yield Case, _case(dice, number, talk, is_open=number >= count - opened)


def _talk(talk: UUID, last_seq: int = 0) -> dict[str, Any]:
    return {
        "id": talk,
        "token_hash": talk.hex,
        "last_seq": last_seq,
        "expires_at": now() + timedelta(days=1),
        "updated_at": now(),
        "created_at": now(),
    }


def _case(dice: random.Random, number: int, talk: UUID, *, is_open: bool) -> dict[str, Any]:
    row = new_id()
    return {
        "id": row,
        "number": f"B{number:08}",
        "hub_id": HUBS[number % len(HUBS)],
        "conversation_id": talk,
        "handoff_number": number + 1,
        "turn_id": row.hex,
        "status": dice.choice(("received", "working", "waiting")) if is_open else "closed",
        "headline": BoundText(dice.choice(PARTS), row.hex),
        "snapshot": BoundDict({}, row.hex),
        "contact": BoundDict({"company_name": f"{number:x}製作所"}, row.hex),
        "consent": {},
        "promised_on": TODAY + timedelta(days=dice.randrange(-5, 10) if is_open else -90),
        "priority": dice.choice((0, 0, 0, 1, 2)) if is_open else 0,
        "created_at": now(),
        "updated_at": now(),
    }


def _entries(database: Database, rows: Sequence[tuple[Any, dict[str, Any]]]) -> Iterator[Any]:
    """What the hooks of the objects would have written."""
    vault = vault_of(database)
    for table, values in rows:
        if table is not Conversation:
            made: SearchableRow = table(**values)
            if (entry := entry_of(made, vault)) is not None:
                yield entry


def _show(done: int, count: int) -> None:
    if sys.stderr.isatty() or done == count:
        width = 40 * done // count
        end = "\n" if done == count else ""
        sys.stderr.write(f"\r[{'#' * width:<40}] {done:,} of {count:,}{end}")
        sys.stderr.flush()


async def analyse(database: Database) -> None:
    """Bring the planner's numbers up to date, as a service that runs for a while has them."""
    async with database.engine.connect() as connection:
        if database.is_sqlite:
            await connection.execute(text("ANALYZE"))
            await connection.commit()
            return
        apart = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await apart.execute(text("VACUUM ANALYZE"))


if __name__ == "__main__":
    main()
