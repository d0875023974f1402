"""Owners who write in LINE at once: how soon is LINE answered, and how soon the owner.

Run in desk's environment, from the project root:

    .venv/bin/python bench/line.py                        # 20 owners, 60 s, the whole product
    .venv/bin/python bench/line.py --owners 50 --seconds 120

The product is started as ./run does, with the fake of LINE (tests/line/fake) on the same
machine. LINE gives a server two seconds for a webhook; the time until the owner's answer counts
from the last word and holds the 1.5 seconds for which bubbles typed in a row are gathered.
Exit code 0 if each message was answered once and every answer was a free reply.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.line.fake.line import FakeLine  # noqa: E402 (the root is on the path only now)
from tests.line.fake.serving import running_fake_line  # noqa: E402
from tests.line.fake.users import User  # noqa: E402
from tests.product import Product  # noqa: E402

WORDS = (
    "若い人が続かなくて困っています",
    "燕市の25人の会社です",
    "わからない",
    "いいえ",
    "他には？",
)
PAUSE_SECONDS = 3.0
"""Between an answer and the owner's next words."""
ANSWER_SECONDS = 30.0
LOOK_SECONDS = 0.01
PATIENCE_SECONDS = 30.0
MOST_OWNERS = 100


@dataclass(slots=True)
class Tally:
    """What was measured."""

    webhooks: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    unanswered: int = 0


def main() -> int:
    options = _options()
    tally = Tally()
    with (
        tempfile.TemporaryDirectory(prefix="jinjibu-line-") as folder,
        running_fake_line(lambda: datetime.now(UTC), judged=False) as line,
        Product(Path(folder) / "data", line_file=_table(Path(folder), line)) as product,
    ):
        product.start()
        line.account.webhook.url = f"{product.base}/line/webhook/main"
        # What takes longer than LINE waits is to be measured, not broken off.
        line.account.webhook.patience_seconds = PATIENCE_SECONDS
        asyncio.run(_talk(line, tally, options.owners, options.seconds))
        pushes = len(line.account.pushes)
    print(f"{options.owners} owners, {options.seconds:.0f} s, {len(tally.answers)} messages")
    print(_row("webhook answered, ms", [1000 * each for each in tally.webhooks]))
    print(_row("owner answered, ms", [1000 * each for each in tally.answers]))
    print(f"unanswered {tally.unanswered}, pushes {pushes}")
    return 1 if tally.unanswered or pushes or not tally.answers else 0


def _table(folder: Path, line: FakeLine) -> str:
    path = folder / "line.yml"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump({"accounts": {"main": line.settings()}}), encoding="utf-8")
    return str(path)


async def _talk(line: FakeLine, tally: Tally, owners: int, seconds: float) -> None:
    end = time.perf_counter() + seconds
    async with asyncio.TaskGroup() as group:
        for number in range(owners):
            group.create_task(_owner(line.user(f"社長 {number}"), tally, number / owners, end))


async def _owner(user: User, tally: Tally, share: float, end: float) -> None:
    await asyncio.sleep(PAUSE_SECONDS * share)
    number = 0
    while time.perf_counter() < end:
        before = len(user.delivered)
        answer = await user.says(WORDS[number % len(WORDS)])
        begun = time.perf_counter()
        tally.webhooks.append(answer.seconds)
        # LINE lives in another thread.
        while len(user.delivered) == before and time.perf_counter() < begun + ANSWER_SECONDS:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)
        if len(user.delivered) == before:
            tally.unanswered += 1
        else:
            tally.answers.append(time.perf_counter() - begun)
        number += 1
        await asyncio.sleep(PAUSE_SECONDS)


def _row(name: str, values: Sequence[float]) -> str:
    if len(values) < 2:
        return f"{name}: too few"
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return (
        f"{name}: p50 {cuts[49]:.0f}, p95 {cuts[94]:.0f}, p99 {cuts[98]:.0f}, max {max(values):.0f}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--owners", type=int, default=20, help="at a time (20)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they write (60)")
    options = parser.parse_args()
    if not 1 <= options.owners <= MOST_OWNERS or not 1 <= options.seconds <= 600:
        parser.error(f"--owners is 1 to {MOST_OWNERS}, --seconds 1 to 600")
    return options


if __name__ == "__main__":
    raise SystemExit(main())
