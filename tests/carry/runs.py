"""Runs seeds against one desk and says what a run broke."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from playwright.async_api import async_playwright
from sqlalchemy import select

from desk.chat.models import Message
from desk.config import Settings
from desk.vault.service import open_database
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
                seconds = time.monotonic() - begun
                rows = await stored(desk.settings, seed)
                return Outcome(
                    seed=seed,
                    words=len(seen.words),
                    seconds=seconds,
                    resent=seen.resent,
                    faults=proxy.met,
                    violations=tuple(violations(seen, rows)),
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


Row = tuple[str, str, str, int]
"""Conversation, author, text and number of a stored message."""


async def stored(settings: Settings, seed: int) -> list[Row]:
    """The messages with words of this seed, in order."""
    database = open_database(settings)
    async with database.read() as tx:
        query = select(Message).order_by(Message.conversation_id, Message.seq)
        found = [
            (each.conversation_id.hex, each.author, str(each.text), each.seq)
            for each in await tx.scalars(query)
            if f"s{seed}m" in each.text
        ]
    await database.close()
    return found


def violations(seen: Seen, rows: Sequence[Row]) -> list[str]:
    """What was lost, doubled or out of order, at the pages and in the database."""
    found = [f"error in the page: {error}" for error in seen.errors]
    if seen.problem:
        found.append(seen.problem)
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


def _once(where: str, expected: Sequence[str], found: Sequence[str]) -> list[str]:
    counted = Counter(found)
    return [
        f"{where}: {text!r} is there {counted[text]} times"
        for text in expected
        if counted[text] != 1
    ]
