"""The door of the fake: who calls, with what, and what goes wrong on the way."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response

from tests.line.fake import errors, sdk, spec
from tests.line.fake.account import Account, Call
from tests.line.fake.errors import LineError
from tests.line.fake.faults import AFTER, ERRORS, RESETS, Fault, Rule
from tests.line.fake.line import FakeLine
from tests.line.fake.routes import Answer, Asked, Route, find_route

MAX_BODY = 2 * 1024 * 1024
METHODS = ["GET", "POST", "PUT", "DELETE"]
Reset = Callable[[Request], Awaitable[None]]


def create_app(line: FakeLine, reset: Reset, *, judged: bool = True) -> FastAPI:
    """The fake as an application.

    Args:
        line: Its state.
        reset: Cuts the connection of a request.
        judged: Let the OpenAPI file and the SDK judge each body.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    door = Door(line, reset, judged=judged)
    app.add_api_route("/{path:path}", door.answer, methods=METHODS)
    return app


class Door:
    """Takes each call through the same checks, in LINE's order."""

    def __init__(self, line: FakeLine, reset: Reset, *, judged: bool) -> None:
        self._line = line
        self._reset = reset
        self._judged = judged

    async def answer(self, request: Request) -> Response:
        """Answer one call, or cut it."""
        raw = await request.body()
        with self._line.lock:
            request_id = f"{self._line.chance_of_answers.getrandbits(128):032x}"
        found = find_route(request.method, request.url.path)
        account = self._line.by_token(_bearer(request))
        rule = account.faults.take(found[0].name) if account and found else None
        if rule is not None and rule.fault not in AFTER:
            answer, accepted = Answer(), False
        else:
            answer, accepted = await self._ask(request, raw, request_id, found, account)
        headers: dict[str, str] = {}
        if isinstance(answer, LineError):
            headers, answer = answer.headers, Answer(status=answer.status, body=answer.body())
        if rule is not None:
            answer = _as_faulty(rule, answer)
        is_cut = rule is not None and rule.fault in RESETS
        if account and found:
            status = 0 if is_cut else answer.status
            self._record(account, found[0], request, raw, request_id, status, accepted=accepted)
        if rule is not None and rule.fault in {Fault.SLOW, Fault.STUCK}:
            await asyncio.sleep(rule.seconds)
        if is_cut:
            await self._reset(request)
        return _response(answer, {"x-line-request-id": request_id, **headers})

    async def _ask(
        self,
        request: Request,
        raw: bytes,
        request_id: str,
        found: tuple[Route, dict[str, str]] | None,
        account: Account | None,
    ) -> tuple[Answer | LineError, bool]:
        try:
            asked = _checked(request, raw, request_id, found, account)
            assert found is not None
            route = found[0]
            if route.waits:
                return await asyncio.to_thread(route.do, asked), True
            with self._line.lock:
                self._judge(route, asked)
                return route.do(asked), True
        except LineError as exc:
            if exc.details:
                self._line.violations.append(f"{request.url.path}: {exc}")
            return exc, False

    def _judge(self, route: Route, asked: Asked) -> None:
        if not self._judged or route.schema is None or asked.body is None:
            return
        found = spec.request_problems(route.schema, asked.body)
        found += sdk.sdk_problems(route.schema, asked.body)
        self._line.violations += [f"{route.name}: {problem}" for problem in found]

    def _record(
        self,
        account: Account,
        route: Route,
        request: Request,
        raw: bytes,
        request_id: str,
        status: int,
        *,
        accepted: bool,
    ) -> None:
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = None
        call = Call(
            endpoint=route.name,
            method=request.method,
            path=request.url.path,
            at=self._line.clock(),
            headers={k: v for k, v in request.headers.items() if k != "authorization"},
            body=body,
            request_id=request_id,
            status=status,
            accepted=accepted,
        )
        with self._line.lock:
            account.calls.append(call)


def _bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _checked(
    request: Request,
    raw: bytes,
    request_id: str,
    found: tuple[Route, dict[str, str]] | None,
    account: Account | None,
) -> Asked:
    if found is None:
        raise LineError(404, errors.NOT_FOUND)
    if account is None:
        raise LineError(401, errors.INVALID_TOKEN)
    route, names = found
    retry_key = request.headers.get("x-line-retry-key")
    if retry_key is not None and route.name != "push":
        raise LineError(400, errors.RETRY_KEY_UNSUPPORTED)
    if len(raw) > MAX_BODY:
        raise LineError(413, errors.TOO_LARGE)
    kind = request.headers.get("content-type", "")
    body = None
    if route.takes == "json" or (route.takes == "json?" and raw):
        body = _json(raw, kind)
    return Asked(
        account=account,
        names=names,
        body=body,
        raw=raw,
        kind=kind,
        retry_key=retry_key,
        request_id=request_id,
    )


def _json(raw: bytes, kind: str) -> Any:
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise errors.content_type(kind)
    try:
        body = json.loads(raw)
    except json.JSONDecodeError as exc:
        raise errors.not_json(exc.lineno, exc.colno) from exc
    except UnicodeDecodeError as exc:
        raise errors.not_json(1, exc.start) from exc
    if not isinstance(body, dict):
        raise errors.not_json(1, 1)
    return body


def _as_faulty(rule: Rule, answer: Answer) -> Answer:
    error = ERRORS.get(rule.fault)
    return answer if error is None else Answer(status=error.status, body=error.body())


def _response(answer: Answer, headers: dict[str, str]) -> Response:
    content = answer.raw
    if content is None:
        content = json.dumps(answer.body, ensure_ascii=False).encode()
    return Response(content, answer.status, headers, answer.kind)
