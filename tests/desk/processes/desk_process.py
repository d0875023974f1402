"""A desk in a process of its own, with an engine that echoes instead of Rasa.

    python -m tests.desk.processes.desk_process

Settings come from the environment, as for the real one, and beside them:

    TEST_ENGINE_SECONDS  time that an answer takes
    TEST_LEASE_SECONDS   time after which the work of a killed process is taken over
    TEST_LOOK_SECONDS    time after which streams look by themselves
"""

import asyncio
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import uvicorn

from desk.app import create_app
from desk.chat import stream
from desk.chat.ports import EngineTurn, ScriptedDialogueEngine
from desk.config import Settings
from desk.jobs import service as jobs


class SlowEcho(ScriptedDialogueEngine):
    """Echoes after a while."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def turn(
        self,
        *,
        conversation_id: str,
        message_id: str,
        text: str,
        payload: str | None,
        metadata: Mapping[str, Any],
    ) -> EngineTurn:
        """See `DialogueEngine.turn`."""
        await asyncio.sleep(self._seconds)
        return EngineTurn(messages=[{"text": f"echo: {text}"}])


def seconds(name: str, default: float) -> float:
    """A time from the environment."""
    return float(os.environ.get(name, default))


def main() -> None:
    """Serve until stopped."""
    jobs.LEASE = timedelta(seconds=seconds("TEST_LEASE_SECONDS", 4))
    stream.LOOK_SECONDS = seconds("TEST_LOOK_SECONDS", stream.LOOK_SECONDS)
    stream.CONNECTED_LOOK_SECONDS = max(stream.LOOK_SECONDS, stream.CONNECTED_LOOK_SECONDS)
    settings = Settings(_env_file=None)
    engine = SlowEcho(seconds("TEST_ENGINE_SECONDS", 0))
    uvicorn.run(
        create_app(settings, engine=engine),
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
