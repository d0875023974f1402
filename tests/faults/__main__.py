"""Runs many seeded faults against the whole product: `./check faults`."""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.faults.plan import Target
from tests.faults.runs import SETTINGS, TODAY, Outcome, run_seeds
from tests.product import Product
from tests.seeded import progress_bar, read_options, seed_parser

RUNS = 300
TOGETHER = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds; 1 at the first violation."""
    options = _options(arguments)
    console = Console(soft_wrap=True)
    seeds = range(options.first, options.first + options.runs)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="jinjibu-faults-") as folder:
        product = Product(Path(folder) / "data", today=TODAY, **SETTINGS)
        console.print("Starting the product ...")
        with product.start("--no-train"), progress_bar(console) as progress:
            task = progress.add_task("Runs", total=len(seeds))
            for outcome in run_seeds(product, seeds, together=options.together):
                outcomes.append(outcome)
                progress.advance(task)
                if options.verbose:
                    progress.console.print(f"{outcome.seconds:6.1f} s  {outcome.plan}")
                if outcome.violations:
                    break
    console.print(summary(outcomes))
    broken = [outcome for outcome in outcomes if outcome.violations]
    for outcome in broken:
        _print_violation(console, outcome, options.together)
    return 1 if broken else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = seed_parser("./check faults", __doc__, runs=RUNS, together=TOGETHER, of="owners")
    parser.epilog = "With --together 1 a seed is repeated most exactly."
    return read_options(parser, arguments)


def summary(outcomes: Sequence[Outcome]) -> Table:
    """What happened, by what was struck."""
    table = Table("struck", "runs", "median s", "longest s", "sent again", "to a person", "broken")
    for target in Target:
        of_target = [each for each in outcomes if each.plan.target is target]
        if of_target:
            table.add_row(target.value, *_figures(of_target))
    table.add_section()
    if outcomes:
        table.add_row("all", *_figures(outcomes))
    return table


def _figures(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    seconds = [each.seconds for each in outcomes]
    return (
        str(len(outcomes)),
        f"{statistics.median(seconds):.1f}",
        f"{max(seconds):.1f}",
        str(sum(each.sent_again for each in outcomes)),
        str(sum(each.gave_up for each in outcomes)),
        str(sum(bool(each.violations) for each in outcomes)),
    )


def _print_violation(console: Console, outcome: Outcome, together: int) -> None:
    seed = outcome.plan.seed
    console.print(f"\nBROKEN  {outcome.plan}", markup=False, highlight=False)
    for violation in outcome.violations:
        console.print(f"  - {violation}", markup=False, highlight=False)
    console.print("Repeat it alone:     ./check faults --runs 1 --together 1 --first", seed)
    if together > 1:
        first = max(0, seed - together + 1)
        runs = 2 * together - 1
        console.print(
            f"with its neighbours: ./check faults --runs {runs} --together {together}"
            f" --first {first}",
            highlight=False,
        )


if __name__ == "__main__":
    sys.exit(main())
