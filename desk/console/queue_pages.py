"""The page of the queue, its saved views and what each person has set about it."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import OwnForm, Staff
from desk.auth.rights import can_write, visible_hub
from desk.auth.service import SignedIn
from desk.cases.models import CaseStatus
from desk.console import views
from desk.console.case_pages import DatabaseDep
from desk.console.pages import render
from desk.console.queue import Filter, find_case_id, list_assignable, read_queue
from desk.console.route import HOME, ConsoleRoute
from desk.console.wanted import Sort, View, Wanted, wanted_in_query
from desk.db import Database
from desk.errors import NotFoundError

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)
LAST_PAGE = 5000
WantedDep = Annotated[Wanted, Depends(wanted_in_query)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which list is shown, and the query of its address."""

    chosen: Filter
    wanted: Wanted
    view: View | None
    query: str


@router.get("")
async def show_queue(
    *,
    request: Request,
    signed: Staff,
    database: DatabaseDep,
    wanted: WantedDep,
    chosen: Annotated[Filter | None, Query(alias="filter")] = None,
    view: Annotated[str, Query(max_length=40)] = "",
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
    number: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The queue, or straight to the case whose receipt number was typed."""
    if number.strip():
        case_id = await find_case_id(database, signed.user, number)
        if case_id is not None:
            return RedirectResponse(f"/console/cases/{case_id}", 303)
    place = await _place(database, signed, chosen, view, wanted)
    return await queue_page(request, signed, place, page=page, number=number.strip())


async def _place(
    database: Database, signed: SignedIn, chosen: Filter | None, view_id: str, wanted: Wanted
) -> Place:
    """What an address names: a view, a tab or a narrowing; without any, the last view.

    Raises:
        NotFoundError: The person has no such view.
    """
    if chosen is None and not wanted.is_narrowed:
        known = {view.id: view for view in await views.list_views(database, signed.user)}
        named = view_id or (await views.find_habit(database, signed.user)).view or ""
        if view_id and view_id not in known:
            raise NotFoundError("You have no such view.")
        if view_id:
            await views.remember_view(database, signed.user, view_id)
        view = known.get(named)
        if view is not None:
            query = f"view={view.id}"
            return Place(chosen=Filter.ALL, wanted=view.wanted, view=view, query=query)
    tab = chosen or Filter.ALL
    query = wanted.to_query() if wanted.is_narrowed else f"filter={tab}"
    return Place(chosen=tab, wanted=wanted, view=None, query=query)


async def queue_page(
    request: Request,
    signed: SignedIn,
    place: Place,
    *,
    page: int,
    number: str = "",
    **more: Any,
) -> Response:
    """One page of the queue with everything that stands round it."""
    state = request.app.state
    database: Database = state.database
    queue = await read_queue(
        database,
        signed.user,
        state.auth.hubs,
        chosen=place.chosen,
        page=page,
        today=state.settings.today_jst(),
        wanted=place.wanted,
    )
    habit = await views.find_habit(database, signed.user)
    return render(
        request,
        "queue.html",
        signed=signed,
        queue=queue,
        number=number,
        place=place,
        views=await views.list_views(database, signed.user),
        has_shortcuts=habit.has_shortcuts,
        people=await list_assignable(database, signed.user, queue.items),
        can_write=can_write(signed.user),
        hubs=list(state.auth.hubs.values()),
        statuses=list(CaseStatus),
        sorts=list(Sort),
        sees_all_hubs=visible_hub(signed.user) is None,
        **more,
    )


@router.post("/views", dependencies=[OwnForm])
async def save_view(
    *,
    signed: Staff,
    database: DatabaseDep,
    wanted: WantedDep,
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Keep what the address asks for under a name."""
    view_id = await views.save_view(database, signed.user, name, wanted)
    return RedirectResponse(f"{HOME}?view={view_id}&done=view_saved", 303)


@router.post("/views/{view_id}/remove", dependencies=[OwnForm])
async def remove_view(*, signed: Staff, database: DatabaseDep, view_id: UUID) -> Response:
    """Remove one of the person's own views."""
    await views.remove_view(database, signed.user, view_id)
    return RedirectResponse(f"{HOME}?filter=all&done=view_removed", 303)


@router.post("/shortcuts", dependencies=[OwnForm])
async def switch_shortcuts(
    *, signed: Staff, database: DatabaseDep, on: Annotated[bool, Form()] = False
) -> Response:
    """Have single keys do something in the queue, or not."""
    await views.switch_shortcuts(database, signed.user, on=on)
    return RedirectResponse(f"{HOME}?done=shortcuts_{'on' if on else 'off'}", 303)
