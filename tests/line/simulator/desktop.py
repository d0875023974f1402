"""What a person at the simulator does, and what they see: the fake of LINE, by hand."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.line.fake.account import Account
from tests.line.fake.faults import EVERY, Fault
from tests.line.fake.line import FakeLine
from tests.line.fake.users import User
from tests.line.fake.webhooks import WebhookFailedError

Json = dict[str, Any]
NAMES = ("佐藤 花子", "鈴木 一郎", "高橋 美咲")
LONGEST_TEXT = 5000
SHOWN_CALLS = 60
EXPIRED = timedelta(minutes=30)


class UnknownError(Exception):
    """The page asks for something that is not there."""


@dataclass(slots=True, kw_only=True)
class Sent:
    """One webhook that was sent, for the log."""

    at: datetime
    account: str
    kinds: list[str]
    note: str = ""
    status: str = "…"
    milliseconds: int = 0


@dataclass(slots=True)
class Desktop:
    """The simulator's state beside LINE's own."""

    line: FakeLine
    sent: list[Sent] = field(default_factory=list)
    last: dict[str, list[Json]] = field(default_factory=dict)
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    def add_people(self) -> None:
        """Three people who have not added the account yet; one for each further account."""
        for number, account in enumerate(self.line.accounts.values()):
            for name in NAMES if number == 0 else NAMES[:1]:
                account.user(name, is_friend=False)

    def user(self, user_id: str) -> User:
        """A person by id."""
        for account in self.line.accounts.values():
            if user_id in account.users:
                return account.users[user_id]
        raise UnknownError(f"no user {user_id!r}")

    def account(self, name: str) -> Account:
        """An account by name."""
        try:
            return self.line.accounts[name]
        except KeyError as exc:
            raise UnknownError(f"no account {name!r}") from exc

    # What they do. Webhooks go out in the background, as LINE's do.

    def act(self, asked: Json) -> None:
        """Do what the page asks for.

        Raises:
            UnknownError: There is no such deed, person, account or message.
        """
        deed = getattr(self, f"_do_{asked.get('do', '')}", None)
        if deed is None:
            raise UnknownError(f"no deed {asked.get('do')!r}")
        with self.line.lock:
            try:
                deed(asked)
            except (KeyError, TypeError, ValueError) as exc:
                raise UnknownError(f"cannot {asked['do']}: {exc!r}") from exc

    def _do_say(self, asked: Json) -> None:
        words = str(asked["text"]).strip()[:LONGEST_TEXT]
        if words:
            user = self.user(asked["user"])
            self._send(user.account, [user.text(words)])

    def _do_media(self, asked: Json) -> None:
        user = self.user(asked["user"])
        self._send(user.account, [user.media(asked["kind"])])

    def _do_tap(self, asked: Json) -> None:
        user = self.user(asked["user"])
        action = asked["action"]
        if action not in [*user.actions, *self._menu_actions(user)]:
            raise UnknownError("that cannot be tapped now")
        events = user.events_of(action)
        if events:
            self._send(user.account, events)

    def _do_unsend(self, asked: Json) -> None:
        user = self.user(asked["user"])
        mine = [s.id for s in user.chat if s.author == "user" and not s.is_unsent]
        if asked["id"] not in mine:
            raise UnknownError("no such message")
        self._send(user.account, [user.unsend(asked["id"])])

    def _do_follow(self, asked: Json) -> None:
        user = self.user(asked["user"])
        self._send(user.account, [user.follow()])

    def _do_block(self, asked: Json) -> None:
        user = self.user(asked["user"])
        self._send(user.account, [user.unfollow()])

    def _do_add(self, asked: Json) -> None:
        name = str(asked["name"]).strip()[:20]
        if name:
            self.account(asked["account"]).user(name, is_friend=False)

    # What goes wrong.

    def _do_fault(self, asked: Json) -> None:
        account = self.account(asked["account"])
        times = int(asked["times"])
        on = str(asked["on"]) or EVERY
        account.fail(Fault(asked["fault"]), on=on, times=times or None, seconds=8)

    def _do_heal(self, asked: Json) -> None:
        self.account(asked["account"]).heal()

    def _do_expire(self, asked: Json) -> None:
        """Let every reply token of a person be too old."""
        user = self.user(asked["user"])
        for token in user.account.tokens.values():
            if token.to is user and token.received_at is not None:
                token.received_at -= EXPIRED

    def _do_quota(self, asked: Json) -> None:
        account = self.account(asked["account"])
        account.used = max(0, int(asked["used"]))

    def _do_again(self, asked: Json) -> None:
        """Send the last webhook once more, as a network may."""
        account = self.account(asked["account"])
        if self.last.get(account.name):
            self._send(account, self.last[account.name], note="重複")

    def _do_redeliver(self, asked: Json) -> None:
        """Send again what was not taken."""
        account = self.account(asked["account"])
        batches, account.webhook.undelivered = account.webhook.undelivered, []
        for batch in batches:
            self._send(account, batch, note="再送", redelivered=True)

    def _do_verify(self, asked: Json) -> None:
        self._send(self.account(asked["account"]), [], note="接続確認")

    def _send(
        self, account: Account, events: list[Json], *, note: str = "", redelivered: bool = False
    ) -> None:
        kinds = [_kind(event) for event in events]
        entry = Sent(at=self.line.clock(), account=account.name, kinds=kinds, note=note)
        self.sent.append(entry)
        if events:
            self.last[account.name] = events
        self._start(self._deliver(account, events, entry, redelivered=redelivered))

    async def _deliver(
        self, account: Account, events: list[Json], entry: Sent, *, redelivered: bool
    ) -> None:
        try:
            answer = await account.webhook.deliver(events, redelivered=redelivered, checked=False)
        except WebhookFailedError as exc:
            entry.status = str(exc)
        else:
            entry.status, entry.milliseconds = str(answer.status), round(answer.seconds * 1000)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    # What they see.

    def state(self, user_id: str | None) -> Json:
        """All that the page shows, with the chat of one person (the first if None)."""
        with self.line.lock:
            people = [u for a in self.line.accounts.values() for u in a.users.values()]
            user = self.user(user_id) if user_id else people[0]
            account = user.account
            return {
                "user": user.id,
                "account": account.name,
                "accounts": [_account(a) for a in self.line.accounts.values()],
                "people": [_person(person) for person in people],
                "chat": [_shown(shown) for shown in user.chat],
                "quickReplies": user.quick_replies,
                "isLoading": user.is_loading,
                "menu": self._menu(user),
                "calls": [_call(call) for call in account.calls[-SHOWN_CALLS:]],
                "webhooks": [_sent(entry) for entry in self.sent if entry.account == account.name][
                    -SHOWN_CALLS:
                ],
                "undelivered": len(account.webhook.undelivered),
            }

    def _menu(self, user: User) -> Json | None:
        menus = user.account.rich_menus
        menu_id = menus.of(user.id)
        return {**menus.get(menu_id), "account": user.account.name} if menu_id else None

    def _menu_actions(self, user: User) -> list[Json]:
        menu = self._menu(user)
        return [area["action"] for area in menu["areas"]] if menu else []


def _kind(event: Json) -> str:
    if event["type"] == "message":
        return f"message.{event['message']['type']}"
    return str(event["type"])


def _account(account: Account) -> Json:
    return {
        "name": account.name,
        "displayName": account.display_name,
        "quota": account.quota,
        "used": account.used,
        "faults": account.faults.told(),
    }


def _person(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.display_name,
        "account": user.account.name,
        "isFriend": user.is_friend,
        "isBlocked": user.is_blocked,
        "count": len(user.chat),
    }


def _shown(shown: Any) -> Json:
    return {
        "id": shown.id,
        "author": shown.author,
        "how": shown.how,
        "at": shown.at.isoformat(),
        "isUnsent": shown.is_unsent,
        "message": None if shown.is_unsent else shown.message,
    }


def _call(call: Any) -> Json:
    return {
        "at": call.at.isoformat(),
        "endpoint": call.endpoint,
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "accepted": call.accepted,
        "requestId": call.request_id,
        "retryKey": call.retry_key,
        "body": call.body,
    }


def _sent(entry: Sent) -> Json:
    return {
        "at": entry.at.isoformat(),
        "kinds": entry.kinds,
        "note": entry.note,
        "status": entry.status,
        "milliseconds": entry.milliseconds,
    }
