"""What must hold before a case goes to another hub: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from desk.cases.errors import (
    BankConsentNeededError,
    CaseErasedError,
    ConsentDateError,
    ConsentNeededError,
    HubNotFoundError,
    SameHubError,
)
from desk.cases.hubs import HubParty, extended, is_agreed, may_banks_read
from desk.cases.models import Case


class ConsentWay(StrEnum):
    """How an owner agreed to something after the hand-off."""

    PHONE = "phone"
    MAIL = "mail"
    CHAT = "chat"
    IN_PERSON = "in_person"
    WRITING = "writing"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent:
    """An owner's yes to another hub, as staff record it."""

    way: ConsentWay
    given_at: datetime
    text: str
    """What was asked and answered, in the words of whoever records it."""
    bank_share: bool | None = None
    """Whether banks of that hub may see the case; None if it was not asked."""

    def to_json(self) -> dict[str, Any]:
        """As the log keeps it."""
        return {
            "way": self.way,
            "given_at": self.given_at.isoformat(),
            "text": self.text,
            "bank_share": self.bank_share,
        }


def get_party(hubs: Mapping[str, HubParty], hub_id: str) -> HubParty:
    """The hub with this id.

    Raises:
        HubNotFoundError: There is none.
    """
    if hub_id not in hubs:
        raise HubNotFoundError("There is no such hub.")
    return hubs[hub_id]


def extend(case: Case, party: HubParty, consent: NewConsent) -> dict[str, Any]:
    """The case's consent with what the owner has agreed to now."""
    return extended(case, party, bank_share=consent.bank_share)


def check(
    case: Case,
    party: HubParty,
    consent: NewConsent | None,
    *,
    is_erased: bool,
    at: datetime,
) -> None:
    """Refuse a transfer that the owner has not agreed to.

    Args:
        case: The case as it stands.
        party: The hub that would get it.
        consent: What the owner has agreed to since the hand-off, if anything.
        is_erased: Whether the owner had the conversation erased.
        at: This moment.

    Raises:
        SameHubError: The case is there already.
        CaseErasedError: Nothing is left to agree to.
        ConsentDateError: The consent is from before the case, or from the future.
        ConsentNeededError: The owner has not agreed to this hub.
        BankConsentNeededError: A bank runs it, and they have not agreed to banks.
    """
    if case.hub_id == party.id:
        raise SameHubError("The case is at this hub already.")
    if is_erased:
        raise CaseErasedError("The owner had the talk erased; it goes to nobody else.")
    if consent is not None and not case.created_at <= consent.given_at <= at:
        raise ConsentDateError("A consent is given after the case was opened, and before now.")
    if consent is None and not is_agreed(case, party):
        raise ConsentNeededError(
            "The owner has not agreed to this hub. Ask them and record what they say."
        )
    known = (
        case.consent if consent is None else extended(case, party, bank_share=consent.bank_share)
    )
    if party.is_run_by_bank and not may_banks_read(known):
        raise BankConsentNeededError(
            "A bank runs this hub. Ask the owner whether banks may see the case."
        )
