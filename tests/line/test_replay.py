"""The conversations of the dialogue tests once more, in LINE: the same cards and cases."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from advisor.loading import load_yaml
from tests.conversations.test_conversations import FILES, act, cases_of, check, check_cases
from tests.line.fake.line import FakeLine
from tests.line.fake.serving import running_fake_line
from tests.line.line_owner import Desk, LineOwner
from tests.product import Product

pytestmark = pytest.mark.server
TODAY = "2026-11-24"
"""The day of the conversations that name none, as in `tests/conftest.py`."""
TOGETHER = 12
"""Owners at a time: each waits 1.5 seconds after every message."""


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def running_desk(folder: Path, line: FakeLine, today: str | None) -> Iterator[Desk]:
    """The product with one account in which everything may be said."""
    table = folder / "line.yml"
    folder.mkdir(parents=True)
    table.touch(mode=0o600)
    entry = {**line.settings(), "confidential": "allow"}
    table.write_text(yaml.safe_dump({"accounts": {"main": entry}}), encoding="utf-8")
    with Product(folder / "data", today=today or TODAY, line_file=str(table)) as product:
        product.start("--no-train")
        # LINE's two seconds are held elsewhere; here a dozen owners share the machine's two cores.
        line.account.webhook.patience_seconds = 20
        line.account.webhook.url = f"{product.base}/line/webhook/main"
        desk = Desk(product)
        try:
            yield desk
        finally:
            desk.close()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Future[None]]:
    """Every conversation, several at a time, each on the day that it names."""
    files = {path: load_yaml(path) for path in FILES}
    played: dict[Path, Future[None]] = {}
    folder = tmp_path_factory.mktemp("line")
    for day in sorted({each.get("today") for each in files.values()}, key=str):
        mine = [path for path, each in files.items() if each.get("today") == day]
        with (
            running_fake_line(now) as line,
            running_desk(folder / str(day), line, day) as desk,
            ThreadPoolExecutor(TOGETHER) as threads,
        ):
            for number, path in enumerate(mine):
                user = line.user(f"社長 {number}")
                played[path] = threads.submit(play, LineOwner(desk, user), files[path])
    return played


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_conversation_goes_as_written(played: dict[Path, Future[None]], path: Path) -> None:
    played[path].result()


def play(owner: LineOwner, conversation: dict[str, Any]) -> None:
    """One conversation, as the dialogue tests check it."""
    turns: Sequence[dict[str, Any]] = conversation["turns"]
    for number, turn in enumerate(turns, start=1):
        try:
            act(owner, turn)
            check(owner, turn.get("expect", {}))
        except AssertionError as exc:
            raise AssertionError(f"turn {number} ({turn.get('say') or turn}): {exc}") from exc
    if "cases" in conversation:
        check_cases(cases_of(owner.desk.product, owner.id), conversation["cases"])
