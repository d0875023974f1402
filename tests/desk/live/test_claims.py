"""Whoever comes into a conversation whose case nobody has becomes responsible for it."""

import asyncio
from uuid import UUID

from fastapi import FastAPI

from desk.auth.models import Role
from desk.cases.errors import CaseAlreadyClaimedError
from desk.cases.fold import derive_state, stored_state
from desk.cases.models import Case, CaseResult, CaseStatus, EventKind
from tests.desk.chat.conftest import Owner
from tests.desk.live.conftest import StaffClient, StaffOf, events_of


async def case_of(app: FastAPI, case_id: UUID) -> Case:
    found: Case = await app.state.cases.get_case(case_id, None)
    return found


async def claims(app: FastAPI, case_id: UUID) -> list[UUID | None]:
    events = await events_of(app, case_id)
    return [event.actor_id for event in events if event.kind == EventKind.CLAIMED]


class TestTake:
    async def test_an_unclaimed_case_becomes_that_of_whoever_takes_the_talk(
        self, app: FastAPI, hanako: StaffClient, case_id: UUID
    ):
        before = await hanako.look()
        answer = await hanako.take(sees_unclaimed=True)

        case = await case_of(app, case_id)
        assert (before["is_unclaimed"], before["responsible"]) == (True, None)
        assert answer.json()["is_responsible"]
        assert answer.json()["responsible"]["name"] == "名前 hanako"
        assert (case.assignee_id, case.status) == (hanako.user.id, CaseStatus.WORKING)
        assert case.answered_at is None
        assert derive_state(await events_of(app, case_id)) == stored_state(case)

    async def test_a_repeated_call_claims_once(
        self, app: FastAPI, hanako: StaffClient, case_id: UUID
    ):
        answers = [await hanako.take(version=0, sees_unclaimed=True) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert await claims(app, case_id) == [hanako.user.id]

    async def test_a_colleague_s_case_stays_theirs_and_is_shown(
        self, app: FastAPI, hanako: StaffClient, taro: StaffClient, case_id: UUID
    ):
        await app.state.cases.claim(case_id, "matsumoto", taro.user.id)
        seen = await hanako.look()

        taken = await hanako.take()
        replied = await hanako.reply()

        assert (seen["responsible"]["name"], seen["is_unclaimed"]) == ("名前 taro", False)
        assert (taken.status_code, replied.status_code) == (200, 201)
        assert not taken.json()["is_responsible"]
        assert (await case_of(app, case_id)).assignee_id == taro.user.id
        assert await claims(app, case_id) == [taro.user.id]

    async def test_who_counted_on_the_case_and_was_late_is_told_and_nothing_changes(
        self, app: FastAPI, hanako: StaffClient, taro: StaffClient, case_id: UUID
    ):
        await app.state.cases.claim(case_id, "matsumoto", taro.user.id)

        answer = await hanako.take(sees_unclaimed=True)

        assert answer.status_code == 409
        assert answer.json()["code"] == "case_already_claimed"
        assert (await hanako.look())["holder"] == "bot"

    async def test_of_two_who_come_at_once_one_has_talk_and_case(
        self, app: FastAPI, hanako: StaffClient, taro: StaffClient, case_id: UUID
    ):
        answers = await asyncio.gather(
            *(each.take(version=0, sees_unclaimed=True) for each in (hanako, taro))
        )

        assert sorted(answer.status_code for answer in answers) == [200, 409]
        winner = hanako if answers[0].status_code == 200 else taro
        assert await claims(app, case_id) == [winner.user.id]
        assert (await winner.look())["is_mine"]

    async def test_claim_and_takeover_at_once_leave_one_responsible(
        self, app: FastAPI, hanako: StaffClient, taro: StaffClient, case_id: UUID
    ):
        async def claim() -> bool:
            try:
                await app.state.cases.claim(case_id, "matsumoto", taro.user.id)
            except CaseAlreadyClaimedError:
                return False
            return True

        answer, has_claimed = await asyncio.gather(
            hanako.take(version=0, sees_unclaimed=True), claim()
        )

        assert (answer.status_code == 200) != has_claimed
        assert len(await claims(app, case_id)) == 1

    async def test_a_lead_who_takes_it_over_leaves_the_case_with_the_colleague(
        self, app: FastAPI, hanako: StaffClient, lead: StaffClient, case_id: UUID
    ):
        await hanako.take()

        await lead.post("steal")
        await lead.reply()

        assert (await case_of(app, case_id)).assignee_id == hanako.user.id

    async def test_a_closed_case_stays_closed(
        self, app: FastAPI, hanako: StaffClient, taro: StaffClient, case_id: UUID
    ):
        cases = app.state.cases
        await cases.claim(case_id, "matsumoto", taro.user.id)
        end = {"status": CaseStatus.CLOSED, "version": 2, "result": CaseResult.ADVISED}
        await cases.change_status(case_id, "matsumoto", taro.user.id, **end)

        await hanako.take()
        await hanako.reply()

        case = await case_of(app, case_id)
        assert (case.status, case.assignee_id) == (CaseStatus.CLOSED, taro.user.id)


class TestReply:
    async def _released(self, app: FastAPI, hanako: StaffClient, case_id: UUID) -> None:
        """The talk is still hers, the case is not."""
        await hanako.take()
        await app.state.cases.release(case_id, "matsumoto", hanako.user.id, version=2)

    async def test_whoever_answers_a_case_that_nobody_has_gets_it(
        self, app: FastAPI, hanako: StaffClient, case_id: UUID
    ):
        await self._released(app, hanako, case_id)

        answer = await hanako.reply(sees_unclaimed=True)

        case = await case_of(app, case_id)
        kinds = [event.kind for event in await events_of(app, case_id)]
        assert answer.status_code == 201
        assert (case.assignee_id, case.status) == (hanako.user.id, CaseStatus.WORKING)
        assert kinds[-2:] == [EventKind.CLAIMED, EventKind.CONTACTED]
        assert derive_state(await events_of(app, case_id)) == stored_state(case)

    async def test_a_lost_race_sends_nothing_and_a_second_try_does(
        self, app: FastAPI, hanako: StaffClient, taro: StaffClient, owner: Owner, case_id: UUID
    ):
        await self._released(app, hanako, case_id)
        await app.state.cases.claim(case_id, "matsumoto", taro.user.id)
        reply_id = "6a0e2a4e-5b1c-4f0e-9c0a-0a1b2c3d4e5f"

        late = await hanako.reply("はい", client_message_id=reply_id, sees_unclaimed=True)
        between = [m["text"] for m in await owner.messages() if m["author"] == "staff"]
        again = await hanako.reply("はい", client_message_id=reply_id)

        assert (late.status_code, again.status_code) == (409, 201)
        assert late.json()["code"] == "case_already_claimed"
        assert between == []
        assert (await case_of(app, case_id)).assignee_id == taro.user.id

    async def test_the_bureau_s_person_gets_what_the_hub_left_unclaimed(
        self, app: FastAPI, staff_of: StaffOf, case_id: UUID
    ):
        bureau = await staff_of("bureau", Role.BUREAU, None)

        await bureau.take()

        case = await case_of(app, case_id)
        assert (case.assignee_id, case.hub_id) == (bureau.user.id, "matsumoto")
