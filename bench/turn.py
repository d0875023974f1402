"""How fast the whole product answers, beside Rasa as it comes.

Run from the project root, in desk's environment, on a quiet machine:

    .venv/bin/python bench/turn.py                      # the product alone
    .venv/bin/python bench/turn.py --peer               # beside the stock peer, all sentences
    .venv/bin/python bench/turn.py --peer --sentences 640   # a share of them: minutes, not hours

The peer is trained on the same sentences with Rasa's usual pipeline (SpacyNLP ja_ginza, DIET,
TED) and served by its REST channel with an action server and a SQLite tracker store. Read
ratios, not milliseconds: both run one after the other on the same machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

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


def parse_figures(parse: Callable[[str], str], rows: Sequence[tuple[str, str]]) -> dict[str, Any]:
    right = 0
    times = []
    for text, intent in rows:
        found: list[str] = []
        times.append(timed(lambda text=text, found=found: found.append(parse(text))))
        right += found[0] == intent
    return {"parse_ms": spread(times), "intent_accuracy": round(right / len(rows), 4)}


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


def measure_product(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
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

            figures |= parse_figures(parse, held_out(options.held_out))
        figures["turn_ms"] = spread(turn_times(OwnerClient(product.base).say, options.turns))
        figures["growth"] = growth(OwnerClient(product.base).say, options.events)
        figures["owners_at_once"] = at_once(lambda _: OwnerClient(product.base).say, options.owners)
        assert product.process is not None
        figures["memory_mb"] = memory_mb([product.process.pid])
    return figures


def measure_peer(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
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
        figures |= parse_figures(peer.parse, held_out(options.held_out))
        figures["turn_ms"] = spread(turn_times(lambda text: peer.say("one", text), options.turns))
        figures["growth"] = growth(lambda text: peer.say("long", text), options.events)
        figures["owners_at_once"] = at_once(
            lambda number: lambda text: peer.say(f"owner {number}", text), options.owners
        )
        figures["memory_mb"] = memory_mb([process.pid for process in peer.processes])
    return figures


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
    with tempfile.TemporaryDirectory() as name:
        figures = {"product": measure_product(options, Path(name))}
        print(json.dumps(figures["product"], indent=2))
        if options.peer:
            figures["peer"] = measure_peer(options, Path(name))
            print(json.dumps(figures["peer"], indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
