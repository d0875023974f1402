"""Steps of the tests of pictures and files."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import undefer

from desk.attachments.models import Attachment
from desk.jobs.models import Job, JobState
from desk.line.inbox import HANDLE_JOB
from desk.notify.models import Delivery, NotificationTarget
from tests.line.conftest import LineDesk
from tests.line.steps import open_case


async def with_case(desk: LineDesk) -> UUID:
    """An open case, whose hub is told by mail."""
    await desk.say("こんにちは")
    case_id = await open_case(desk)
    async with desk.app.state.database.write() as tx:
        tx.add(NotificationTarget(hub_id="matsumoto", kind="mail", address="a@example.jp"))
    return case_id


async def files(desk: LineDesk) -> list[Attachment]:
    """Every file with its bytes."""
    async with desk.app.state.database.read() as tx:
        query = select(Attachment).order_by(Attachment.id).options(undefer(Attachment.content))
        return list(await tx.scalars(query))


async def the_file(desk: LineDesk) -> Attachment:
    (row,) = await files(desk)
    return row


async def decide(desk: LineDesk) -> None:
    """Take what came, and leave the fetching to the test."""
    for job in await desk.rows(Job):
        if job.kind == HANDLE_JOB and job.state == JobState.QUEUED:
            await desk.app.state.line.lane.handle(job)


async def facts(desk: LineDesk) -> list[dict[str, Any]]:
    """What the notices say."""
    return [row.facts for row in await desk.rows(Delivery)]
