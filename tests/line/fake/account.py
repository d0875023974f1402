"""An official account at the fake of LINE: whom it knows, what it may do, what it was asked."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.line.fake.errors import (
    FAILED_TO_SEND,
    INVALID_REPLY_TOKEN,
    MONTHLY_LIMIT,
    RETRY_KEY_ACCEPTED,
    LineError,
    invalid_property,
)
from tests.line.fake.faults import EVERY, Fault, Faults, Rule
from tests.line.fake.richmenus import RichMenus
from tests.line.fake.users import User
from tests.line.fake.webhooks import Webhook

if TYPE_CHECKING:
    from tests.line.fake.line import FakeLine

Json = dict[str, Any]
TOKEN_LIVES = timedelta(seconds=60)
"""From the moment at which the webhook with it was sent, or sent again."""
CONTENT_LIVES = timedelta(days=7)
"""LINE says "a certain period" only."""
EVENT_LIVES = timedelta(minutes=20)
RETRY_KEY_LIVES = timedelta(hours=24)
FREE_QUOTA = 200
REPLY, PUSH = "reply", "push"


@dataclass(slots=True, kw_only=True)
class ReplyToken:
    """What an event gives for one free answer."""

    to: User | Group
    event_at: datetime
    received_at: datetime | None = None
    used_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether a reply with it would be taken now."""
        if self.used_at is not None or self.received_at is None:
            return False
        return now - self.received_at <= TOKEN_LIVES and now - self.event_at <= EVENT_LIVES


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that came in, and how it was answered."""

    endpoint: str
    """`reply`, `push`, `loading`, `profile`, `quota`, …: see `routes.py`."""
    method: str
    path: str
    at: datetime
    headers: dict[str, str]
    body: Any
    request_id: str
    status: int
    """0 where the connection was cut."""
    accepted: bool
    """Whether LINE did it, whatever it answered."""

    @property
    def messages(self) -> list[Json]:
        """The messages of a reply or push."""
        found: list[Json] = self.body.get("messages", []) if isinstance(self.body, dict) else []
        return found

    @property
    def retry_key(self) -> str | None:
        """Its X-Line-Retry-Key."""
        return self.headers.get("x-line-retry-key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What a retry key stands for."""

    at: datetime
    request_id: str
    sent: list[Json]


@dataclass(slots=True, kw_only=True)
class Content:
    """A picture or file that LINE keeps for a while."""

    kind: str
    raw: bytes = field(repr=False)
    ready_at: datetime
    """Until then it is being made ready."""
    gone_at: datetime
    is_broken: bool = False
    """LINE could not make it ready and never will."""


@dataclass(slots=True, kw_only=True)
class Group:
    """A group or room, in which the account is until it leaves."""

    id: str
    kind: str
    is_left: bool = False
    delivered: list[Json] = field(default_factory=list)

    @property
    def is_reachable(self) -> bool:
        """Whether the account is still in it."""
        return not self.is_left

    def show(self, message: Json, message_id: str, how: str) -> None:
        """Put the account's message into its chat."""
        self.delivered.append(message)


