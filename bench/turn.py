"""How fast the whole product answers, beside Rasa as it comes.

Run from the project root, in desk's environment, on a quiet machine:

    .venv/bin/python bench/turn.py                      # the product alone
    .venv/bin/python bench/turn.py --peer               # beside the stock peer, all sentences
    .venv/bin/python bench/turn.py --peer --sentences 640   # a share of them: minutes, not hours

The peer is trained on the same sentences with Rasa's usual pipeline (SpacyNLP ja_ginza, DIET,
TED) and served by its REST channel with an action server and a SQLite tracker store. Read
ratios, not milliseconds: both run on the same machine and are asked by turns, a few sentences
each, so that its moods meet both alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.peer import stock  # noqa: E402
from bench.peer.sentences import load_sentences  # noqa: E402
from tests.product import OwnerClient, Product, free_port  # noqa: E402

TOKEN = "token-of-the-tests"  # noqa: S105
WORDS = (
    "求人を出しても応募がありません",
    "燕市の金属加工で、25人です",
    "わからない",
    "個人情報はどう扱われますか",
    "新現役交流会はいくらかかりますか",
    "若い人が続かなくて困っています",
)
BLOCK = 20
"""Sentences or turns before it is the other side's turn."""
EVENTS_A_TURN = 8
"""About so many tracker events a turn makes; used to reach a length."""


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "p50": round(statistics.median(values), 1),
        "p95": round(percentile(values, 0.95), 1),
        "n": len(values),
    }


def memory_mb(pids: Sequence[int]) -> int:
    """Resident memory of processes and their children."""
    total, waiting, seen = 0, list(pids), set()
    while waiting:
        pid = waiting.pop()
        if pid in seen:
            continue
        seen.add(pid)
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            continue
        line = next((row for row in status.splitlines() if row.startswith("VmRSS")), "VmRSS 0")
        total += int(line.split()[1])
        waiting += [int(child) for child in children]
    return total // 1024


