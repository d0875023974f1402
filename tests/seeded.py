"""What the commands that run many seeds have in common."""

import argparse
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def seed_parser(
    prog: str, description: str | None, *, runs: int, together: int, of: str
) -> argparse.ArgumentParser:
    """A parser with the options for which seeds are run, and how.

    Args:
        prog: The command.
        description: What it does.
        runs: Seeds, if nothing else is said.
        together: Runs at a time, if nothing else is said.
        of: What runs side by side, in the plural.
    """
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("--runs", type=int, default=runs, help=f"how many seeds ({runs})")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="first seed (0)")
    parser.add_argument(
        "--together", type=int, default=together, help=f"{of} at a time ({together})"
    )
    parser.add_argument("--verbose", action="store_true", help="a line for each run")
    return parser


def read_options(
    parser: argparse.ArgumentParser, arguments: Sequence[str] | None
) -> argparse.Namespace:
    """The options; numbers that make no sense are refused."""
    options = parser.parse_args(arguments)
    if options.runs < 1 or options.together < 1 or options.first < 0:
        parser.error("--runs and --together are at least 1, --first at least 0")
    return options


def progress_bar(console: Console) -> Progress:
    """A bar with the number of runs and the time that is left."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeRemainingColumn(), console=console)
