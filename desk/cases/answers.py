"""What people do in a conversation, as its cases see it: who has them, and what is answered."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from desk.cases import repository
from desk.cases.errors import CaseAlreadyClaimedError
from desk.cases.log import record
from desk.cases.models import Case, CaseStatus, EventKind
from desk.db import Transaction

IN_CONVERSATION = "conversation"
"""How the owner was spoken with, beside the ways that staff record."""


async def find_main_id(tx: Transaction, case_id: UUID) -> UUID:
    """The case in which the work on this one goes on: itself unless it was merged."""
    while (into := await repository.find_merged_into(tx, case_id)) is not None:
        case_id = into
    return case_id


async def claim_talk(
    tx: Transaction,
    case_id: UUID,
    staff_id: UUID,
    *,
    at: datetime,
    sees_unclaimed: bool = False,
) -> None:
    """Make a person who comes into a conversation responsible where nobody is.

    In the transaction in which they come, with the conversation locked by the caller. What
    a colleague is responsible for stays theirs; so does what is at another hub.

    Args:
        tx: The transaction.
        case_id: The case on whose account the person is in the conversation.
        staff_id: The person.
        at: When.
        sees_unclaimed: Whether they saw that nobody has the case, and count on getting it.

    Raises:
        CaseAlreadyClaimedError: They did, but a colleague has claimed it since.
    """
    main_id, cases = await _lock_cases(tx, case_id)
    await _claim(tx, main_id, cases, staff_id, at=at, sees_unclaimed=sees_unclaimed)


async def note_reply(
    tx: Transaction,
    case_id: UUID,
    staff_id: UUID,
    *,
    at: datetime,
    is_first: bool,
    sees_unclaimed: bool = False,
) -> None:
    """Note that a person has spoken with the owner, in the transaction of their words.

    It answers what the person's hub owes in this conversation: the case on whose account
    they are there (or the one into which it was merged), and the hub's other open cases.
    What another hub owes stays owed. Whoever answers a case that nobody has becomes
    responsible for it: an answered case stands in nobody's way and would be forgotten.
    The conversation is locked by the caller.

    Args:
        tx: The transaction that stores the words.
        case_id: The case on whose account the person is in the conversation.
        staff_id: The person.
        at: When they spoke.
        is_first: Whether these are their first words since they took the conversation;
            those stand in the case's log also when nothing is owed any more.
        sees_unclaimed: As for `claim_talk`.

    Raises:
        CaseAlreadyClaimedError: As for `claim_talk`.
    """
    main_id, cases = await _lock_cases(tx, case_id)
    await _claim(tx, main_id, cases, staff_id, at=at, sees_unclaimed=sees_unclaimed)
    for case in cases:
        if case.answered_at is None or (is_first and case.id == main_id):
            body = {"how": IN_CONVERSATION}
            await record(tx, case, EventKind.CONTACTED, at=at, by=staff_id, body=body)


async def _lock_cases(tx: Transaction, case_id: UUID) -> tuple[UUID, Sequence[Case]]:
    """The main case's id, and the open cases of its hub in this conversation, locked."""
    main_id = await find_main_id(tx, case_id)
    beside = await repository.list_ids_beside(tx, case_id)
    cases = await repository.lock_and_list(tx, [main_id, *beside])
    hub_id = next(case.hub_id for case in cases if case.id == case_id)
    opened = [c for c in cases if c.hub_id == hub_id and c.status != CaseStatus.CLOSED]
    return main_id, opened


async def _claim(
    tx: Transaction,
    main_id: UUID,
    cases: Sequence[Case],
    staff_id: UUID,
    *,
    at: datetime,
    sees_unclaimed: bool,
) -> None:
    for case in cases:
        if case.assignee_id is None:
            await record(tx, case, EventKind.CLAIMED, at=at, by=staff_id)
        elif sees_unclaimed and case.id == main_id and case.assignee_id != staff_id:
            raise CaseAlreadyClaimedError("A colleague has claimed this case meanwhile.")
