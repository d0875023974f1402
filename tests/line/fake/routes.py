"""The endpoints of LINE's API that desk uses: what each of them does."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from tests.line.fake import messages, richmenus
from tests.line.fake.clock import milliseconds
from tests.line.fake.errors import (
    NO_CHAT,
    NOT_FOUND,
    RETRY_KEY_INVALID,
    LineError,
    Problem,
    has_errors,
    invalid_property,
)
from tests.line.fake.limits import EMPTY
from tests.line.fake.webhooks import PATIENCE_SECONDS, sign

if TYPE_CHECKING:
    from tests.line.fake.account import Account, Content

Json = dict[str, Any]
LOADING = range(5, 61, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call that has passed the door: its account is known, its body is JSON."""

    account: Account
    names: dict[str, str]
    body: Any
    raw: bytes
    kind: str
    retry_key: str | None
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered: JSON, or bytes of some kind."""

    status: int = 200
    body: Any = field(default_factory=dict)
    raw: bytes | None = None
    kind: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One endpoint."""

    name: str
    method: str
    path: re.Pattern[str]
    do: Callable[[Asked], Answer]
    takes: str | None = None
    """`json`, `bytes` or nothing."""
    schema: str | None = None
    """Name of the body's schema in LINE's OpenAPI file, and of the SDK's model."""
    waits: bool = False
    """Calls somebody, so that it may take a while."""


def _reply(asked: Asked) -> Answer:
    _check_messages(asked)
    token = asked.body.get("replyToken")
    if not isinstance(token, str) or not token:
        raise has_errors([Problem(EMPTY, "replyToken")])
    sent = asked.account.reply(token, asked.body["messages"])
    return Answer(body={"sentMessages": sent})


def _push(asked: Asked) -> Answer:
    if asked.retry_key is not None:
        try:
            UUID(asked.retry_key)
        except ValueError as exc:
            raise LineError(400, RETRY_KEY_INVALID) from exc
    _check_messages(asked)
    to = asked.body.get("to")
    if not isinstance(to, str) or not to:
        raise has_errors([Problem(EMPTY, "to")])
    sent = asked.account.push(to, asked.body["messages"], asked.retry_key, asked.request_id)
    return Answer(body={"sentMessages": sent})


def _validate(asked: Asked) -> Answer:
    _check_messages(asked)
    return Answer()


def _check_messages(asked: Asked) -> None:
    given = asked.body.get("messages") if isinstance(asked.body, dict) else None
    found = messages.problems(given)
    if found:
        raise has_errors(found)


def _loading(asked: Asked) -> Answer:
    user_id, seconds = asked.body.get("chatId"), asked.body.get("loadingSeconds", 20)
    if not isinstance(user_id, str) or not user_id.startswith("U"):
        raise invalid_property("chatId")
    if seconds not in LOADING:
        raise invalid_property("loadingSeconds")
    user = asked.account.users.get(user_id)
    if user is not None:
        user.start_loading(seconds)
    return Answer(status=202)


def _mark_read(asked: Asked) -> Answer:
    token = asked.body.get("markAsReadToken")
    if token not in asked.account.read_tokens:
        raise invalid_property("markAsReadToken")
    if asked.account.chat_mode != "chat":
        raise LineError(400, NO_CHAT)
    asked.account.mark_read(token)
    return Answer()


def _profile(asked: Asked) -> Answer:
    user = asked.account.users.get(asked.names["user"])
    if user is None or not user.is_reachable:
        raise LineError(404, NOT_FOUND)
    profile = {"userId": user.id, "displayName": user.display_name, "language": "ja"}
    return Answer(body=profile)


def _quota(asked: Asked) -> Answer:
    quota = asked.account.quota
    if quota is None:
        return Answer(body={"type": "none"})
    return Answer(body={"type": "limited", "value": quota})


def _consumption(asked: Asked) -> Answer:
    return Answer(body={"totalUsage": asked.account.used})


def _info(asked: Asked) -> Answer:
    account = asked.account
    info = {
        "userId": account.bot_user_id,
        "basicId": account.basic_id,
        "displayName": account.display_name,
        "chatMode": account.chat_mode,
        "markAsReadMode": account.mark_as_read_mode,
    }
    return Answer(body=info)


def _get_endpoint(asked: Asked) -> Answer:
    webhook = asked.account.webhook
    if webhook.url is None:
        raise LineError(404, NOT_FOUND)
    return Answer(body={"endpoint": webhook.url, "active": webhook.is_active})


