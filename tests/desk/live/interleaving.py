"""Owner, bot and two staff members in one conversation, in an order that a seed decides."""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from sqlalchemy import update

from desk.auth.models import Role, StaffUser
from desk.chat.ports import DialogueEngineError, EngineTurn, ScriptedDialogueEngine
from desk.chat.schemas import NewMessage
from desk.db import now
from desk.errors import ConflictError
from desk.jobs.models import Job, JobState
from desk.live.talk import Talk
from desk.live.texts import BACK_TO_BOT

DEEDS = ((2, 2, 3), (4, 0, 4), (4, 4, 0))
"""How much is done in each of the first person's two windows and by the second person."""


class Schedule:
    """Lets exactly one of several actors go on at a time, chosen by a seeded die.

    An actor stops at each `step` until it is chosen. Every step is one transaction or
    the time in which the engine thinks, so the order of the steps is the order of
    everything that happens.
    """

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._waiting: list[asyncio.Future[None]] = []
        self._stopped = asyncio.Event()
        self.is_running = False

    async def step(self) -> None:
        """Wait to be chosen; returns at once when nobody schedules any more."""
        if not self.is_running:
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._stopped.set()
        await turn

    async def run(self, *actors: Coroutine[Any, Any, None]) -> None:
        """Let the actors go on, one step at a time, until all have ended."""
        self.is_running = True
        tasks = []
        for actor in actors:
            self._stopped.clear()
            task = asyncio.create_task(actor)
            task.add_done_callback(lambda _: self._stopped.set())
            tasks.append(task)
            await self._stopped.wait()
        while self._waiting:
            self._stopped.clear()
            self._waiting.pop(self._dice.randrange(len(self._waiting))).set_result(None)
            await self._stopped.wait()
        self.is_running = False
        await asyncio.gather(*tasks)


class SlowEngine(ScriptedDialogueEngine):
    """A bot that thinks while others act, and fails now and then."""

    def __init__(self, dice: Random) -> None:
        super().__init__()
        self.dice = dice
        self.schedule: Schedule | None = None
        self.fails = 0.0

    async def turn(self, *, text: str, **asked: Any) -> EngineTurn:
        """An echo, after the others have done something."""
        assert self.schedule is not None
        await self.schedule.step()
        if self.dice.random() < self.fails:
            raise DialogueEngineError("away")
        return EngineTurn(messages=[{"text": f"echo: {text}"}])


