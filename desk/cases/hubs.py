"""Hubs as parties that a case is given to, and what an owner's consent says of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from advisor.knowledge import KnowledgeBase
from advisor.model import Hub, MemberKind
from desk.cases.models import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class HubParty:
    """Who reads a case that is given to a hub."""

    id: str
    name: str
    secretariat: str
    members: tuple[str, ...]
    """Without banks."""
    banks: tuple[str, ...]

    @property
    def is_run_by_bank(self) -> bool:
        """Whether a bank runs the hub's office, so that it reads every case."""
        return self.secretariat in self.banks

    def recipients(self, *, with_banks: bool) -> list[str]:
        """Names of everybody who reads the case, the secretariat first."""
        names = [self.secretariat, *self.members, *(self.banks if with_banks else ())]
        return list(dict.fromkeys(names))


def parties_of(kb: KnowledgeBase) -> dict[str, HubParty]:
    """Every hub of the knowledge base by id."""
    return {hub_id: _party(hub) for hub_id, hub in kb.hubs.items()}


def _party(hub: Hub) -> HubParty:
    return HubParty(
        id=hub.id,
        name=hub.name,
        secretariat=hub.secretariat,
        members=tuple(m.name for m in hub.members if m.kind is not MemberKind.BANK),
        banks=tuple(m.name for m in hub.members if m.kind is MemberKind.BANK),
    )


def agreed_hubs(case: Case) -> Sequence[str]:
    """Ids of the hubs that the owner agreed to; none without consent to share."""
    if case.consent.get("share_info") is not True:
        return []
    return case.consent.get("hubs") or [case.hub_id]


def is_agreed(case: Case, party: HubParty) -> bool:
    """Whether the owner agreed that this hub gets the case."""
    return party.id in agreed_hubs(case)


def may_banks_read(consent: Mapping[str, Any]) -> bool:
    """Whether the owner agreed that banks see the case."""
    return consent.get("bank_share") is True


def extended(case: Case, party: HubParty, *, bank_share: bool | None) -> dict[str, Any]:
    """The case's consent with another hub in it.

    Args:
        case: The case with the consent so far.
        party: The hub that the owner agreed to now.
        bank_share: What they said now about banks; None if it was not asked.
    """
    consent = dict(case.consent)
    if bank_share is not None:
        consent["bank_share"] = bank_share
    names = party.recipients(with_banks=may_banks_read(consent))
    consent["hubs"] = list(dict.fromkeys([*agreed_hubs(case), party.id]))
    consent["recipients"] = list(dict.fromkeys([*consent.get("recipients", []), *names]))
    consent["share_info"] = True
    return consent
