"""The staff's JSON API of hubs: `/api/hubs`, opening hours and intake."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from desk.auth.api import OwnRequest
from desk.auth.dependencies import SettingsDep, Staff, Writer
from desk.auth.errors import NotAllowedError
from desk.auth.models import StaffUser
from desk.auth.rights import can_lead, visible_hub
from desk.auth.service import SignedIn
from desk.cases.calendars import CalendarRules
from desk.cases.endpoints import Cases
from desk.cases.errors import HubNotFoundError
from desk.cases.preconditions import NAMES_VERSION, IfMatch, set_tag, stale_as_412
from desk.cases.schemas import CalendarOut, IntakeBody, IntakeOut
from desk.openapi import problems

router = APIRouter(prefix="/api/hubs", tags=["hubs"])
READ = problems(401, 403, 404, 422)
CHANGE = problems(400, 401, 403, 404, 412, 422, 428)
HubPath = Annotated[str, Path(max_length=32, pattern=r"^[a-z0-9_-]+$")]


def _check_visible(user: StaffUser, hub_id: str) -> None:
    if visible_hub(user) not in {None, hub_id}:
        raise HubNotFoundError("There is no such hub.")


def own_hub(signed: Staff, hub_id: HubPath) -> str:
    """The hub, if it is the caller's own or they see all.

    Raises:
        HubNotFoundError: It is another one.
    """
    _check_visible(signed.user, hub_id)
    return hub_id


def lead_of(signed: Writer, hub_id: HubPath) -> SignedIn:
    """Who acts, if they lead the hub or span all.

    Raises:
        HubNotFoundError: It is another one.
        NotAllowedError: They are no lead.
    """
    _check_visible(signed.user, hub_id)
    if not can_lead(signed.user):
        raise NotAllowedError("A hub's lead changes its hours and its intake.")
    return signed


OwnHub = Annotated[str, Depends(own_hub)]
IsLead = Depends(lead_of)


@router.get("/{hub_id}/calendar", responses=READ)
async def get_calendar(cases: Cases, response: Response, hub_id: OwnHub) -> CalendarOut:
    """When the hub is open; its version is the `ETag`, 0 while the usual hours hold."""
    rules, version = await cases.calendars.get_rules(hub_id)
    set_tag(response, version)
    return CalendarOut(hub_id=hub_id, version=version, rules=rules)


@router.put(
    "/{hub_id}/calendar",
    dependencies=[*OwnRequest, IsLead],
    responses=CHANGE,
    openapi_extra=NAMES_VERSION,
)
async def set_calendar(
    *, cases: Cases, response: Response, hub_id: OwnHub, version: IfMatch, rules: CalendarRules
) -> CalendarOut:
    """Give the hub other hours; promises made before keep their date."""
    async with stale_as_412():
        version = await cases.calendars.set_rules(hub_id, rules, version=version)
    set_tag(response, version)
    return CalendarOut(hub_id=hub_id, version=version, rules=rules)


@router.get("/{hub_id}/intake", responses=READ)
async def get_intake(
    cases: Cases, settings: SettingsDep, response: Response, hub_id: OwnHub
) -> IntakeOut:
    """Whether the hub takes new cases; its version is the `ETag`."""
    intake = await cases.calendars.get_intake(hub_id)
    set_tag(response, intake.version)
    return IntakeOut.from_intake(hub_id, intake, settings.today_jst())


@router.put(
    "/{hub_id}/intake",
    dependencies=[*OwnRequest, IsLead],
    responses=CHANGE,
    openapi_extra=NAMES_VERSION,
)
async def set_intake(
    *,
    cases: Cases,
    settings: SettingsDep,
    response: Response,
    hub_id: OwnHub,
    version: IfMatch,
    body: IntakeBody,
) -> IntakeOut:
    """Pause or limit the hub's intake, or lift that.

    Owners who have not agreed to the hub yet are led to the bureau meanwhile.
    """
    async with stale_as_412():
        intake = await cases.calendars.set_intake(
            hub_id,
            paused_until=body.paused_until,
            daily_limit=body.daily_limit,
            version=version,
        )
    set_tag(response, intake.version)
    return IntakeOut.from_intake(hub_id, intake, settings.today_jst())