class Interleaving:
    """One conversation from its first message to the moment in which nothing is open."""

    def __init__(self, app: FastAPI, engine: SlowEngine, seed: int) -> None:
        self._app = app
        self._dice = Random(seed)
        self._engine = engine
        engine.dice, engine.fails = self._dice, 0.25
        self.schedule = engine.schedule = Schedule(self._dice)
        self.conversation_id = UUID(int=0)
        self.said: list[UUID] = []
        """Ids of what the owner sent and was told to be received."""
        self.sent: dict[UUID, tuple[int, UUID]] = {}
        """Ids of the replies that were accepted, with their versions and authors."""
        self.refused: set[UUID] = set()
        self.changed: list[tuple[int, UUID]] = []
        """Changes of holder that were accepted: the version that was seen, and by whom."""
        self._talks = self._dice.choice([0.2, 0.6, 0.9])
        """How much rather this seed's staff reply than hand back."""

    async def play(
        self, conversation_id: UUID, staff: StaffUser, lead: StaffUser, *, at_once: bool = False
    ) -> None:
        """Play the conversation to its end; `staff` has it open in two windows.

        With `at_once` nobody waits for anybody and the database decides the order.
        """
        self.conversation_id = conversation_id
        deeds = self._dice.choice(DEEDS)
        people = [self._person(*each) for each in zip((staff, staff, lead), deeds, strict=True)]
        actors = [self._owner(), self._bot(), *people]
        if at_once:
            await asyncio.gather(*actors)
        else:
            await self.schedule.run(*actors)
        self._engine.fails = 0
        await self._end(staff, lead)

    async def _owner(self) -> None:
        for number in range(self._dice.randint(2, 4)):
            await self.schedule.step()
            message = await self._press() if self._dice.random() < 0.3 else None
            if message is None:
                message = NewMessage(client_message_id=uuid4(), text=f"message {number}")
            for _ in range(self._dice.choice([1, 1, 2])):  # Sometimes the answer got lost.
                await self._app.state.chat.receive(self.conversation_id, message)
            self.said.append(message.client_message_id)

    async def _press(self) -> NewMessage | None:
        """The owner's way back to the bot, if one was offered."""
        messages = await self._app.state.chat.list_after(self.conversation_id, 0)
        offered = [b for m in messages for b in m.content.get("quick_replies", [])]
        payloads = [b["payload"] for b in offered if b["payload"].startswith(BACK_TO_BOT)]
        if not payloads:
            return None
        return NewMessage(client_message_id=uuid4(), payload=self._dice.choice(payloads))

    async def _bot(self) -> None:
        for _ in range(2):
            await self.schedule.step()
            await self.run_jobs()

    async def run_jobs(self) -> None:
        """Do what is queued, as if its time had come."""
        async with self._app.state.database.write() as tx:
            await tx.execute(update(Job).where(Job.state == JobState.QUEUED).values(run_at=now()))
        await self._app.state.worker.run_due()

    async def _person(self, user: StaffUser, deeds: int) -> None:
        for _ in range(deeds):
            await self.schedule.step()
            seen = await self._app.state.live.look(user, self.conversation_id)
            await self.schedule.step()
            with suppress(ConflictError):
                change = self._change(user, seen)
                if change is None:
                    await self._reply(user, seen)
                else:
                    await change
                    self.changed.append((seen.conversation.version, user.id))
                    await self._take_again(user)

    async def _take_again(self, user: StaffUser) -> None:
        """Now and then the person is back at once, before the other window has looked."""
        seen = await self._app.state.live.look(user, self.conversation_id)
        if seen.can_take and self._dice.random() < 0.8:
            version = seen.conversation.version
            await self._app.state.live.take(user, self.conversation_id, version=version)
            self.changed.append((version, user.id))

    def _change(self, user: StaffUser, seen: Talk) -> Awaitable[object] | None:
        """What the person does after what was seen; it may be too late. None is a reply."""
        live, talk = self._app.state.live, self.conversation_id
        version = seen.conversation.version
        if seen.is_mine:
            if self._dice.random() < self._talks:
                return None
            return live.hand_back(user, talk, version=version, summary="summary")
        if seen.can_take:
            return live.take(user, talk, version=version)
        if user.role == Role.LEAD and seen.can_steal:
            if self._dice.random() < 0.5:
                return live.steal(user, talk, version=version)
            return live.release(user, talk, version=version, reason="reason")
        return None  # Against the rules: must be refused.

    async def _reply(self, user: StaffUser, seen: Talk) -> None:
        reply_id = uuid4()
        seen_seq = max((message.seq for message in seen.messages), default=0)
        try:
            for _ in range(self._dice.choice([1, 1, 2])):
                await self._app.state.live.reply(
                    user,
                    self.conversation_id,
                    client_message_id=reply_id,
                    version=seen.conversation.version,
                    text=f"reply of {user.login}",
                    seen_seq=seen_seq,
                )
        except ConflictError:
            self.refused.add(reply_id)
            raise
        self.sent[reply_id] = (seen.conversation.version, user.id)

    async def _end(self, staff: StaffUser, lead: StaffUser) -> None:
        """Whoever still holds the conversation hands it back, and the bot does its rest."""
        for user in (staff, lead):
            seen = await self._app.state.live.look(user, self.conversation_id)
            if seen.is_mine:
                version = seen.conversation.version
                await self._app.state.live.hand_back(
                    user, self.conversation_id, version=version, summary="summary"
                )
                self.changed.append((version, user.id))
        await self.run_jobs()
