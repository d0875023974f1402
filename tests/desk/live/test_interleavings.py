"""Property: whatever the order of bot, owner and two staff members, the rules of holding hold.

A thousand seeded orders on a real database. Each step of an actor is one transaction or
the time in which the engine thinks; staff act on what they saw a while ago.
"""

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import event, select

from advisor.knowledge import KnowledgeBase
from desk.app import create_app
from desk.auth.models import Role, StaffUser
from desk.cases.models import Case
from desk.chat.models import Author, Conversation, Holder, Message
from desk.chat.schemas import NewConversation
from desk.config import Settings
from desk.db import new_id
from desk.jobs.models import Job, JobState
from desk.live.models import HolderChange
from desk.live.ports import SetHours
from desk.live.texts import BACK_TO_BOT
from desk.live.waiting import UNANSWERED_JOB
from tests.desk.live.interleaving import Interleaving, SlowEngine

SEEDS = 1000
GROUPS = 20
AT_ONCE = 15
GAVE_UP = -1


async def make_app(settings: Settings, knowledge: KnowledgeBase, engine: SlowEngine) -> FastAPI:
    app = create_app(settings, engine=engine, knowledge=knowledge, hours=SetHours())
    if app.state.database.is_sqlite:

        @event.listens_for(app.state.database.engine.sync_engine, "connect")
        def without_waiting_for_the_disk(connection: object, _: object) -> None:
            connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]

    return app


async def add_staff(app: FastAPI, login: str, role: Role) -> StaffUser:
    user = StaffUser(
        id=new_id(),
        login=login,
        display_name=login,
        password_hash="none",
        role=role,
        hub_id="matsumoto",
    )
    async with app.state.database.write() as tx:
        tx.add(user)
    return user


async def open_talk(app: FastAPI) -> UUID:
    """A conversation that was handed over to the hub."""
    conversation, _, _ = await app.state.chat.start(NewConversation())
    case = Case(
        number=new_id().hex[:24],
        hub_id="matsumoto",
        conversation_id=conversation.id,
        handoff_number=1,
        turn_id="",
        headline="",
        snapshot={},
        consent={},
        contact={},
        promised_on=app.state.settings.today_jst(),
    )
    async with app.state.database.write() as tx:
        tx.add(case)
    return conversation.id


class Log:
    """What the database says of a conversation after it was played."""

    def __init__(
        self,
        conversation: Conversation,
        messages: Sequence[Message],
        changes: Sequence[HolderChange],
    ) -> None:
        self.conversation = conversation
        self.messages = messages
        self.changes = changes
        self.by_id = {message.id: message for message in messages}

    def change_at(self, seq: int) -> HolderChange | None:
        """The change after which the message with this number was written."""
        before = [change for change in self.changes if change.after_seq < seq]
        return before[-1] if before else None

    def holder_at(self, seq: int) -> tuple[int, str, UUID | None]:
        """Version, holder and holder's id when the message was written."""
        change = self.change_at(seq)
        return (change.version, change.holder, change.holder_id) if change else (0, "bot", None)


async def read_log(app: FastAPI, conversation_id: UUID) -> Log:
    async with app.state.database.read() as tx:
        messages = await tx.scalars(
            select(Message).where(Message.conversation_id == conversation_id).order_by(Message.seq)
        )
        changes = await tx.scalars(
            select(HolderChange)
            .where(HolderChange.conversation_id == conversation_id)
            .order_by(HolderChange.version)
        )
        return Log(await tx.get_one(Conversation, conversation_id), messages.all(), changes.all())


def check_authors_held(log: Log) -> None:
    """Never a message by one who no longer holds."""
    for message in log.messages:
        _, holder, holder_id = log.holder_at(message.seq)
        if message.author == Author.STAFF:
            assert (holder, holder_id) == (Holder.STAFF, message.author_id)
        if message.author == Author.BOT:
            assert holder == Holder.BOT


def check_versions(log: Log, played: Interleaving) -> None:
    """Versions grow by one with each change of holder, each made for the one before it.

    Where both windows of one person ask for the same change, both are told that it is
    made, and it is made once.
    """
    by_staff = {(c.version - 1, c.actor_id) for c in log.changes if c.actor_id is not None}
    assert by_staff == set(played.changed)
    assert [change.version for change in log.changes] == [*range(1, len(log.changes) + 1)]
    assert log.conversation.version == len(log.changes)
    assert [change.after_seq for change in log.changes] == sorted(
        change.after_seq for change in log.changes
    )
    holders = [None, *(change.holder_id for change in log.changes)]
    assert all(before != after for before, after in pairwise(holders))


