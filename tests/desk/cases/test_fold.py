"""What the columns of a case hold is what its log says, whatever staff and clocks do."""

import asyncio
import contextlib
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st
from sqlalchemy import select

from desk.auth.models import Role, StaffUser
from desk.cases.fold import derive_state, stored_state
from desk.cases.models import (
    Case,
    CaseResult,
    CaseStatus,
    EventKind,
    Priority,
    PriorityReason,
)
from desk.cases.service import CaseService, erase_of_conversation
from desk.cases.transfers import ConsentWay, NewConsent
from desk.chat import repository as chat
from desk.chat.models import Author, Conversation, Message
from desk.chat.stream import Fanout
from desk.config import Settings
from desk.db import Base, Database, new_id, now
from desk.errors import DeskError
from desk.jobs.models import Job
from desk.live.handed_on import HandedOnTalks
from desk.live.ports import SetHours
from desk.live.service import LiveService
from desk.live.texts import LiveTexts
from desk.live.waiting import UNANSWERED_JOB, WaitingOwners
from desk.vault.service import open_database
from tests.desk.cases.conftest import HUBS, Clock, draft, talk

DEEDS = (
    "claim", "release", "assign", "status", "snooze", "close", "labels", "priority", "contact",
    "transfer", "merge", "reopen", "note", "announce", "promise", "wake", "erase",
    "take", "reply", "hand_back", "ask",
)  # fmt: skip


