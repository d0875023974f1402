"""`POST /internal/actions`: runs Rasa's custom actions in desk's own process.

Only Rasa calls it, on loopback, with the shared secret. The answers follow Rasa's
action server: 400 when an action declines to run, 404 for an unknown action.
"""

import json
import secrets
import zlib
from typing import Any

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from sqlalchemy.exc import SQLAlchemyError

from bot.actions.context import ActionContext, current
from desk.outage import is_outage

log = structlog.get_logger()
router = APIRouter(include_in_schema=False)
LARGEST_CALL = 8 * 1024 * 1024


def build_executor() -> ActionExecutor:
    """An executor that knows every action of `bot.actions`."""
    executor = ActionExecutor()
    executor.register_package("bot.actions")
    return executor


@router.post("/internal/actions")
async def run_action(request: Request) -> JSONResponse:
    """Run one action and give its events and responses."""
    secret = request.headers.get("X-Jinjibu-Secret", "")
    expected: str = request.app.state.settings.action_secret
    if not expected or not secrets.compare_digest(secret.encode(), expected.encode()):
        return JSONResponse({"error": "wrong secret"}, 401)
    call = await _read_call(request)
    if call is None:
        return JSONResponse({"error": "the body is not an action call"}, 400)
    state = request.app.state
    token = current.set(
        ActionContext(
            knowledge=state.knowledge,
            today=state.settings.today_jst(),
            cases=state.cases,
            library=state.library,
            without_intake=await state.cases.calendars.hubs_without_intake(),
        )
    )
    try:
        return await _run(state.action_executor, call)
    finally:
        current.reset(token)


async def _run(executor: ActionExecutor, call: dict[str, Any]) -> JSONResponse:
    name = str(call.get("next_action"))
    # Rasa leaves the domain out where actions do not need it; the SDK would answer 449,
    # which Rasa 3.6 does not know.
    call.setdefault("domain", {})
    try:
        result = await executor.run(call)
    except ActionExecutionRejection as exc:
        return JSONResponse({"error": str(exc.message), "action_name": exc.action_name}, 400)
    except ActionNotFoundException as exc:
        return JSONResponse({"error": str(exc), "action_name": exc.action_name}, 404)
    except Exception as exc:
        if isinstance(exc, SQLAlchemyError) and is_outage(exc):
            log.warning("database_away", error=type(exc).__name__)
            return JSONResponse({"error": "database_away", "action_name": name}, 503)
        log.exception("action_failed", action=name)
        return JSONResponse({"error": type(exc).__name__, "action_name": name}, 500)
    return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})


async def _read_call(request: Request) -> dict[str, Any] | None:
    body = await request.body()
    try:
        if request.headers.get("Content-Encoding") == "deflate":
            body = zlib.decompressobj().decompress(body, LARGEST_CALL)
        call = json.loads(body)
    except (zlib.error, ValueError):
        return None
    return call if isinstance(call, dict) and "tracker" in call else None
