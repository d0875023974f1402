"""Runs seeds against one desk and says what a run broke."""

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.live_desk import LiveDesk
from tests.carry.owner import Seen, talk
from tests.carry.proxy import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one seed gave."""

    seed: int
    words: int
    seconds: float
    resent: int
    faults: Counter[Fault]
    violations: tuple[str, ...]


async def run_seeds(
    desk: LiveDesk, seeds: Iterable[int], *, together: int, broken: str | None = None
) -> AsyncIterator[Outcome]:
    """Run the seeds, some at a time, in one Chromium; gives each outcome when it is there."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        turn = asyncio.Semaphore(together)

        async def run(seed: int) -> Outcome:
            async with turn:
                begun = time.monotonic()
                seen, proxy = await talk(browser, desk.settings.port, seed, broken=broken)
                return Outcome(
                    seed=seed,
                    words=len(seen.words),
                    seconds=time.monotonic() - begun,
                    resent=seen.resent,
                    faults=proxy.met,
                    violations=tuple(violations(seen, seed, database_of(desk))),
                )

        tasks = [asyncio.create_task(run(seed)) for seed in seeds]
        try:
            for done in asyncio.as_completed(tasks):
                yield await done
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await browser.close()


def database_of(desk: LiveDesk) -> Path:
    """The file of the desk's database."""
    return desk.settings.data / "jinjibu.db"


def violations(seen: Seen, seed: int, database: Path) -> list[str]:
    """What was lost, doubled or out of order, at the pages and in the database."""
    found = [f"error in the page: {error}" for error in seen.errors]
    if seen.problem:
        found.append(seen.problem)
    rows = _rows(database, seed)
    own = [text for _, author, text, _ in rows if author == "user"]
    answers = [text for _, author, text, _ in rows if author == "bot"]
    found += _once("database", seen.words, own)
    found += _once("database", [f"echo: {words}" for words in seen.words], answers)
    if len({conversation for conversation, *_ in rows}) > 1:
        found.append("the words lie in several conversations")
    steady = [words for words in seen.words if words not in seen.ever_failed]
    if [text for text in own if text in steady] != steady:
        found.append(f"written as {steady}, stored as {own}")
    for name, shown in seen.pages.items():
        as_shown = [(each["author"], each["text"], each["seq"]) for each in shown]
        if as_shown != [(author, text, seq) for _, author, text, seq in rows]:
            found.append(f"{name} page shows {as_shown}, the database has {rows}")
    return found


def _rows(database: Path, seed: int) -> list[tuple[str, str, str, int]]:
    query = (
        "SELECT hex(conversation_id), author, text, seq FROM message"
        " WHERE text LIKE ? ORDER BY conversation_id, seq"
    )
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query, (f"%s{seed}m%",)).fetchall()


def _once(where: str, expected: Sequence[str], found: Sequence[str]) -> list[str]:
    counted = Counter(found)
    return [
        f"{where}: {text!r} is there {counted[text]} times"
        for text in expected
        if counted[text] != 1
    ]