def _set_endpoint(asked: Asked) -> Answer:
    endpoint = asked.body.get("endpoint")
    if not isinstance(endpoint, str) or not _is_reachable(endpoint):
        raise LineError(400, "Invalid webhook endpoint URL")
    asked.account.webhook.url = endpoint
    return Answer()


def _is_reachable(address: str) -> bool:
    """LINE takes https alone; the fake also takes the machine itself."""
    parts = urlsplit(address)
    is_own = parts.hostname in {"127.0.0.1", "localhost"}
    return len(address) <= 500 and (parts.scheme == "https" or (parts.scheme == "http" and is_own))


def _test_endpoint(asked: Asked) -> Answer:
    webhook = asked.account.webhook
    url = (asked.body or {}).get("endpoint") or webhook.url
    if url is None:
        raise LineError(404, NOT_FOUND)
    at = milliseconds(asked.account.clock())
    raw = webhook.raw([])
    headers = {"x-line-signature": sign(asked.account.secrets[0], raw)}
    begin = time.perf_counter()
    code, reason, detail = 0, "OK", "200"
    try:
        with httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as client:
            code = client.post(url, content=raw, headers=headers).status_code
    except httpx.TimeoutException:
        reason, detail = "REQUEST_TIMEOUT", "Request timeout"
    except httpx.HTTPError:
        reason, detail = "COULD_NOT_CONNECT", "Could not connect"
    else:
        if time.perf_counter() - begin > PATIENCE_SECONDS:
            reason, detail = "REQUEST_TIMEOUT", "Request timeout"
        elif not 200 <= code < 300:
            reason, detail = "ERROR_STATUS_CODE", str(code)
    result = {"success": reason == "OK", "statusCode": code, "reason": reason, "detail": detail}
    return Answer(body={**result, "timestamp": _written(at)})


def _written(at: int) -> str:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at / 1000))
    return f"{moment}.{at % 1000:03d}Z"


def _leave(asked: Asked) -> Answer:
    group = asked.account.groups.get(asked.names["group"])
    if group is None or group.is_left:
        raise LineError(404, NOT_FOUND)
    group.is_left = True
    return Answer()


def _content(asked: Asked) -> Answer:
    found = _find_content(asked)
    if asked.account.clock() < found.ready_at or found.is_broken:
        return Answer(status=202, raw=b"")
    return Answer(kind=found.kind, raw=found.raw)


def _transcoding(asked: Asked) -> Answer:
    found = _find_content(asked)
    if found.is_broken:
        return Answer(body={"status": "failed"})
    is_ready = asked.account.clock() >= found.ready_at
    return Answer(body={"status": "succeeded" if is_ready else "processing"})


def _find_content(asked: Asked) -> Content:
    found = asked.account.find_content(asked.names["message"])
    if found is None:
        raise LineError(404, NOT_FOUND)
    return found


def _link_token(asked: Asked) -> Answer:
    if asked.names["user"] not in asked.account.users:
        raise LineError(404, NOT_FOUND)
    token = f"link-{asked.account.line.chance_of_answers.getrandbits(128):032x}"
    return Answer(body={"linkToken": token})


def _create_menu(asked: Asked) -> Answer:
    return Answer(body={"richMenuId": asked.account.rich_menus.create(asked.body)})


def _validate_menu(asked: Asked) -> Answer:
    found = richmenus.problems(asked.body)
    if found:
        raise has_errors(found)
    return Answer()


def _list_menus(asked: Asked) -> Answer:
    menus = asked.account.rich_menus
    return Answer(body={"richmenus": [menus.get(menu_id) for menu_id in menus.menus]})


def _get_menu(asked: Asked) -> Answer:
    return Answer(body=asked.account.rich_menus.get(asked.names["menu"]))


def _delete_menu(asked: Asked) -> Answer:
    asked.account.rich_menus.delete(asked.names["menu"])
    return Answer()


def _upload_image(asked: Asked) -> Answer:
    asked.account.rich_menus.upload(asked.names["menu"], asked.kind, asked.raw)
    return Answer()


def _get_image(asked: Asked) -> Answer:
    image = asked.account.rich_menus.images.get(asked.names["menu"])
    if image is None:
        raise LineError(404, NOT_FOUND)
    return Answer(kind=image[0], raw=image[1])


def _show_menu(asked: Asked) -> Answer:
    asked.account.rich_menus.show(asked.names["menu"], asked.names.get("user"))
    return Answer()


def _default_menu(asked: Asked) -> Answer:
    if asked.account.rich_menus.default is None:
        raise LineError(404, "no default richmenu")
    return Answer(body={"richMenuId": asked.account.rich_menus.default})


