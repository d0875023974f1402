"""What a person says to the owner in the conversation is the promised answer."""

from datetime import datetime
from uuid import UUID

from desk.cases import repository
from desk.cases.log import record
from desk.cases.models import CaseStatus, EventKind
from desk.db import Transaction

IN_CONVERSATION = "conversation"
"""How the owner was spoken with, beside the ways that staff record."""


async def note_reply(
    tx: Transaction, case_id: UUID, staff_id: UUID, *, at: datetime, is_first: bool
) -> None:
    """Note that a person has spoken with the owner, in the transaction of their words.

    It answers what the person's hub owes in this conversation: the case on whose account
    they are there (or the one into which it was merged), and the hub's other open cases.
    What another hub owes stays owed. The conversation is locked by the caller.

    Args:
        tx: The transaction that stores the words.
        case_id: The case on whose account the person is in the conversation.
        staff_id: The person.
        at: When they spoke.
        is_first: Whether these are their first words since they took the conversation;
            those stand in the case's log also when nothing is owed any more.
    """
    main_id = case_id
    while (into := await repository.find_merged_into(tx, main_id)) is not None:
        main_id = into
    beside = await repository.list_ids_beside(tx, case_id)
    cases = await repository.lock_and_list(tx, [main_id, *beside])
    hub_id = next(case.hub_id for case in cases if case.id == case_id)
    for case in cases:
        if case.hub_id != hub_id or case.status == CaseStatus.CLOSED:
            continue
        if case.answered_at is None or (is_first and case.id == main_id):
            body = {"how": IN_CONVERSATION}
            await record(tx, case, EventKind.CONTACTED, at=at, by=staff_id, body=body)
