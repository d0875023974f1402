"""Whether LINE is there, who sees it, and what a reply to an owner does in it."""

from uuid import UUID

from fastapi import Request

from desk.auth.models import StaffUser
from desk.auth.rights import can_lead, visible_hub
from desk.line.models import LineSend, SendState
from desk.line.staff import LineStaff, LineTalk, may_have_arrived

NOT_SET_UP = "the account is not set up"


def find_line(request: Request) -> LineStaff | None:
    """What the console asks of LINE; None where it is not set up."""
    channel = getattr(request.app.state, "line", None)
    return channel.staff if channel is not None and channel.staff.has_accounts else None


def may_see_line(user: StaffUser) -> bool:
    """Whether the page is for the person: whoever sees every hub, and leads."""
    return visible_hub(user) is None or can_lead(user)


def sees_line(request: Request, user: StaffUser) -> bool:
    """Whether the navigation shows the page: there is an account that the person sees."""
    line = find_line(request)
    return line is not None and may_see_line(user) and len(line.accounts_of(visible_hub(user))) > 0


async def talk_in_line(request: Request, conversation_id: UUID) -> LineTalk | None:
    """What a reply does in LINE; None if the owner does not write there."""
    line = find_line(request)
    return await line.talk_of(conversation_id) if line is not None else None


def cause_of(send: LineSend) -> str:
    """Why a call needs a person, as a key of `line_causes`."""
    told = send.last_error or ""
    if send.state != SendState.FAILED:
        return send.state
    if may_have_arrived(send):
        return "maybe"
    if told.startswith(("401", "403")):
        return "token"
    if told.startswith("4"):
        return "content"
    return "not_set_up" if told == NOT_SET_UP else "away"
