"""Command line: ``python -m advisor validate knowledge/``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from advisor.knowledge import read_knowledge


def validate(folder: Path) -> int:
    """Print every problem of a knowledge folder; give 1 if there is one, else 0."""
    base, problems = read_knowledge(folder)
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problem(s) in {folder}")
        return 1
    counts = (
        f"{len(base.programs)} programs, {len(base.questions)} questions, "
        f"{len(base.places.municipalities)} municipalities"
    )
    print(f"{folder}: no problems ({counts})")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m advisor", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("validate", help="check a knowledge folder and print problems")
    command.add_argument("folder", type=Path, nargs="?", default=Path("knowledge"))
    parsed = parser.parse_args(arguments)
    return validate(parsed.folder)


if __name__ == "__main__":  # pragma: no cover - tests call main()
    sys.exit(main())
