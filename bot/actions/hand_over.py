"""Translates a consultation into a case, and cases into what owners are told."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from advisor.consultation import CheckCase, Consultation, OpenCase, Reply, Say
from advisor.consultation.cards import diagnosis_card, recommendations_card
from advisor.consultation.talk import japanese_date
from advisor.diagnosis import diagnose
from advisor.knowledge import KnowledgeBase
from advisor.model import MemberKind
from advisor.recommendation import recommend
from desk.cases.models import PriorityReason
from desk.cases.service import CaseDraft, Receipt
from desk.db import now

HEADLINE_LENGTH = 120
PREFIX_LENGTH = 3
CONTACT_KEYS = {"contact_name": "name", "contact_email": "email", "contact_phone": "phone"}


def case_draft(
    state: Consultation,
    effect: OpenCase,
    kb: KnowledgeBase,
    *,
    conversation_id: UUID,
    turn_id: str,
    on: date,
) -> CaseDraft:
    """The case that the consultation hands over, with everything staff need."""
    situation = state.situation
    words = [s.quote or kb.concerns[s.concern].heard for s in situation.concerns]
    recommended = recommend(situation, kb, on=on)
    return CaseDraft(
        conversation_id=conversation_id,
        handoff_number=state.handoff_number,
        turn_id=turn_id,
        hub_id=effect.hub_id,
        prefix=effect.hub_id[:PREFIX_LENGTH].upper(),
        headline=" / ".join(dict.fromkeys(words))[:HEADLINE_LENGTH],
        snapshot={
            "situation": situation.to_json(),
            "diagnosis": diagnosis_card(diagnose(situation, kb), kb),
            "recommendations": recommendations_card(recommended, kb, on),
            "knowledge": {"fingerprint": kb.fingerprint, "on": on.isoformat()},
            "labels": _labels(state, kb),
        },
        consent=_consent(state, effect.hub_id, kb),
        contact=_contact(state),
        priority_reasons=(PriorityReason.LABOUR_MATTER,) if state.has_labor_trouble else (),
    )


def _labels(state: Consultation, kb: KnowledgeBase) -> dict[str, dict[str, str]]:
    """Plain words for the ids in the snapshot, as they were on the day."""
    situation = state.situation
    keys = {*situation.facts, *situation.levels, *situation.unknown}
    return {
        "concerns": {s.concern: kb.concerns[s.concern].means for s in situation.concerns},
        "facts": {key: kb.questions[key].text for key in sorted(keys) if key in kb.questions},
    }


def _consent(state: Consultation, hub_id: str, kb: KnowledgeBase) -> dict[str, Any]:
    answers, hub = state.answers, kb.hubs[hub_id]
    bank = _yes_or_no(answers.get("bank_share_consent"))
    members = [m.name for m in hub.members if bank or m.kind is not MemberKind.BANK]
    return {
        "share_info": answers.get("share_info_consent") is True,
        "bank_share": bank,
        "authority_share": _yes_or_no(answers.get("authority_share_consent")),
        "contact": answers.get("contact_consent") is True,
        "hubs": [hub_id],
        "recipients": list(dict.fromkeys([hub.secretariat, *members])),
        "consented_at": now().isoformat(timespec="seconds"),
    }


def _yes_or_no(answer: object) -> bool | None:
    return None if answer is None else answer is True


def _contact(state: Consultation) -> dict[str, str]:
    contact = {
        name: str(state.answers[key])
        for key, name in CONTACT_KEYS.items()
        if state.answers.get(key) not in (None, "unknown")
    }
    company = state.situation.facts.get("company_name")
    return {**contact, "company_name": str(company)} if company else contact


def tell_receipts(
    state: Consultation,
    receipts: Sequence[Receipt],
    effect: CheckCase,
    kb: KnowledgeBase,
    *,
    on: date,
) -> Reply:
    """How the conversation's cases stand; a foreign number is not spoken of."""
    asked = (effect.case_number or "").upper()
    mine = [r for r in receipts if not asked or r.case_number == asked]
    if not mine:
        response = "case_not_here" if asked else "no_case_yet"
        return Reply(state=state, utterances=(Say(response=response),))
    return Reply(
        state=state,
        utterances=tuple(
            Say(
                response=_standing(receipt, on),
                arguments={
                    "case_number": receipt.case_number,
                    "hub": kb.hubs[receipt.hub_id].name,
                    "promised_on": japanese_date(receipt.promised_on, kb),
                    "other_number": receipt.merged_into or "",
                },
            )
            for receipt in mine
        ),
    )


def _standing(receipt: Receipt, on: date) -> str:
    """The response that tells how the case stands."""
    if receipt.merged_into is not None:
        return "case_merged"
    if receipt.is_owed and on > receipt.promised_on:
        return "case_late"
    return f"case_{receipt.status.value}"
