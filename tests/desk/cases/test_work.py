"""What staff do with cases beside handing them on: end, assign, label, merge."""

from datetime import date, timedelta
from typing import Any

import pytest

from desk.auth.models import Role, StaffUser
from desk.cases.errors import (
    AssigneeRefusedError,
    CaseClosedError,
    CaseNotFoundError,
    CaseOpenError,
    HoldNeededError,
    NotDoublesError,
    NotResponsibleError,
    ReasonNeededError,
    ResultNeededError,
    StatusRefusedError,
)
from desk.cases.lists import CaseQuery
from desk.cases.models import (
    Case,
    CaseResult,
    CaseStatus,
    EventKind,
    Priority,
    PriorityReason,
)
from desk.cases.ports import PrintedEars
from desk.cases.service import CaseService
from desk.config import Settings
from desk.db import new_id, now
from desk.vault.keys import KeyFile
from tests.desk.cases.conftest import Clock
from tests.desk.cases.steps import kinds_of


class TestStatus:
    async def test_a_result_is_kept_with_the_end(
        self, cases: CaseService, claimed: Case, hanako: StaffUser
    ) -> None:
        await cases.change_status(
            claimed.id,
            None,
            hanako.id,
            status=CaseStatus.CLOSED,
            result=CaseResult.MATCHED,
            version=claimed.version,
        )

        assert (await cases.get_case(claimed.id, None)).result == CaseResult.MATCHED

    @pytest.mark.parametrize(
        ("given", "error"),
        [
            ({"status": CaseStatus.CLOSED}, ResultNeededError),
            ({"status": CaseStatus.WAITING, "result": CaseResult.OTHER}, ResultNeededError),
            ({"status": CaseStatus.SNOOZED}, HoldNeededError),
            ({"status": CaseStatus.RECEIVED}, StatusRefusedError),
            ({"status": CaseStatus.TRANSFERRED}, StatusRefusedError),
        ],
    )
    async def test_a_state_without_what_belongs_to_it_is_refused(
        self,
        cases: CaseService,
        claimed: Case,
        hanako: StaffUser,
        given: dict[str, Any],
        error: type[Exception],
    ) -> None:
        with pytest.raises(error):
            await cases.change_status(claimed.id, None, hanako.id, version=claimed.version, **given)

    @pytest.mark.parametrize("days", [0, 800])
    async def test_a_case_is_held_until_a_moment_within_two_years(
        self, cases: CaseService, claimed: Case, hanako: StaffUser, clock: Clock, days: int
    ) -> None:
        with pytest.raises(HoldNeededError):
            await cases.change_status(
                claimed.id,
                None,
                hanako.id,
                status=CaseStatus.SNOOZED,
                hold_until=clock.now() + timedelta(days=days),
                version=claimed.version,
            )

    async def test_a_closed_case_is_not_moved_but_taken_up_again(
        self, cases: CaseService, claimed: Case, hanako: StaffUser
    ) -> None:
        await cases.change_status(
            claimed.id,
            None,
            hanako.id,
            status=CaseStatus.CLOSED,
            result=CaseResult.ADVISED,
            version=2,
        )

        with pytest.raises(CaseClosedError):
            await cases.change_status(
                claimed.id, None, hanako.id, status=CaseStatus.WAITING, version=3
            )
        with pytest.raises(CaseClosedError):
            await cases.work.record_contact(hanako, claimed.id, version=3, how="phone")
        await cases.work.reopen(hanako, claimed.id, version=3, reason="続き")

        case = await cases.get_case(claimed.id, None)
        assert (case.status, case.result) == (CaseStatus.WORKING, None)
        with pytest.raises(CaseOpenError):
            await cases.work.reopen(hanako, claimed.id, version=4, reason="続き")


