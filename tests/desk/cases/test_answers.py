"""What a person says in the conversation answers what their hub owes there, and no more."""

from typing import Any
from uuid import UUID

from desk.auth.models import StaffUser
from desk.cases.answers import note_reply
from desk.cases.fold import derive_state, stored_state
from desk.cases.models import Case, CaseResult, CaseStatus, EventKind
from desk.cases.service import CaseService
from desk.db import Database
from tests.desk.cases.conftest import Clock


class TestNoteReply:
    async def reply(
        self,
        database: Database,
        clock: Clock,
        case: Case,
        person: StaffUser,
        *,
        is_first: bool = True,
    ) -> None:
        async with database.write() as tx:
            await note_reply(tx, case.id, person.id, at=clock.now(), is_first=is_first)

    async def contacts(self, cases: CaseService, case_id: UUID) -> list[UUID | None]:
        """Who is said to have spoken with the owner, in order."""
        events = await cases.list_events(case_id, None)
        return [event.actor_id for event in events if event.kind == EventKind.CONTACTED]

    async def test_case_is_answered_at_once_by_its_author(
        self,
        open_case: Any,
        cases: CaseService,
        database: Database,
        clock: Clock,
        hanako: StaffUser,
    ) -> None:
        case = await open_case()
        clock.move(hours=1)

        await self.reply(database, clock, case, hanako)

        found = await cases.get_case(case.id, None)
        events = await cases.list_events(case.id, None)
        assert found.answered_at == clock.now()
        assert (events[-1].kind, events[-1].body) == ("contacted", {"how": "conversation"})
        assert derive_state(events) == stored_state(found)

    async def test_later_words_of_the_series_stand_nowhere_in_the_log(
        self,
        open_case: Any,
        cases: CaseService,
        database: Database,
        clock: Clock,
        hanako: StaffUser,
    ) -> None:
        case = await open_case()

        await self.reply(database, clock, case, hanako)
        await self.reply(database, clock, case, hanako, is_first=False)
        await self.reply(database, clock, case, hanako)

        assert await self.contacts(cases, case.id) == [hanako.id] * 2

    async def test_what_the_hub_owes_in_the_same_talk_is_answered_with_it(
        self,
        open_case: Any,
        cases: CaseService,
        database: Database,
        clock: Clock,
        hanako: StaffUser,
    ) -> None:
        first = await open_case()
        second = await open_case(conversation_id=first.conversation_id, handoff_number=2)
        elsewhere = await open_case()

        await self.reply(database, clock, second, hanako)
        await self.reply(database, clock, second, hanako)

        assert await self.contacts(cases, first.id) == [hanako.id]
        assert await self.contacts(cases, second.id) == [hanako.id] * 2
        assert await self.contacts(cases, elsewhere.id) == []

    async def test_what_another_hub_owes_stays_owed(
        self,
        open_case: Any,
        cases: CaseService,
        database: Database,
        clock: Clock,
        hanako: StaffUser,
    ) -> None:
        mine = await open_case()
        other = await open_case(
            conversation_id=mine.conversation_id, handoff_number=2, hub_id="matsumoto"
        )

        await self.reply(database, clock, mine, hanako)

        assert (await cases.get_case(other.id, None)).answered_at is None
        assert await self.contacts(cases, other.id) == []

    async def test_merged_case_answers_the_one_in_which_the_work_goes_on(
        self,
        *,
        open_case: Any,
        cases: CaseService,
        database: Database,
        clock: Clock,
        lead: StaffUser,
    ) -> None:
        here, there = await open_case(), await open_case()
        await cases.work.merge(lead, here.id, version=1, into=there.id)

        await self.reply(database, clock, here, lead)

        assert await self.contacts(cases, here.id) == []
        assert (await cases.get_case(there.id, None)).answered_at is not None

    async def test_closed_case_is_left_as_it_is(
        self,
        open_case: Any,
        cases: CaseService,
        database: Database,
        clock: Clock,
        hanako: StaffUser,
    ) -> None:
        case = await open_case()
        await cases.change_status(
            case.id,
            None,
            hanako.id,
            status=CaseStatus.CLOSED,
            result=CaseResult.ADVISED,
            version=1,
        )

        await self.reply(database, clock, case, hanako)

        assert (await cases.get_case(case.id, None)).version == 2
        assert await self.contacts(cases, case.id) == []
