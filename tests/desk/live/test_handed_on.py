"""A case goes to another hub while a person of its old one holds the conversation."""

import asyncio
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from desk.auth.models import Role
from desk.cases.models import EventKind
from desk.cases.service import CaseDraft
from desk.cases.transfers import ConsentWay, NewConsent
from desk.db import now
from desk.live.models import HolderChange
from tests.desk.chat.conftest import Owner
from tests.desk.live.conftest import StaffClient, StaffOf, conversation_of, events_of, run_jobs


async def hand_on(app: FastAPI, lead: StaffClient, case_id: UUID, to_hub: str = "tsubame") -> None:
    """Transfer the case, with a consent that the owner has just given."""
    case = await app.state.cases.get_case(case_id, None)
    consent = NewConsent(way=ConsentWay.CHAT, given_at=now(), text="はい", bank_share=True)
    await app.state.cases.work.transfer(
        lead.user, case_id, version=case.version, to_hub=to_hub, reason="近い", consent=consent
    )


class TestHandedOn:
    async def test_talk_goes_back_to_the_bot_which_answers_what_was_open(
        self, app: FastAPI, hanako: StaffClient, lead: StaffClient, owner: Owner, case_id: UUID
    ):
        await hanako.take()
        await owner.say("いつになりますか")

        await hand_on(app, lead, case_id)
        await run_jobs(app)

        assert (await conversation_of(app, owner)).holder == "bot"
        said = [(m["author"], m["text"]) for m in (await owner.messages())[-3:]]
        assert [author for author, _ in said] == ["system", "system", "bot"]
        assert "ここまで" in said[0][1]
        assert "引き継ぎました" in said[1][1]
        assert said[2][1] == "echo: いつになりますか"

    async def test_both_logs_say_who_did_it(
        self, app: FastAPI, hanako: StaffClient, lead: StaffClient, case_id: UUID
    ):
        await hanako.take()

        await hand_on(app, lead, case_id)

        events = await events_of(app, case_id)
        returned = next(e for e in events if e.kind == EventKind.TALK_RETURNED)
        assert (returned.body, returned.actor_id) == ({"kind": "handed_on"}, lead.user.id)
        async with app.state.database.read() as tx:
            query = select(HolderChange).order_by(HolderChange.version)
            changes = list(await tx.scalars(query))
        assert [change.kind for change in changes] == ["taken", "handed_on"]
        assert (await hanako.reply(version=1)).status_code == 404

    async def test_person_who_sees_every_hub_goes_on(
        self, app: FastAPI, staff_of: StaffOf, lead: StaffClient, owner: Owner, case_id: UUID
    ):
        bureau = await staff_of("bureau", Role.BUREAU, None)
        await bureau.take()

        await hand_on(app, lead, case_id)

        assert (await conversation_of(app, owner)).holder_id == bureau.user.id
        assert (await bureau.reply()).status_code == 201

    async def test_person_who_is_there_for_another_case_goes_on(
        self, app: FastAPI, hanako: StaffClient, lead: StaffClient, owner: Owner, case_id: UUID
    ):
        second = CaseDraft(
            conversation_id=UUID(owner.id),
            handoff_number=2,
            turn_id="t",
            hub_id="matsumoto",
            prefix="MAT",
            headline="求人のこと",
            snapshot={},
            consent={},
        )
        await app.state.cases.open_case(second)
        await hanako.take()  # For the newest case.

        await hand_on(app, lead, case_id)

        assert (await conversation_of(app, owner)).holder_id == hanako.user.id
        assert (await hanako.reply()).status_code == 201

    async def test_talk_that_the_bot_holds_stays_with_it(
        self, app: FastAPI, lead: StaffClient, owner: Owner, case_id: UUID
    ):
        await hand_on(app, lead, case_id)

        assert (await conversation_of(app, owner)).version == 0


class TestAtOnce:
    @pytest.mark.parametrize("seed", range(4))
    async def test_people_clock_and_owner_never_wait_for_each_other_in_a_ring(
        self, *, app: FastAPI, hanako: StaffClient, lead: StaffClient, owner: Owner,
        case_id: UUID, seed: int,
    ):  # fmt: skip
        """Whoever needs conversation and case takes the conversation first."""
        app.state.cases._promises._clock = lambda: now().replace(year=now().year + 1)
        await hanako.take()
        deeds = [
            hanako.reply(version=1),
            owner.say("a"),
            app.state.cases.check_promise(case_id),
            lead.post("steal", version=1),
            hanako.hand_back(version=1),
            hand_on(app, lead, case_id),
            app.state.cases.add_note(case_id, None, lead.user.id, "メモ"),
            app.state.chat.erase(UUID(owner.id)),
        ]

        done = await asyncio.gather(*deeds[seed:], *deeds[:seed], return_exceptions=True)

        codes = {getattr(each, "status_code", 200) for each in done}
        assert codes <= {200, 201, 202, 404, 409}
        seqs = [event.seq for event in await events_of(app, case_id)]
        assert seqs == [*range(1, len(seqs) + 1)]
