"""`GET /api/chat/hours`: whether people are there now, for the page that shows it."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from advisor.knowledge import KnowledgeBase
from desk.cases.reception import Reception, ReceptionDesk
from desk.chat.sites import Site
from desk.openapi import problems

router = APIRouter(prefix="/api/chat", tags=["chat"])


class HoursOut(BaseModel):
    """A hub's people at this moment; exactly one of `closes_at` and `opens_at` is given."""

    hub_name: str
    closes_at: datetime | None
    """Until when somebody is there without a break."""
    opens_at: datetime | None
    """From when somebody is there again."""
    answered_by: date
    """The day (Japan) by which a case that is sent now is answered."""
    text: str
    """The same as owners read it, in Japan's time."""


@router.get("/hours", responses=problems(422))
async def show_hours(
    request: Request,
    site: Annotated[str | None, Query(max_length=64, pattern=r"^[a-z0-9_-]+$")] = None,
) -> HoursOut:
    """When the people of a site's hub are there; without a known hub those of the bureau."""
    reception: ReceptionDesk = request.app.state.reception
    knowledge: KnowledgeBase = request.app.state.knowledge
    known: Site | None = request.app.state.sites.find(site)
    found = await reception.look(known.hub if known is not None else site)
    return HoursOut(
        hub_name=knowledge.hubs[found.hub_id].name,
        closes_at=found.closes_at,
        opens_at=found.opens_at,
        answered_by=found.answered_by,
        text=_text(found, knowledge),
    )


def _text(found: Reception, knowledge: KnowledgeBase) -> str:
    by = found.answered_by
    promise = knowledge.wording("hours_promise", month=str(by.month), day=str(by.day))
    if found.closes_at is not None:
        return knowledge.wording("hours_open", time=f"{found.closes_at:%-H:%M}") + promise
    opens = found.opens_at
    assert opens is not None  # One of the two is given.
    when = knowledge.wording(
        "live_moment", month=str(opens.month), day=str(opens.day), time=f"{opens:%-H:%M}"
    )
    return knowledge.wording("hours_closed", when=when) + promise
