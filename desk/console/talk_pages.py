"""The page on which staff talk with the owner of a case."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from desk.auth.dependencies import Staff
from desk.auth.rights import can_write, visible_hub
from desk.chat.endpoints import LAST_SEQ
from desk.chat.schemas import MAX_TEXT
from desk.console.case_pages import Cases
from desk.console.line_view import talk_in_line
from desk.console.pages import render
from desk.console.route import HOME, ConsoleRoute
from desk.live.beside import BesideService
from desk.live.endpoints import beside_service, live_service
from desk.live.service import MAX_SUMMARY, LiveService

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)


@router.get("/cases/{case_id}/talk")
async def show_talk(
    *,
    request: Request,
    signed: Staff,
    cases: Cases,
    live: Annotated[LiveService, Depends(live_service)],
    beside: Annotated[BesideService, Depends(beside_service)],
    case_id: UUID,
) -> Response:
    """The conversation of a case, live; the module `talk.js` fills it."""
    case = await cases.get_case(case_id, visible_hub(signed.user))
    conversation_id = case.conversation_id
    await live.look(signed.user, conversation_id, after=LAST_SEQ)  # Refuses an erased one.
    return render(
        request,
        "talk.html",
        signed=signed,
        case=case,
        line=await talk_in_line(request, conversation_id),
        draft=await beside.get_draft(signed.user, conversation_id),
        writes=can_write(signed.user),
        max_text=MAX_TEXT,
        max_summary=MAX_SUMMARY,
    )
