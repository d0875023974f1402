"""Decides, in one transaction, what becomes of everything that waits in a user's lane."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from desk.chat.carry import LINE, queue_carry
from desk.chat.entrance import new_token
from desk.chat.models import Conversation
from desk.chat.repository import find_conversation
from desk.chat.schemas import MAX_TEXT
from desk.chat.service import ChatService
from desk.db import Transaction, now
from desk.line import events, repository
from desk.line.accounts import Confidential, LineAccount
from desk.line.carry import queue_hold
from desk.line.inbox import GATHER
from desk.line.media import take_media
from desk.line.menu import PAGE, area_of
from desk.line.messages import PAYLOAD_MARK, Bubble
from desk.line.models import EventState, LineEvent, LineUser, SendReason
from desk.line.parcels import COLLECT, Packer, say
from desk.line.sends import Parcel, list_undelivered, queue_send
from desk.line.texts import LineTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One owner message, made of one or several events."""

    client_message_id: UUID
    conversation_id: UUID
    event_ids: Sequence[UUID]
    text: str = ""
    payload: str | None = None
    title: str = ""
    """What the button says, if it is one of the menu."""
    is_private: bool = False
    is_for_staff: bool = False
    """It stands for a picture or file: only a person can make something of it."""


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A segment in the making: events that belong together, in order."""

    events: list[LineEvent] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    is_decided: bool = False
    """An earlier run has given it its id; nothing is added."""

    def takes(self, text: str) -> bool:
        """Whether one more bubble fits into the same owner message."""
        return not self.is_decided and len("\n".join([*self.texts, text])) <= MAX_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a plan is made with."""

    chat: ChatService
    packer: Packer
    texts: LineTexts
    is_confidential: Callable[[str], bool]
    """Whether a text holds what is personal or confidential."""
    clock: Callable[[], datetime]


async def plan_lane(
    tools: Tools, tx: Transaction, account: LineAccount, user: LineUser
) -> Sequence[Segment]:
    """Decide on everything that waits, but for texts to which more may come.

    Args:
        tools: What the plan is made with.
        tx: A writing transaction; the user is locked.
        account: The user's.
        user: Whose lane it is.

    Returns:
        The owner messages, in order, that are to be given to the chat now.
    """
    return await _Plan(tools, tx, account, user).run()


