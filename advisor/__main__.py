"""Command line of the advisor: check the knowledge, hold the interview, explain its result.

The only place of the advisor that looks at the clock: today, in Japan, unless ``--on`` is given.
"""

import argparse
import datetime as dt
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TextIO

from advisor.commands.ask import Outlet, ask
from advisor.commands.explain import print_explanations
from advisor.commands.scripted import converse
from advisor.commands.situation_file import (
    SituationRefusedError,
    load_situation,
    parse_situation,
)
from advisor.errors import KnowledgeError, UnknownIdError
from advisor.knowledge import KnowledgeBase, load_knowledge, read_knowledge
from advisor.situation import Situation

JST: Final = dt.timezone(dt.timedelta(hours=9), "JST")
_STDIN: Final = Path("-")

Command = Callable[[argparse.Namespace, KnowledgeBase], int]


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


def _run_ask(parsed: argparse.Namespace, kb: KnowledgeBase) -> int:
    situation = Situation()
    if parsed.situation is not None:
        situation = load_situation(parsed.situation, kb)
    hold = converse if parsed.json else ask
    outlet = Outlet(stdin=sys.stdin, stdout=sys.stdout, save=parsed.save)
    try:
        return hold(kb, outlet, on=parsed.on, situation=situation, is_full=parsed.full)
    except OSError as exc:
        if exc.filename is None:
            raise
        print(f"[ERROR] {exc.filename}: cannot be written: {exc.strerror}", file=sys.stderr)
        return 1


def _run_explain(parsed: argparse.Namespace, kb: KnowledgeBase) -> int:
    if parsed.situation == _STDIN:
        situation = parse_situation(sys.stdin.read(), kb, shown_path="-")
    else:
        situation = load_situation(parsed.situation, kb)
    return print_explanations(
        kb,
        sys.stdout,
        on=parsed.on,
        situation=situation,
        program_id=parsed.program,
        as_json=parsed.json,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m advisor", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("validate", help="check a knowledge folder and print problems")
    command.add_argument("folder", type=Path, nargs="?", default=Path("knowledge"))
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--on", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="date of the answer (today)"
    )
    shared.add_argument(
        "--knowledge", type=Path, default=Path("knowledge"), metavar="FOLDER", help="(knowledge)"
    )
    command = commands.add_parser("ask", parents=[shared], help="hold the interview (Japanese)")
    command.add_argument("--situation", type=Path, metavar="FILE", help="go on from this file")
    command.add_argument("--full", action="store_true", help="go straight to the full profile")
    command.add_argument("--save", type=Path, metavar="FILE", help="keep what was said here")
    command.add_argument("--json", action="store_true", help="one JSON object a line, for scripts")
    command.set_defaults(run=_run_ask)
    command = commands.add_parser(
        "explain", parents=[shared], help="tell for every program why it stands where it stands"
    )
    command.add_argument("situation", type=Path, metavar="SITUATION.json", help="or - for stdin")
    command.add_argument("--program", metavar="ID", help="only this program")
    command.add_argument("--json", action="store_true", help="JSON instead of sentences")
    command.set_defaults(run=_run_explain)
    return parser


def _run(run: Command, parsed: argparse.Namespace) -> int:
    """Run a command to the last line, so that a closed output shows here."""
    code = run(parsed, load_knowledge(parsed.knowledge))
    sys.stdout.flush()
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name.

    Returns:
        0, or 1 when the knowledge, a situation or an id is refused (the reasons stand on stderr),
        or when the reader closed the output; 130 after an interruption from the keyboard.
    """
    parsed = _parser().parse_args(arguments)
    if parsed.command == "validate":
        return validate(parsed.folder)
    parsed.on = parsed.on or dt.datetime.now(JST).date()
    run: Command = parsed.run
    try:
        return _run(run, parsed)
    except BrokenPipeError:
        # The reader, such as head, has seen enough; nothing may be left to flush at the end.
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
    except (KnowledgeError, SituationRefusedError) as exc:
        for problem in exc.problems:
            print(problem, file=sys.stderr)
    except UnknownIdError as exc:
        print(f"[ERROR] {exc}", file=sys.stderr)
    return 1


def use_utf8(*streams: TextIO) -> None:
    """Read and write UTF-8 whatever the locale is, and survive what is not."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":  # pragma: no cover - tests call main()
    use_utf8(sys.stdin, sys.stdout, sys.stderr)
    sys.exit(main())
