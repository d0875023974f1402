"""The notes that are for the person: unread ones with their number in the menu, read ones."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import DatabaseDep, MaybeSignedIn, OwnForm, Staff
from desk.auth.rights import visible_hub
from desk.cases import lists
from desk.console import repository
from desk.console.case_pages import Cases
from desk.console.pages import render
from desk.console.route import HOME, ConsoleRoute

MENTIONS = f"{HOME}/mentions"
router = APIRouter(prefix=MENTIONS, route_class=ConsoleRoute)


async def count_unread_mentions(
    request: Request, signed: MaybeSignedIn, database: DatabaseDep
) -> None:
    """Keep the number of the person's unread mentions for the menu of the page."""
    if signed is None:
        return
    async with database.read() as tx:
        request.state.unread_mentions = await lists.count_unread(
            tx, signed.user.id, visible_hub(signed.user)
        )


@router.get("")
async def show_mentions(
    request: Request, signed: Staff, cases: Cases, database: DatabaseDep
) -> Response:
    """The notes that are for the person: the unread ones, oldest first, then the others."""
    unread = await cases.notes.list_unread(signed.user)
    read = await cases.notes.list_read(signed.user)
    writers = {each.event.actor_id for each in (*unread, *read) if each.event.actor_id}
    async with database.read() as tx:
        names = await repository.names_of(tx, [*writers])
    return render(request, "mentions.html", signed=signed, unread=unread, seen=read, writers=names)


@router.post("/{mention_id}/read", dependencies=[OwnForm])
async def mark_read(
    signed: Staff,
    cases: Cases,
    mention_id: UUID,
    then: Annotated[Literal["list", "case"], Form()] = "list",
) -> Response:
    """Take a mention off the list of unread ones, and show the list or the case."""
    case_id = await cases.notes.mark_read(signed.user, mention_id)
    if then == "case":
        return RedirectResponse(f"{HOME}/cases/{case_id}#notes", 303)
    return RedirectResponse(f"{MENTIONS}?done=mention_read", 303)
