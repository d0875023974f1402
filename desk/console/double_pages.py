"""Two cases of one owner: what a merge does is shown first, and done on a second page."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import OwnForm, Writer
from desk.auth.rights import visible_hub
from desk.auth.service import SignedIn
from desk.cases import doubles
from desk.cases.errors import NotDoublesError
from desk.cases.models import Case
from desk.cases.permissions import deeds_for
from desk.console import repository
from desk.console.case_pages import MAX_REASON, Cases, OnPage, text_of
from desk.console.errors import ReasonMissingError
from desk.console.labels import labels
from desk.console.pages import render
from desk.console.route import HOME, ConsoleRoute
from desk.errors import ConflictError, ForbiddenError, UnprocessableError

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)


@router.get("/cases/{case_id}/merge/{into}")
async def show_merge(
    request: Request, signed: Writer, cases: Cases, case_id: UUID, into: UUID
) -> Response:
    """Both cases, what they share, and what would happen to them."""
    return await _merge_page(request, signed, case_id, into)


@router.post("/cases/{case_id}/merge", dependencies=[OwnForm])
async def merge_case(
    *,
    request: Request,
    signed: Writer,
    cases: Cases,
    case_id: UUID,
    version: Annotated[int, Form(ge=0, le=10**9)],
    into: Annotated[UUID, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Close a double and show the case in which the work goes on."""
    try:
        why = text_of(reason, MAX_REASON, ReasonMissingError("Give a reason."))
        await cases.work.merge(signed.user, case_id, version=version, into=into, reason=why)
    except (ConflictError, UnprocessableError, ForbiddenError) as exc:
        if isinstance(exc, NotDoublesError):
            raise  # There is nothing to compare on the page.
        return await _merge_page(request, signed, case_id, into, refused=exc, reason=reason)
    return RedirectResponse(f"{HOME}/cases/{into}?done=merged", 303)


async def _merge_page(
    request: Request,
    signed: SignedIn,
    case_id: UUID,
    into: UUID,
    *,
    refused: OnPage | None = None,
    reason: str = "",
) -> Response:
    """The two cases side by side, perhaps with a refusal.

    Raises:
        CaseNotFoundError: One of them is not the person's to see.
        NotDoublesError: They have nothing in common, or are at two hubs.
    """
    state = request.app.state
    hub_id = visible_hub(signed.user)
    case = await state.cases.get_case(case_id, hub_id)
    target = await state.cases.get_case(into, hub_id)
    async with state.database.read() as tx:
        shared = doubles.in_common(tx, case, target)
        people = [each for each in (case.assignee_id, target.assignee_id) if each]
        names = await repository.names_of(tx, people)
    if not shared or case.id == target.id or case.hub_id != target.hub_id:
        raise NotDoublesError("The two cases have nothing in common.")
    return render(
        request,
        "merge.html",
        signed=signed,
        status_code=refused.status_code if refused else 200,
        case=case,
        target=target,
        names=names,
        in_common=shared,
        earliest=_earliest(case, target),
        may_merge=deeds_for(signed.user, case).can_direct,
        reason=reason,
        max_reason=MAX_REASON,
        error=labels()["errors"][refused.code] if refused else None,
    )


def _earliest(case: Case, target: Case) -> date | None:
    """The day that holds after the merge, if it is an earlier one than before."""
    is_owed = case.answered_at is None and target.answered_at is None
    return case.promised_on if is_owed and case.promised_on < target.promised_on else None
