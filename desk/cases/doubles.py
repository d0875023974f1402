"""Cases of the same person or company, found by the hashes of their contact data."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from desk.cases import repository
from desk.cases.models import Case
from desk.db import Transaction
from desk.vault.lookups import LookupKind
from desk.vault.types import get_vault


class InCommon(StrEnum):
    """Why two cases probably come from one owner."""

    CONVERSATION = "conversation"
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """Another case that probably comes from the same owner."""

    case: Case
    in_common: Sequence[InCommon]


async def list_doubles(tx: Transaction, case_id: UUID, hub_id: str | None) -> Sequence[Case]:
    """Other cases of the hub (None: of all) with the phone or mail address of this case."""
    case = await repository.find_visible(tx, case_id, hub_id)
    if case is None:
        return []
    phone, email = case.contact.get("phone"), case.contact.get("email")
    found = await repository.list_by_contact(tx, hub_id, phone=phone, email=email)
    return [each for each in found if each.id != case_id]


async def find_doubles(tx: Transaction, case: Case) -> Sequence[Double]:
    """Probable doubles of a case at its own hub, the newest first, each with the reason.

    Those at other hubs are left out: whoever sees this case need not see them, and they
    cannot be merged.
    """
    beside = await repository.list_of_conversation(tx, case.conversation_id)
    alike = await list_doubles(tx, case.id, case.hub_id)
    found = {each.id: each for each in (*beside, *alike) if each.hub_id == case.hub_id}
    found.pop(case.id, None)
    newest_first = sorted(found.values(), key=lambda each: each.id, reverse=True)
    return [Double(case=each, in_common=in_common(tx, case, each)) for each in newest_first]


def in_common(tx: Transaction, one: Case, other: Case) -> Sequence[InCommon]:
    """What two cases share of conversation, phone and mail address; nothing if nothing.

    The hashes of `other` are compared with those that the contact of `one` has under
    every key, since the two may have been sealed before and after a rotation.
    """
    vault = get_vault(tx.get_bind().dialect)
    phones = vault.hashes(LookupKind.PHONE, str(one.contact.get("phone") or ""))
    emails = vault.hashes(LookupKind.EMAIL, str(one.contact.get("email") or ""))
    shared = {
        InCommon.CONVERSATION: one.conversation_id == other.conversation_id,
        InCommon.PHONE: other.contact_phone_hash in phones,
        InCommon.EMAIL: other.contact_email_hash in emails,
    }
    return [each for each in InCommon if shared[each]]


def is_same_owner(tx: Transaction, one: Case, other: Case) -> bool:
    """Whether two cases come from one conversation, or name one phone or mail address."""
    return bool(in_common(tx, one, other))
