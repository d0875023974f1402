"""Several cases at once: each for itself, with a line for each, and undone by new events."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest

from desk.auth.models import Role
from desk.auth.service import AuthService
from desk.cases.models import CaseStatus, EventKind
from desk.cases.service import CaseService
from desk.db import new_id

pytestmark = pytest.mark.asyncio
REFUSED = re.compile(r'data-refused="(\w+)"')


async def boxes(browser: Any, ids: list[UUID] | None = None) -> list[str]:
    """The values of the boxes on the queue's first page, of these cases or all."""
    page = (await browser.get("/console?filter=all")).text
    found = re.findall(r'name="chosen" value="([^"]+)"', page)
    return [each for each in found if ids is None or UUID(each.split(":")[0]) in ids]


async def send(browser: Any, path: str, **fields: Any) -> Any:
    """Send a form in which a field may stand several times."""
    data = {**fields, "csrf_token": await browser.token()}
    return await browser.client.post(path, data=data, headers={"Sec-Fetch-Site": "same-origin"})


async def undo(browser: Any, page: Any) -> Any:
    """Press the button for undoing on a page of results."""
    found = [unescape(each) for each in re.findall(r'name="undo" value="([^"]+)"', page.text)]
    return await send(browser, "/console/bulk/undo", undo=found)


async def kinds(cases: CaseService, case_id: UUID) -> list[str]:
    """What happened to a case."""
    return [event.kind for event in await cases.list_events(case_id, None)]


