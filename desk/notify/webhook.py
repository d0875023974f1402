"""Signed webhooks, after CloudEvents 1.0 and Standard Webhooks 1.0.

Source:
    https://github.com/cloudevents/spec (structured content mode of the HTTP binding) and
    https://github.com/standard-webhooks/standard-webhooks (headers, `v1` signatures, 410).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from http import HTTPStatus

from desk.db import now
from desk.notify.errors import DeliveryError
from desk.notify.outbound import Answer, Outbound
from desk.notify.ports import WebhookCall

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
SECRET_PREFIX = "whsec_"  # noqa: S105 (how every such secret begins)
SECRET_BYTES = 32
FEWEST_BYTES, MOST_BYTES = 24, 64
LONGEST_WAIT_SECONDS = 3600.0


def new_secret() -> str:
    """A random secret for one receiver."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def read_secret(secret: str) -> bytes:
    """The key that a secret holds.

    Raises:
        ValueError: It is no `whsec_` secret of 24 to 64 bytes.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as exc:
        raise ValueError("the secret is not base64") from exc
    if not secret.startswith(SECRET_PREFIX) or not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError(
            "a webhook's secret is 'whsec_' and 24 to 64 bytes in base64;"
            " 'jinjibu notify secret' makes one"
        )
    return key


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of one attempt, as it stands in the header `webhook-signature`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


class HttpWebhook:
    """Sends events by HTTP."""

    def __init__(
        self, outbound: Outbound, *, clock: Callable[[], float] = lambda: now().timestamp()
    ) -> None:
        self._outbound = outbound
        self._clock = clock

    async def send(self, call: WebhookCall) -> str:
        """See `WebhookPort.send`."""
        try:
            keys = [read_secret(secret) for secret in call.secrets]
        except ValueError as exc:
            raise DeliveryError(str(exc), permanent=True) from exc
        if not keys:
            raise DeliveryError("the target names no secret to sign with", permanent=True)
        timestamp = int(self._clock())
        headers = {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": "jinjibu",
            "webhook-id": call.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(sign(key, call.id, timestamp, call.body) for key in keys),
        }
        answer = await self._outbound.send("POST", call.url, headers=headers, content=call.body)
        return _judge(answer)


def _judge(answer: Answer) -> str:
    status = answer.status
    said = f"HTTP {status}"
    if 200 <= status < 300:
        return said
    if 300 <= status < 400:
        raise DeliveryError(f"{said}: redirects are not followed", permanent=True)
    if status == HTTPStatus.GONE:
        raise DeliveryError(f"{said}: the receiver wants nothing any more", gone=True)
    raise DeliveryError(said, retry_after_seconds=retry_after(answer))


def retry_after(answer: Answer) -> float | None:
    """Seconds that the other side asks to wait, at most an hour; None if it asks nothing."""
    asked = answer.headers.get("retry-after", "")
    return min(float(asked), LONGEST_WAIT_SECONDS) if asked.isdecimal() else None