def held_out(limit: int) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for path in sorted((ROOT / "tests" / "nlu").rglob("*.yml")):
        if not path.name.startswith("_"):
            found = yaml.safe_load(path.read_text(encoding="utf-8")) or []
            rows += [(row["text"], row["intent"]) for row in found]
    step = max(1, len(rows) // limit) if limit else 1
    return rows[::step]


def turn_times(say: Callable[[str], object], turns: int) -> list[float]:
    return [timed(lambda n=n: say(WORDS[n % len(WORDS)])) for n in range(turns)]


def growth(say: Callable[[str], object], events: int) -> dict[str, float]:
    """Turn time around the 10th event and around the last, in one conversation."""
    times = turn_times(say, max(12, events // EVENTS_A_TURN))
    early, late = statistics.median(times[1:7]), statistics.median(times[-6:])
    return {"early_ms": round(early, 1), "late_ms": round(late, 1), "ratio": round(late / early, 2)}


def at_once(make: Callable[[int], Callable[[str], object]], owners: int) -> dict[str, Any]:
    """Several owners at once; errors are counted."""

    def talk(number: int) -> tuple[list[float], int]:
        try:
            return turn_times(make(number), len(WORDS)), 0
        except (httpx.HTTPError, AssertionError):
            return [], 1

    with ThreadPoolExecutor(owners) as pool:
        results = list(pool.map(talk, range(owners)))
    times = [t for found, _ in results for t in found]
    return {**spread(times), "errors": sum(failed for _, failed in results)}


class Side(NamedTuple):
    """One of the two, running."""

    parse: Callable[[str], str]
    """Gives the intent of a text."""
    meet: Callable[[str], Callable[[str], object]]
    """Gives what an owner of this name says its turns by."""
    pids: Sequence[int]
    figures: dict[str, Any]
    """What was measured so far."""


@contextmanager
def product_side(folder: Path) -> Iterator[Side]:
    """The product with everything that belongs to it."""
    settings = {"messages_per_ten_seconds": "100000", "conversations_per_minute": "100000"}
    product = Product(folder / "ours", **settings)
    began = time.monotonic()
    with product.start():
        figures: dict[str, Any] = {"start_s": round(time.monotonic() - began, 1)}
        base = f"http://127.0.0.1:{product.rasa_port}"
        with httpx.Client(base_url=base, timeout=30, trust_env=False) as rasa:

            def parse(text: str) -> str:
                answer = rasa.post("/model/parse", params={"token": TOKEN}, json={"text": text})
                return str(answer.json()["intent"]["name"])

            assert product.process is not None
            pids = [product.process.pid]
            yield Side(parse, lambda _: OwnerClient(product.base).say, pids, figures)


@contextmanager
def peer_side(options: argparse.Namespace, folder: Path) -> Iterator[Side]:
    """The stock peer, trained if need be."""
    folder = options.peer_folder or folder / "peer"
    is_trained = any(folder.glob("models/*.tar.gz"))
    ports = {"rasa": free_port(), "actions": free_port()}
    sentences = load_sentences(options.sentences, seed=1)
    stock.write_project(folder, sentences, ports)
    figures: dict[str, Any] = {"sentences": sum(map(len, sentences.values()))}
    if not is_trained:
        figures["train_s"] = round(stock.train(folder), 1)
    with stock.StockPeer(folder, ports) as peer:
        figures["start_s"] = round(peer.start_seconds, 1)

        def meet(name: str) -> Callable[[str], object]:
            return lambda text: peer.say(name, text)

        yield Side(peer.parse, meet, [process.pid for process in peer.processes], figures)


def measure_parses(sides: Sequence[Side], rows: Sequence[tuple[str, str]]) -> None:
    """Parse times and intents, the sides taking turns after every few sentences."""
    times: list[list[float]] = [[] for _ in sides]
    right = [0 for _ in sides]
    for first in range(0, len(rows), BLOCK):
        for number, side in enumerate(sides):
            for text, intent in rows[first : first + BLOCK]:
                found: list[str] = []
                times[number].append(timed(lambda: found.append(side.parse(text))))  # noqa: B023
                right[number] += found[0] == intent
    for side, own, count in zip(sides, times, right, strict=True):
        side.figures["parse_ms"] = spread(own)
        side.figures["intent_accuracy"] = round(count / len(rows), 4)


def measure_turns(sides: Sequence[Side], turns: int) -> None:
    """Turn times of one owner each, the sides taking turns as well."""
    owners = [side.meet("one") for side in sides]
    times: list[list[float]] = [[] for _ in sides]
    for _ in range(0, turns, BLOCK):
        for number, say in enumerate(owners):
            times[number] += turn_times(say, BLOCK)
    for side, own in zip(sides, times, strict=True):
        side.figures["turn_ms"] = spread(own)


def measure(sides: Sequence[Side], options: argparse.Namespace) -> None:
    """All figures of the running sides."""
    for side in sides:
        turn_times(side.meet("warm-up"), len(WORDS))
    measure_parses(sides, held_out(options.held_out))
    measure_turns(sides, options.turns)
    for side in sides:
        side.figures["growth"] = growth(side.meet("long"), options.events)
        side.figures["owners_at_once"] = at_once(
            lambda number, side=side: side.meet(f"owner {number}"), options.owners
        )
        side.figures["memory_mb"] = memory_mb(side.pids)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=120, help="turns of one owner")
    parser.add_argument("--events", type=int, default=500, help="length of the long conversation")
    parser.add_argument("--owners", type=int, default=20, help="owners at once")
    parser.add_argument("--held-out", type=int, default=300, help="sentences to parse; 0 for all")
    parser.add_argument("--peer", action="store_true", help="also measure the stock peer")
    parser.add_argument("--sentences", type=int, default=0, help="the peer's sentences; 0 for all")
    parser.add_argument(
        "--peer-folder", type=Path, help="keep the trained peer here, or use the one that is here"
    )
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        sides = {}
        if options.peer:
            sides["peer"] = running.enter_context(peer_side(options, Path(name)))
        sides["product"] = running.enter_context(product_side(Path(name)))
        measure(list(sides.values()), options)
    report = json.dumps({name: side.figures for name, side in sides.items()}, indent=2)
    print(report)
    if options.json:
        options.json.write_text(report + "\n")


if __name__ == "__main__":
    main()
