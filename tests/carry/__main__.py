"""Runs many seeded talks through a faulty proxy in a real browser: `./check carry`."""

import argparse
import asyncio
import logging
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from desk.observability import set_up_logging
from tests.browser.live_desk import running_desk
from tests.carry.owner import BREAKS
from tests.carry.proxy import Fault
from tests.carry.runs import Outcome, run_seeds
from tests.seeded import progress_bar, read_options, seed_parser

RUNS = 200
TOGETHER = 6


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds; 1 if one was broken."""
    options = _options(arguments)
    console = Console(soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="jinjibu-carry-") as folder:
        outcomes = asyncio.run(_run(Path(folder), options, console))
    console.print(summary(outcomes), markup=False, highlight=False)
    broken = [outcome for outcome in outcomes if outcome.violations]
    for outcome in broken:
        console.print(f"\nBROKEN  seed {outcome.seed}", highlight=False)
        for violation in outcome.violations:
            console.print(f"  - {violation}", markup=False, highlight=False)
        console.print(f"Repeat it: ./check carry --runs 1 --first {outcome.seed}", highlight=False)
    return 1 if broken else 0


async def _run(folder: Path, options: argparse.Namespace, console: Console) -> list[Outcome]:
    outcomes = []
    seeds = range(options.first, options.first + options.runs)
    with running_desk(folder) as desk, progress_bar(console) as progress:
        set_up_logging(logging.CRITICAL)  # What fails is meant to.
        task = progress.add_task("Talks", total=len(seeds))
        async for outcome in run_seeds(
            desk, seeds, together=options.together, broken=options.broken
        ):
            outcomes.append(outcome)
            progress.advance(task)
            if outcome.violations:
                progress.console.print(f"seed {outcome.seed} is broken", highlight=False)
            elif options.verbose:
                progress.console.print(f"{outcome.seconds:6.1f} s  seed {outcome.seed}")
    return outcomes


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = seed_parser("./check carry", __doc__, runs=RUNS, together=TOGETHER, of="talks")
    parser.add_argument("--broken", choices=list(BREAKS), help="take one guard out of the page")
    return read_options(parser, arguments)


def summary(outcomes: Sequence[Outcome]) -> str:
    """The figures of all runs."""
    faults: Counter[Fault] = Counter()
    for outcome in outcomes:
        faults += outcome.faults
    seconds = [outcome.seconds for outcome in outcomes]
    lines = [
        f"{len(outcomes)} talks, {sum(outcome.words for outcome in outcomes)} messages",
        f"broken talks: {sum(bool(outcome.violations) for outcome in outcomes)}",
        f"seconds a talk: median {statistics.median(seconds):.1f}, longest {max(seconds):.1f}",
        f"sent again by hand: {sum(outcome.resent for outcome in outcomes)}",
        *(f"  {faults[fault]:5d}  {fault.value}" for fault in Fault if faults[fault]),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
