"""What the tests of the deliveries share."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from desk.db import Database, now
from desk.jobs.models import Job
from desk.notify.targets import TargetDraft
from desk.notify.wiring import Notifications

FIELDS = {"case_number": "receipt", "notice": "kind", "promised_on": "due"}


async def add(
    built: Notifications, kind: str = "mail", *, hub: str = "matsumoto", address: str = ""
) -> UUID:
    drafts = {
        "mail": {"address": "staff@city.example.jp"},
        "webhook": {"address": "https://hook.example.jp/in", "secret_names": ("hook",)},
        "kintone": {
            "address": "https://city.cybozu.com",
            "app": "7",
            "field_map": FIELDS,
            "secret_names": ("kintone",),
        },
    }
    given: dict[str, Any] = drafts[kind] | ({"address": address} if address else {})
    return (await built.targets.save(TargetDraft(hub_id=hub, kind=kind, **given))).id


async def make_due(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(update(Job).values(run_at=now() - timedelta(seconds=1)))


async def job_states(database: Database) -> list[str]:
    async with database.read() as tx:
        return list(await tx.scalars(select(Job.state).order_by(Job.id)))