class TestAssign:
    async def test_a_lead_makes_a_colleague_responsible(
        self,
        open_case: Any,
        cases: CaseService,
        lead: StaffUser,
        hanako: StaffUser,
        ears: PrintedEars,
    ) -> None:
        case = await open_case()

        found = await cases.work.assign(lead, case.id, version=1, assignee_id=hanako.id)

        assert (found.assignee_id, found.status) == (hanako.id, CaseStatus.WORKING)
        assert ears.heard == [(case.id, EventKind.ASSIGNED)]

    async def test_the_state_of_a_case_under_way_stays(
        self, cases: CaseService, claimed: Case, lead: StaffUser, hanako: StaffUser
    ) -> None:
        await cases.change_status(claimed.id, None, hanako.id, status=CaseStatus.WAITING, version=2)

        found = await cases.work.assign(lead, claimed.id, version=3, assignee_id=lead.id)

        assert (found.assignee_id, found.status) == (lead.id, CaseStatus.WAITING)

    async def test_only_a_lead_may(
        self, cases: CaseService, claimed: Case, hanako: StaffUser, lead: StaffUser
    ) -> None:
        with pytest.raises(NotResponsibleError):
            await cases.work.assign(hanako, claimed.id, version=2, assignee_id=lead.id)

    async def test_nobody_who_is_away_elsewhere_or_only_looks_is_assigned(
        self, open_case: Any, cases: CaseService, add_staff: Any, lead: StaffUser
    ) -> None:
        case = await open_case()
        away = await add_staff("away", disabled_at=now())
        elsewhere = await add_staff("elsewhere", hub="matsumoto")
        looks = await add_staff("looks", Role.AUDITOR, None)

        for person_id in (away.id, elsewhere.id, looks.id, new_id()):
            with pytest.raises(AssigneeRefusedError):
                await cases.work.assign(lead, case.id, version=1, assignee_id=person_id)


class TestLabelsAndPriority:
    async def test_cases_are_found_by_their_labels(
        self, open_case: Any, cases: CaseService, hanako: StaffUser
    ) -> None:
        case, other = await open_case(), await open_case()
        await cases.work.set_labels(hanako, case.id, version=1, labels=["製造", "急募"])
        await cases.work.set_labels(hanako, other.id, version=1, labels=["製造"])
        await cases.work.set_labels(hanako, other.id, version=2, labels=[])

        found = await cases.list_matching("tsubame", CaseQuery(label="製造"), limit=10)

        assert [(c.id, list(labels)) for c, labels in found.items] == [(case.id, ["急募", "製造"])]

    async def test_a_raised_priority_has_reasons_and_the_ordinary_one_none(
        self, open_case: Any, cases: CaseService, hanako: StaffUser
    ) -> None:
        case = await open_case()
        reasons = [PriorityReason.PROGRAM_DEADLINE, PriorityReason.LABOUR_MATTER]

        found = await cases.work.set_priority(
            hanako, case.id, version=1, priority=Priority.URGENT, reasons=reasons
        )

        assert found.priority == Priority.URGENT
        assert found.priority_reasons == ["labour_matter", "program_deadline"]
        for priority, why in ((Priority.HIGH, []), (Priority.NORMAL, reasons)):
            with pytest.raises(ReasonNeededError):
                await cases.work.set_priority(
                    hanako, case.id, version=2, priority=priority, reasons=why
                )

    async def test_a_labour_matter_is_opened_with_priority(self, open_case: Any) -> None:
        case = await open_case(priority_reasons=("labour_matter",))

        assert (case.priority, case.priority_reasons) == (Priority.HIGH, ["labour_matter"])

    async def test_who_only_looks_changes_neither(
        self, open_case: Any, cases: CaseService, add_staff: Any
    ) -> None:
        case = await open_case()
        auditor = await add_staff("auditor", Role.AUDITOR, None)

        with pytest.raises(NotResponsibleError):
            await cases.work.set_labels(auditor, case.id, version=1, labels=["x"])


