"""How many cases stand where: a ledger that each change of a case adds to.

Triggers of the database (made by the migration) write a line for each case that comes, goes,
or changes its hub or status, in that change's transaction. Lines are only added, so that two
changes never wait for each other here; every night they are summed up and compared with the
cases themselves.
"""

from collections.abc import Mapping

import structlog
from sqlalchemy import delete, func, insert, literal_column, select, union_all

from desk.cases.models import Case, CaseCount, CaseStatus
from desk.db import Database, Transaction

log = structlog.get_logger()


async def count_by_status(tx: Transaction, hub_id: str | None) -> Mapping[str, int]:
    """How many cases of the hub (None: of all) stand in each status; every status is there."""
    query = select(CaseCount.status, func.sum(CaseCount.number)).group_by(CaseCount.status)
    if hub_id is not None:
        query = query.where(CaseCount.hub_id == hub_id)
    found = {str(status): int(number) for status, number in await tx.execute(query)}
    return {status: found.get(status, 0) for status in CaseStatus}


async def tidy_counts(database: Database) -> int:
    """Sum the lines up, compare them with the cases, and put right what differs.

    Returns:
        How many counts were wrong; a number above 0 is a fault of the program.
    """
    async with database.write() as tx:
        await _sum_up(tx)
        wrong = await _repair(tx)
    if wrong:
        log.error("case_counts_repaired", counts=wrong)
    return wrong


async def _sum_up(tx: Transaction) -> None:
    """Make one line of all that there are now of a hub and status.

    What is deleted is what is summed, so that neither another run nor a change that is
    written meanwhile is counted twice or lost.
    """
    several = (
        select(CaseCount.hub_id, CaseCount.status)
        .group_by(CaseCount.hub_id, CaseCount.status)
        .having(func.count() > 1)
    )
    for hub_id, status in (await tx.execute(several)).all():
        gone = await tx.execute(
            delete(CaseCount)
            .where(CaseCount.hub_id == hub_id, CaseCount.status == status)
            .returning(CaseCount.number)
        )
        total = sum(gone.scalars())
        line = {"hub_id": hub_id, "status": status, "number": total}
        await tx.execute(insert(CaseCount).values(line))


async def _repair(tx: Transaction) -> int:
    """Add what the ledger lacks; both are read by one statement, as of one moment."""
    cases = select(Case.hub_id, Case.status, func.count().label("number")).group_by(
        Case.hub_id, Case.status
    )
    ledger = select(CaseCount.hub_id, CaseCount.status, -CaseCount.number)
    both = union_all(cases, ledger).subquery()
    lacks = func.sum(both.c.number)
    query = (
        select(both.c.hub_id, both.c.status, lacks)
        .group_by(both.c.hub_id, both.c.status)
        .having(lacks != literal_column("0"))
    )
    rows = (await tx.execute(query)).all()
    lines = [{"hub_id": hub, "status": status, "number": int(n)} for hub, status, n in rows]
    if lines:
        await tx.execute(insert(CaseCount), lines)
    return len(lines)
