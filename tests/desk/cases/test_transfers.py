"""Handing a case on to another hub, within the owner's consent."""

from datetime import timedelta
from typing import Any

import pytest

from desk.auth.models import StaffUser
from desk.cases.errors import (
    BankConsentNeededError,
    CaseErasedError,
    CaseNotFoundError,
    CaseVersionError,
    ConsentDateError,
    ConsentNeededError,
    HubNotFoundError,
    NotResponsibleError,
    SameHubError,
)
from desk.cases.models import (
    Case,
    CaseKind,
    CaseStatus,
    EventKind,
)
from desk.cases.ports import PrintedEars, PrintedVoice
from desk.cases.service import CaseService, erase_of_conversation
from desk.cases.transfers import ConsentWay, NewConsent
from desk.db import Database
from tests.desk.cases.conftest import Clock
from tests.desk.cases.steps import kinds_of


def a_yes(clock: Clock, *, bank_share: bool | None = None) -> NewConsent:
    return NewConsent(
        way=ConsentWay.PHONE,
        given_at=clock.now(),
        text="電話で、渡してよいと言われた",
        bank_share=bank_share,
    )


class TestTransfer:
    async def test_without_the_owners_yes_it_is_refused(
        self, cases: CaseService, claimed: Case, hanako: StaffUser, voice: PrintedVoice
    ) -> None:
        for hub in ("matsumoto", "bureau"):
            with pytest.raises(ConsentNeededError):
                await cases.work.transfer(
                    hanako, claimed.id, version=2, to_hub=hub, reason="本社が近い"
                )

        assert (await cases.get_case(claimed.id, None)).hub_id == "tsubame"
        assert voice.said == []

    async def test_with_a_recorded_yes_the_other_hub_gets_it_and_the_owner_hears(
        self,
        *,
        cases: CaseService,
        claimed: Case,
        hanako: StaffUser,
        clock: Clock,
        voice: PrintedVoice,
        ears: PrintedEars,
    ) -> None:
        clock.move(hours=1)

        found = await cases.work.transfer(
            hanako,
            claimed.id,
            version=2,
            to_hub="matsumoto",
            reason="本社が近い",
            consent=a_yes(clock),
        )

        assert (found.hub_id, found.status) == ("matsumoto", CaseStatus.TRANSFERRED)
        assert found.assignee_id is None
        assert found.consent["hubs"] == ["tsubame", "matsumoto"]
        assert "松本市" in found.consent["recipients"]
        with pytest.raises(CaseNotFoundError):
            await cases.get_case(claimed.id, "tsubame")
        said = {"case_number": claimed.number, "hub_id": "matsumoto"}
        assert voice.said == [(claimed.id, "case_transferred", said)]
        assert ears.heard == [(claimed.id, EventKind.TRANSFERRED)]
        kinds = await kinds_of(cases, claimed)
        assert kinds[-3:] == ["consent_recorded", "transferred", "owner_told"]

    async def test_a_hub_that_the_consent_names_needs_no_new_one(
        self, open_case: Any, cases: CaseService, lead: StaffUser
    ) -> None:
        consent = {"share_info": True, "hubs": ["tsubame", "bureau"]}
        case = await open_case(consent=consent)

        found = await cases.work.transfer(
            lead, case.id, version=1, to_hub="bureau", reason="広い話"
        )

        assert found.hub_id == "bureau"

    async def test_the_way_back_is_agreed_to_already(
        self, cases: CaseService, claimed: Case, hanako: StaffUser, bureau: StaffUser, clock: Clock
    ) -> None:
        await cases.work.transfer(
            hanako, claimed.id, version=2, to_hub="bureau", reason="広い", consent=a_yes(clock)
        )

        back = await cases.work.transfer(
            bureau, claimed.id, version=4, to_hub="tsubame", reason="地元で"
        )

        assert back.hub_id == "tsubame"

    async def test_a_hub_that_a_bank_runs_needs_the_yes_to_banks(
        self, cases: CaseService, claimed: Case, hanako: StaffUser, clock: Clock
    ) -> None:
        for said in (None, False):
            with pytest.raises(BankConsentNeededError):
                await cases.work.transfer(
                    hanako,
                    claimed.id,
                    version=2,
                    to_hub="hitachi",
                    reason="近い",
                    consent=a_yes(clock, bank_share=said),
                )

        found = await cases.work.transfer(
            hanako,
            claimed.id,
            version=2,
            to_hub="hitachi",
            reason="近い",
            consent=a_yes(clock, bank_share=True),
        )

        assert found.consent["bank_share"] is True
        assert "常陽銀行" in found.consent["recipients"]

    async def test_banks_of_the_new_hub_are_no_recipients_without_a_yes_to_them(
        self, open_case: Any, cases: CaseService, bureau: StaffUser, clock: Clock
    ) -> None:
        case = await open_case(
            hub_id="bureau", consent={"share_info": True, "bank_share": False, "hubs": ["bureau"]}
        )

        found = await cases.work.transfer(
            bureau, case.id, version=1, to_hub="tsubame", reason="地元で", consent=a_yes(clock)
        )

        assert found.consent["recipients"] == ["つばめいと", "燕市"]

    @pytest.mark.parametrize("minutes", [-10_000, 1])
    async def test_a_yes_from_before_the_case_or_from_the_future_is_none(
        self, cases: CaseService, claimed: Case, hanako: StaffUser, clock: Clock, minutes: int
    ) -> None:
        consent = NewConsent(
            way=ConsentWay.MAIL,
            given_at=clock.now() + timedelta(minutes=minutes),
            text="よい",
        )

        with pytest.raises(ConsentDateError):
            await cases.work.transfer(
                hanako, claimed.id, version=2, to_hub="bureau", reason="x", consent=consent
            )

    async def test_nothing_of_an_attention_case_is_agreed_to(
        self, open_case: Any, cases: CaseService, bureau: StaffUser
    ) -> None:
        case = await open_case(kind=CaseKind.ATTENTION, hub_id="bureau", consent={})

        with pytest.raises(ConsentNeededError):
            await cases.work.transfer(bureau, case.id, version=1, to_hub="tsubame", reason="x")

    async def test_an_erased_case_goes_to_nobody(
        self,
        cases: CaseService,
        claimed: Case,
        hanako: StaffUser,
        database: Database,
        clock: Clock,
    ) -> None:
        async with database.write() as tx:
            await erase_of_conversation(tx, claimed.conversation_id)

        with pytest.raises(CaseErasedError):
            await cases.work.transfer(
                hanako, claimed.id, version=3, to_hub="bureau", reason="x", consent=a_yes(clock)
            )

    async def test_only_another_hub_that_exists_can_be_chosen(
        self, cases: CaseService, claimed: Case, hanako: StaffUser
    ) -> None:
        with pytest.raises(SameHubError):
            await cases.work.transfer(hanako, claimed.id, version=2, to_hub="tsubame", reason="x")
        with pytest.raises(HubNotFoundError):
            await cases.work.transfer(hanako, claimed.id, version=2, to_hub="osaka", reason="x")

    async def test_a_colleague_may_not_and_a_stale_page_neither(
        self, cases: CaseService, claimed: Case, hanako: StaffUser, add_staff: Any, clock: Clock
    ) -> None:
        jiro = await add_staff("jiro")
        given: dict[str, Any] = {"to_hub": "bureau", "reason": "x", "consent": a_yes(clock)}

        with pytest.raises(NotResponsibleError):
            await cases.work.transfer(jiro, claimed.id, version=2, **given)
        with pytest.raises(CaseVersionError):
            await cases.work.transfer(hanako, claimed.id, version=1, **given)

        assert await kinds_of(cases, claimed) == ["opened", "claimed"]

    async def test_the_promise_is_watched_anew_at_the_new_hub(
        self, cases: CaseService, claimed: Case, hanako: StaffUser, clock: Clock
    ) -> None:
        clock.move(days=4, hours=1)
        await cases.check_promise(claimed.id)
        version = (await cases.get_case(claimed.id, None)).version
        await cases.work.transfer(
            hanako,
            claimed.id,
            version=version,
            to_hub="bureau",
            reason="広い",
            consent=a_yes(clock),
        )
        moved = await cases.get_case(claimed.id, None)
        clock.move(days=1)

        await cases.check_promise(claimed.id)

        assert moved.escalated_to is None
        assert (await cases.get_case(claimed.id, None)).escalated_to == "hub"
