"""What LINE says of an account: whom the token belongs to, the webhook, the month's pushes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from desk.line.accounts import LineAccount
from desk.line.client import LineAnswer, LineClient, LineSilentError, LineUnreachableError

KEPT = timedelta(minutes=5)
FAILURE_KEPT = timedelta(seconds=30)
PAGE_WAITS_SECONDS = 2.0
"""A page opens without LINE rather than later than this."""
TOKEN_REFUSED = frozenset({401, 403})


class Access(StrEnum):
    """What came of asking."""

    GOOD = "good"
    REFUSED = "refused"
    """LINE does not take the access token."""
    AWAY = "away"
    """LINE was not reached, or did not answer in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The month's pushes of one account, by LINE's own count."""

    limit: int | None
    """None where the plan has none."""
    used: int
    read_at: datetime

    @property
    def left(self) -> int | None:
        """How many pushes are left; None where the plan has no limit."""
        return None if self.limit is None else max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One account as LINE knows it, at one moment."""

    read_at: datetime
    access: Access
    bot_user_id: str | None = None
    basic_id: str = ""
    display_name: str = ""
    is_chat_on: bool | None = None
    """Whether people can answer by hand in LINE Official Account Manager; None: not said."""
    webhook: str | None = None
    """The address that is set at LINE; empty where none is set, None: not said."""
    is_webhook_active: bool = False
    quota: Quota | None = None
    """None: not said."""


async def inspect(
    client: LineClient, account: LineAccount, moment: datetime, *, patience_seconds: float
) -> Inspection:
    """Ask LINE everything at once; what does not come in time is not known.

    Args:
        client: Makes the calls.
        account: Whom to ask about.
        moment: Now.
        patience_seconds: How long to wait for each answer.
    """
    info, hook, limit, used = await asyncio.gather(
        *(
            _ask(call(account), patience_seconds)
            for call in (
                client.bot_info,
                client.webhook_endpoint,
                client.quota,
                client.consumption,
            )
        )
    )
    if info is None or not info.is_done:
        is_refused = info is not None and info.status in TOKEN_REFUSED
        return Inspection(read_at=moment, access=Access.REFUSED if is_refused else Access.AWAY)
    mode = info.data.get("chatMode")
    return Inspection(
        read_at=moment,
        access=Access.GOOD,
        bot_user_id=_text(info, "userId") or None,
        basic_id=_text(info, "basicId"),
        display_name=_text(info, "displayName"),
        is_chat_on=None if mode is None else mode == "chat",
        webhook=_webhook(hook),
        is_webhook_active=hook is not None and hook.data.get("active") is True,
        quota=_quota(limit, used, moment),
    )


async def _ask(call: Awaitable[LineAnswer], patience_seconds: float) -> LineAnswer | None:
    try:
        async with asyncio.timeout(patience_seconds):
            return await call
    except (LineSilentError, LineUnreachableError, TimeoutError):
        return None


def _text(answer: LineAnswer, name: str) -> str:
    return str(answer.data.get(name) or "")


def _webhook(answer: LineAnswer | None) -> str | None:
    if answer is None:
        return None
    if answer.status == 404:
        return ""  # LINE's way of saying that none is set.
    return _text(answer, "endpoint") if answer.is_done else None


def _quota(limit: LineAnswer | None, used: LineAnswer | None, moment: datetime) -> Quota | None:
    if limit is None or used is None or not limit.is_done or not used.is_done:
        return None
    total, value = used.data.get("totalUsage"), limit.data.get("value")
    if not isinstance(total, int):
        return None
    if limit.data.get("type") != "limited":
        return Quota(limit=None, used=total, read_at=moment)
    return Quota(limit=value, used=total, read_at=moment) if isinstance(value, int) else None


class Watch:
    """Asks LINE for pages: seldom, briefly, and one at a time for each account."""

    def __init__(
        self,
        client: LineClient,
        *,
        clock: Callable[[], datetime],
        patience_seconds: float = PAGE_WAITS_SECONDS,
    ) -> None:
        self._client = client
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._known: dict[str, Inspection] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def look(self, account: LineAccount) -> Inspection:
        """The account as LINE knows it, at most five minutes old (half a minute, if away)."""
        async with self._locks.setdefault(account.id, asyncio.Lock()):
            known, moment = self._known.get(account.id), self._clock()
            if known is not None:
                kept = KEPT if known.access is Access.GOOD else FAILURE_KEPT
                if moment - known.read_at < kept:
                    return known
            found = await inspect(
                self._client, account, moment, patience_seconds=self._patience_seconds
            )
            self._known[account.id] = found
            return found

    def forget(self, account_id: str) -> None:
        """Ask anew next time."""
        self._known.pop(account_id, None)
