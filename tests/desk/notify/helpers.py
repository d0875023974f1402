"""What the tests of the notifications share: server processes, notices, a look at rows."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from desk.db import Database, new_id
from desk.notify import repository
from desk.notify.models import Delivery, NoticeKind, NotificationTarget
from desk.notify.outbox import Notice, queue_notice

SERVERS = Path(__file__).parent / "servers"
SECRET = "whsec_" + base64.b64encode(b"n" * 32).decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"o" * 32).decode()
SECRETS = {"hook": SECRET, "hook_old": OLD_SECRET, "kintone": "right-token", "weak": "whsec_aGk="}


class ServerProcess:
    """A server of `servers/`, from its start to its end."""

    def __init__(self, script: str, **options: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(SERVERS / script), json.dumps(options)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self.read_line())

    def read_line(self) -> str:
        """The next line that it prints."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the server ended"
        return line

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


StartServer = Callable[..., ServerProcess]


def notice(**changes: Any) -> Notice:
    """A new case of Matsumoto."""
    values: dict[str, Any] = {
        "key": f"case:{new_id()}:2",
        "kind": NoticeKind.CASE_ANNOUNCED,
        "hub_id": "matsumoto",
        "case_id": new_id(),
        "case_number": "MAT-2611-0001",
        "facts": {"promised_on": "2026-11-27"},
    }
    return Notice(**{**values, **changes})


async def queue(database: Database, **changes: Any) -> int:
    """Queue a notice; gives to how many targets it goes."""
    async with database.write() as tx:
        return await queue_notice(tx, notice(**changes))


async def deliveries(database: Database) -> list[Delivery]:
    """Every delivery, oldest first."""
    async with database.read() as tx:
        rows = await repository.list_deliveries(tx, None, limit=100)
    return [delivery for delivery, _ in reversed(rows)]


async def target_of(database: Database, target_id: UUID) -> NotificationTarget:
    """The target as it stands."""
    async with database.read() as tx:
        return await tx.get_one(NotificationTarget, target_id)


def received(port: int, **options: Any) -> dict[str, Any]:
    """What the receiver took."""
    answer: dict[str, Any] = httpx.get(f"http://127.0.0.1:{port}/received", **options).json()
    return answer
