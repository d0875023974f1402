"""Talks in the terminal, as the tests hold them."""

import io
import json
from datetime import date
from pathlib import Path

from advisor.commands.ask import Outlet, ask
from advisor.knowledge import KnowledgeBase
from advisor.situation import Situation

NOW = date(2026, 11, 22)


def talk(
    kb: KnowledgeBase,
    *lines: str,
    on: date = NOW,
    situation: Situation | None = None,
    is_full: bool = False,
    save: Path | None = None,
) -> str:
    """Type lines, and read everything that was said."""
    stdout = io.StringIO()
    outlet = Outlet(
        stdin=io.StringIO("".join(f"{line}\n" for line in lines)), stdout=stdout, save=save
    )
    code = ask(kb, outlet, on=on, situation=situation or Situation(), is_full=is_full)
    assert code == 0
    return stdout.getvalue()


def saved(path: Path, kb: KnowledgeBase, *lines: str, **options: object) -> Situation:
    """Type lines, and read the situation that was saved."""
    talk(kb, *lines, save=path, **options)  # type: ignore[arg-type]
    return Situation.from_json(json.loads(path.read_text(encoding="utf-8")))