class TestClaim:
    async def test_chosen_cases_are_claimed_and_given_back_by_new_events(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser = await sign_in()
        ids = [await open_case() for _ in range(3)]

        page = await send(
            browser, "/console/bulk", deed="claim", chosen=await boxes(browser, ids[:2])
        )
        claimed = [await cases.get_case(each, None) for each in ids]
        after = await undo(browser, page)

        assert [case.status for case in claimed] == ["working", "working", "received"]
        assert "2件を元にもどす" in page.text
        assert 'name="undo"' not in after.text
        back = [await cases.get_case(each, None) for each in ids]
        assert [(case.status, case.assignee_id) for case in back] == [("received", None)] * 3
        assert (await kinds(cases, ids[0]))[-2:] == [EventKind.CLAIMED, EventKind.RELEASED]

    async def test_what_a_colleague_has_or_has_changed_is_left_and_named(
        self, sign_in: Any, open_case: Any, cases: CaseService, auth: AuthService
    ) -> None:
        browser = await sign_in(login="hanako")
        await sign_in(login="jiro")
        jiro = await auth.get_user_by_login("jiro")
        free, taken, changed = [await open_case() for _ in range(3)]
        seen = await boxes(browser)
        await cases.claim(taken, None, jiro.id)
        await cases.work.set_labels(jiro, changed, version=1, labels=["製造"])

        page = await send(browser, "/console/bulk", deed="claim", chosen=seen)

        assert sorted(REFUSED.findall(page.text)) == ["case_already_claimed", "case_changed"]
        assert (await cases.get_case(free, None)).assignee_id is not None
        assert (await cases.get_case(taken, None)).assignee_id == jiro.id
        assert (await cases.get_case(changed, None)).assignee_id is None

    async def test_the_whole_page_needs_no_box(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser = await sign_in()
        ids = [await open_case() for _ in range(3)]
        page = (await browser.get("/console")).text
        on_page = re.findall(r'name="on_page" value="([^"]+)"', page)

        await send(browser, "/console/bulk", deed="claim", on_page=on_page, whole_page="1")

        assert {(await cases.get_case(each, None)).status for each in ids} == {"working"}

    async def test_what_somebody_changed_since_is_not_undone(
        self, sign_in: Any, open_case: Any, cases: CaseService, auth: AuthService
    ) -> None:
        browser = await sign_in(login="hanako")
        hanako = await auth.get_user_by_login("hanako")
        case_id = await open_case()
        page = await send(browser, "/console/bulk", deed="claim", chosen=await boxes(browser))
        await cases.work.set_labels(hanako, case_id, version=2, labels=["製造"])

        after = await undo(browser, page)

        assert REFUSED.findall(after.text) == ["case_changed"]
        assert (await cases.get_case(case_id, None)).assignee_id == hanako.id


class TestAssign:
    async def test_a_lead_assigns_several_and_takes_it_back(
        self, sign_in: Any, open_case: Any, cases: CaseService, auth: AuthService
    ) -> None:
        await sign_in(login="hanako")
        await sign_in(login="jiro")
        lead = await sign_in(role=Role.LEAD)
        hanako, jiro = [await auth.get_user_by_login(name) for name in ("hanako", "jiro")]
        free, taken = [await open_case() for _ in range(2)]
        await cases.claim(taken, None, hanako.id)
        listed = await lead.get("/console")

        fields = {"deed": "assign", "assignee_id": str(jiro.id), "chosen": await boxes(lead)}
        page = await send(lead, "/console/bulk", **fields)
        assigned = [(await cases.get_case(each, None)).assignee_id for each in (free, taken)]
        await undo(lead, page)

        assert f'<option value="{jiro.id}">' in listed.text
        assert assigned == [jiro.id, jiro.id]
        assert (await cases.get_case(free, None)).assignee_id is None
        assert (await cases.get_case(taken, None)).assignee_id == hanako.id

    async def test_staff_are_neither_offered_it_nor_allowed(
        self, sign_in: Any, open_case: Any, auth: AuthService, cases: CaseService
    ) -> None:
        browser = await sign_in(login="hanako")
        hanako = await auth.get_user_by_login("hanako")
        case_id = await open_case()

        assert 'value="assign"' not in (await browser.get("/console")).text
        fields = {"deed": "assign", "assignee_id": str(hanako.id), "chosen": await boxes(browser)}
        page = await send(browser, "/console/bulk", **fields)
        assert REFUSED.findall(page.text) == ["not_responsible"]
        assert (await cases.get_case(case_id, None)).assignee_id is None


class TestLabelAndSnooze:
    async def test_labels_are_added_and_taken_away_again(
        self, sign_in: Any, open_case: Any, cases: CaseService, auth: AuthService
    ) -> None:
        browser = await sign_in(login="hanako")
        hanako = await auth.get_user_by_login("hanako")
        first, second = [await open_case() for _ in range(2)]
        await cases.work.set_labels(hanako, first, version=1, labels=["製造"])

        fields = {"deed": "label", "labels": "急募、松本", "chosen": await boxes(browser)}
        page = await send(browser, "/console/bulk", **fields)
        labelled = [await cases.labels_of(each) for each in (first, second)]
        await undo(browser, page)

        assert [set(each) for each in labelled] == [{"急募", "松本", "製造"}, {"急募", "松本"}]
        assert [await cases.labels_of(each) for each in (first, second)] == [["製造"], []]

    async def test_own_cases_are_snoozed_and_woken_and_free_ones_refused(
        self, sign_in: Any, open_case: Any, cases: CaseService, auth: AuthService
    ) -> None:
        browser = await sign_in(login="hanako")
        hanako = await auth.get_user_by_login("hanako")
        mine, free = [await open_case() for _ in range(2)]
        await cases.claim(mine, None, hanako.id)

        fields = {"deed": "snooze", "hold_until": "2027-01-12T09:00", "reason": "年明けに"}
        page = await send(browser, "/console/bulk", chosen=await boxes(browser), **fields)
        held = await cases.get_case(mine, None)
        await undo(browser, page)

        assert REFUSED.findall(page.text) == ["not_responsible"]
        assert (held.status, held.hold_until is not None) == (CaseStatus.SNOOZED, True)
        back = await cases.get_case(mine, None)
        assert (back.status, back.hold_until) == (CaseStatus.WORKING, None)
        assert (await kinds(cases, mine))[-2:] == [EventKind.STATUS_CHANGED] * 2
        assert (await cases.get_case(free, None)).status == CaseStatus.RECEIVED


class TestRefused:
    @pytest.mark.parametrize(
        "fields",
        [
            {"deed": "claim"},
            {"deed": "claim", "chosen": "nonsense"},
            {"deed": "assign", "chosen": f"{new_id()}:1", "assignee_id": ""},
            {"deed": "label", "chosen": f"{new_id()}:1", "labels": " "},
            {"deed": "snooze", "chosen": f"{new_id()}:1", "reason": "x"},
            {"deed": "explode", "chosen": f"{new_id()}:1"},
        ],
    )
    async def test_what_is_incomplete_changes_nothing(
        self, sign_in: Any, fields: dict[str, str]
    ) -> None:
        browser = await sign_in()

        assert (await send(browser, "/console/bulk", **fields)).status_code == 422

    @pytest.mark.parametrize("undoing", ["x", "[]", '{"to": {}}', '{"to": {}, "version": 1}'])
    async def test_nonsense_is_not_undone(self, sign_in: Any, undoing: str) -> None:
        browser = await sign_in()

        assert (await send(browser, "/console/bulk/undo", undo=undoing)).status_code == 422

    async def test_another_hubs_cases_are_neither_changed_nor_named(
        self, sign_in: Any, open_case: Any, cases: CaseService
    ) -> None:
        browser = await sign_in(hub="nagaoka")
        case_id = await open_case()

        page = await send(browser, "/console/bulk", deed="claim", chosen=f"{case_id}:1")

        assert REFUSED.findall(page.text) == ["case_not_found"]
        assert "MAT-" not in page.text
        assert (await cases.get_case(case_id, None)).assignee_id is None

    async def test_a_made_up_undoing_gives_no_rights(
        self, sign_in: Any, open_case: Any, cases: CaseService, auth: AuthService
    ) -> None:
        browser = await sign_in(login="hanako")
        await sign_in(login="jiro")
        hanako, jiro = [await auth.get_user_by_login(name) for name in ("hanako", "jiro")]
        case_id = await open_case()
        await cases.claim(case_id, None, jiro.id)

        for to in ('{"release": true}', f'{{"assignee": "{hanako.id}"}}', '{"status": "working"}'):
            text = f'{{"case": "{case_id}", "version": 2, "to": {to}}}'
            page = await send(browser, "/console/bulk/undo", undo=text)
            assert REFUSED.findall(page.text) == ["not_responsible"]
        assert (await cases.get_case(case_id, None)).assignee_id == jiro.id

    async def test_who_only_looks_has_no_boxes(self, sign_in: Any, open_case: Any) -> None:
        auditor = await sign_in(role=Role.AUDITOR, hub=None)
        case_id = await open_case()

        assert 'id="bulk"' not in (await auditor.get("/console")).text
        page = await send(auditor, "/console/bulk", deed="claim", chosen=f"{case_id}:1")
        assert page.status_code == 403


class TestShortcuts:
    async def test_they_can_be_switched_off_for_good(self, sign_in: Any) -> None:
        browser = await sign_in()

        assert 'data-on="1"' in (await browser.get("/console")).text
        await browser.post("/console/shortcuts", on="false")
        assert 'data-on="0"' in (await browser.get("/console")).text
        await browser.get("/console?view=mine")
        assert 'data-on="0"' in (await browser.get("/console")).text
        await browser.post("/console/shortcuts", on="true")
        assert 'data-on="1"' in (await browser.get("/console")).text
