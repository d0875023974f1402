"""Business errors of desk and how they become RFC 9457 answers.

    DeskError
    ├── NotFoundError            404
    ├── UnauthorizedError        401
    ├── ForbiddenError           403
    ├── ConflictError            409
    ├── PreconditionFailedError  412
    ├── TooLargeError            413
    ├── UnprocessableError       422
    ├── PreconditionNeededError  428
    ├── TooManyRequestsError     429 (Retry-After)
    └── UnavailableError         503 (Retry-After)

Features subclass these. A message says what happened and what to do; it holds no
personal data, since it is shown and logged.
"""

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from desk.headers import fill_in
from desk.outage import is_disk_full, is_outage

log = structlog.get_logger()
PROBLEM_JSON = "application/problem+json"
OUTAGE_SECONDS = 3
"""When to try again while the database is away: a restart takes a few seconds."""


class DeskError(Exception):
    """A refusal that the caller can understand.

    Attributes:
        status_code: HTTP status of the answer.
        code: Stable snake_case name of the error, for programs.
        retry_after_seconds: When to try again, if that helps.
    """

    status_code = 500
    code = "error"

    def __init__(self, detail: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds


class NotFoundError(DeskError):
    """The thing does not exist, or is not the caller's to see."""

    status_code = 404
    code = "not_found"


class UnauthorizedError(DeskError):
    """No or no valid credentials."""

    status_code = 401
    code = "unauthorized"


class ForbiddenError(DeskError):
    """The caller is known but may not do this."""

    status_code = 403
    code = "forbidden"


class ConflictError(DeskError):
    """Somebody else was first, or the state does not allow it."""

    status_code = 409
    code = "conflict"


class PreconditionFailedError(DeskError):
    """It has changed since the version that the caller names."""

    status_code = 412
    code = "precondition_failed"


class PreconditionNeededError(DeskError):
    """A change must name the version that the caller saw."""

    status_code = 428
    code = "precondition_needed"


class TooLargeError(DeskError):
    """The body is larger than accepted."""

    status_code = 413
    code = "too_large"


class UnprocessableError(DeskError):
    """The body is well-formed but cannot be used."""

    status_code = 422
    code = "unprocessable"


class TooManyRequestsError(DeskError):
    """The caller is too fast."""

    status_code = 429
    code = "too_many_requests"


class UnavailableError(DeskError):
    """A part that is needed is away for now."""

    status_code = 503
    code = "unavailable"


def problem(
    status: int, code: str, detail: str, *, retry_after: int | None = None, **extra: object
) -> JSONResponse:
    """An RFC 9457 answer.

    Args:
        status: HTTP status.
        code: Stable name; becomes `type` as `about:blank#<code>` and `code`.
        detail: One sentence for people.
        retry_after: Seconds for the Retry-After header.
        **extra: Further members, JSON-able.
    """
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else None
    body = {"type": f"about:blank#{code}", "title": code, "status": status, "detail": detail}
    return JSONResponse(
        {**body, "code": code, **extra}, status, headers=headers, media_type=PROBLEM_JSON
    )


def install_error_handlers(app: FastAPI) -> None:
    """Render every refusal of `app` as problem+json."""

    async def desk_error(_: Request, exc: Exception) -> JSONResponse:
        assert isinstance(exc, DeskError)
        return problem(exc.status_code, exc.code, exc.detail, retry_after=exc.retry_after_seconds)

    async def validation_error(_: Request, exc: Exception) -> JSONResponse:
        assert isinstance(exc, RequestValidationError)
        errors = [
            {"loc": jsonable_encoder(e.get("loc")), "msg": str(e.get("msg"))} for e in exc.errors()
        ]
        return problem(422, "invalid_body", "The request body is not valid.", errors=errors)

    async def http_error(_: Request, exc: Exception) -> JSONResponse:
        assert isinstance(exc, HTTPException)
        answer = problem(exc.status_code, "http_error", str(exc.detail))
        answer.headers.update(exc.headers or {})
        return answer

    async def database_error(_: Request, exc: Exception) -> JSONResponse:
        assert isinstance(exc, SQLAlchemyError)
        if not is_outage(exc):
            raise exc
        if is_disk_full(exc):
            log.error("disk_full", remedy="Make room on the disk of the database.")
        else:
            log.warning("database_away", error=type(exc).__name__)
        return problem(
            503,
            "database_away",
            "The database cannot be reached for now. Send the same again in a moment.",
            retry_after=OUTAGE_SECONDS,
        )

    async def unexpected(request: Request, exc: Exception) -> JSONResponse:
        log.error("unexpected_error", error=type(exc).__name__, exc_info=exc)
        answer = problem(500, "unexpected", "Something went wrong here. Try again later.")
        # This answer is made outside every middleware.
        fill_in(answer.headers, request.url.path, request.app.state.settings)
        return answer

    app.add_exception_handler(Exception, unexpected)
    app.add_exception_handler(SQLAlchemyError, database_error)
    app.add_exception_handler(DeskError, desk_error)
    app.add_exception_handler(RequestValidationError, validation_error)
    app.add_exception_handler(HTTPException, http_error)
