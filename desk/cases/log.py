"""The one way to change a case: its columns and the event that says so, together."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from desk.auth.models import StaffUser
from desk.cases import lists, repository
from desk.cases.errors import CaseNotFoundError, CaseVersionError
from desk.cases.fold import columns_of, evolve, stored_state
from desk.cases.models import Case, CaseEvent, EventKind
from desk.db import Transaction

NO_CHANGE_MESSAGE = "The case has changed since you opened it. Load it again."


async def get_case(tx: Transaction, case_id: UUID, hub_id: str | None) -> Case:
    """The case, as it stands now.

    Args:
        tx: Any transaction.
        case_id: Which one.
        hub_id: Only if it belongs to this hub; None for every hub.

    Raises:
        CaseNotFoundError: It does not exist or belongs to another hub.
    """
    case = await repository.find_visible(tx, case_id, hub_id)
    if case is None:
        raise CaseNotFoundError("There is no such case in your queue.")
    return case


async def record(
    tx: Transaction,
    case: Case,
    kind: EventKind,
    *,
    at: datetime,
    version: int | None = None,
    by: StaffUser | UUID | None = None,
    body: dict[str, Any] | None = None,
    **others: Any,
) -> CaseEvent:
    """Write an event and what it changes, if the case still has the version.

    Args:
        tx: A writing transaction.
        case: The case as it was read in this transaction; afterwards as it is.
        kind: What happens.
        at: When.
        version: What the author saw; as it was read if None.
        by: The staff member, or None for the system.
        body: The event's own data.
        **others: Columns that no event decides, such as the consent.

    Raises:
        CaseVersionError: Somebody else has changed the case.
    """
    if version is not None and case.version != version:
        raise CaseVersionError(NO_CHANGE_MESSAGE)
    before = stored_state(case)
    staff_id = by.id if isinstance(by, StaffUser) else by
    event = CaseEvent(kind=kind, actor_id=staff_id, body=body or {}, created_at=at, case_id=case.id)
    after = evolve(before, event)
    if after.version != before.version:
        columns = columns_of(after) | others
        if not await repository.change(tx, case.id, before.version, **columns):
            raise CaseVersionError(NO_CHANGE_MESSAGE)
        await tx.refresh(case)
    if kind is EventKind.LABELLED:
        await lists.set_labels(tx, case.id, sorted(after.labels))
    return await repository.append_event(
        tx,
        case.id,
        kind,
        actor="system" if staff_id is None else "staff",
        actor_id=staff_id,
        body=body,
        created_at=at,
    )


def last_of(events: Sequence[CaseEvent], *kinds: EventKind) -> CaseEvent | None:
    """The last event of these kinds."""
    return next((event for event in reversed(events) if event.kind in kinds), None)
