"""Calls to LINE, each with its outcome: done, refused, or unknown. Nothing is repeated here.

Errors: LINE answers `{"message": …, "details": […]}` without codes, so that the three
meanings of 429 and the two of 400 are told apart by the message alone.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from desk.line.accounts import LineAccount

TIMEOUT_SECONDS = 5.0
FETCH_SECONDS = 25.0
"""For a whole file; a job has somewhat longer."""
MAX_ANSWER = 64 * 1024
BAD_TOKEN = "Invalid reply token"  # noqa: S105 (LINE's words)
MONTHLY_LIMIT = "You have reached your monthly limit"
RETRY_KEY = "X-Line-Retry-Key"


class LineUnreachableError(Exception):
    """No connection was made: LINE surely knows nothing of the call."""


class LineSilentError(Exception):
    """The call may have arrived; no answer came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnswer:
    """What LINE said."""

    status: int
    data: Mapping[str, Any] = field(default_factory=dict)
    """The JSON of the body; empty if it holds none."""
    request_id: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether LINE took it."""
        return 200 <= self.status < 300

    @property
    def is_unknown(self) -> bool:
        """Whether LINE itself does not know."""
        return self.status >= 500

    @property
    def message(self) -> str:
        """LINE's words, for staff; they hold nothing of what was sent."""
        details = self.data.get("details")
        properties = [
            str(detail.get("property"))
            for detail in (details if isinstance(details, list) else [])
            if isinstance(detail, dict) and detail.get("property")
        ]
        where = f" ({', '.join(properties[:5])})" if properties else ""
        return f"{self.status} {str(self.data.get('message') or '')[:200]}{where}"

    @property
    def is_bad_token(self) -> bool:
        """Whether a reply token was used before or is too old."""
        return self.status == 400 and BAD_TOKEN in str(self.data.get("message"))

    @property
    def is_monthly_limit(self) -> bool:
        """Whether the month's pushes are used up, and not merely too many at once."""
        return self.status == 429 and MONTHLY_LIMIT in str(self.data.get("message"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFile:
    """A file, or what LINE said instead."""

    status: int
    content: bytes = field(default=b"", repr=False)
    is_too_large: bool = False

    def json(self) -> Mapping[str, Any]:
        """The content as JSON; empty if it is none."""
        return _json(self.content)


class LineClient:
    """LINE's Messaging API, as far as it is needed."""

    def __init__(self, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout_seconds), trust_env=False, follow_redirects=False
        )

    async def reply(
        self, account: LineAccount, token: str, messages: Sequence[Mapping[str, Any]]
    ) -> LineAnswer:
        """Answer an event; the token counts once.

        Raises:
            LineUnreachableError: Not sent.
            LineSilentError: Perhaps sent.
        """
        body = {"replyToken": token, "messages": list(messages)}
        return await self.call(account, "POST", "/v2/bot/message/reply", body)

    async def push(
        self, account: LineAccount, user_id: str, messages: Sequence[Mapping[str, Any]], key: UUID
    ) -> LineAnswer:
        """Send to a user; the same key and body may be sent again for a day.

        Raises:
            LineUnreachableError: Not sent.
            LineSilentError: Perhaps sent.
        """
        body = {"to": user_id, "messages": list(messages)}
        headers = {RETRY_KEY: str(key)}
        return await self.call(account, "POST", "/v2/bot/message/push", body, headers)

    async def start_loading(self, account: LineAccount, user_id: str, seconds: int) -> LineAnswer:
        """Show that an answer is being written, for 5 to 60 seconds, a multiple of 5."""
        body = {"chatId": user_id, "loadingSeconds": seconds}
        return await self.call(account, "POST", "/v2/bot/chat/loading/start", body)

    async def mark_read(self, account: LineAccount, token: str) -> LineAnswer:
        """Mark the message of the token, and all before it, as read."""
        body = {"markAsReadToken": token}
        return await self.call(account, "POST", "/v2/bot/chat/markAsRead", body)

    async def leave(self, account: LineAccount, kind: str, group_id: str) -> LineAnswer:
        """Leave a group or room."""
        path = f"/v2/bot/{kind}/{quote(group_id, safe='')}/leave"
        return await self.call(account, "POST", path)

    async def quota(self, account: LineAccount) -> LineAnswer:
        """The month's limit: `{type: none|limited, value}`."""
        return await self.call(account, "GET", "/v2/bot/message/quota")

    async def consumption(self, account: LineAccount) -> LineAnswer:
        """The month's pushes so far: `{totalUsage}`."""
        return await self.call(account, "GET", "/v2/bot/message/quota/consumption")

    async def bot_info(self, account: LineAccount) -> LineAnswer:
        """The account as LINE knows it: `{userId, basicId, displayName, chatMode, …}`."""
        return await self.call(account, "GET", "/v2/bot/info")

    async def webhook_endpoint(self, account: LineAccount) -> LineAnswer:
        """The webhook address that is set: `{endpoint, active}`."""
        return await self.call(account, "GET", "/v2/bot/channel/webhook/endpoint")

    async def test_webhook(self, account: LineAccount) -> LineAnswer:
        """Have LINE call the webhook address once: `{success, statusCode, reason, detail}`."""
        return await self.call(account, "POST", "/v2/bot/channel/webhook/test", {})

    async def fetch(self, account: LineAccount, path: str, *, most_bytes: int) -> LineFile:
        """Fetch a file from LINE's other host, and stop where it is larger than `most_bytes`.

        Raises:
            LineUnreachableError: No connection was made.
            LineSilentError: No answer came, or it broke off.
        """
        url = f"{account.data_base}{path}"
        headers = {**_bearer(account), "Accept-Encoding": "identity"}
        content = bytearray()
        try:
            async with (
                asyncio.timeout(FETCH_SECONDS),
                self._client.stream("GET", url, headers=headers) as response,
            ):
                if response.status_code == httpx.codes.OK:
                    async for chunk in response.aiter_raw():
                        content += chunk
                        if len(content) > most_bytes:
                            return LineFile(status=response.status_code, is_too_large=True)
                return LineFile(status=response.status_code, content=bytes(content))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
            raise LineUnreachableError(type(exc).__name__) from exc
        except (httpx.HTTPError, TimeoutError) as exc:
            raise LineSilentError(type(exc).__name__) from exc

    async def upload(
        self, account: LineAccount, path: str, content: bytes, kind: str
    ) -> LineAnswer:
        """Send a file to LINE's other host.

        Raises:
            LineUnreachableError: Not sent.
            LineSilentError: Perhaps sent.
        """
        return await self._send(
            self._client.build_request(
                "POST",
                f"{account.data_base}{path}",
                content=content,
                headers={**_bearer(account), "Content-Type": kind},
            )
        )

    async def call(
        self,
        account: LineAccount,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> LineAnswer:
        """Make one call, and read at most `MAX_ANSWER` bytes of the answer.

        Raises:
            LineUnreachableError: Not sent.
            LineSilentError: Perhaps sent.
        """
        return await self._send(
            self._client.build_request(
                method,
                f"{account.api_base}{path}",
                json=dict(body) if body is not None else None,
                headers={**_bearer(account), **(headers or {})},
            )
        )

    async def _send(self, request: httpx.Request) -> LineAnswer:
        try:
            # httpx's own limits are for each step; this one is for the whole.
            async with asyncio.timeout(self._timeout_seconds):
                response = await self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
            raise LineUnreachableError(type(exc).__name__) from exc
        except (httpx.HTTPError, TimeoutError) as exc:
            raise LineSilentError(type(exc).__name__) from exc
        return LineAnswer(
            status=response.status_code,
            data=_json(await self._read(response)),
            request_id=(response.headers.get("x-line-request-id") or "")[:64] or None,
        )

    async def _read(self, response: httpx.Response) -> bytes:
        """The body; empty if it breaks off, since the status says already what happened."""
        content = b""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > MAX_ANSWER:
                        break
        except (httpx.HTTPError, TimeoutError):
            return b""
        finally:
            await response.aclose()
        return content

    async def close(self) -> None:
        """Give back connections."""
        await self._client.aclose()


def _bearer(account: LineAccount) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.access_token.get_secret_value()}"}


def _json(content: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(content)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
