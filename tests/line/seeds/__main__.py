"""Runs many seeded plans of users of LINE and of bad luck: `./check line`."""

import argparse
import multiprocessing
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from rich.console import Console

from tests.conftest import BACKENDS
from tests.line.seeds import bench
from tests.line.seeds.runs import Outcome
from tests.seeded import progress_bar, read_options, seed_parser

RUNS = 300
TOGETHER = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds; 1 if one was broken."""
    options = _options(arguments)
    console = Console(soft_wrap=True)
    seeds = range(options.first, options.first + options.runs)
    outcomes: list[Outcome] = []
    with progress_bar(console) as progress:
        task = progress.add_task("Runs", total=len(seeds))
        for outcome in _run(seeds, options):
            outcomes.append(outcome)
            progress.advance(task)
            if outcome.violations:
                progress.console.print(f"seed {outcome.plan.seed} is broken", highlight=False)
            elif options.verbose:
                said = f"{outcome.seconds:6.1f} s  {outcome.plan}"
                progress.console.print(said, markup=False, highlight=False)
    console.print(summary(outcomes), markup=False, highlight=False)
    broken = sorted((each for each in outcomes if each.violations), key=lambda o: o.plan.seed)
    for outcome in broken:
        _print_violation(console, outcome, options.database)
    return 1 if broken else 0


def _run(seeds: Sequence[int], options: argparse.Namespace) -> Iterator[Outcome]:
    context = multiprocessing.get_context("spawn")
    together = min(options.together, len(seeds))
    with ProcessPoolExecutor(
        together, mp_context=context, initializer=bench.begin, initargs=(options.database,)
    ) as pool:
        for each in as_completed([pool.submit(bench.run, seed) for seed in seeds]):
            yield each.result()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = seed_parser("./check line", __doc__, runs=RUNS, together=TOGETHER, of="runs")
    parser.add_argument("--database", choices=BACKENDS, default=BACKENDS[0])
    return read_options(parser, arguments)


def summary(outcomes: Sequence[Outcome]) -> str:
    """The figures of all runs."""
    sends: Counter[str] = Counter()
    for outcome in outcomes:
        sends += outcome.sends
    seconds = [outcome.seconds for outcome in outcomes]
    lines = [
        f"{len(outcomes)} runs with {sum(each.deeds for each in outcomes)} events",
        f"deaths: {sum(each.deaths for each in outcomes)}",
        f"broken runs: {sum(bool(each.violations) for each in outcomes)}",
        f"seconds a run: median {statistics.median(seconds):.1f}, longest {max(seconds):.1f}",
        *(f"  {number:5d}  {kind}" for kind, number in sorted(sends.items())),
    ]
    return "\n".join(lines)


def _print_violation(console: Console, outcome: Outcome, database: str) -> None:
    console.print(f"\nBROKEN  {outcome.plan}", markup=False, highlight=False)
    for violation in outcome.violations:
        console.print(f"  - {violation}", markup=False, highlight=False)
    more = "" if database == BACKENDS[0] else f" --database {database}"
    command = f"./check line --runs 1 --first {outcome.plan.seed}{more}"
    console.print(f"Repeat it: {command}", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