class TestMerge:
    async def _doubles(self, open_case: Any, **second: Any) -> tuple[Case, Case]:
        first = await open_case()
        given = {"conversation_id": first.conversation_id, "handoff_number": 2, **second}
        return first, await open_case(**given)

    async def test_a_double_points_to_the_case_in_which_the_work_goes_on(
        self, open_case: Any, cases: CaseService, lead: StaffUser
    ) -> None:
        first, second = await self._doubles(open_case)

        found = await cases.work.merge(lead, second.id, version=1, into=first.id)

        assert (found.status, found.result) == (CaseStatus.CLOSED, CaseResult.DUPLICATE)
        assert found.merged_into_id == first.id
        assert await kinds_of(cases, first) == ["opened", "took_in"]
        receipts = await cases.find_receipts(first.conversation_id)
        assert [r.merged_into for r in receipts] == [None, first.number]

    async def test_taking_it_up_again_parts_them(
        self, open_case: Any, cases: CaseService, lead: StaffUser
    ) -> None:
        first, second = await self._doubles(open_case)
        await cases.work.merge(lead, second.id, version=1, into=first.id)

        found = await cases.work.reopen(lead, second.id, version=2, reason="別の話だった")

        assert (found.status, found.merged_into_id) == (CaseStatus.RECEIVED, None)
        assert found.result is None
        assert await kinds_of(cases, first) == ["opened", "took_in", "split_off"]

    async def test_the_earlier_promise_holds(
        self, open_case: Any, cases: CaseService, lead: StaffUser, clock: Clock
    ) -> None:
        first = await open_case()
        clock.move(days=5)
        second = await open_case(conversation_id=first.conversation_id, handoff_number=2)
        assert (first.promised_on, second.promised_on) == (date(2026, 11, 26), date(2026, 11, 30))

        await cases.work.merge(lead, first.id, version=1, into=second.id)

        target = await cases.get_case(second.id, None)
        assert target.promised_on == date(2026, 11, 26)

    async def test_one_owner_in_two_conversations_is_known_by_address_or_phone(
        self, open_case: Any, cases: CaseService, lead: StaffUser
    ) -> None:
        first = await open_case(contact={"phone": "0256-00-0000"})
        second = await open_case(contact={"phone": "0256 000000"})
        stranger = await open_case(contact={"phone": "0263-00-0000"})
        nobody, unknown = await open_case(contact={}), await open_case(contact={})

        found = await cases.work.merge(lead, second.id, version=1, into=first.id)

        assert found.merged_into_id == first.id
        for one, other in ((stranger, first), (nobody, unknown)):
            with pytest.raises(NotDoublesError):
                await cases.work.merge(lead, one.id, version=1, into=other.id)

    async def test_owner_is_known_by_their_address_after_a_new_key(
        self, open_case: Any, cases: CaseService, lead: StaffUser, settings: Settings
    ) -> None:
        first = await open_case(contact={"email": "Taro@example.jp"})
        KeyFile(settings.key_path).add()
        second = await open_case(contact={"email": "taro@example.jp"})
        third = await open_case(contact={"email": "taro@example.jp"})

        older = await cases.work.merge(lead, second.id, version=1, into=first.id)
        newer = await cases.work.merge(lead, first.id, version=2, into=third.id)

        assert (older.merged_into_id, newer.merged_into_id) == (first.id, third.id)

    async def test_neither_itself_nor_a_closed_case_nor_one_of_another_hub(
        self, open_case: Any, cases: CaseService, lead: StaffUser, bureau: StaffUser
    ) -> None:
        first, second = await self._doubles(open_case)
        elsewhere = await open_case(
            conversation_id=first.conversation_id, handoff_number=3, hub_id="matsumoto"
        )
        with pytest.raises(NotDoublesError):
            await cases.work.merge(lead, first.id, version=1, into=first.id)
        with pytest.raises(NotDoublesError):
            await cases.work.merge(bureau, first.id, version=1, into=elsewhere.id)
        with pytest.raises(CaseNotFoundError):
            await cases.work.merge(lead, first.id, version=1, into=elsewhere.id)
        await cases.work.merge(lead, second.id, version=1, into=first.id)
        third = await open_case(conversation_id=first.conversation_id, handoff_number=4)

        with pytest.raises(NotDoublesError):
            await cases.work.merge(lead, third.id, version=1, into=second.id)
