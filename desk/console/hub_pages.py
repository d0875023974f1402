"""A hub's hours and intake, which its lead sets."""

import re
import unicodedata
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from desk.auth.dependencies import Auth, OwnForm, Staff, Writer
from desk.auth.errors import NotAllowedError
from desk.auth.models import StaffUser
from desk.auth.rights import can_lead, can_write, visible_hub
from desk.auth.service import SignedIn
from desk.cases.calendars import CalendarRules, Period
from desk.cases.errors import CalendarRefusedError, HubNotFoundError
from desk.cases.hours import OBON, TURN_OF_YEAR, YearlyPeriod
from desk.console.case_pages import Cases
from desk.console.labels import labels
from desk.console.pages import render
from desk.console.route import HOME, ConsoleRoute
from desk.errors import ConflictError, UnprocessableError

HUBS = f"{HOME}/hubs"
router = APIRouter(prefix=HUBS, route_class=ConsoleRoute)
HubPath = Annotated[str, Path(max_length=32, pattern="^[a-z0-9_-]+$")]
Version = Annotated[int, Form(ge=0, le=10**9)]
_BETWEEN_DAYS = re.compile("[,\u3001\\s]+")


def _period(period: YearlyPeriod) -> Period:
    first, last = ("{:02}-{:02}".format(*ends) for ends in (period.first, period.last))
    return Period(first=first, last=last)


NAMED_PERIODS = {"turn_of_year": _period(TURN_OF_YEAR), "obon": _period(OBON)}
"""Periods that the page has a box for; others stay as the JSON API has set them."""


def _check_visible(user: StaffUser, hub_id: str) -> None:
    if visible_hub(user) not in {None, hub_id}:
        raise HubNotFoundError("There is no such hub.")


def _check_lead(user: StaffUser, hub_id: str) -> None:
    _check_visible(user, hub_id)
    if not can_lead(user):
        raise NotAllowedError("A hub's lead changes its hours and its intake.")


@router.get("")
async def show_hubs(request: Request, signed: Staff, auth: Auth) -> Response:
    """The hubs that the person may see; who has one hub sees it at once."""
    own = visible_hub(signed.user)
    if own is not None:
        return RedirectResponse(f"{HUBS}/{own or 'none'}", 303)
    return render(request, "hubs.html", signed=signed, hubs=auth.hubs)


@router.get("/{hub_id}")
async def show_hub(
    request: Request, signed: Staff, auth: Auth, cases: Cases, hub_id: HubPath
) -> Response:
    """One hub's hours and intake."""
    _check_visible(signed.user, hub_id)
    return await _page(request, signed, auth, cases, hub_id)


async def _page(
    request: Request,
    signed: SignedIn,
    auth: Auth,
    cases: Cases,
    hub_id: str,
    *,
    refused: ConflictError | UnprocessableError | None = None,
) -> Response:
    rules, rules_version = await cases.calendars.get_rules(hub_id)
    intake = await cases.calendars.get_intake(hub_id)
    hub = auth.hubs.get(hub_id)
    return render(
        request,
        "hub.html",
        signed=signed,
        status_code=refused.status_code if refused else 200,
        error=labels()["errors"][refused.code] if refused else None,
        hub_id=hub_id,
        hub_name=hub.short_name if hub else hub_id,
        rules=rules,
        rules_version=rules_version,
        periods={name: period in rules.closed_periods for name, period in NAMED_PERIODS.items()},
        intake=intake,
        takes_cases=intake.takes_cases(request.app.state.settings.today_jst()),
        may_change=can_write(signed.user) and can_lead(signed.user),
    )


async def _act(
    request: Request,
    signed: SignedIn,
    auth: Auth,
    cases: Cases,
    hub_id: str,
    act: Callable[[], Awaitable[Any]],
    *,
    done: str,
) -> Response:
    """Do it and show the hub; if it is refused, say so beside what holds now."""
    _check_lead(signed.user, hub_id)
    try:
        await act()
    except (ConflictError, UnprocessableError) as exc:
        return await _page(request, signed, auth, cases, hub_id, refused=exc)
    return RedirectResponse(f"{HUBS}/{hub_id}?done={done}", 303)


@router.post("/{hub_id}/intake", dependencies=[OwnForm])
async def set_intake(
    *,
    request: Request,
    signed: Writer,
    auth: Auth,
    cases: Cases,
    hub_id: HubPath,
    version: Version,
    paused_until: Annotated[str, Form(max_length=32)] = "",
    daily_limit: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Pause or limit the intake; empty fields lift that."""

    async def act() -> None:
        await cases.calendars.set_intake(
            hub_id,
            paused_until=_day(paused_until) if paused_until.strip() else None,
            daily_limit=_number(daily_limit) if daily_limit.strip() else None,
            version=version,
        )

    return await _act(request, signed, auth, cases, hub_id, act, done="intake_set")


@router.post("/{hub_id}/calendar", dependencies=[OwnForm])
async def set_calendar(
    *,
    request: Request,
    signed: Writer,
    auth: Auth,
    cases: Cases,
    hub_id: HubPath,
    version: Version,
    weekdays: Annotated[list[int] | None, Form()] = None,
    opens: Annotated[str, Form(max_length=8)] = "",
    closes: Annotated[str, Form(max_length=8)] = "",
    lunch_from: Annotated[str, Form(max_length=8)] = "",
    lunch_to: Annotated[str, Form(max_length=8)] = "",
    is_open_on_holidays: Annotated[bool, Form()] = False,
    periods: Annotated[list[str] | None, Form()] = None,
    closed_days: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Give the hub other hours."""

    async def act() -> None:
        before, _ = await cases.calendars.get_rules(hub_id)
        others = [p for p in before.closed_periods if p not in NAMED_PERIODS.values()]
        named = [NAMED_PERIODS[name] for name in periods or () if name in NAMED_PERIODS]
        typed = unicodedata.normalize("NFKC", closed_days)
        try:
            rules = CalendarRules(
                weekdays=weekdays or [],
                opens=opens,
                closes=closes,
                lunch_from=lunch_from or None,
                lunch_to=lunch_to or None,
                is_open_on_holidays=is_open_on_holidays,
                closed_periods=[*others, *named],
                closed_days=sorted(_day(day) for day in _BETWEEN_DAYS.split(typed) if day),
            )
        except ValidationError as exc:
            raise CalendarRefusedError("A time, a weekday or a day is none.") from exc
        await cases.calendars.set_rules(hub_id, rules, version=version)

    return await _act(request, signed, auth, cases, hub_id, act, done="hours_set")


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed.strip().replace("/", "-"))
    except ValueError as exc:
        raise CalendarRefusedError("Write days as 2026-12-28.") from exc


def _number(typed: str) -> int:
    text = unicodedata.normalize("NFKC", typed).strip()
    if not text.isdecimal():
        raise CalendarRefusedError("Write the limit as a number.")
    return int(text)
