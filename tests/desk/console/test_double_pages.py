"""Probable doubles on the page of a case, and their merge on a page of its own."""

import re
from typing import Any
from uuid import UUID

import pytest

from desk.auth.models import Role
from desk.cases.models import CaseResult, CaseStatus
from desk.cases.service import CaseService

pytestmark = pytest.mark.asyncio
STRANGER = {"company_name": "別の会社", "phone": "0263-99-9999", "email": "jiro@example.jp"}


async def _pair(sign_in: Any, open_case: Any) -> tuple[Any, UUID, UUID]:
    """A lead's browser and two cases with the same phone and mail address."""
    return await sign_in(Role.LEAD), await open_case(), await open_case()


class TestDoubles:
    async def test_a_case_with_the_same_contact_is_shown_with_what_they_share(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser, one, other = await _pair(sign_in, open_case)
        await open_case(contact=STRANGER)
        number = (await cases.get_case(other, None)).number

        page = (await browser.get(f"/console/cases/{one}")).text

        assert re.findall(r'<li data-case-number="([^"]+)"', page) == [number]
        assert "同じところ：同じ電話番号、同じメールアドレス" in page
        assert f'href="/console/cases/{one}/merge/{other}"' in page

    async def test_a_case_of_another_hub_is_shown_to_nobody(
        self, sign_in: Any, open_case: Any
    ) -> None:
        case_id = await open_case()
        await open_case(hub_id="nagaoka", prefix="NAG")

        for browser in (await sign_in(), await sign_in(Role.BUREAU, None)):
            assert 'id="doubles"' not in (await browser.get(f"/console/cases/{case_id}")).text

    async def test_who_may_not_merge_is_told_who_may(self, sign_in: Any, open_case: Any) -> None:
        browser, one, other = await sign_in(), await open_case(), await open_case()

        page = (await browser.get(f"/console/cases/{one}")).text
        asked = await browser.get(f"/console/cases/{one}/merge/{other}")

        assert f"/console/cases/{one}/merge/{other}" not in page
        assert "まとめられるのは、この相談の担当の方と窓口の責任者です" in page
        assert asked.status_code == 200
        assert 'id="merge-form"' not in asked.text

    async def test_a_closed_double_is_shown_and_not_merged_into(
        self, sign_in: Any, open_case: Any
    ) -> None:
        browser, one, other = await _pair(sign_in, open_case)
        await browser.post(f"/console/cases/{other}/claim")
        end = {"version": "2", "status": "closed", "reason": "済んだ", "result": "advised"}
        await browser.post(f"/console/cases/{other}/status", **end)

        page = (await browser.get(f"/console/cases/{one}")).text

        assert f'href="/console/cases/{other}"' in page
        assert "/merge/" not in page


class TestMerge:
    async def test_page_says_what_will_happen_and_changes_nothing(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser, one, other = await _pair(sign_in, open_case)
        numbers = [(await cases.get_case(each, None)).number for each in (one, other)]

        page = await browser.get(f"/console/cases/{one}/merge/{other}")

        assert page.status_code == 200
        assert all(number in page.text for number in numbers)
        assert "相談した方には、お知らせしません" in page.text
        assert f"あとで分けるときは、{numbers[0]} を「対応中」にもどします" in page.text
        assert (await cases.get_case(one, None)).version == 1

    async def test_the_merged_case_leads_to_the_other_which_keeps_the_reason(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser, one, other = await _pair(sign_in, open_case)
        number = (await cases.get_case(other, None)).number

        answer = await browser.post(
            f"/console/cases/{one}/merge", version="1", into=str(other), reason="電話もくださった方"
        )

        merged = await cases.get_case(one, None)
        assert answer.headers["location"] == f"/console/cases/{other}?done=merged"
        assert (merged.status, merged.result) == (CaseStatus.CLOSED, CaseResult.DUPLICATE)
        left = (await browser.get(f"/console/cases/{one}")).text
        kept = (await browser.get(f"/console/cases/{other}")).text
        assert "この相談は、別の相談にまとめました" in left
        assert f'<a href="/console/cases/{other}">{number}</a> で続けています' in left
        assert "電話もくださった方" in left
        assert "電話もくださった方" in kept
        assert f'<a href="/console/cases/{one}">{merged.number}</a>' in kept

    @pytest.mark.parametrize(
        ("version", "reason", "status", "words"),
        [
            ("1", " ", 422, "理由・経過を書いてください"),
            ("7", "同じ方です", 409, "ほかの人がこの相談を更新しました"),
        ],
    )
    async def test_a_refused_merge_is_explained_on_the_same_page(
        self,
        *,
        sign_in: Any,
        open_case: Any,
        cases: CaseService,
        version: str,
        reason: str,
        status: int,
        words: str,
    ) -> None:
        browser, one, other = await _pair(sign_in, open_case)

        answer = await browser.post(
            f"/console/cases/{one}/merge", version=version, into=str(other), reason=reason
        )

        assert answer.status_code == status
        assert words in answer.text
        assert 'id="merge-form"' in answer.text
        assert (await cases.get_case(one, None)).status == CaseStatus.RECEIVED

    async def test_strangers_are_not_merged(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser, one = await sign_in(Role.LEAD), await open_case()
        stranger = await open_case(contact=STRANGER)

        page = await browser.get(f"/console/cases/{one}/merge/{stranger}")
        answer = await browser.post(
            f"/console/cases/{one}/merge", version="1", into=str(stranger), reason="まとめたい"
        )

        assert (page.status_code, answer.status_code) == (409, 409)
        assert "まとめられません" in answer.text
        assert (await cases.get_case(one, None)).status == CaseStatus.RECEIVED

    async def test_whoever_claimed_it_may_merge_it(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser, one, other = await sign_in(), await open_case(), await open_case()
        form = {"into": str(other), "reason": "同じ方です"}
        refused = await browser.post(f"/console/cases/{one}/merge", version="1", **form)
        await browser.post(f"/console/cases/{one}/claim")

        answer = await browser.post(f"/console/cases/{one}/merge", version="2", **form)

        assert (refused.status_code, answer.status_code) == (403, 303)
        assert (await cases.get_case(one, None)).merged_into_id == other
