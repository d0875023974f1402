"""Many owners at once against the running product: is every message answered once, how fast.

Run in desk's environment, from the project root; --plots needs matplotlib (group bench):

    .venv/bin/python bench/load.py                        # starts ./run itself, 50 owners, 120 s
    .venv/bin/python bench/load.py --base http://127.0.0.1:8000
    .venv/bin/python bench/load.py --postgresql           # with a PostgreSQL of its own
    .venv/bin/python bench/load.py --engine scripted --owners 5 --seconds 10   # without Rasa
    uv run --group bench python bench/load.py --json out.json --plots docs/img

Each owner holds real conversations (bench/load_talks.yml), one after the other, and reads the
event stream beside it. Afterwards each conversation is compared: what the owner sent, what desk
lists, what the stream brought. Exit code 0 if there was no error and nothing lost, doubled or
out of order.

It talks to loopback only, with at most 200 owners for ten minutes. All owners have one address
here, and desk limits what one address and one conversation may do
(JINJIBU_CONVERSATIONS_PER_MINUTE, 600, and JINJIBU_MESSAGES_PER_TEN_SECONDS, 60): an owner who
is told to wait waits, and that is counted apart from errors. The generator shares the
machine with the product, so the figures are a little worse than those of the product alone.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import ipaddress
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.load_check import find_faults  # noqa: E402 (the root is on the path only now)
from bench.load_owner import Owner, Sent, Talk, Tally  # noqa: E402
from tests.product import Product, free_port, wait_until  # noqa: E402

MOST_OWNERS = 200
MOST_SECONDS = 600
START_SECONDS = 90
RAMP_SECONDS = 5.0
"""Owners begin within this time, not all in the same instant."""
SHOWN = 20


def main() -> int:
    arguments = _arguments()
    with _place(arguments) as base:
        talks = asyncio.run(_load(base, arguments, tally := Tally()))
    report = summary(talks, tally, arguments)
    print(json.dumps({k: v for k, v in report.items() if k != "turns"}, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if arguments.plots:
        draw(report["turns"], arguments.plots)
    return 0 if report["is_sound"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--owners", type=int, default=50, help=f"at most {MOST_OWNERS}")
    parser.add_argument("--seconds", type=float, default=120, help=f"at most {MOST_SECONDS}")
    parser.add_argument(
        "--pause", type=float, default=6.0, help="mean seconds an owner reads and types"
    )
    parser.add_argument("--base", help="address of a running product; else one is started")
    parser.add_argument(
        "--engine", choices=["rasa", "scripted"], default="rasa", help="what the started one uses"
    )
    parser.add_argument(
        "--postgresql", action="store_true", help="the started one uses PostgreSQL, not SQLite"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures and every turn's times")
    parser.add_argument("--plots", type=Path, help="folder for load-*.svg")
    arguments = parser.parse_args()
    if not 1 <= arguments.owners <= MOST_OWNERS or not 0 < arguments.seconds <= MOST_SECONDS:
        parser.error(f"at most {MOST_OWNERS} owners and {MOST_SECONDS} seconds")
    if arguments.base and not is_loopback(arguments.base):
        parser.error("only a product on this machine (127.0.0.1, ::1 or localhost) is loaded")
    return arguments


def is_loopback(base: str) -> bool:
    host = httpx.URL(base).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _place(arguments: argparse.Namespace) -> Iterator[str]:
    """The address to load: one that runs, or one that is started and stopped here."""
    if arguments.base:
        yield arguments.base
        return
    with tempfile.TemporaryDirectory() as folder:
        if arguments.engine == "scripted":
            with _scripted(Path(folder)) as base:
                yield base
            return
        with _database(arguments) as settings, Product(Path(folder) / "var", **settings) as product:
            product.start("--no-train")
            yield product.base


@contextmanager
def _database(arguments: argparse.Namespace) -> Iterator[dict[str, str]]:
    """What tells the started product its database: nothing, or a PostgreSQL that syncs."""
    if not arguments.postgresql:
        yield {}
        return
    server = importlib.import_module("tests.servers").PostgresServer(syncs=True)
    try:
        yield {"database_url": server.url()}
    finally:
        server.remove()


@contextmanager
def _scripted(folder: Path) -> Iterator[str]:
    """What desk costs by itself: it runs alone, with an engine that echoes."""
    port = free_port()
    environment = {**os.environ, "JINJIBU_DATA": str(folder), "JINJIBU_PORT": str(port)}
    environment.pop("JINJIBU_DATABASE_URL", None)
    command = [sys.executable, "-c", SCRIPTED_DESK]
    with (folder / "desk.log").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    base = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        assert process.poll() is None, (folder / "desk.log").read_text(errors="replace")[-2000:]
        try:
            return httpx.get(f"{base}/readyz", trust_env=False).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    try:
        wait_until(is_ready, START_SECONDS)
        yield base
    finally:
        process.terminate()
        process.wait(15)


SCRIPTED_DESK = """
import asyncio, uvicorn
from desk.app import create_app
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import Settings
from desk.launcher.steps import migrate_database

