"""Forms of the case page beside its state: labels, priority, contact, colleague, transfer."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from desk.auth.models import Role
from desk.auth.service import AuthService
from desk.cases.models import CaseEvent, CaseStatus, Priority
from desk.cases.notices import StaffNotices
from desk.cases.service import CaseService
from desk.config import JST
from desk.db import now
from desk.notify.targets import TargetDraft

pytestmark = pytest.mark.asyncio


async def _page(browser: Any, case_id: UUID) -> str:
    page = await browser.get(f"/console/cases/{case_id}")
    assert page.status_code == 200
    return str(page.text)


async def _send(browser: Any, case_id: UUID, form: str, **fields: str) -> Any:
    found = re.search(r'name="version" value="(\d+)"', await _page(browser, case_id))
    version = found.group(1) if found else "1"
    return await browser.post(f"/console/cases/{case_id}/{form}", **{"version": version, **fields})


async def _claimed(sign_in: Any, open_case: Any, **changes: Any) -> tuple[Any, UUID]:
    browser, case_id = await sign_in(), await open_case(**changes)
    await browser.post(f"/console/cases/{case_id}/claim")
    return browser, case_id


class TestStatus:
    async def test_the_end_shows_its_result(self, sign_in: Any, open_case: Any) -> None:
        browser, case_id = await _claimed(sign_in, open_case)

        await _send(browser, case_id, "status", status="closed", reason="済んだ", result="matched")

        page = await _page(browser, case_id)
        assert '<dd id="case-result">人材の引き合わせにつながった</dd>' in page

    async def test_a_held_case_shows_until_when(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser, case_id = await _claimed(sign_in, open_case)

        await _send(
            browser,
            case_id,
            "status",
            status="snoozed",
            reason="春に",
            hold_until="2027-04-01T09:00",
        )

        held = (await cases.get_case(case_id, None)).hold_until
        assert held is not None
        assert held.astimezone(JST).isoformat() == "2027-04-01T09:00:00+09:00"
        assert "2027年4月1日 09:00" in await _page(browser, case_id)

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"status": "closed"}, "結果を選んでください"),
            ({"status": "snoozed"}, "いつまで保留にするか入れてください"),
            ({"status": "snoozed", "hold_until": "soon"}, "いつまで保留にするか"),
            ({"status": "snoozed", "hold_until": "2020-01-01T09:00"}, "いつまで保留にするか"),
        ],
    )
    async def test_what_is_missing_is_said_and_the_words_stay(
        self,
        *,
        sign_in: Any,
        open_case: Any,
        cases: CaseService,
        fields: dict[str, str],
        words: str,
    ) -> None:
        browser, case_id = await _claimed(sign_in, open_case)

        answer = await _send(browser, case_id, "status", reason="長い経過です", **fields)

        assert answer.status_code == 422
        assert words in answer.text
        assert "長い経過です</textarea>" in answer.text
        assert (await cases.get_case(case_id, None)).status == CaseStatus.WORKING


class TestLabelsAndPriority:
    async def test_labels_stand_on_the_case_and_in_the_queue(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser, case_id = await sign_in(), await open_case()

        await _send(browser, case_id, "labels", labels="製造、 ｱﾙﾐ ,急募,,急募")

        assert await cases.labels_of(case_id) == ["アルミ", "急募", "製造"]
        assert "アルミ、急募、製造" in await _page(browser, case_id)
        assert "ラベル：アルミ、急募、製造" in (await browser.get("/console")).text

    async def test_too_many_labels_are_refused(self, sign_in: Any, open_case: Any) -> None:
        browser, case_id = await sign_in(), await open_case()

        answer = await _send(browser, case_id, "labels", labels=",".join("abcdefghijk"))

        assert answer.status_code == 422
        assert "ラベルを短くしてください" in answer.text

    async def test_priority_stands_with_its_reasons(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser, case_id = await sign_in(), await open_case()

        refused = await _send(browser, case_id, "priority", priority="urgent")
        await _send(browser, case_id, "priority", priority="urgent", reasons="program_deadline")

        assert refused.status_code == 422
        assert "急ぐ理由を選んでください" in refused.text
        assert (await cases.get_case(case_id, None)).priority == Priority.URGENT
        page = await _page(browser, case_id)
        assert "とても急ぐ" in page
        assert "支援策の締め切りが近い" in page
        assert "とても急ぐ" in (await browser.get("/console")).text


class TestContact:
    async def test_after_it_the_case_is_not_late_any_more(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser, case_id = await _claimed(sign_in, open_case)

        await _send(browser, case_id, "contact", how="phone")

        assert (await cases.get_case(case_id, None)).answered_at is not None
        page = await _page(browser, case_id)
        assert 'id="contact-form"' not in page
        assert 'data-event="contacted"' in page


class TestAssign:
    async def test_a_lead_chooses_among_the_colleagues(
        self, sign_in: Any, open_case: Any, cases: CaseService, auth: AuthService
    ) -> None:
        lead = await sign_in(Role.LEAD)
        await sign_in(login="hanako")
        await sign_in(login="elsewhere", hub="nagaoka")
        hanako = await auth.get_user_by_login("hanako")
        case_id = await open_case()
        page = await _page(lead, case_id)

        await _send(lead, case_id, "assign", assignee_id=str(hanako.id))

        assert "名前hanako" in page
        assert "名前elsewhere" not in page
        assert (await cases.get_case(case_id, None)).assignee_id == hanako.id
        after = await _page(lead, case_id)
        assert "担当を決めました：名前hanako" in after
        assert str(hanako.id) not in after.split('data-event="assigned"')[1].split("</li>")[0]

    async def test_staff_are_not_offered_it(self, sign_in: Any, open_case: Any) -> None:
        browser, case_id = await _claimed(sign_in, open_case)

        assert 'id="assign-form"' not in await _page(browser, case_id)


class TestTransfer:
    async def test_without_consent_it_is_refused_and_says_what_to_do(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser, case_id = await _claimed(sign_in, open_case)

        answer = await _send(browser, case_id, "transfer", to_hub="nagaoka", reason="本社が近い")

        assert answer.status_code == 409
        assert "同意していません" in answer.text
        assert "本社が近い</textarea>" in answer.text
        assert (await cases.get_case(case_id, None)).hub_id == "matsumoto"

    async def test_with_a_recorded_consent_it_goes_and_the_queue_is_shown(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser, case_id = await _claimed(sign_in, open_case)
        opened = (await cases.get_case(case_id, None)).created_at
        given = opened.astimezone(JST).replace(tzinfo=None).isoformat()

        answer = await _send(
            browser,
            case_id,
            "transfer",
            to_hub="nagaoka",
            reason="本社が近い",
            way="phone",
            given_at=given,
            consent_text="渡してよいとのこと",
        )

        assert answer.headers["location"] == "/console?done=transferred"
        assert (await cases.get_case(case_id, None)).hub_id == "nagaoka"
        assert "引き継ぎました" in (await browser.get("/console?done=transferred")).text
        other = await sign_in(Role.LEAD, "nagaoka")
        page = await _page(other, case_id)
        assert 'data-status="transferred"' in page
        assert "渡してよいとのこと" in page

    async def test_half_a_consent_is_refused(self, sign_in: Any, open_case: Any) -> None:
        browser, case_id = await _claimed(sign_in, open_case)

        for fields in ({"way": "phone"}, {"consent_text": "よい"}):
            answer = await _send(
                browser, case_id, "transfer", to_hub="nagaoka", reason="x", **fields
            )
            assert answer.status_code == 422
            assert "新しい同意の欄を埋めてください" in answer.text

    async def test_a_hub_within_the_consent_is_marked(self, sign_in: Any, open_case: Any) -> None:
        consent = {"share_info": True, "hubs": ["matsumoto", "nagaoka"]}
        browser, case_id = await _claimed(sign_in, open_case, consent=consent)

        options = re.findall(
            r'<option value="(\w+)">[^<]*（同意あり）', await _page(browser, case_id)
        )

        assert options == ["nagaoka"]


class TestEscalation:
    async def test_staff_see_who_was_told(
        self, sign_in: Any, open_case: Any, cases: CaseService, database: Any
    ) -> None:
        browser, case_id = await sign_in(), await open_case()
        opened = (await cases.get_case(case_id, None)).created_at - timedelta(days=40)
        async with database.write() as tx:
            await tx.execute(update(CaseEvent).values(created_at=opened))
        await cases.check_promise(case_id)

        assert 'id="case-escalated"' in await _page(browser, case_id)

    @pytest.mark.parametrize(
        ("with_target", "words"),
        [
            (True, ["責任者の知らせ先がありません", "関東経済産業局の知らせ先がありません"]),
            (False, ["一覧に出しただけです（知らせ先がありません）"]),
        ],
    )
    async def test_it_is_said_where_nobody_could_be_told(
        self,
        *,
        sign_in: Any,
        open_case: Any,
        database: Any,
        app: Any,
        settings: Any,
        with_target: bool,
        words: list[str],
    ) -> None:
        browser, case_id = await sign_in(), await open_case()
        if with_target:
            mail = TargetDraft(hub_id="matsumoto", kind="mail", address="a@city.example.jp")
            await app.state.targets.save(mail)
        async with database.write() as tx:
            early = now() - timedelta(days=40)
            await tx.execute(update(CaseEvent).values(created_at=early))
        telling = CaseService(
            database, today=settings.today_jst, promise_business_days=3, ears=[StaffNotices()]
        )
        await telling.check_promise(case_id)

        page = await _page(browser, case_id)

        assert [each for each in words if each not in page] == []
        assert "責任者に知らせ済み" not in page
