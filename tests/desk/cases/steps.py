"""What the tests of the work with cases share."""

from desk.cases.models import Case
from desk.cases.service import CaseService


async def kinds_of(cases: CaseService, case: Case) -> list[str]:
    return [event.kind for event in await cases.list_events(case.id, None)]
