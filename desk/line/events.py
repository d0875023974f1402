"""Webhook events as they come, read one by one: a bad one never spoils the others.

Shapes: LINE's webhook.yml. Nothing here is trusted but the signature over the body, so
every field is looked at before it is used.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from desk.line.errors import BadWebhookError

UNREADABLE = "unreadable"
TEXT = "message.text"
POSTBACK = "postback"
UNSEND = "unsend"
FOLLOW = "follow"
UNFOLLOW = "unfollow"
MESSAGE_KINDS = frozenset({"text", "image", "video", "audio", "file", "location", "sticker"})
KNOWN_KINDS = frozenset(
    {f"message.{kind}" for kind in MESSAGE_KINDS}
    | {POSTBACK, UNSEND, FOLLOW, UNFOLLOW, "join", "leave", "memberJoined", "memberLeft"}
    | {"accountLink", "beacon", "videoPlayComplete", "membership", "delivery", "module"}
    | {"activated", "deactivated", "botSuspended", "botResumed"}
)
DUMMY_USER = "Udeadbeefdeadbeefdeadbeefdeadbeef"
DUMMY_TOKENS = frozenset({"0" * 32, "f" * 32, "F" * 32})
"""Of the events with which LINE tries a webhook address; they cannot be answered."""
LONGEST_ID = 60
LONGEST_KIND = 48
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What is needed of one event to store it."""

    webhook_event_id: str
    kind: str
    happened_at: datetime | None
    raw: str
    user_id: str | None = field(default=None, repr=False)
    """Only of events in a talk of two; what others say in a group is nobody's lane."""
    line_message_id: str | None = None
    reply_token: str | None = field(default=None, repr=False)
    is_redelivery: bool = False
    is_standby: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it is of a kind that LINE documents."""
        return self.kind in KNOWN_KINDS


def is_signed(body: bytes, signature: str | None, secrets: Sequence[str]) -> bool:
    """Whether one of the secrets signed the body; every one is tried, in constant time."""
    given = (signature or "").encode("utf-8", "replace")
    matches = [hmac.compare_digest(given, sign(body, secret)) for secret in secrets]
    return any(matches)


def sign(body: bytes, secret: str) -> bytes:
    """LINE's signature: base64 of HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())


def read_body(body: bytes) -> tuple[str | None, list[Any]]:
    """The destination and the events of a body.

    Raises:
        BadWebhookError: It is not UTF-8, not JSON, or holds no list of events.
    """
    try:
        # RecursionError: nested beyond reason.
        data = json.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as exc:
        raise BadWebhookError("The body is not JSON in UTF-8.") from exc
    events = data.get("events") if isinstance(data, dict) else None
    if not isinstance(events, list):
        raise BadWebhookError("The body holds no list 'events'.")
    destination = data.get("destination")
    return destination if isinstance(destination, str) else None, events


def read_events(account: str, events: Sequence[Any]) -> Iterator[Incoming]:
    """Every event; what cannot be read is given as `UNREADABLE`."""
    for event in events:
        raw = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        found = _read(event, raw) if isinstance(event, dict) else None
        yield found or Incoming(
            webhook_event_id=_made_up_id(account, raw),
            kind=UNREADABLE,
            happened_at=None,
            raw=raw,
        )


