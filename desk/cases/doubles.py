"""Cases of the same person or company, found by the hashes of their contact data."""

from collections.abc import Sequence
from uuid import UUID

from desk.cases import repository
from desk.cases.models import Case
from desk.db import Transaction
from desk.vault.lookups import LookupKind
from desk.vault.types import get_vault


async def list_doubles(tx: Transaction, case_id: UUID, hub_id: str | None) -> Sequence[Case]:
    """Other cases of the hub (None: of all) with the phone or mail address of this case."""
    case = await repository.find_visible(tx, case_id, hub_id)
    if case is None:
        return []
    phone, email = case.contact.get("phone"), case.contact.get("email")
    found = await repository.list_by_contact(tx, hub_id, phone=phone, email=email)
    return [each for each in found if each.id != case_id]


def is_same_owner(tx: Transaction, one: Case, other: Case) -> bool:
    """Whether two cases come from one conversation, or name one phone or mail address.

    The hashes of `other` are compared with those that the contact of `one` has under
    every key, since the two may have been sealed before and after a rotation.
    """
    if one.conversation_id == other.conversation_id:
        return True
    vault = get_vault(tx.get_bind().dialect)
    phones = vault.hashes(LookupKind.PHONE, str(one.contact.get("phone") or ""))
    emails = vault.hashes(LookupKind.EMAIL, str(one.contact.get("email") or ""))
    return other.contact_phone_hash in phones or other.contact_email_hash in emails
