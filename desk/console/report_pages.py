"""The reports, their files, and the lists of cases behind their numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from desk.audit.service import Actor, record_alone
from desk.auth.dependencies import Auth, SettingsDep, Staff
from desk.auth.hubs import HubName
from desk.auth.rights import visible_hub
from desk.cases.errors import HubNotFoundError
from desk.console.case_pages import DatabaseDep
from desk.console.pages import render
from desk.console.route import HOME, ConsoleRoute
from desk.reports.csv_file import write_csv
from desk.reports.figures import Links
from desk.reports.models import ItemKind
from desk.reports.period import Period, PeriodKind, choose_period
from desk.reports.scope import CaseChoice, Counted
from desk.reports.service import ReportId, ReportService
from desk.reports.words import say, word

REPORTS = f"{HOME}/reports"
PAGE_SIZE = 50
LAST_PAGE = 2000
Code = Annotated[str | None, Query(max_length=64, pattern=r"^[\w.:-]+$")]
YesNo = Literal["yes", "no"]
router = APIRouter(prefix=REPORTS, route_class=ConsoleRoute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the person has chosen to see."""

    kind: PeriodKind
    period: Period
    hub_id: str | None
    may_choose_hub: bool
    heading: str

    @property
    def query(self) -> dict[str, str]:
        """The same as part of an address; days, so that it means the same tomorrow."""
        days = {"first": self.period.first.isoformat(), "last": self.period.last.isoformat()}
        hub = {"hub": self.hub_id} if self.hub_id is not None else {}
        return {"period": PeriodKind.OWN, **days, **hub}


def report_service(request: Request) -> ReportService:
    """The reports of this application."""
    service: ReportService = request.app.state.reports
    return service


def choose(
    *,
    signed: Staff,
    auth: Auth,
    settings: SettingsDep,
    period: PeriodKind = PeriodKind.THIS_MONTH,
    first: Annotated[str, Query(max_length=10)] = "",
    last: Annotated[str, Query(max_length=10)] = "",
    hub: Annotated[str, Query(max_length=32)] = "",
) -> Chosen:
    """Period and hub, as far as the person may see.

    Raises:
        HubNotFoundError: There is no such hub, or the person may not see it.
        PeriodRefusedError: The days make no period.
    """
    own = visible_hub(signed.user)
    if hub and (hub not in auth.hubs or own not in {None, hub}):
        raise HubNotFoundError("There is no such hub.")
    hub_id = own if own is not None else (hub or None)
    days = choose_period(period, today=settings.today_jst(), first=_day(first), last=_day(last))
    return Chosen(
        kind=period,
        period=days,
        hub_id=hub_id,
        may_choose_hub=own is None,
        heading=_heading(days, hub_id, auth.hubs),
    )


def _day(text: str) -> date | None:
    """The day that a form's field says; None for none and for what is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _heading(days: Period, hub_id: str | None, hubs: Mapping[str, HubName]) -> str:
    hub = word("sentences", "all_hubs")
    if hub_id is not None:
        hub = hubs[hub_id].name if hub_id in hubs else hub_id
    return say("heading", first=days.first.isoformat(), last=days.last.isoformat(), hub=hub)


Choice = Annotated[Chosen, Depends(choose)]
Reports = Annotated[ReportService, Depends(report_service)]


@router.get("")
async def show_reports(
    request: Request, signed: Staff, auth: Auth, chosen: Choice, reports: Reports
) -> Response:
    """All reports of a period on one page."""
    scope = reports.scope_of(chosen.period, chosen.hub_id)
    return render(
        request,
        "reports.html",
        signed=signed,
        chosen=chosen,
        hubs=auth.hubs,
        periods={kind: word("periods", kind) for kind in PeriodKind},
        query=urlencode(chosen.query),
        reports=await reports.make(scope, Links(base=chosen.query)),
    )


def choose_cases(
    *,
    counted: Counted = Counted.CASE,
    weekday: Annotated[int | None, Query(ge=0, le=6)] = None,
    hour: Annotated[int | None, Query(ge=0, le=23)] = None,
    answered: YesNo | None = None,
    closed: YesNo | None = None,
    from_day: date | None = None,
    to_day: date | None = None,
    prefecture: Code = None,
    municipality: Code = None,
    industry: Code = None,
    size: Code = None,
    item: ItemKind | None = None,
    code: Code = None,
    states: Annotated[str, Query(max_length=64)] = "",
    need: Literal["met", "unmet", "unknown", "none"] | None = None,
) -> CaseChoice:
    """Which cases a list shows, from its address."""
    return CaseChoice(
        counted=counted,
        weekday=weekday,
        hour=hour,
        is_answered=None if answered is None else answered == "yes",
        is_closed=None if closed is None else closed == "yes",
        from_day=from_day,
        to_day=to_day,
        prefecture=prefecture,
        municipality=municipality,
        industry=industry,
        size=size,
        item=item,
        code=code,
        states=[state for state in states.split(",") if state],
        need=need,
    )


@router.get("/cases")
async def show_cases(
    *,
    request: Request,
    signed: Staff,
    auth: Auth,
    chosen: Choice,
    wanted: Annotated[CaseChoice, Depends(choose_cases)],
    reports: Reports,
    bucket: Code = None,
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> Response:
    """The cases behind a number; never more than the person may see."""
    found = await reports.list_cases(
        reports.scope_of(chosen.period, chosen.hub_id),
        wanted,
        bucket=bucket,
        limit=PAGE_SIZE,
        offset=(page - 1) * PAGE_SIZE,
    )
    return render(
        request,
        "report_cases.html",
        signed=signed,
        chosen=chosen,
        hubs=auth.hubs,
        found=found,
        page=page,
        page_size=PAGE_SIZE,
        here_url=request.url,
        reports_url=f"{REPORTS}?{urlencode(chosen.query)}",
    )


@router.get("/{report_id}/csv")
async def get_csv(
    *,
    signed: Staff,
    chosen: Choice,
    reports: Reports,
    database: DatabaseDep,
    report_id: ReportId,
) -> Response:
    """One report as CSV, with the same numbers hidden; who took it is written down."""
    scope = reports.scope_of(chosen.period, chosen.hub_id)
    (report,) = await reports.make(scope, Links(), [report_id])
    await record_alone(
        database,
        action="report_exported",
        actor=Actor.STAFF,
        actor_id=signed.user.id,
        subject=f"report:{report_id}",
    )
    days = f"{chosen.period.first}_{chosen.period.last}"
    name = f"{report_id}_{chosen.hub_id or 'all'}_{days}.csv"
    return Response(
        write_csv(report, chosen.heading),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
