"""Claiming, releasing, changing and annotating a case."""

import asyncio
import re
from typing import Any
from uuid import UUID

import pytest

from desk.auth.models import Role
from desk.auth.service import AuthService
from desk.cases.models import CaseStatus
from desk.cases.service import CaseService

pytestmark = pytest.mark.asyncio


def _section(page: Any, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', page.text, re.DOTALL)
    assert found, f"no section {name}"
    return found.group(0)


async def _page(browser: Any, case_id: UUID) -> Any:
    page = await browser.get(f"/console/cases/{case_id}")
    assert page.status_code == 200
    return page


async def _claim(browser: Any, case_id: UUID) -> Any:
    return await browser.post(f"/console/cases/{case_id}/claim")


async def _change(browser: Any, case_id: UUID, **fields: str) -> Any:
    page = await browser.get(f"/console/cases/{case_id}")
    found = re.search(r'name="version" value="(\d+)"', page.text)
    given = {"version": found.group(1) if found else "1", "reason": "電話で話しました", **fields}
    given = {"result": "advised", "hold_until": "2027-04-01T09:00", **given}
    return await browser.post(f"/console/cases/{case_id}/status", **given)


class TestClaim:
    async def test_claiming_makes_one_responsible(
        self, sign_in: Any, open_case: Any, cases: CaseService, auth: AuthService
    ) -> None:
        browser = await sign_in(login="hanako")
        case_id = await open_case()

        answer = await _claim(browser, case_id)

        assert answer.headers["location"] == f"/console/cases/{case_id}?done=claimed"
        case = await cases.get_case(case_id, None)
        assert case.assignee_id == (await auth.get_user_by_login("hanako")).id
        page = await browser.get(answer.headers["location"])
        assert "この相談を引き受けました" in page.text
        assert "名前hanako（あなた）" in page.text

    async def test_of_two_at_once_one_wins_and_the_other_is_told(
        self, sign_in: Any, open_case: Any
    ) -> None:
        first, second = await sign_in(login="first"), await sign_in(login="second")
        case_id = await open_case()

        answers = await asyncio.gather(_claim(first, case_id), _claim(second, case_id))

        assert sorted(answer.status_code for answer in answers) == [303, 409]
        lost = next(answer for answer in answers if answer.status_code == 409)
        winner = "first" if answers[0].status_code == 303 else "second"
        assert "先に引き受けた人がいます" in lost.text
        assert f"名前{winner}" in lost.text
        assert 'href="/console"' in lost.text

    async def test_a_claimed_case_offers_no_claiming(self, sign_in: Any, open_case: Any) -> None:
        first, second = await sign_in(login="first"), await sign_in(login="second")
        case_id = await open_case()
        await _claim(first, case_id)

        actions = _section(await _page(second, case_id), "actions")

        assert "引き受ける" not in actions
        assert "名前first" in actions
        assert 'id="status-form"' not in actions


class TestRelease:
    async def test_it_goes_back_into_the_queue(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        await _claim(browser, case_id)

        answer = await browser.post(f"/console/cases/{case_id}/release", version="2")

        assert answer.status_code == 303
        case = await cases.get_case(case_id, None)
        assert (case.status, case.assignee_id) == (CaseStatus.RECEIVED, None)

    async def test_a_colleague_cannot_but_a_lead_can(self, sign_in: Any, open_case: Any) -> None:
        owner, colleague = await sign_in(login="owner"), await sign_in(login="colleague")
        lead = await sign_in(Role.LEAD)
        case_id = await open_case()
        await _claim(owner, case_id)

        path = f"/console/cases/{case_id}/release"
        refused = await colleague.post(path, version="2")
        done = await lead.post(path, version="2")

        assert refused.status_code == 403
        assert "担当している方か、窓口の責任者だけ" in refused.text
        assert done.status_code == 303

    async def test_a_closed_case_is_not_released(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in()
        case_id = await open_case()
        await _claim(browser, case_id)
        await _change(browser, case_id, status="closed")

        answer = await browser.post(f"/console/cases/{case_id}/release", version="3")

        assert answer.status_code == 403


class TestStatus:
    @pytest.mark.parametrize("status", ["waiting", "snoozed", "closed"])
    async def test_the_state_changes_and_the_log_has_the_reason(
        self, sign_in: Any, open_case: Any, cases: CaseService, status: str
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        await _claim(browser, case_id)

        answer = await _change(browser, case_id, status=status)

        assert answer.status_code == 303
        assert (await cases.get_case(case_id, None)).status == status
        assert "電話で話しました" in _section(await _page(browser, case_id), "log")

    async def test_a_closed_case_can_be_taken_up_again(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        await _claim(browser, case_id)
        await _change(browser, case_id, status="closed")

        await _change(browser, case_id, status="working")

        assert (await cases.get_case(case_id, None)).status == CaseStatus.WORKING
        assert 'data-event="reopened"' in (await _page(browser, case_id)).text

    async def test_without_a_reason_nothing_changes(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        await _claim(browser, case_id)

        answer = await _change(browser, case_id, status="closed", reason="  ")

        assert answer.status_code == 422
        assert "理由・経過を書いてください" in answer.text
        assert (await cases.get_case(case_id, None)).status == CaseStatus.WORKING

    async def test_a_change_on_an_old_page_is_refused_and_keeps_what_was_typed(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        await _claim(browser, case_id)

        answer = await _change(
            browser, case_id, status="waiting", version="1", reason="先方の返事を待ちます"
        )

        assert answer.status_code == 409
        assert "ほかの人がこの相談を更新しました" in answer.text
        assert "先方の返事を待ちます</textarea>" in answer.text
        assert re.search(r'value="waiting" required\s+checked', answer.text)
        assert (await cases.get_case(case_id, None)).status == CaseStatus.WORKING

    @pytest.mark.parametrize("fields", [{"status": "nonsense"}, {"version": "x"}])
    async def test_a_form_that_makes_no_sense_is_refused(
        self, sign_in: Any, open_case: Any, fields: dict[str, str]
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()
        await _claim(browser, case_id)

        answer = await _change(browser, case_id, **{"status": "waiting", **fields})

        assert answer.status_code == 422
        assert "入力を確かめてください" in answer.text

    async def test_an_unclaimed_case_must_be_claimed_first(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()

        answer = await _change(browser, case_id, status="closed")

        assert answer.status_code == 403


class TestNote:
    async def test_a_note_is_kept_with_its_writer(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in(login="hanako")
        case_id = await open_case()

        answer = await browser.post(
            f"/console/cases/{case_id}/notes", text="来週また電話する\r\n午後がよい"
        )

        assert answer.status_code == 303
        notes = _section(await _page(browser, case_id), "notes")
        assert "来週また電話する\n午後がよい" in notes
        assert "名前hanako" in notes

    @pytest.mark.parametrize(
        ("text", "words"),
        [(" \r\n ", "メモを書いてください"), ("あ" * 4001, "文が長すぎます")],
    )
    async def test_an_empty_or_endless_note_is_refused(
        self, sign_in: Any, open_case: Any, text: str, words: str
    ) -> None:
        browser = await sign_in()
        case_id = await open_case()

        answer = await browser.post(f"/console/cases/{case_id}/notes", text=text)

        assert answer.status_code == 422
        assert words in answer.text

    async def test_the_longest_note_is_kept(self, sign_in: Any, open_case: Any) -> None:
        browser = await sign_in()
        case_id = await open_case()

        answer = await browser.post(f"/console/cases/{case_id}/notes", text="あ" * 4000)

        assert answer.status_code == 303