def _hide_menu(asked: Asked) -> Answer:
    user = asked.account.users.get(asked.names.get("user", ""))
    if user is not None:
        user.rich_menu = None
    else:
        asked.account.rich_menus.default = None
    return Answer()


def _menu_of_user(asked: Asked) -> Answer:
    shown = asked.account.rich_menus.of(asked.names["user"])
    if shown is None:
        raise LineError(404, "the user has no richmenu")
    return Answer(body={"richMenuId": shown})


def _route(
    name: str,
    method: str,
    path: str,
    do: Callable[[Asked], Answer],
    takes: str | None = None,
    schema: str | None = None,
    *,
    waits: bool = False,
) -> Route:
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
    return Route(
        name=name, method=method, path=pattern, do=do, takes=takes, schema=schema, waits=waits
    )


BOT, DATA = "/v2/bot", "/data/v2/bot"
ROUTES = [
    _route("reply", "POST", f"{BOT}/message/reply", _reply, "json", "ReplyMessageRequest"),
    _route("push", "POST", f"{BOT}/message/push", _push, "json", "PushMessageRequest"),
    _route("validate", "POST", f"{BOT}/message/validate/reply", _validate, "json", "ValidateMessageRequest"),
    _route("validate", "POST", f"{BOT}/message/validate/push", _validate, "json", "ValidateMessageRequest"),
    _route("loading", "POST", f"{BOT}/chat/loading/start", _loading, "json", "ShowLoadingAnimationRequest"),
    _route("mark_read", "POST", f"{BOT}/chat/markAsRead", _mark_read, "json", "MarkMessagesAsReadByTokenRequest"),
    _route("profile", "GET", f"{BOT}/profile/{{user}}", _profile),
    _route("quota", "GET", f"{BOT}/message/quota", _quota),
    _route("consumption", "GET", f"{BOT}/message/quota/consumption", _consumption),
    _route("info", "GET", f"{BOT}/info", _info),
    _route("endpoint", "GET", f"{BOT}/channel/webhook/endpoint", _get_endpoint),
    _route("endpoint", "PUT", f"{BOT}/channel/webhook/endpoint", _set_endpoint, "json", "SetWebhookEndpointRequest"),
    _route("test", "POST", f"{BOT}/channel/webhook/test", _test_endpoint, "json?", "TestWebhookEndpointRequest", waits=True),
    _route("leave", "POST", f"{BOT}/group/{{group}}/leave", _leave),
    _route("leave", "POST", f"{BOT}/room/{{group}}/leave", _leave),
    _route("content", "GET", f"{DATA}/message/{{message}}/content", _content),
    _route("preview", "GET", f"{DATA}/message/{{message}}/content/preview", _content),
    _route("transcoding", "GET", f"{DATA}/message/{{message}}/content/transcoding", _transcoding),
    _route("link_token", "POST", f"{BOT}/user/{{user}}/linkToken", _link_token),
    _route("richmenu", "POST", f"{BOT}/richmenu", _create_menu, "json", "RichMenuRequest"),
    _route("richmenu", "POST", f"{BOT}/richmenu/validate", _validate_menu, "json", "RichMenuRequest"),
    _route("richmenu", "GET", f"{BOT}/richmenu/list", _list_menus),
    _route("richmenu", "GET", f"{BOT}/richmenu/{{menu}}", _get_menu),
    _route("richmenu", "DELETE", f"{BOT}/richmenu/{{menu}}", _delete_menu),
    _route("richmenu_image", "POST", f"{DATA}/richmenu/{{menu}}/content", _upload_image, "bytes"),
    _route("richmenu_image", "GET", f"{DATA}/richmenu/{{menu}}/content", _get_image),
    _route("richmenu_default", "POST", f"{BOT}/user/all/richmenu/{{menu}}", _show_menu),
    _route("richmenu_default", "GET", f"{BOT}/user/all/richmenu", _default_menu),
    _route("richmenu_default", "DELETE", f"{BOT}/user/all/richmenu", _hide_menu),
    _route("richmenu_user", "POST", f"{BOT}/user/{{user}}/richmenu/{{menu}}", _show_menu),
    _route("richmenu_user", "GET", f"{BOT}/user/{{user}}/richmenu", _menu_of_user),
    _route("richmenu_user", "DELETE", f"{BOT}/user/{{user}}/richmenu", _hide_menu),
]  # fmt: skip


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The endpoint of a call, with the names in its path."""
    for route in ROUTES:
        found = route.path.fullmatch(path)
        if found and route.method == method:
            return route, found.groupdict()
    return None
