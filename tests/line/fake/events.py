"""Complete webhook events, as LINE builds them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.line.fake.clock import milliseconds, ulid

if TYPE_CHECKING:
    from tests.line.fake.account import Account, Group
    from tests.line.fake.users import User

Json = dict[str, Any]


def event(
    account: Account,
    kind: str,
    source: Json | None,
    at: datetime,
    *,
    mode: str = "active",
    **more: Any,
) -> Json:
    """An event of any kind, without a reply token."""
    return {
        "type": kind,
        "mode": mode,
        "timestamp": milliseconds(at),
        **({"source": source} if source is not None else {}),
        "webhookEventId": ulid(at, account.chance),
        "deliveryContext": {"isRedelivery": False},
        **more,
    }


def of_user(
    user: User,
    kind: str,
    *,
    at: datetime | None = None,
    can_reply: bool = True,
    mode: str = "active",
    **more: Any,
) -> Json:
    """An event that a user caused; with a reply token unless the account stands by."""
    account = user.account
    moment = at or account.clock()
    made = event(account, kind, {"type": "user", "userId": user.id}, moment, mode=mode, **more)
    if can_reply and mode == "active":
        made["replyToken"] = account.issue_token(user, moment)
    return made


def of_group(group: Group, account: Account, kind: str, user: User, **more: Any) -> Json:
    """An event of a group or room, with a reply token (which answers into it)."""
    at = account.clock()
    source = {"type": group.kind, f"{group.kind}Id": group.id}
    if kind == "message":
        source["userId"] = user.id
    return {
        **event(account, kind, source, at, **more),
        "replyToken": account.issue_token(group, at),
    }


def of_account(account: Account, kind: str, **more: Any) -> Json:
    """An event without a source: the bot was suspended, and the like."""
    return event(account, kind, None, account.clock(), **more)


def text(account: Account, message_id: str, words: str, quoted: str | None = None) -> Json:
    """The content of a text message."""
    content = {
        "id": message_id,
        "type": "text",
        "quoteToken": account.quote_token(),
        "text": words,
        "markAsReadToken": read_token(account),
    }
    return {**content, "quotedMessageId": quoted} if quoted else content


def media(account: Account, message_id: str, kind: str, **more: Any) -> Json:
    """The content of an image, video, audio, file, location or sticker."""
    content: Json = {"id": message_id, "type": kind, "markAsReadToken": read_token(account)}
    if kind in {"image", "video", "sticker"}:
        content["quoteToken"] = account.quote_token()
    if kind in {"image", "video", "audio"}:
        content["contentProvider"] = {"type": "line"}
    return {**content, **more}


def read_token(account: Account) -> str:
    """By which the account marks a message as read."""
    return f"read-{account.chance.getrandbits(128):032x}"
