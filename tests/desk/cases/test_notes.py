"""Notes and the colleagues that are named in them."""

from typing import Any
from uuid import uuid4

import pytest

from desk.auth.models import Role, StaffUser
from desk.cases.errors import MentionNotFoundError
from desk.cases.models import EventKind
from desk.cases.notes import logins_in
from desk.cases.ports import PrintedEars
from desk.cases.service import CaseService
from desk.db import now

HANAKO, JIRO, MAIL = uuid4(), uuid4(), uuid4()
KNOWN = {"hanako": HANAKO, "jiro.s": JIRO, "m@example.jp": MAIL}


class TestLoginsIn:
    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("@hanako 見てください", [HANAKO]),
            ("＠ＨＡＮＡＫＯさん、@jiro.s.", [HANAKO, JIRO]),
            ("@hanako と @hanako", [HANAKO]),
            ("@m@example.jp へ", [MAIL]),
            ("taro@hanako.jp に送った", []),
            ("@hanakosan @nobody @", []),
        ],
    )
    def test_a_name_behind_the_sign_is_found_once(self, text: str, named: list[Any]) -> None:
        assert logins_in(text, KNOWN) == named


class TestMentions:
    async def test_a_colleague_of_the_hub_has_it_on_their_list_until_read(
        self,
        open_case: Any,
        cases: CaseService,
        add_staff: Any,
        hanako: StaffUser,
        ears: PrintedEars,
    ) -> None:
        case, jiro = await open_case(), await add_staff("jiro")
        await cases.add_note(case.id, "tsubame", hanako.id, "@jiro @hanako 電話してください")

        (found,) = await cases.notes.list_unread(jiro)
        own = await cases.notes.list_unread(hanako)
        await cases.notes.mark_read(jiro, found.mention.id)

        assert found.case.id == case.id
        assert found.event.body["text"] == "@jiro @hanako 電話してください"
        assert own == []
        assert await cases.notes.list_unread(jiro) == []
        assert ears.heard == [(case.id, EventKind.NOTED)]
        with pytest.raises(MentionNotFoundError):
            await cases.notes.mark_read(jiro, found.mention.id)

    async def test_nobody_marks_anothers_mention(
        self, open_case: Any, cases: CaseService, add_staff: Any, hanako: StaffUser
    ) -> None:
        case, jiro = await open_case(), await add_staff("jiro")
        await cases.add_note(case.id, "tsubame", hanako.id, "@jiro")
        (found,) = await cases.notes.list_unread(jiro)

        with pytest.raises(MentionNotFoundError):
            await cases.notes.mark_read(hanako, found.mention.id)

    async def test_people_of_other_hubs_and_who_left_are_not_reached(
        self, open_case: Any, cases: CaseService, add_staff: Any, hanako: StaffUser
    ) -> None:
        case = await open_case()
        elsewhere = await add_staff("elsewhere", hub="matsumoto")
        away = await add_staff("away", disabled_at=now())

        _, named = await cases.notes.add(case.id, "tsubame", hanako.id, "@elsewhere @away")

        assert list(named) == []
        for person in (elsewhere, away):
            assert await cases.notes.list_unread(person) == []

    async def test_the_bureaus_people_are_colleagues_at_the_bureau(
        self, open_case: Any, cases: CaseService, add_staff: Any, bureau: StaffUser
    ) -> None:
        case = await open_case(hub_id="bureau")
        colleague = await add_staff("colleague", Role.BUREAU, None)

        await cases.add_note(case.id, None, bureau.id, "@colleague")

        assert len(await cases.notes.list_unread(colleague)) == 1

    async def test_a_case_that_has_gone_elsewhere_is_off_the_list(
        self, open_case: Any, cases: CaseService, add_staff: Any, lead: StaffUser
    ) -> None:
        case = await open_case(consent={"share_info": True, "hubs": ["tsubame", "bureau"]})
        jiro = await add_staff("jiro")
        await cases.add_note(case.id, "tsubame", lead.id, "@jiro")

        await cases.work.transfer(lead, case.id, version=1, to_hub="bureau", reason="広い")

        assert await cases.notes.list_unread(jiro) == []
