"""The kind of route that all console pages share: guards before, headers after.

Refusals become pages here and not in the application's handlers, which answer programs
with problem+json.
"""

import re
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from desk.auth.dependencies import check_same_site
from desk.auth.errors import (
    NotSignedInError,
    PasswordChangeRequiredError,
    SecondFactorRequiredError,
)
from desk.console.pages import SECURITY_HEADERS, render_error
from desk.db import new_id
from desk.errors import OUTAGE_SECONDS, DeskError, TooLargeError
from desk.outage import is_outage

log = structlog.get_logger()
HOME = "/console"
LOGIN = "/console/login"
PASSWORD = "/console/password"  # noqa: S105 (an address)
LOGIN_CODE = "/console/login/code"
SECOND_FACTOR = "/console/second-factor"
SESSIONS = "/console/sessions"
MAX_BODY = 64 * 1024
_SAFE_NEXT = re.compile(r"/console(?:[/?][!-\[\]-~]*)?")
_NO_NEXT = (LOGIN, PASSWORD, SECOND_FACTOR, "/console/logout", "/console/oidc")


class ConsoleRoute(APIRoute):
    """A page or a form's target of the console."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with guards and headers round it."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                if request.method not in {"GET", "HEAD"}:
                    check_same_site(request)
                    _check_size(request)
                response = await handle(request)
            except Exception as exc:  # noqa: BLE001 (staff get a page, whatever happened)
                response = _refusal(request, exc)
            for name, value in SECURITY_HEADERS.items():
                # What is no page is stricter still.
                response.headers.setdefault(name, value)
            return response

        return guarded


def _check_size(request: Request) -> None:
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > MAX_BODY:
        raise TooLargeError(f"A form has at most {MAX_BODY} bytes and says how many.")


def _refusal(request: Request, exc: Exception) -> Response:
    if isinstance(exc, NotSignedInError):
        return RedirectResponse(_login_address(request), 303)
    if isinstance(exc, PasswordChangeRequiredError):
        return RedirectResponse(PASSWORD, 303)
    if isinstance(exc, SecondFactorRequiredError):
        return RedirectResponse(SECOND_FACTOR, 303)
    if isinstance(exc, DeskError):
        log.info("console_refused", code=exc.code, status=exc.status_code)
        return render_error(request, exc.code, exc.status_code)
    if isinstance(exc, RequestValidationError):
        if any(error["loc"][0] == "path" for error in exc.errors()):
            return render_error(request, "not_found", 404)
        return render_error(request, "invalid_body", 422)
    if isinstance(exc, HTTPException):
        code = "not_found" if exc.status_code == 404 else "invalid_body"
        return render_error(request, code, exc.status_code)
    if isinstance(exc, SQLAlchemyError) and is_outage(exc):
        return _outage(request, exc)
    return _failure(request, exc)


def _outage(request: Request, exc: SQLAlchemyError) -> Response:
    log.warning("database_away", error=type(exc).__name__)
    page = render_error(request, "database_away", 503)
    page.headers["Retry-After"] = str(OUTAGE_SECONDS)
    return page


def _failure(request: Request, exc: Exception) -> Response:
    """Tell staff a number under which the log has the rest, and no more.

    The log gets the places in the code, not the exception's message, which may hold
    what an owner wrote.
    """
    bound: dict[str, Any] = structlog.contextvars.get_contextvars()
    reference = str(bound.get("request_id") or new_id().hex)[-12:]
    frames = traceback.extract_tb(exc.__traceback__)[-6:]
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    log.error("console_failed", reference=reference, error=type(exc).__name__, places=places)
    return render_error(request, "failed", 500, reference=reference)


def _login_address(request: Request) -> str:
    if request.method != "GET":
        return LOGIN
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return LOGIN if wanted == HOME else f"{LOGIN}?next={quote(safe_next(wanted), safe='')}"


def safe_next(wanted: str | None) -> str:
    """Where to go after the login: an address inside the console, else its first page."""
    if not wanted or not _SAFE_NEXT.fullmatch(wanted) or wanted.startswith(_NO_NEXT):
        return HOME
    return wanted