class _Plan:
    """One run over what waits."""

    def __init__(self, tools: Tools, tx: Transaction, account: LineAccount, user: LineUser) -> None:
        self._tools = tools
        self._tx = tx
        self._account = account
        self._user = user
        self._moment = tools.clock()
        self._drafts: list[_Draft] = []
        self._run: _Draft | None = None
        """The texts to which the next text is added."""
        self._said: set[str] = set()
        """What was said of pictures and files in this run: once for several in a row."""

    async def run(self) -> Sequence[Segment]:
        waiting = await repository.list_waiting(self._tx, self._user.id)
        unsent = await repository.list_unsent(self._tx, self._user.id)
        for event in self._ready(waiting):
            if event.line_message_id in unsent and event.client_message_id is None:
                await repository.blank_events(self._tx, [event.id])
                event.state = EventState.IGNORED
                continue
            await self._take(event)
        segments = [await self._finish(draft) for draft in self._drafts]
        await self._tx.flush()
        return segments

    def _ready(self, waiting: Sequence[LineEvent]) -> Sequence[LineEvent]:
        """Without the last texts in a row if the newest is young: its own job does them."""
        count = len(waiting)
        newest = max((e.received_at for e in waiting if e.kind == events.TEXT), default=None)
        if newest is None or self._moment - newest >= GATHER:
            return waiting
        while count and waiting[count - 1].kind == events.TEXT:
            count -= 1
        return waiting[:count]

    async def _take(self, event: LineEvent) -> None:
        blocked_at = self._user.blocked_at
        if blocked_at is not None and event.kind != events.UNFOLLOW:
            # Who has blocked us cannot write; an event from before says nothing.
            self._user.blocked_at = None if event.happened_at >= blocked_at else blocked_at
        if event.client_message_id is not None:
            self._take_decided(event)
        elif event.kind == events.TEXT:
            await self._take_text(event)
        else:
            self._run = None
            await self._take_other(event)

    def _take_decided(self, event: LineEvent) -> None:
        self._run = None
        for draft in self._drafts:
            if draft.events[0].client_message_id == event.client_message_id:
                draft.events.append(event)
                break
        else:
            self._drafts.append(_Draft(events=[event], is_decided=True))

    async def _take_text(self, event: LineEvent) -> None:
        text = events.text_of(event.raw).strip()
        texts = self._tools.texts
        if not text:
            event.state = EventState.IGNORED
        elif texts.asks_for_link(text):
            self._run = None
            await self._say_link(event, "line_link")
        elif self._account.confidential is Confidential.FORBID:
            await self._say_link(event, "line_forbid")
            await repository.blank_events(self._tx, [event.id])
        elif len(text) > MAX_TEXT:
            self._run = None
            await self._say(event, say(texts.wording("line_too_long")))
            event.state = EventState.IGNORED  # It stays, sealed, until it is pruned.
        elif self._run is not None and self._run.takes(text):
            self._run.events.append(event)
            self._run.texts.append(text)
        else:
            self._run = _Draft(events=[event], texts=[text])
            self._drafts.append(self._run)

    async def _take_other(self, event: LineEvent) -> None:
        if event.kind == events.POSTBACK:
            await self._take_press(event)
        elif event.kind == events.FOLLOW:
            await self._greet(event)
        elif event.kind == events.UNFOLLOW:
            event.state = EventState.HANDLED
            if not await repository.has_later(self._tx, self._user.id, event.happened_at):
                self._user.blocked_at = event.happened_at
                self._user.collector_at = None
        elif event.kind.startswith("message."):
            await self._take_media(event)
        else:
            event.state = EventState.IGNORED

    async def _take_press(self, event: LineEvent) -> None:
        data = events.data_of(event.raw)
        if data.startswith(COLLECT):
            await self._collect(event, data.removeprefix(COLLECT))
        elif self._account.confidential is Confidential.FORBID:
            await self._say_link(event, "line_forbid")
        elif (area := area_of(data)) is not None and area.payload == PAGE:
            await self._say_link(event, "line_link")
        elif area is not None or data.startswith(PAYLOAD_MARK):
            self._drafts.append(_Draft(events=[event]))
        else:
            event.state = EventState.IGNORED

    async def _collect(self, event: LineEvent, name: str) -> None:
        """The user fetches a late answer: its token is used for it, as soon as it is there."""
        event.state = EventState.HANDLED
        if self._user.conversation_id is None:
            return
        await queue_carry(self._tx, self._user.conversation_id, f"press:{event.id}")
        try:
            client_id = UUID(name)
        except ValueError:
            return
        await queue_hold(self._tx, self._user, client_id, event.received_at, f"press:{event.id}")

    async def _take_media(self, event: LineEvent) -> None:
        conversation = await self._open_conversation()
        taken = await take_media(self._tx, self._tools.texts, self._account, event, conversation)
        if taken.words not in self._said:
            self._said.add(taken.words)
            await self._say(event, say(taken.words), cause=taken.cause)
        if taken.is_for_staff:
            self._drafts.append(_Draft(events=[event]))
        else:
            event.state = EventState.HANDLED

    async def _greet(self, event: LineEvent) -> None:
        """Greeting and privacy notice; following again is no new consent to anything."""
        event.state = EventState.HANDLED
        if self._account.confidential is Confidential.FORBID:
            await self._say_link(event, "line_forbid")
            return
        if await self._open_conversation() is None:
            await self._conversation()  # Its opening is carried.
            return
        assert self._user.conversation_id is not None  # It is open.
        if await list_undelivered(self._tx, self._user):
            # What came while the account was blocked is worth more than another greeting.
            await queue_carry(self._tx, self._user.conversation_id, f"follow:{event.id}")
            return
        opening = [
            Bubble(text=str(each["text"]), quick_replies=each.get("quick_replies", ()))
            for each in self._tools.chat.opening(self._account.site)
        ]
        await self._say(event, self._tools.packer.bubbles(opening))

    async def _say(
        self, event: LineEvent, messages: Sequence[dict[str, Any]], *, cause: str | None = None
    ) -> None:
        cause = cause or f"event:{event.id}"
        parcel = Parcel(reason=SendReason.POLITE, messages=messages, cause=cause)
        await queue_send(self._tx, self._user, parcel, self._moment)

    async def _say_link(self, event: LineEvent, text_id: str) -> None:
        await self._conversation()
        event.state = EventState.HANDLED
        await self._send_link(text_id, f"event:{event.id}")

    async def _send_link(self, text_id: str, cause: str) -> None:
        messages = await self._tools.packer.link(self._tx, self._user, text_id)
        parcel = Parcel(reason=SendReason.LINK, messages=messages, cause=cause)
        await queue_send(self._tx, self._user, parcel, self._moment)

    async def _open_conversation(self) -> Conversation | None:
        """The user's conversation, if it can be continued."""
        if self._user.conversation_id is None:
            return None
        found = await find_conversation(self._tx, self._user.conversation_id)
        is_over = found is None or found.erased_at is not None or found.expires_at < now()
        return None if is_over else found

    async def _conversation(self) -> UUID:
        """The user's conversation; begun now if there is none that can be continued."""
        found = await self._open_conversation()
        if found is None:
            found, _ = await self._tools.chat.begin(self._tx, LINE, self._account.site, new_token())
            self._user.conversation_id, self._user.sent_seq = found.id, 0
            self._user.greeted_at = None
            await self._tx.flush()
        return found.id

    async def _finish(self, draft: _Draft) -> Segment:
        """Give the owner message its id, and note what follows from its words."""
        conversation_id = await self._conversation()
        first = draft.events[0]
        client_id = first.client_message_id or uuid5(
            NAMESPACE_OID, f"line:{first.account}:{first.webhook_event_id}"
        )
        texts = [events.text_of(e.raw).strip() for e in draft.events if e.kind == events.TEXT]
        text = "\n".join(each for each in texts if each)[:MAX_TEXT]
        is_media = first.kind not in {events.TEXT, events.POSTBACK}
        if not draft.is_decided:
            await self._decide(draft, client_id, text, is_media=is_media)
        payload, title = None, ""
        if first.kind == events.POSTBACK:
            data = events.data_of(first.raw)
            area = area_of(data)
            payload = area.payload if area else data.removeprefix(PAYLOAD_MARK)
            title = area.says if area else ""
        return Segment(
            client_message_id=client_id,
            conversation_id=conversation_id,
            event_ids=[event.id for event in draft.events],
            text=self._tools.texts.arrived(first.kind) if is_media else text,
            payload=payload,
            title=title,
            is_private=first.is_private,
            is_for_staff=is_media,
        )

    async def _decide(self, draft: _Draft, client_id: UUID, text: str, *, is_media: bool) -> None:
        is_guarded = self._account.confidential is Confidential.LINK_ONLY
        is_private = is_guarded and bool(text) and self._tools.is_confidential(text)
        for event in draft.events:
            event.client_message_id, event.is_private = client_id, is_private
        if is_private:
            await self._send_link("line_warning", f"warning:{client_id}")
        elif not is_media:
            came = max(event.received_at for event in draft.events)
            await queue_hold(self._tx, self._user, client_id, came, f"{client_id}")
