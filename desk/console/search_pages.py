"""The page of the search. What is typed goes in the body: addresses stand in logs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import Auth, OwnForm, Staff
from desk.auth.rights import visible_hub
from desk.auth.service import SignedIn
from desk.console.case_pages import DatabaseDep
from desk.console.pages import render
from desk.console.queue import find_case_id
from desk.console.route import HOME, ConsoleRoute
from desk.console.search import LONGEST, SearchPage, search

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)


@router.get("/search")
async def show_search(request: Request, signed: Staff) -> Response:
    """The empty field."""
    return _page(request, signed, None)


@router.post("/search", dependencies=[OwnForm])
async def find(
    *,
    request: Request,
    signed: Staff,
    auth: Auth,
    database: DatabaseDep,
    q: Annotated[str, Form(max_length=LONGEST)] = "",
    before: Annotated[UUID | None, Form()] = None,
) -> Response:
    """What was found, or straight to the case whose receipt number was typed."""
    typed = q.replace("\0", "").strip()
    if typed and before is None:
        case_id = await find_case_id(database, signed.user, typed)
        if case_id is not None:
            return RedirectResponse(f"{HOME}/cases/{case_id}", 303)
    page: SearchPage | None = None
    if typed:
        page = await search(database, signed.user, auth.hubs, typed=typed, before=before)
    return _page(request, signed, page, is_continued=before is not None)


def _page(
    request: Request, signed: SignedIn, page: SearchPage | None, *, is_continued: bool = False
) -> Response:
    return render(
        request,
        "search.html",
        signed=signed,
        page=page,
        is_continued=is_continued,
        sees_all_hubs=visible_hub(signed.user) is None,
    )