settings = Settings()
asyncio.run(migrate_database(settings))
app = create_app(settings, engine=ScriptedDialogueEngine())
uvicorn.run(app, port=settings.port, log_config=None, access_log=False)
"""


async def _load(base: str, arguments: argparse.Namespace, tally: Tally) -> list[Talk]:
    """Let every owner talk until the time is over; their conversations."""
    scripts = yaml.safe_load((ROOT / "bench" / "load_talks.yml").read_text(encoding="utf-8"))
    limits = httpx.Limits(max_connections=4 * arguments.owners, max_keepalive_connections=None)
    began = time.monotonic()
    async with httpx.AsyncClient(
        base_url=base, timeout=30, trust_env=False, limits=limits
    ) as client:
        owners = [
            Owner(
                client,
                scripts,
                tally,
                began=began,
                seconds=arguments.seconds,
                pause=arguments.pause,
                seed=arguments.seed * MOST_OWNERS + number,
            )
            for number in range(arguments.owners)
        ]
        ramp = min(RAMP_SECONDS, arguments.seconds / 4) / arguments.owners
        await asyncio.gather(*(_begin(owner, n * ramp) for n, owner in enumerate(owners)))
    return [talk for owner in owners for talk in owner.done]


async def _begin(owner: Owner, after: float) -> None:
    await asyncio.sleep(after)
    await owner.run()


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {"n": 0}
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    found: dict[str, float] = {k: round(1000 * percentile(values, s)) for k, s in shares.items()}
    return {**found, "n": len(values)}


def summary(talks: Sequence[Talk], tally: Tally, arguments: argparse.Namespace) -> dict[str, Any]:
    faults = [fault for talk in talks for fault in find_faults(talk)]
    sent = [each for talk in talks for each in talk.sent]
    turns = sorted((_times(each) for each in sent), key=lambda turn: turn["at"])
    kinds = Counter(fault.split(":")[0] for fault in faults)
    return {
        "owners": arguments.owners,
        "seconds": arguments.seconds,
        "pause_seconds": arguments.pause,
        "engine": "as it runs" if arguments.base else arguments.engine,
        "cores": os.cpu_count(),
        "conversations": len(talks),
        "messages": len(sent),
        "messages_per_second": round(len(sent) / arguments.seconds, 1),
        "answer_ms": spread([s.answered_seconds for s in sent if s.answered_seconds is not None]),
        "stream_ms": spread([s.streamed_seconds for s in sent if s.streamed_seconds is not None]),
        "answered_later": tally.late,
        "told_to_wait": tally.limited,
        "stream_reconnects": tally.reconnects,
        "errors": dict(Counter(tally.errors).most_common(SHOWN)),
        "faults": dict(kinds),
        "fault_examples": faults[:SHOWN],
        "is_sound": bool(sent) and not faults and not tally.errors,
        "turns": turns,
    }


def _times(sent: Sent) -> dict[str, Any]:
    return {
        "at": round(sent.sent_at, 3),
        "status": sent.status,
        "answer": sent.answered_seconds and round(sent.answered_seconds, 4),
        "stream": sent.streamed_seconds and round(sent.streamed_seconds, 4),
    }


def draw(turns: Sequence[dict[str, Any]], folder: Path) -> None:
    """How long answers took over the run, and which share was there after how long."""
    matplotlib = importlib.import_module("matplotlib")
    matplotlib.use("svg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    folder.mkdir(parents=True, exist_ok=True)
    answered = [(turn["at"], turn["answer"]) for turn in turns if turn["answer"] is not None]
    figure, axes = pyplot.subplots(figsize=(8, 4))
    axes.scatter([a for a, _ in answered], [s for _, s in answered], s=6, alpha=0.5)
    axes.set_xlabel("seconds since the start")
    axes.set_ylabel("seconds until the answer")
    axes.set_ylim(bottom=0)
    _save(pyplot, figure, folder / "load-answers.svg")
    figure, axes = pyplot.subplots(figsize=(5, 4))
    for name, label in (("answer", "by the POST"), ("stream", "by the stream")):
        times = sorted(turn[name] for turn in turns if turn[name] is not None)
        shares = [(n + 1) / len(times) for n in range(len(times))]
        axes.plot(times, shares, label=label)
    axes.set_xlabel("seconds")
    axes.set_ylabel("share of messages answered")
    axes.set_ylim(0, 1)
    axes.set_xlim(left=0)
    axes.legend()
    _save(pyplot, figure, folder / "load-shares.svg")


def _save(pyplot: Any, figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main())