def _made_up_id(account: str, raw: str) -> str:
    """An id for what has none: the same content is stored once."""
    digest = hashlib.sha256(f"{account}\n{raw}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"none:{digest[:48]}"


def _read(event: dict[str, Any], raw: str) -> Incoming | None:
    event_id, kind = event.get("webhookEventId"), event.get("type")
    happened_at = _moment(event.get("timestamp"))
    if not _is_id(event_id) or not isinstance(kind, str) or not kind or happened_at is None:
        return None
    message: dict[str, Any] = {}
    if kind in {"message", UNSEND}:
        message = _mapping(event.get(kind))
        if not message or (kind == UNSEND and not _is_id(message.get("messageId"))):
            return None
    if kind == "message":
        if not isinstance(message.get("type"), str):
            return None
        kind = f"message.{message['type']}"
        if kind == TEXT and not isinstance(message.get("text"), str):
            return None
    if kind == POSTBACK and not isinstance(_mapping(event.get(POSTBACK)).get("data"), str):
        return None
    token = event.get("replyToken")
    message_id = message.get("messageId" if kind == UNSEND else "id")
    return Incoming(
        webhook_event_id=str(event_id),
        kind=_printable(kind),
        happened_at=happened_at,
        raw=raw,
        user_id=_user_of(event),
        line_message_id=str(message_id) if _is_id(message_id) else None,
        reply_token=token if isinstance(token, str) and token and _is_real(token) else None,
        is_redelivery=_mapping(event.get("deliveryContext")).get("isRedelivery") is True,
        is_standby=event.get("mode") == "standby",
    )


def _user_of(event: dict[str, Any]) -> str | None:
    source = _mapping(event.get("source"))
    user_id = source.get("userId")
    return str(user_id) if source.get("type") == "user" and _is_id(user_id) else None


def _is_real(token: str) -> bool:
    return token not in DUMMY_TOKENS


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and 0 < len(value) <= LONGEST_ID


def _printable(kind: str) -> str:
    """The kind as it can be stored and counted, whatever a later version of LINE calls it."""
    return "".join(sign for sign in kind if sign.isascii() and sign.isprintable())[:LONGEST_KIND]


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _moment(value: object) -> datetime | None:
    """LINE's milliseconds as a moment; None if that is no moment of our time."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    if value > LATEST.timestamp() * 1000:
        return None
    return datetime.fromtimestamp(value / 1000, UTC)


def text_of(raw: str) -> str:
    """What the owner typed, as every database keeps it; empty if it is no text any more."""
    text = _mapping(_mapping(_load(raw)).get("message")).get("text")
    if not isinstance(text, str):
        return ""
    return _storable(text)


def _storable(text: str) -> str:
    """The text without half characters and null bytes."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")


def data_of(raw: str) -> str:
    """What a pressed button carries."""
    return str(_mapping(_mapping(_load(raw)).get(POSTBACK)).get("data") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What an event says of a picture or file."""

    name: str = field(repr=False)
    """As its sender calls it; empty if it has none."""
    is_elsewhere: bool
    """LINE does not have it."""
    set_id: str | None
    """Shared by pictures that were sent at once."""


def media_of(raw: str) -> Media:
    """What an event says of the picture or file in it."""
    message = _mapping(_mapping(_load(raw)).get("message"))
    name, set_id = message.get("fileName"), _mapping(message.get("imageSet")).get("id")
    provider = _mapping(message.get("contentProvider")).get("type", "line")
    return Media(
        name=_storable(name) if isinstance(name, str) else "",
        is_elsewhere=provider != "line",
        set_id=set_id if _is_id(set_id) else None,
    )


def read_token_of(raw: str) -> str | None:
    """By which the message is marked as read; None without one, or once it was erased."""
    token = _mapping(_mapping(_load(raw)).get("message")).get("markAsReadToken")
    return token if isinstance(token, str) and token else None


def group_of(raw: str) -> tuple[str, str] | None:
    """Kind (`group` or `room`) and id of the talk of several in which it happened."""
    source = _mapping(_mapping(_load(raw)).get("source"))
    kind = source.get("type")
    found = source.get(f"{kind}Id") if kind in {"group", "room"} else None
    return (str(kind), found) if isinstance(found, str) and _is_id(found) else None


def is_unblocked(raw: str) -> bool:
    """Whether a follow event is that of somebody who had blocked the account."""
    return _mapping(_mapping(_load(raw)).get(FOLLOW)).get("isUnblocked") is True


def _load(raw: str) -> object:
    return json.loads(raw) if raw else {}