class Account:
    """One channel with its friends. All that the fake records stands here."""

    def __init__(self, line: FakeLine, name: str, display_name: str) -> None:
        self.line = line
        self.name = name
        self.display_name = display_name
        self.lock: threading.RLock = line.lock
        self.chance: random.Random = line.chance
        self.clock: Callable[[], datetime] = line.clock
        self.channel_id = f"2{self.digits(9)}"
        self.bot_user_id = self.new_id("U")
        self.basic_id = f"@{self.digits(3)}{name[:5]}"
        self.secrets = [f"{self.chance.getrandbits(128):032x}"]
        self.access_token = f"token-of-{name}-{self.chance.getrandbits(64):016x}"
        self.chat_mode = "bot"
        self.mark_as_read_mode = "auto"
        self.quota: int | None = FREE_QUOTA
        self.used = 0
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.tokens: dict[str, ReplyToken] = {}
        self.retry_keys: dict[str, Accepted] = {}
        self.contents: dict[str, Content] = {}
        self.read_tokens: dict[str, tuple[User, int]] = {}
        """Whose chat, and how much of it, is marked as read with a token."""
        self.calls: list[Call] = []
        self.faults = Faults()
        self.webhook = Webhook(self)
        self.rich_menus = RichMenus(self)

    # Who is there.

    def user(self, display_name: str = "佐藤 花子", *, is_friend: bool = True) -> User:
        """A new user, by default a friend who has said nothing yet."""
        user = User(self, self.new_id("U"), display_name, is_friend=is_friend)
        self.users[user.id] = user
        return user

    def group(self, kind: str = "group") -> Group:
        """A new `group` or `room`."""
        group = Group(id=self.new_id("C" if kind == "group" else "R"), kind=kind)
        self.groups[group.id] = group
        return group

    # What it was asked.

    def calls_to(self, endpoint: str) -> list[Call]:
        """Every call to one endpoint, also refused ones, in order."""
        return [call for call in self.calls if call.endpoint == endpoint]

    @property
    def replies(self) -> list[Call]:
        """Every reply that was tried."""
        return self.calls_to(REPLY)

    @property
    def pushes(self) -> list[Call]:
        """Every push that was tried."""
        return self.calls_to(PUSH)

    def delivered(self, user: User) -> list[Json]:
        """What the user was shown by the account, in order, each as often as it appears."""
        return user.delivered

    # What goes wrong.

    def fail(
        self,
        fault: Fault,
        *,
        on: str = EVERY,
        times: int | None = 1,
        skip: int = 0,
        seconds: float = 10.0,
    ) -> None:
        """Let calls meet a fault.

        Args:
            fault: What happens.
            on: Name of the endpoint, or `*`.
            times: How many calls meet it; None: all until `heal()`.
            skip: How many calls go well before.
            seconds: How long `SLOW` and `STUCK` take, in real time.
        """
        self.faults.add(Rule(fault=fault, on=on, times=times, skip=skip, seconds=seconds))

    def heal(self) -> None:
        """Let everything go well again."""
        self.faults.clear()

    # What it keeps.

    def keep(
        self,
        message_id: str,
        kind: str,
        raw: bytes,
        *,
        ready_after: float = 0.0,
        lives: timedelta = CONTENT_LIVES,
        is_broken: bool = False,
    ) -> None:
        """Keep the content of a message, ready after some seconds, until it is deleted."""
        now = self.clock()
        self.contents[message_id] = Content(
            kind=kind,
            raw=raw,
            ready_at=now + timedelta(seconds=ready_after),
            gone_at=now + lives,
            is_broken=is_broken,
        )

    def find_content(self, message_id: str) -> Content | None:
        """The content of a message, unless LINE has deleted it."""
        found = self.contents.get(message_id)
        return found if found is not None and self.clock() < found.gone_at else None

    def mark_read(self, token: str) -> None:
        """Mark what bears the token, and everything before it, as read."""
        user, end = self.read_tokens[token]
        for shown in user.chat[:end]:
            shown.is_read |= shown.author == "user"

    # What it does.

    def reply(self, token: str, messages: list[Json]) -> list[Json]:
        """Answer an event; gives `sentMessages`."""
        found = self.tokens.get(token)
        if found is None or not found.is_valid(self.clock()):
            raise LineError(400, INVALID_REPLY_TOKEN)
        found.used_at = self.clock()
        return self._show(found.to, messages, REPLY)

    def push(self, to: str, messages: list[Json], key: str | None, request_id: str) -> list[Json]:
        """Send at any time; gives `sentMessages`. The key makes repeating harmless."""
        if key is not None:
            self._refuse_repeated(key)
        group = self.groups.get(to)
        if group is None and not (len(to) == 33 and to[0] == "U"):
            raise invalid_property("to")
        receiver = group or self.users.get(to)
        if receiver is None or (isinstance(receiver, Group) and receiver.is_left):
            raise LineError(400, FAILED_TO_SEND)
        if receiver.is_reachable:
            if self.quota is not None and self.used >= self.quota:
                raise LineError(429, MONTHLY_LIMIT)
            self.used += 1
        sent = self._show(receiver, messages, PUSH)
        if key is not None:
            accepted = Accepted(at=self.clock(), request_id=request_id, sent=sent)
            self.retry_keys[key] = accepted
        return sent

    def _refuse_repeated(self, key: str) -> None:
        known = self.retry_keys.get(key)
        if known is None:
            return
        if self.clock() - known.at > RETRY_KEY_LIVES:
            del self.retry_keys[key]
            return
        headers = {"x-line-accepted-request-id": known.request_id}
        raise LineError(409, RETRY_KEY_ACCEPTED, headers=headers, more={"sentMessages": known.sent})

    def _show(self, receiver: User | Group, messages: list[Json], how: str) -> list[Json]:
        sent = [self._sent() for _ in messages]
        if receiver.is_reachable:
            for message, one in zip(messages, sent, strict=True):
                receiver.show(message, one["id"], how)
        return sent

    def _sent(self) -> Json:
        quote = f"quote-{self.line.chance_of_answers.getrandbits(160):040x}"
        return {"id": self.line.message_id(), "quoteToken": quote}

    # Ids.

    def issue_token(self, to: User | Group, event_at: datetime) -> str:
        """A reply token for an event that is about to be sent."""
        token = f"{self.chance.getrandbits(128):032x}"
        self.tokens[token] = ReplyToken(to=to, event_at=event_at)
        return token

    def quote_token(self) -> str:
        """A token by which a message can be quoted."""
        return f"quote-{self.chance.getrandbits(160):040x}"

    def new_id(self, kind: str) -> str:
        """A user's (U), group's (C) or room's (R) id."""
        return f"{kind}{self.chance.getrandbits(128):032x}"

    def digits(self, count: int) -> str:
        """That many digits."""
        return "".join(str(self.chance.randrange(10)) for _ in range(count))
