"""A desk that has lived through some days without harm, made by its own services."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import select, update

from desk.cases.models import Case
from desk.cases.service import PROMISE_JOB, CaseDraft, Receipt
from desk.chat import repository
from desk.chat.models import Author, Conversation, Holder, Message
from desk.chat.ports import DialogueEngineError, EngineTurn, ScriptedDialogueEngine
from desk.chat.schemas import NewConversation, NewMessage
from desk.chat.service import ANSWER_JOB
from desk.db import Database, new_id, now
from desk.jobs.models import Job
from desk.notify.models import NotificationTarget, TargetKind

HUBS = ("matsumoto", "tsubame", "nagaoka")
TOLD_HUBS = ("matsumoto", "nagaoka", "bureau")
"""Hubs that have a target; `tsubame` is told nowhere."""


class World:
    """Owners, staff and the bot at work; every deed ends as it should."""

    def __init__(self, app: FastAPI, engine: ScriptedDialogueEngine, seed: int) -> None:
        self.app = app
        self.engine = engine
        self.random = random.Random(seed)
        self.database: Database = app.state.database
        self._serial = 0

    async def set_up(self) -> None:
        """Give some hubs a target."""
        async with self.database.write() as tx:
            for hub in TOLD_HUBS:
                address = f"staff@{hub}.example.jp"
                tx.add(NotificationTarget(hub_id=hub, kind=TargetKind.MAIL, address=address))

    async def live(self, days: int) -> None:
        """Some random deeds, and every hand-off and given-up message at least once."""
        deeds: list[Callable[[], Awaitable[Any]]] = [
            self.talk,
            self.hand_off,
            self.hand_off_late,
            self.talk_to_a_person,
            self.give_up,
            self.erase,
        ]
        for deed in [self.hand_off, self.give_up, *self.random.choices(deeds, k=days)]:
            await deed()

    async def start(self) -> UUID:
        """A new conversation."""
        conversation, _, _ = await self.app.state.chat.start(NewConversation(channel="web"))
        identifier: UUID = conversation.id
        return identifier

    async def say(self, conversation_id: UUID, text: str = "若い子が続かない") -> Message:
        """The owner says something."""
        body = NewMessage(client_message_id=new_id(), text=text)
        turn = await self.app.state.chat.receive(conversation_id, body)
        message: Message = turn.message
        return message

    async def talk(self) -> UUID:
        """A talk with the bot."""
        conversation_id = await self.start()
        for _ in range(self.random.randint(1, 3)):
            await self.say(conversation_id)
        return conversation_id

    async def hand_off(self, hub: str = "") -> Receipt:
        """A talk that ends with a case and its receipt."""
        conversation_id = await self.talk()
        receipt = await self.open_case(conversation_id, hub or self.random.choice(HUBS))
        card = {
            "kind": "receipt",
            "case_number": receipt.case_number,
            "hub": receipt.hub_id,
            "promised_on": receipt.promised_on.isoformat(),
        }
        told = {"text": "受け付けました", "custom": {"card": card}}
        self.engine.answers.append(EngineTurn(messages=[told]))
        await self.say(conversation_id, "はい")
        await self.work()
        return receipt

    async def open_case(self, conversation_id: UUID, hub: str) -> Receipt:
        """The case alone."""
        self._serial += 1
        receipt: Receipt = await self.app.state.cases.open_case(
            CaseDraft(
                conversation_id=conversation_id,
                handoff_number=self._serial,
                turn_id="t",
                hub_id=hub,
                prefix=hub[:3].upper(),
                headline="若い子が続かない",
                snapshot={},
                consent={},
            )
        )
        return receipt

    async def hand_off_late(self) -> None:
        """A case that nobody takes by the promised day, and that escalates."""
        receipt = await self.hand_off()
        async with self.database.write() as tx:
            past = now().date() - timedelta(days=9)
            number = Case.number == receipt.case_number
            await tx.execute(update(Case).where(number).values(promised_on=past))
        await self.make_due(PROMISE_JOB)
        await self.work()
        async with self.database.write() as tx:
            await tx.execute(update(Case).where(number).values(promised_on=receipt.promised_on))

    async def hold(self, conversation_id: UUID) -> None:
        """A person takes the conversation."""
        async with self.database.write() as tx:
            await tx.execute(
                update(Conversation)
                .where(Conversation.id == conversation_id)
                .values(holder=Holder.STAFF, version=Conversation.version + 1)
            )

    async def staff_says(self, conversation_id: UUID) -> None:
        """A person writes."""
        async with self.database.write() as tx:
            conversation = await tx.get_one(Conversation, conversation_id)
            message = Message(id=new_id(), author=Author.STAFF, text="承知しました")
            await repository.append(tx, conversation, message)

    async def talk_to_a_person(self) -> UUID:
        """A talk that a person takes over and answers."""
        conversation_id = await self.talk()
        await self.hold(conversation_id)
        await self.say(conversation_id, "いますか")
        await self.staff_says(conversation_id)
        await self.work()
        return conversation_id

    async def give_up(self) -> Message:
        """A message that the bot cannot answer; staff get an attention case."""
        conversation_id = await self.start()
        self.engine.answers += [DialogueEngineError("away")] * 3
        message = await self.say(conversation_id)
        for _ in range(2):
            await self.make_due(ANSWER_JOB)
            await self.work()
        return message

    async def erase(self) -> None:
        """An owner who wants everything erased, after a hand-off."""
        receipt = await self.hand_off()
        query = select(Case.conversation_id).where(Case.number == receipt.case_number)
        async with self.database.read() as tx:
            conversation_id = (await tx.scalars(query)).one()
        await self.app.state.chat.erase(conversation_id)
        await self.work()

    async def make_due(self, kind: str) -> None:
        """Let the waiting jobs of a kind be due."""
        async with self.database.write() as tx:
            await tx.execute(
                update(Job)
                .where(Job.kind == kind, Job.state == "queued")
                .values(run_at=now() - timedelta(seconds=1))
            )

    async def work(self) -> None:
        """Have the worker do what is due."""
        await self.app.state.worker.run_due()
