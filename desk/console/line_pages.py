"""LINE for staff: the accounts, the month's pushes, and what did not surely arrive."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import Auth, OwnForm, Staff
from desk.auth.errors import NotAllowedError
from desk.auth.rights import can_write, visible_hub
from desk.auth.service import SignedIn
from desk.console.case_pages import DatabaseDep
from desk.console.errors import NoLineError
from desk.console.line_view import cause_of, find_line, may_see_line
from desk.console.pages import render
from desk.console.repository import cases_of_talks
from desk.console.route import HOME, ConsoleRoute
from desk.line.findings import HINTS
from desk.line.models import SendState
from desk.line.staff import LineStaff

LINE = f"{HOME}/line"
router = APIRouter(prefix=LINE, route_class=ConsoleRoute)
CALL_STATES = (
    SendState.SENT,
    SendState.PENDING,
    SendState.REJECTED,
    SendState.UNCERTAIN,
    SendState.QUOTA,
    SendState.DROPPED,
    SendState.FAILED,
)


def get_line(request: Request, signed: Staff) -> LineStaff:
    """LINE, for who may see it.

    Raises:
        NotAllowedError: The role does not look after LINE.
        NoLineError: LINE is not set up.
    """
    if not may_see_line(signed.user):
        raise NotAllowedError("Leads and the bureau look after LINE.")
    line = find_line(request)
    if line is None:
        raise NoLineError("LINE is not set up.")
    return line


def get_line_writer(signed: Staff, line: Annotated[LineStaff, Depends(get_line)]) -> SignedIn:
    """Who acts, if they may see LINE and change things.

    Raises:
        NotAllowedError: The role may only look.
    """
    del line  # It has been looked whether there is one.
    if not can_write(signed.user):
        raise NotAllowedError("This role may only look.")
    return signed


Line = Annotated[LineStaff, Depends(get_line)]
LineWriter = Annotated[SignedIn, Depends(get_line_writer)]


@router.get("")
async def show_line(
    *, request: Request, signed: Staff, line: Line, auth: Auth, database: DatabaseDep
) -> Response:
    """The accounts that the person sees, and what of them needs a person."""
    hub_id = visible_hub(signed.user)
    opened = await line.list_open(hub_id)
    talks = {each.send.conversation_id for each in opened} - {None}
    async with database.read() as tx:
        cases = await cases_of_talks(tx, [talk for talk in talks if talk], hub_id)
    context: dict[str, Any] = {
        "views": await line.view(hub_id),
        "opened": opened,
        "cases": cases,
        "hubs": auth.hubs,
        "hints": HINTS,
        "states": CALL_STATES,
        "causes": {each.send.id: cause_of(each.send) for each in opened},
        "may_write": can_write(signed.user),
    }
    return render(request, "line.html", signed=signed, **context)


@router.post("/sends/{send_id}/settle", dependencies=[OwnForm])
async def settle_send(signed: LineWriter, line: Line, send_id: UUID) -> Response:
    """Close a call by hand: its words arrived, or were told another way."""
    await line.settle(send_id, visible_hub(signed.user), by=signed.user.id)
    return RedirectResponse(f"{LINE}?done=line_settled", 303)


@router.post("/sends/{send_id}/again", dependencies=[OwnForm])
async def send_again(
    *, signed: LineWriter, line: Line, send_id: UUID, lost: Annotated[bool, Form()] = False
) -> Response:
    """Send what a call held once more; `lost` says that the owner was asked."""
    await line.send_again(send_id, visible_hub(signed.user), by=signed.user.id, is_known_lost=lost)
    return RedirectResponse(f"{LINE}?done=line_repeated", 303)
