"""The queue, the page of one case, and what can be done there."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import OwnForm, Staff, Writer
from desk.auth.rights import visible_hub
from desk.auth.service import SignedIn
from desk.cases.errors import HoldNeededError
from desk.cases.models import CaseResult, CaseStatus, Priority, PriorityReason
from desk.cases.permissions import require
from desk.cases.service import CaseService
from desk.cases.transfers import ConsentWay
from desk.config import JST
from desk.console.case_view import read_case
from desk.console.errors import NoteMissingError, ReasonMissingError, TextTooLongError
from desk.console.labels import labels
from desk.console.line_view import talk_in_line
from desk.console.pages import render
from desk.console.route import HOME, ConsoleRoute
from desk.db import Database
from desk.errors import ConflictError, ForbiddenError, UnprocessableError

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)
MAX_REASON = 1000
MAX_NOTE = 4000
MOST_READERS = 50
FIELDS = (
    "status",
    "reason",
    "result",
    "hold_until",
    "text",
    "tell",
    "handing_reason",
    "consent_text",
)
"""What a page keeps when a form of it was refused."""
OnPage = ConflictError | UnprocessableError | ForbiddenError
"""Refusals that the page of the case itself explains, beside the case as it stands now."""


def case_service(request: Request) -> CaseService:
    """The case service of this application."""
    service: CaseService = request.app.state.cases
    return service


def database_of(request: Request) -> Database:
    """The database of this application."""
    database: Database = request.app.state.database
    return database


Cases = Annotated[CaseService, Depends(case_service)]
DatabaseDep = Annotated[Database, Depends(database_of)]


@router.get("/cases/{case_id}")
async def show_case(request: Request, signed: Staff, case_id: UUID) -> Response:
    """One case."""
    return await _case_page(request, signed, case_id)


async def _case_page(
    request: Request,
    signed: SignedIn,
    case_id: UUID,
    *,
    refused: OnPage | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    """The page of a case, perhaps with a refusal and what was typed before it."""
    state = request.app.state
    view = await read_case(
        state.database,
        state.cases,
        signed.user,
        state.auth.hubs,
        case_id=case_id,
        today=state.settings.today_jst(),
    )
    return render(
        request,
        "case.html",
        signed=signed,
        status_code=refused.status_code if refused else 200,
        case=view,
        line=await talk_in_line(request, view.conversation_id),
        error=labels()["errors"][refused.code] if refused else None,
        typed={**dict.fromkeys(FIELDS, ""), **(typed or {})},
        results=list(CaseResult),
        reasons=list(PriorityReason),
        priorities=[priority.name.lower() for priority in Priority],
        ways=list(ConsentWay),
        sees_all_hubs=visible_hub(signed.user) is None,
        max_reason=MAX_REASON,
        max_note=MAX_NOTE,
    )


async def act_on_case(
    request: Request,
    signed: SignedIn,
    case_id: UUID,
    act: Callable[[], Awaitable[None]],
    *,
    done: str,
    typed: dict[str, Any] | None = None,
) -> Response:
    """Do it and show the case; if it is refused, say so beside the case as it stands."""
    try:
        await act()
    except (ConflictError, UnprocessableError, ForbiddenError) as exc:
        return await _case_page(request, signed, case_id, refused=exc, typed=typed)
    return RedirectResponse(f"/console/cases/{case_id}?done={done}", 303)


async def require_deed(cases: CaseService, signed: SignedIn, case_id: UUID, action: str) -> None:
    """Refuse unless the person is responsible for the case.

    Raises:
        CaseNotFoundError: It is not the person's to see.
        NotResponsibleError: A colleague has it, or nobody.
    """
    require(signed.user, await cases.get_case(case_id, visible_hub(signed.user)), action)


@router.post("/cases/{case_id}/claim", dependencies=[OwnForm])
async def claim_case(request: Request, signed: Writer, cases: Cases, case_id: UUID) -> Response:
    """Become responsible for the case, if nobody is."""
    hub_id, staff_id = visible_hub(signed.user), signed.user.id
    return await act_on_case(
        request, signed, case_id, lambda: cases.claim(case_id, hub_id, staff_id), done="claimed"
    )


@router.post("/cases/{case_id}/release", dependencies=[OwnForm])
async def release_case(
    request: Request,
    signed: Writer,
    cases: Cases,
    case_id: UUID,
    version: Annotated[int, Form()],
) -> Response:
    """Put the case back into the queue."""

    async def act() -> None:
        await require_deed(cases, signed, case_id, "can_release")
        await cases.release(case_id, visible_hub(signed.user), signed.user.id, version=version)

    return await act_on_case(request, signed, case_id, act, done="released")


@router.post("/cases/{case_id}/status", dependencies=[OwnForm])
async def change_status(
    *,
    request: Request,
    signed: Writer,
    cases: Cases,
    case_id: UUID,
    version: Annotated[int, Form()],
    status: Annotated[CaseStatus, Form()],
    reason: Annotated[str, Form()] = "",
    result: Annotated[CaseResult | Literal[""], Form()] = "",
    hold_until: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    """Move the case to another state, with a reason; what the state does not need is left."""

    async def act() -> None:
        await require_deed(cases, signed, case_id, "can_change")
        await cases.change_status(
            case_id,
            visible_hub(signed.user),
            signed.user.id,
            status=status,
            version=version,
            reason=text_of(reason, MAX_REASON, ReasonMissingError("Give a reason.")),
            result=(result or None) if status is CaseStatus.CLOSED else None,
            hold_until=moment_of(hold_until) if status is CaseStatus.SNOOZED else None,
        )

    typed = {"status": status, "reason": reason, "result": result, "hold_until": hold_until}
    return await act_on_case(request, signed, case_id, act, done="status", typed=typed)


@router.post("/cases/{case_id}/notes", dependencies=[OwnForm])
async def add_note(
    *,
    request: Request,
    signed: Writer,
    cases: Cases,
    case_id: UUID,
    text: Annotated[str, Form()] = "",
    tell: Annotated[list[UUID] | None, Form(max_length=MOST_READERS)] = None,
) -> Response:
    """Write an internal note, perhaps for colleagues."""

    async def act() -> None:
        note = text_of(text, MAX_NOTE, NoteMissingError("A note needs words."))
        hub_id, staff_id = visible_hub(signed.user), signed.user.id
        await cases.add_note(case_id, hub_id, staff_id, note, tell=tell or ())

    typed = {"text": text, "tell": tell or ()}
    return await act_on_case(request, signed, case_id, act, done="noted", typed=typed)


def moment_of(typed: str) -> datetime:
    """The moment (JST) of a field for date and time.

    Raises:
        HoldNeededError: It is none.
    """
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError as exc:
        raise HoldNeededError("Give a date and a time.") from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=JST)


def text_of(typed: str, limit: int, missing: UnprocessableError) -> str:
    """The typed text, with the line ends of forms made plain.

    Raises:
        UnprocessableError: `missing`, if nothing was typed; TextTooLongError.
    """
    # PostgreSQL keeps no null bytes, and nobody types them.
    text = typed.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        raise missing
    if len(text) > limit:
        raise TextTooLongError(f"At most {limit} characters.")
    return text
