"""SQL of the hubs' calendars and of their intake."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from desk.cases.models import HubCalendar, HubIntake, HubIntakeDay
from desk.db import Transaction, now


async def find_calendar(tx: Transaction, hub_id: str) -> HubCalendar | None:
    """The hub's own calendar, if it has one."""
    return await tx.get(HubCalendar, hub_id)


async def find_intake(tx: Transaction, hub_id: str) -> HubIntake | None:
    """The hub's limits of intake, if it has any."""
    return await tx.get(HubIntake, hub_id)


async def list_intakes(tx: Transaction, day: date) -> Sequence[tuple[HubIntake, int]]:
    """Every limit of intake with the number of cases that the hub was given on `day`."""
    query = select(HubIntake, func.coalesce(HubIntakeDay.opened, 0)).outerjoin(
        HubIntakeDay, and_(HubIntakeDay.hub_id == HubIntake.hub_id, HubIntakeDay.day == day)
    )
    return [(row, opened) for row, opened in await tx.execute(query)]


async def put_calendar(tx: Transaction, hub_id: str, version: int, values: dict[str, Any]) -> bool:
    """Write the calendar if it still has `version` (0: there is none yet)."""
    return await _put(tx, HubCalendar, hub_id, version, values)


async def put_intake(tx: Transaction, hub_id: str, version: int, values: dict[str, Any]) -> bool:
    """Write the limits if they still have `version` (0: there are none yet)."""
    return await _put(tx, HubIntake, hub_id, version, values)


async def _put(
    tx: Transaction,
    table: type[HubCalendar] | type[HubIntake],
    hub_id: str,
    version: int,
    values: dict[str, Any],
) -> bool:
    values = {**values, "version": version + 1, "updated_at": now()}
    if version == 0:
        insert = sqlite_insert if tx.is_sqlite else postgresql_insert
        statement = insert(table).values(hub_id=hub_id, **values)
        added = await tx.execute(
            statement.on_conflict_do_nothing(index_elements=["hub_id"]).returning(table.hub_id)
        )
        return added.first() is not None
    changed = await tx.execute(
        update(table).where(table.hub_id == hub_id, table.version == version).values(**values)
    )
    return bool(getattr(changed, "rowcount", 0))


async def count_opened(tx: Transaction, hub_id: str, day: date) -> int:
    """How many cases the hub was given on `day`."""
    row = await tx.get(HubIntakeDay, (hub_id, day))
    return 0 if row is None else row.opened


async def count_one(tx: Transaction, hub_id: str, day: date) -> int:
    """Count one more case of the hub on `day`; gives the number with it."""
    insert = sqlite_insert if tx.is_sqlite else postgresql_insert
    statement = (
        insert(HubIntakeDay)
        .values(hub_id=hub_id, day=day, opened=1)
        .on_conflict_do_update(
            index_elements=["hub_id", "day"], set_={"opened": HubIntakeDay.opened + 1}
        )
        .returning(HubIntakeDay.opened)
    )
    return int((await tx.execute(statement)).scalar_one())
