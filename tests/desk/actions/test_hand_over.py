"""A consultation becomes a case, and cases become what owners are told."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from advisor.consultation import CheckCase, Consultation, OpenCase
from advisor.knowledge import KnowledgeBase, load_knowledge
from bot.actions.hand_over import case_draft, tell_receipts
from desk.cases.models import CaseStatus
from desk.cases.service import Receipt
from desk.config import ROOT

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def kb() -> KnowledgeBase:
    return load_knowledge(ROOT / "knowledge")


def receipt(**changes: Any) -> Receipt:
    given: dict[str, Any] = {
        "case_number": "TSU-2611-0001",
        "hub_id": "tsubame",
        "promised_on": TODAY,
        "status": CaseStatus.RECEIVED,
        "is_new": False,
    }
    return Receipt(**(given | changes))


class TestCaseDraft:
    def _draft(self, kb: KnowledgeBase, **state: Any) -> Any:
        return case_draft(
            Consultation(answers={"share_info_consent": True}, **state),
            OpenCase(hub_id="tsubame"),
            kb,
            conversation_id=uuid4(),
            turn_id="t",
            on=TODAY,
        )

    def test_consent_names_the_hub_that_the_owner_agreed_to(self, kb: KnowledgeBase) -> None:
        draft = self._draft(kb)

        assert draft.consent["hubs"] == ["tsubame"]
        assert draft.priority_reasons == ()

    def test_a_labour_matter_is_a_reason_to_hurry(self, kb: KnowledgeBase) -> None:
        assert self._draft(kb, has_labor_trouble=True).priority_reasons == ("labour_matter",)


class TestTellReceipts:
    @pytest.mark.parametrize(
        ("changes", "response"),
        [
            ({}, "case_received"),
            ({"status": CaseStatus.TRANSFERRED}, "case_transferred"),
            ({"promised_on": date(2026, 11, 23)}, "case_late"),
            (
                {"promised_on": date(2026, 11, 23), "status": CaseStatus.WORKING, "is_owed": False},
                "case_working",
            ),
            ({"status": CaseStatus.CLOSED, "merged_into": "TSU-2611-0002"}, "case_merged"),
        ],
    )
    def test_owner_hears_how_the_case_stands(
        self, kb: KnowledgeBase, changes: dict[str, Any], response: str
    ) -> None:
        asked = CheckCase(case_number=None)

        reply = tell_receipts(Consultation(), [receipt(**changes)], asked, kb, on=TODAY)

        said: Any = reply.utterances[0]
        assert said.response == response
        assert said.arguments["other_number"] == changes.get("merged_into", "")
