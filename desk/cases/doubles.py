"""Cases of the same person or company, found by the hashes of their contact data."""

from collections.abc import Sequence
from uuid import UUID

from desk.cases import repository
from desk.cases.models import Case
from desk.db import Transaction


async def list_doubles(tx: Transaction, case_id: UUID, hub_id: str | None) -> Sequence[Case]:
    """Other cases of the hub (None: of all) with the phone or mail address of this case."""
    case = await repository.find_visible(tx, case_id, hub_id)
    if case is None:
        return []
    phone, email = case.contact.get("phone"), case.contact.get("email")
    found = await repository.list_by_contact(tx, hub_id, phone=phone, email=email)
    return [each for each in found if each.id != case_id]
