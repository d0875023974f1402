"""Groups and rooms: one polite line, and we leave; consultations are talks of two."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog

from desk.db import Database
from desk.line import repository
from desk.line.accounts import LineAccount
from desk.line.client import LineClient
from desk.line.events import group_of
from desk.line.models import EventState, LineEvent
from desk.line.sends import group_cause, is_pending, queue_reply

log = structlog.get_logger()


class NotLeftError(Exception):
    """LINE did not let us go this time; it is tried again."""


async def leave_group(
    database: Database,
    client: LineClient,
    account: LineAccount,
    event: LineEvent,
    words: Sequence[dict[str, Any]],
    moment: datetime,
) -> None:
    """Say one line in the group of an event, and leave it.

    Raises:
        NotLeftError: The line is still on its way, or LINE refused for now.
        LineSilentError: LINE gave no answer; leaving twice does no harm.
        LineUnreachableError: LINE could not be reached.
    """
    group = group_of(event.raw)
    async with database.write() as tx:
        event = await repository.get_event(tx, event.id)
        if event.state != EventState.WAITING:
            return
        if group is None:
            event.state = EventState.IGNORED
            return
        await queue_reply(tx, event, words, moment)
    async with database.read() as tx:
        if await is_pending(tx, group_cause(event.id)):
            raise NotLeftError("the last words are on their way")
    answer = await client.leave(account, *group)
    if answer.is_unknown or answer.status == 429:
        raise NotLeftError(answer.message)
    log.info("line_group_left", kind=group[0], status=answer.status)
    async with database.write() as tx:
        (await repository.get_event(tx, event.id)).state = EventState.HANDLED
