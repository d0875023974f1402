"""Plays a plan on a desk, and notes who did what, and when desk had taken it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from desk.chat import repository as chat
from desk.chat.models import Author, Conversation, Holder, Message
from desk.chat.turns import queue_turn
from desk.db import Transaction, new_id
from desk.line.models import LineUser
from desk.live import repository as live
from tests.line.fake.users import User
from tests.line.fake.webhooks import WebhookFailedError, scatter
from tests.line.seeds.plan import Action, Do, Moment, Plan, Way
from tests.line.seeds.world import IS_WEBHOOK, World, reraise_unless_killed

Json = dict[str, Any]
AGAIN_SECONDS = 30.0
"""LINE sends a webhook again that a dying process did not answer."""
STEPS = 400
"""More than any stretch of time needs."""
COLLECT = "c:"


@dataclass(slots=True, kw_only=True)
class Deed:
    """Something a user did, of which LINE made an event."""

    user: User
    event: Json
    do: Do
    word: str = ""
    tried_epoch: int | None = None
    """How often work had begun when LINE first tried to deliver it: from then on desk may
    have it."""
    taken_epoch: int | None = None
    """How often work had begun when desk first answered that it has it."""
    unsent: "Deed | None" = None
    """By what it was taken back."""

    @property
    def event_id(self) -> str:
        return str(self.event["webhookEventId"])

    @property
    def at(self) -> int:
        """LINE's milliseconds."""
        return int(self.event["timestamp"])


@dataclass(slots=True, kw_only=True)
class Diary:
    """What happened outside of desk."""

    users: list[User]
    deeds: list[Deed] = field(default_factory=list)
    said: list[tuple[User, UUID]] = field(default_factory=list)
    """To whom staff or a case said something, as which message."""
    misjudged: list[str] = field(default_factory=list)
    """Of whom desk thinks wrongly, when all has come to rest, that they block us or do not."""
    taken: set[UUID] = field(default_factory=set)
    """Conversations that a person has held."""
    blocked: list[tuple[User, datetime, datetime | None]] = field(default_factory=list)
    """Who had the account blocked, from when until when."""

    def was_blocked(self, user: User, at: datetime) -> bool:
        return any(
            who is user and begin <= at and (end is None or at <= end)
            for who, begin, end in self.blocked
        )