def answered_in(log: Log) -> dict[UUID, int]:
    """The version in which each of the owner's messages was answered; it is only one."""
    answered: dict[UUID, int] = {}
    owners = [message for message in log.messages if message.author == Author.USER]
    for answer in log.messages:
        if answer.author not in {Author.BOT, Author.STAFF} or answer.answers_id is None:
            continue
        version, _, _ = log.holder_at(answer.seq)
        asked = log.by_id[answer.answers_id]
        assert answered.setdefault(asked.id, version) == version
        if answer.author == Author.STAFF:
            for earlier in owners:
                if earlier.seq < asked.seq:
                    answered.setdefault(earlier.id, version)
    return answered


def check_nothing_is_lost(log: Log, played: Interleaving) -> None:
    """What was accepted stands there once; what was refused does not; nothing stays open."""
    assert [message.seq for message in log.messages] == [*range(1, len(log.messages) + 1)]
    assert log.conversation.last_seq == len(log.messages)
    ids = [m.client_message_id for m in log.messages if m.client_message_id is not None]
    assert sorted(ids) == sorted([*played.said, *played.sent])
    assert not played.refused & set(ids)
    for message in log.messages:
        if message.author == Author.STAFF:
            version, _, _ = log.holder_at(message.seq)
            assert played.sent[message.client_message_id] == (version, message.author_id)
    answered = answered_in(log)
    given_up = {m.answers_id for m in log.messages if m.part == GAVE_UP}
    for message in log.messages:
        if message.author == Author.USER and not (message.payload or "").startswith(BACK_TO_BOT):
            assert message.id in answered or message.id in given_up


def groups() -> list[Any]:
    """The first fifty orders for every day, the rest for the whole check."""
    rest = [pytest.param(group, marks=pytest.mark.thorough) for group in range(1, GROUPS)]
    return [0, *rest]


class Desk:
    """A desk with two staff members, on which conversations are played and checked."""

    def __init__(self, app: FastAPI, engine: SlowEngine, staff: StaffUser, lead: StaffUser):
        self.app, self.engine = app, engine
        self.staff, self.lead = staff, lead
        self.seen: set[str] = set()
        """What has happened at all in the conversations."""

    async def play(self, seed: int, *, at_once: bool = False) -> None:
        """Play one conversation and hold it to the rules."""
        conversation_id = await open_talk(self.app)
        played = Interleaving(self.app, self.engine, seed)
        try:
            await played.play(conversation_id, self.staff, self.lead, at_once=at_once)
            log = await read_log(self.app, conversation_id)
            check_authors_held(log)
            check_versions(log, played)
            check_nothing_is_lost(log, played)
        except BaseException as exc:
            exc.add_note(f"seed {seed}")
            raise
        self.seen |= {change.kind for change in log.changes}
        self.seen |= {message.author for message in log.messages}
        self.seen |= {"refused"} if played.refused else set()


@pytest_asyncio.fixture
async def desk(settings: Settings, knowledge: KnowledgeBase) -> AsyncIterator[Desk]:
    engine = SlowEngine(Random(0))
    app = await make_app(settings, knowledge, engine)
    staff = await add_staff(app, "hanako", Role.STAFF)
    yield Desk(app, engine, staff, await add_staff(app, "lead", Role.LEAD))
    await app.state.database.close()


@pytest.mark.parametrize("group", groups())
async def test_rules_of_holding_hold_in_every_order(desk: Desk, group: int):
    for seed in range(group, SEEDS, GROUPS):
        await desk.play(seed)

    # The orders are worth something only if everything that can happen did happen.
    assert desk.seen >= {"taken", "stolen", "returned", "released", "left", "refused"}
    assert desk.seen >= {"user", "bot", "staff", "system"}
    async with desk.app.state.database.read() as tx:
        timers = select(Job.state).where(Job.kind == UNANSWERED_JOB)
        assert set(await tx.scalars(timers)) == {JobState.DONE}


async def test_rules_of_holding_hold_when_nobody_waits_for_anybody(desk: Desk):
    """What the schedule cannot order: transactions that run at the same time."""
    for seed in range(SEEDS, SEEDS + AT_ONCE):
        await desk.play(seed, at_once=True)

    assert desk.seen >= {"taken", "returned", "user", "bot", "staff"}
