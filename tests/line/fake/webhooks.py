"""How LINE sends events: signed, once or more, and not patient."""

from __future__ import annotations

import asyncio
import base64
import copy
import hashlib
import hmac
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from tests.line.fake.spec import webhook_problems

if TYPE_CHECKING:
    from tests.line.fake.account import Account

Json = dict[str, Any]
PATIENCE_SECONDS = 2.0
"""LINE's own: an answer that takes longer is a failure, whatever it would have been."""


class WebhookFailedError(AssertionError):
    """The bot's server did not answer as LINE wants it."""


class TooSlowError(WebhookFailedError):
    """No answer within two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAnswer:
    """What the bot's server answered."""

    status: int
    seconds: float
    body: bytes


def sign(secret: str, raw: bytes) -> str:
    """The signature of exactly these bytes."""
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


class Webhook:
    """The way from LINE to the bot's server for one account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.url: str | None = None
        """Address of the bot's server."""
        self.is_active = True
        self.client: httpx.AsyncClient | None = None
        """Sends to a server without a network, for instance by `httpx.ASGITransport`."""
        self.patience_seconds = PATIENCE_SECONDS
        self.sent: list[Json] = []
        """Every event that was sent, once each."""
        self._sent_ids: set[str] = set()
        self.undelivered: list[list[Json]] = []
        """What was not answered with 2xx in time, and would be redelivered."""
        self.slowest_seconds = 0.0

    def raw(self, events: Sequence[Json], *, destination: str | None = None) -> bytes:
        """The body for these events, as bytes."""
        body = {"destination": destination or self._account.bot_user_id, "events": list(events)}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    async def deliver(
        self,
        events: Sequence[Json],
        *,
        secret: str | None = None,
        signature: str | None = None,
        expect: int | None = None,
        redelivered: bool = False,
        times: int = 1,
        checked: bool = True,
    ) -> WebhookAnswer:
        """Send events in one request, in this order.

        Args:
            events: As the methods of `User` and `events` give them; none is allowed.
            secret: Signs with this one instead of the account's newest.
            signature: Is sent instead; "" sends none.
            expect: The status that is right; 2xx if None.
            redelivered: Mark them as sent again.
            times: How many such requests are sent, one after the other.
            checked: Hold the events against LINE's OpenAPI file; False for ones that a test
                has broken.

        Returns:
            The last answer.

        Raises:
            TooSlowError: It took more than two seconds.
            WebhookFailedError: The status is another one.
            AssertionError: The events are not as LINE's OpenAPI file says.
        """
        answer = None
        for _ in range(times):
            raw = self.prepare(events, redelivered=redelivered, checked=checked)
            key = secret or self._account.secrets[0]
            written = sign(key, raw) if signature is None else signature
            try:
                answer = await self.send_raw(raw, written, expect=expect)
            except WebhookFailedError:
                self.undelivered.append(list(events))
                raise
        assert answer is not None
        return answer

    async def deliver_at_once(self, events: Sequence[Json], *, times: int) -> list[WebhookAnswer]:
        """Send the same request that many times, all at the same moment."""
        return list(await asyncio.gather(*(self.deliver(events) for _ in range(times))))

    async def redeliver(self, events: Sequence[Json] | None = None) -> None:
        """Send again what failed, or these events, marked as redelivered."""
        batches = [list(events)] if events is not None else self.undelivered
        if events is None:
            self.undelivered = []
        for batch in batches:
            await self.deliver(batch, redelivered=True)

    async def verify(self) -> WebhookAnswer:
        """What the console's button sends: no event at all."""
        return await self.deliver([])

    async def send_raw(
        self, raw: bytes, signature: str, *, expect: int | None = None
    ) -> WebhookAnswer:
        """Send bytes, whatever they are. `signature` "" sends no header."""
        # Bytes, since a header need not be ASCII.
        headers = [(b"content-type", b"application/json; charset=utf-8")]
        headers += [(b"user-agent", b"LineBotWebhook/2.0")]
        if signature:
            headers.append((b"x-line-signature", signature.encode()))
        if self.client is not None:
            response, seconds = await self._post(self.client, raw, headers)
        else:
            async with httpx.AsyncClient(trust_env=False, timeout=None) as client:  # noqa: S113
                response, seconds = await self._post(client, raw, headers)
        self.slowest_seconds = max(self.slowest_seconds, seconds)
        is_right = response.status_code == expect if expect else response.is_success
        if not is_right:
            raise WebhookFailedError(
                f"answered {response.status_code}, not {expect or '2xx'}: {response.text[:300]}"
            )
        return WebhookAnswer(status=response.status_code, seconds=seconds, body=response.content)

    async def _post(
        self, client: httpx.AsyncClient, raw: bytes, headers: list[tuple[bytes, bytes]]
    ) -> tuple[httpx.Response, float]:
        """The answer and how long it took, in seconds."""
        assert self.url is not None, "set account.webhook.url first"
        begin = time.perf_counter()
        try:
            async with asyncio.timeout(self.patience_seconds):
                response = await client.post(self.url, content=raw, headers=headers)
        except TimeoutError as exc:
            raise TooSlowError(f"no answer within {self.patience_seconds} s") from exc
        except httpx.TransportError as exc:
            raise WebhookFailedError(f"could not connect: {exc!r}") from exc
        return response, time.perf_counter() - begin

    def prepare(
        self, events: Sequence[Json], *, redelivered: bool = False, checked: bool = True
    ) -> bytes:
        """The bytes to send; from now on the reply tokens count their minute."""
        with self._account.lock:
            copies = copy.deepcopy(list(events))
            for event in copies:
                if redelivered:
                    event["deliveryContext"] = {"isRedelivery": True}
                self._receive(event, redelivered=redelivered)
            raw = self.raw(copies)
        found = webhook_problems(json.loads(raw)) if checked else []
        assert not found, f"the fake's own events are not as LINE's: {found}"
        return raw

    def _receive(self, event: Json, *, redelivered: bool) -> None:
        token = self._account.tokens.get(event.get("replyToken", ""))
        if token is not None and (token.received_at is None or redelivered):
            token.received_at = self._account.clock()
        number = event.get("webhookEventId", "")
        if number not in self._sent_ids:
            self._sent_ids.add(number)
            self.sent.append(event)


def scatter(
    events: Sequence[Json], chance: random.Random, *, duplicates: float = 0.2
) -> list[list[Json]]:
    """Batches in which LINE might deliver these events: some twice, in any order, together.

    Args:
        events: In the order in which they happened.
        chance: Decides.
        duplicates: Share of events that come twice.
    """
    left = [*events, *(event for event in events if chance.random() < duplicates)]
    chance.shuffle(left)
    batches: list[list[Json]] = []
    while left:
        size = chance.randint(1, 3)
        batches.append(left[:size])
        left = left[size:]
    return batches