class World:
    """Two cases of one owner, a lead and two colleagues, and a clock that runs on."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.random = random.Random(seed)
        self.clock = Clock()
        fanout, texts = Fanout(), LiveTexts(wording=lambda text_id, **_: text_id)
        self.cases = CaseService(
            database,
            today=self.clock.today,
            clock=self.clock.now,
            promise_business_days=3,
            hubs=HUBS,
            ears=[HandedOnTalks(fanout, texts)],
        )
        self.waiting = WaitingOwners(
            database, fanout, texts, SetHours(), reply_within=timedelta(minutes=5)
        )
        self.live = LiveService(database, fanout, texts, self.waiting, self.cases.notes)
        self.people: list[StaffUser] = []
        self.ids: list[UUID] = []

    async def begin(self) -> None:
        for role, hub in ((Role.LEAD, "tsubame"), (Role.STAFF, "tsubame"), (Role.BUREAU, None)):
            person = StaffUser(
                id=new_id(),
                login=new_id().hex,
                display_name=role,
                password_hash="x",
                role=role,
                hub_id=hub,
            )
            async with self.database.write() as tx:
                tx.add(person)
            self.people.append(person)
        self.conversation_id = await talk(self.database, self.clock)
        async with self.database.write() as tx:
            row = await tx.get_one(Conversation, self.conversation_id)
            row.expires_at = now() + timedelta(days=1)
        for number in (1, 2):
            await self.cases.open_case(draft(self.conversation_id, handoff_number=number))
        self.ids = [case.id for case in await self.cases.list_cases(None)]

    async def do(self, deed: str) -> None:
        """One deed by anybody on either case; a refusal is an outcome too."""
        self.clock.move(hours=self.random.choice((0.01, 1, 5, 30)))
        case_id = self.random.choice(self.ids)
        self.user = self.random.choice(self.people)
        self.version = (await self.cases.get_case(case_id, None)).version
        self.version -= self.random.random() < 0.1
        with contextlib.suppress(DeskError):
            await getattr(self, f"do_{deed}")(case_id)

    async def do_claim(self, case_id: UUID) -> None:
        await self.cases.claim(case_id, None, self.user.id)

    async def do_release(self, case_id: UUID) -> None:
        await self.cases.release(case_id, None, self.user.id, version=self.version)

    async def do_assign(self, case_id: UUID) -> None:
        to = self.random.choice(self.people).id
        await self.cases.work.assign(self.user, case_id, version=self.version, assignee_id=to)

    async def do_status(self, case_id: UUID) -> None:
        await self.move(case_id, status=self.random.choice(list(CaseStatus)))

    async def do_snooze(self, case_id: UUID) -> None:
        until = self.clock.now() + timedelta(hours=self.random.choice((1, 40)))
        await self.move(case_id, status=CaseStatus.SNOOZED, hold_until=until)

    async def do_close(self, case_id: UUID) -> None:
        result = self.random.choice(list(CaseResult))
        await self.move(case_id, status=CaseStatus.CLOSED, result=result)

    async def move(self, case_id: UUID, **given: Any) -> None:
        await self.cases.change_status(case_id, None, self.user.id, version=self.version, **given)

    async def do_labels(self, case_id: UUID) -> None:
        labels = self.random.sample(("a", "b", "c"), self.random.randint(0, 3))
        await self.cases.work.set_labels(self.user, case_id, version=self.version, labels=labels)

    async def do_priority(self, case_id: UUID) -> None:
        level = self.random.choice(list(Priority))
        reasons = [self.random.choice(list(PriorityReason))] if level else []
        await self.cases.work.set_priority(
            self.user, case_id, version=self.version, priority=level, reasons=reasons
        )

    async def do_contact(self, case_id: UUID) -> None:
        await self.cases.work.record_contact(
            self.user, case_id, version=self.version, how=ConsentWay.PHONE
        )

    async def do_transfer(self, case_id: UUID) -> None:
        consent = NewConsent(
            way=ConsentWay.PHONE, given_at=self.clock.now(), text="よい", bank_share=True
        )
        await self.cases.work.transfer(
            self.user,
            case_id,
            version=self.version,
            to_hub=self.random.choice(list(HUBS)),
            reason="近い",
            consent=self.random.choice((consent, None)),
        )

    async def do_merge(self, case_id: UUID) -> None:
        into = self.random.choice(self.ids)
        await self.cases.work.merge(self.user, case_id, version=self.version, into=into)

    async def do_reopen(self, case_id: UUID) -> None:
        await self.cases.work.reopen(self.user, case_id, version=self.version, reason="続き")

    async def do_note(self, case_id: UUID) -> None:
        await self.cases.add_note(case_id, None, self.user.id, "メモ")

    async def do_announce(self, case_id: UUID) -> None:
        await self.cases.announce(case_id)

    async def do_promise(self, case_id: UUID) -> None:
        await self.cases.check_promise(case_id)

    async def do_wake(self, case_id: UUID) -> None:
        await self.cases.wake(case_id)

    async def do_take(self, case_id: UUID) -> None:
        await self.live.take(self.user, self.conversation_id, version=await self.talk_version())

    async def do_reply(self, case_id: UUID) -> None:
        await self.live.reply(
            self.user,
            self.conversation_id,
            client_message_id=new_id(),
            version=await self.talk_version(),
            text="はい",
        )

    async def do_hand_back(self, case_id: UUID) -> None:
        version = await self.talk_version()
        await self.live.hand_back(self.user, self.conversation_id, version=version, summary="要約")

    async def do_ask(self, case_id: UUID) -> None:
        """The owner writes, and nobody answers in time."""
        async with self.database.write() as tx:
            conversation = await chat.lock_conversation(tx, self.conversation_id)
            message = Message(id=new_id(), author=Author.USER, text="まだですか")
            await chat.append(tx, conversation, message)
            await self.waiting.watch(tx, conversation)
        async with self.database.read() as tx:
            timers = list(await tx.scalars(select(Job).where(Job.kind == UNANSWERED_JOB)))
        for timer in timers:
            await self.waiting.tell(timer)

    async def talk_version(self) -> int:
        async with self.database.read() as tx:
            return (await tx.get_one(Conversation, self.conversation_id)).version

    async def do_erase(self, case_id: UUID) -> None:
        async with self.database.write() as tx:
            await erase_of_conversation(tx, self.conversation_id)


async def assert_log_and_columns_agree(cases: CaseService, case_id: UUID) -> None:
    case: Case = await cases.get_case(case_id, None)
    events = await cases.list_events(case_id, None)
    labels = await cases.labels_of(case_id)

    assert derive_state(events) == stored_state(case, labels)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


async def play(settings: Settings, seed: int, deeds: list[str]) -> set[str]:
    """Do the deeds in a fresh world; gives the kinds of events that came of them."""
    database = open_database(settings)
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
            await connection.run_sync(Base.metadata.create_all)
        world = World(database, seed)
        await world.begin()
        for deed in deeds:
            await world.do(deed)
            for case_id in world.ids:
                await assert_log_and_columns_agree(world.cases, case_id)
        return {
            event.kind
            for case_id in world.ids
            for event in await world.cases.list_events(case_id, None)
        }
    finally:
        await database.close()


class TestDerivedState:
    @with_settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(
        seed=st.integers(0, 2**32),
        deeds=st.lists(st.sampled_from(DEEDS), min_size=1, max_size=30),
    )
    def test_columns_hold_what_the_log_says_after_any_deeds(
        self, settings: Settings, seed: int, deeds: list[str]
    ) -> None:
        asyncio.run(play(settings, seed, deeds))

    def test_the_deeds_bring_about_every_kind_of_event(self, settings: Settings) -> None:
        worlds = [
            ["promise"] * 30
            + ["assign", "labels", "priority", "contact", "note", "announce", "erase"] * 5,
            ["assign", "snooze", "wake", "wake", "status", "close", "reopen"] * 12,
            ["claim", "release", "transfer", "claim", "transfer"] * 12,
            ["merge", "reopen"] * 30,
            ["take", "ask", "reply", "transfer", "hand_back"] * 30,
        ]

        kinds: set[str] = set()
        for deeds in worlds:
            kinds |= asyncio.run(play(settings, 5, deeds))

        # What comes by LINE only is brought about in tests/line.
        assert kinds == {kind.value for kind in EventKind} - {EventKind.FILE_ARRIVED}

    def test_a_log_that_does_not_begin_is_refused(self) -> None:
        with pytest.raises(ValueError, match="begins with 'opened'"):
            derive_state([])
