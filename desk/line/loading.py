"""The loading animation while an answer is being made; it never delays or breaks anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from desk.line.accounts import LineAccount
from desk.line.client import LineClient, LineSilentError, LineUnreachableError

log = structlog.get_logger()
SHOWN_SECONDS = 20
RENEWED_SECONDS = 15.0


@asynccontextmanager
async def loading(
    client: LineClient, account: LineAccount, user_id: str, *, is_shown: bool
) -> AsyncIterator[None]:
    """Show the animation until the block ends; LINE takes it away with the next message."""
    if not is_shown:
        yield
        return
    task = asyncio.create_task(_keep_up(client, account, user_id))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep_up(client: LineClient, account: LineAccount, user_id: str) -> None:
    while True:
        try:
            answer = await client.start_loading(account, user_id, SHOWN_SECONDS)
        except (LineSilentError, LineUnreachableError) as exc:
            log.info("line_loading_failed", error=type(exc).__name__)
        else:
            if not answer.is_done:
                log.info("line_loading_failed", status=answer.status)
                return
        await asyncio.sleep(RENEWED_SECONDS)