class Player:
    """One run."""

    def __init__(self, world: World, plan: Plan) -> None:
        self.world = world
        self.plan = plan
        names = ("佐藤 花子", "鈴木 一郎", "高橋 次郎")
        self.diary = Diary(users=[world.fake.user(name) for name in names[: plan.users]])
        self._errands: list[tuple[datetime, Callable[[], Awaitable[None]]]] = []
        self._epoch = 0
        self._workers = 1

    async def play(self) -> Diary:
        """Play the plan, let everything come to rest, and have everybody say a last word."""
        for moment in self.plan.moments:
            await self._play(moment)
        self._heal()
        for number in range(self.plan.users):
            await self._hand_over(Action(user=number, do=Do.RETURN))
        await self._pass_time(3 * 3600)
        for row in await self.world.rows(LineUser):
            user = next(each for each in self.diary.users if each.id == row.user_id)
            if user.is_blocked != (row.blocked_at is not None):
                self.diary.misjudged.append(user.display_name)
        for number, user in enumerate(self.diary.users):
            if user.is_blocked:
                await self._deliver([self._deed(number, Action(user=number, do=Do.FOLLOW))])
            last = Action(user=number, do=Do.WRITE, word=f"last{'ghj'[number]}")
            await self._deliver([self._deed(number, last)])
            await self._pass_time(600)
        return self.diary

    def _heal(self) -> None:
        self.world.fake.account.heal()
        self.world.fake.account.quota = None
        self.world.kill_in = self.world.lose_in = None
        self.world.engine.failures, self.world.engine.seconds = 0, 0.0

    async def _play(self, moment: Moment) -> None:
        world, account = self.world, self.world.fake.account
        for trouble in moment.troubles:
            account.fail(trouble.fault, on=trouble.on, times=trouble.times, seconds=1.3)
        world.engine.seconds = moment.engine_seconds
        world.engine.failures = moment.engine_failures
        if moment.kill_at is not None:
            world.kill_in = moment.kill_at
        if moment.lose_at is not None:
            world.lose_in = moment.lose_at
        account.quota = account.used if moment.is_quota_used else None
        self._workers = moment.workers
        deeds = []
        for action in moment.actions:
            world.clock.advance(action.pause)
            if action.do in {Do.STAFF, Do.NEWS}:
                await self._say(action)
            elif action.do in {Do.TAKE, Do.RETURN}:
                await self._hand_over(action)
            else:
                deeds += self._do(action)
        await self._send(deeds, moment)
        await self._pass_time(moment.wait)

    # What users do.

    def _do(self, action: Action) -> list[Deed]:
        user = self.diary.users[action.user]
        if action.do is Do.BLOCK and user.is_blocked:
            return []
        if action.do in {Do.WRITE, Do.TAP, Do.STICKER} and user.is_blocked:
            return []  # LINE takes nothing from them.
        deed = self._deed(action.user, action)
        return [deed] if deed is not None else []

    def _deed(self, number: int, action: Action) -> Any:
        user, now = self.diary.users[number], self.world.clock()
        event: Json | None
        if action.do is Do.WRITE:
            event = user.text(action.word)
        elif action.do is Do.STICKER:
            event = user.media("image" if len(self.diary.deeds) % 2 else "sticker")
        elif action.do is Do.FOLLOW:
            self.diary.blocked = [
                (who, begin, end or now) if who is user else (who, begin, end)
                for who, begin, end in self.diary.blocked
            ]
            event = user.follow()
        elif action.do is Do.BLOCK:
            self.diary.blocked.append((user, now, None))
            event = user.unfollow()
        elif action.do is Do.TAP:
            event = self._tap(user, action.number)
        else:
            return self._unsend(user, action)
        if event is None:
            return None
        deed = Deed(user=user, event=event, do=action.do, word=action.word)
        self.diary.deeds.append(deed)
        return deed

    def _tap(self, user: User, number: int) -> Json | None:
        choices = user.quick_replies
        if not choices:
            return None
        sent = user.events_of(choices[number % len(choices)])
        return sent[0] if sent else None

    def _unsend(self, user: User, action: Action) -> Deed | None:
        texts = [
            deed
            for deed in self.diary.deeds
            if deed.user is user and deed.do is Do.WRITE and deed.unsent is None
        ]
        if len(texts) <= action.number:
            return None
        text = texts[-1 - action.number]
        text.unsent = Deed(user=user, event=user.unsend(text.event), do=Do.UNSEND)
        self.diary.deeds.append(text.unsent)
        return text.unsent

    async def _say(self, action: Action) -> None:
        """Staff answer, or their case has news, as the console stores it."""
        user = self.diary.users[action.user]
        is_staff = action.do is Do.STAFF
        async with self.world.quiet_write() as tx:
            conversation = await self._conversation(tx, user)
            if conversation is None:
                return
            said = Message(
                id=new_id(),
                author=Author.STAFF if is_staff else Author.SYSTEM,
                author_name="佐藤",
                text=action.word,
            )
            await chat.append(tx, conversation, said)
        self.diary.said.append((user, said.id))

    async def _hand_over(self, action: Action) -> None:
        """A person takes the conversation, or gives it back with what nobody has answered."""
        user = self.diary.users[action.user]
        holder = Holder.STAFF if action.do is Do.TAKE else Holder.BOT
        async with self.world.quiet_write() as tx:
            conversation = await self._conversation(tx, user)
            if conversation is None or conversation.holder == holder:
                return
            await live.change_holder(tx, conversation, holder, None)
            await tx.refresh(conversation)
            if holder == Holder.BOT:
                for message in await live.list_open_messages(tx, conversation.id):
                    await queue_turn(tx, message, conversation.version)
        self.diary.taken.add(conversation.id)

    async def _conversation(self, tx: Transaction, user: User) -> Conversation | None:
        """The user's, locked; None if desk has none yet."""
        found = [each for each in await tx.scalars(select(LineUser)) if each.user_id == user.id]
        if not found or found[0].conversation_id is None:
            return None
        return await chat.lock_conversation(tx, found[0].conversation_id)

    # How it reaches desk.

    async def _send(self, deeds: list[Deed], moment: Moment) -> None:
        if not deeds:
            return
        way = moment.way
        if way is Way.TWICE:
            await self._deliver(deeds)
            await self._deliver(deeds)
        elif way is Way.AT_ONCE:
            self._epoch += 1
            await asyncio.gather(
                self._deliver(deeds), self._deliver(deeds), self.world.work(moment.workers)
            )
            self._epoch += 1
        elif way is Way.SCATTERED:
            by_event = {deed.event_id: deed for deed in deeds}
            for batch in scatter([deed.event for deed in deeds], self.world.fake.chance):
                await self._deliver([by_event[event["webhookEventId"]] for event in batch])
        elif way is Way.LATE:
            self._later(moment.seconds, deeds)
        elif way is Way.REFUSED:
            self.world.refuses = True
            await self._deliver(deeds, again_seconds=moment.seconds)
            self.world.refuses = False
        else:
            await self._deliver(deeds)

    def _later(self, seconds: float, deeds: list[Deed], *, redelivered: bool = False) -> None:
        async def run() -> None:
            await self._deliver(deeds, redelivered=redelivered)

        self._errands.append((self.world.clock() + timedelta(seconds=seconds), run))

    async def _deliver(
        self,
        deeds: list[Deed],
        *,
        redelivered: bool = False,
        again_seconds: float = AGAIN_SECONDS,
    ) -> None:
        """Send one webhook; LINE sends it again if it is not answered well."""
        token = IS_WEBHOOK.set(True)
        webhook = self.world.fake.account.webhook
        for deed in deeds:
            if deed.tried_epoch is None:
                deed.tried_epoch = self._epoch
        try:
            await webhook.deliver([deed.event for deed in deeds], redelivered=redelivered)
        except WebhookFailedError:
            self._later(again_seconds, deeds, redelivered=True)
        except BaseException as exc:  # noqa: BLE001 (also groups of them)
            reraise_unless_killed(exc)
            self._later(again_seconds, deeds, redelivered=True)
        else:
            for deed in deeds:
                if deed.taken_epoch is None:
                    deed.taken_epoch = self._epoch
        finally:
            IS_WEBHOOK.reset(token)

    # Time.

    async def _pass_time(self, seconds: float) -> None:
        """Let time pass; everything is done when it is due."""
        clock = self.world.clock
        end = clock() + timedelta(seconds=seconds)
        for _ in range(STEPS):
            await self._work()
            due = await self.world.next_due()
            errand = min((at for at, _ in self._errands), default=None)
            nearest = min((at for at in (due, errand) if at is not None), default=None)
            if nearest is None or nearest > end:
                break
            if nearest > clock():
                clock.advance((nearest - clock()).total_seconds())
            await self._run_errands()
        else:
            raise AssertionError("work has no end")
        if end > clock():
            clock.advance((end - clock()).total_seconds())

    async def _work(self) -> None:
        self._epoch += 1
        for _ in range(STEPS):
            if not await self.world.work(self._workers):
                return
        raise AssertionError("work has no end")

    async def _run_errands(self) -> None:
        due = [errand for errand in self._errands if errand[0] <= self.world.clock()]
        self._errands = [errand for errand in self._errands if errand not in due]
        for _, run in due:
            await run()
