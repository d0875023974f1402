"""The login: name and password, then the code; and the way by the organisation's login."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import (
    Auth,
    LoginRate,
    LoginToken,
    MaybeSignedIn,
    OwnForm,
    SessionToken,
    SettingsDep,
    clear_login_cookie,
    clear_session_cookie,
    lacks_second_factor,
    must_change_password,
    set_login_cookie,
    set_session_cookie,
)
from desk.auth.errors import (
    CodeRefusedError,
    LoginExpiredError,
    LoginRefusedError,
    OidcNotSetUpError,
    OidcRefusedError,
    OidcUnavailableError,
)
from desk.auth.login import CodeWanted
from desk.auth.oidc.service import OidcLogins
from desk.auth.service import AuthService
from desk.auth.visitor import visitor_of
from desk.config import Settings
from desk.console.labels import labels
from desk.console.pages import render
from desk.console.route import (
    HOME,
    LOGIN,
    LOGIN_CODE,
    PASSWORD,
    SECOND_FACTOR,
    ConsoleRoute,
    safe_next,
)

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)


def _oidc(request: Request) -> OidcLogins | None:
    """The organisation's login, where one is set up."""
    found: OidcLogins | None = getattr(request.app.state, "oidc", None)
    return found


def _login_page(
    request: Request,
    settings: Settings,
    target: str,
    *,
    login: str = "",
    refused: str | None = None,
    status_code: int = 200,
) -> Response:
    return render(
        request,
        "login.html",
        signed=None,
        status_code=status_code,
        target=target,
        login=login[:120],
        error=labels()["login"][refused] if refused else None,
        organisation=(settings.oidc_name or None) if _oidc(request) else None,
        has_organisation=_oidc(request) is not None,
    )


def _code_page(
    request: Request, target: str, *, refused: str | None = None, status_code: int = 200
) -> Response:
    error = labels()["login"][refused] if refused else None
    return render(
        request,
        "login_code.html",
        signed=None,
        status_code=status_code,
        target=target,
        error=error,
    )


async def _enter(
    auth: AuthService,
    settings: Settings,
    *,
    token: str,
    old_token: str | None,
    target: str,
) -> Response:
    """Hand over the session, and lead to what must be done before anything else."""
    await auth.sessions.end(old_token, action="session_replaced")
    signed = await auth.find_session(token)
    if signed is not None and must_change_password(signed):
        target = PASSWORD
    elif signed is not None and lacks_second_factor(signed, settings):
        target = SECOND_FACTOR
    response = RedirectResponse(target, 303)
    set_session_cookie(response, token, settings)
    clear_login_cookie(response, settings)
    return response


def _ask_for_code(settings: Settings, wanted: CodeWanted, target: str) -> Response:
    address = LOGIN_CODE if target == HOME else f"{LOGIN_CODE}?{_next(target)}"
    response = RedirectResponse(address, 303)
    set_login_cookie(response, wanted.token, settings)
    return response


def _next(target: str) -> str:
    return urlencode({"next": target})


@router.get("/login")
async def show_login(request: Request, signed: MaybeSignedIn, settings: SettingsDep) -> Response:
    """The login form; whoever is logged in goes on."""
    target = safe_next(request.query_params.get("next"))
    if signed is not None:
        return RedirectResponse(target, 303)
    return _login_page(request, settings, target)


@router.post("/login", dependencies=[LoginRate])
async def log_in(
    *,
    request: Request,
    auth: Auth,
    settings: SettingsDep,
    old_token: SessionToken,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    target: Annotated[str, Form(alias="next")] = "",
) -> Response:
    """Check name and password; go on to the code, or begin a new session."""
    target, visitor = safe_next(target), visitor_of(request)
    try:
        user = await auth.authenticate(login, password, visitor=visitor)
    except LoginRefusedError as exc:
        return _login_page(
            request, settings, target, login=login, refused="refused", status_code=exc.status_code
        )
    outcome = await auth.logins.go_on(user, visitor=visitor)
    if isinstance(outcome, CodeWanted):
        return _ask_for_code(settings, outcome, target)
    return await _enter(auth, settings, token=outcome.token, old_token=old_token, target=target)


@router.get("/login/code")
async def show_code(request: Request, auth: Auth, login_token: LoginToken) -> Response:
    """The form for the code; without a login that waits for it, the login form."""
    if not await auth.logins.is_waiting(login_token):
        return RedirectResponse(LOGIN, 303)
    return _code_page(request, safe_next(request.query_params.get("next")))


@router.post("/login/code", dependencies=[LoginRate])
async def send_code(
    *,
    request: Request,
    auth: Auth,
    settings: SettingsDep,
    old_token: SessionToken,
    login_token: LoginToken,
    code: Annotated[str, Form(max_length=64)] = "",
    target: Annotated[str, Form(alias="next")] = "",
) -> Response:
    """Check the code and begin the session."""
    target = safe_next(target)
    try:
        done = await auth.logins.finish(login_token, code, visitor=visitor_of(request))
    except CodeRefusedError as exc:
        return _code_page(request, target, refused="code_refused", status_code=exc.status_code)
    except LoginExpiredError as exc:
        return _login_page(
            request, settings, target, refused="expired", status_code=exc.status_code
        )
    return await _enter(auth, settings, token=done.token, old_token=old_token, target=target)


@router.get("/oidc/start", dependencies=[LoginRate])
async def go_to_organisation(request: Request, settings: SettingsDep) -> Response:
    """Send the browser to the organisation's login."""
    oidc = _oidc(request)
    if oidc is None:
        raise OidcNotSetUpError("No organisation's login is set up.")
    target = safe_next(request.query_params.get("next"))
    try:
        departure = await oidc.depart(target)
    except OidcUnavailableError as exc:
        return _login_page(
            request, settings, target, refused="oidc_unavailable", status_code=exc.status_code
        )
    response = RedirectResponse(departure.address, 303)
    set_login_cookie(response, departure.browser_token, settings)
    return response


@router.get("/oidc/callback", dependencies=[LoginRate])
async def come_back(
    *,
    request: Request,
    auth: Auth,
    settings: SettingsDep,
    old_token: SessionToken,
    login_token: LoginToken,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
    iss: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Take up a browser that the organisation sends back."""
    oidc = _oidc(request)
    if oidc is None:
        raise OidcNotSetUpError("No organisation's login is set up.")
    try:
        arrival = await oidc.arrive(
            state=state,
            code=code,
            issuer=iss,
            browser_token=login_token,
            visitor=visitor_of(request),
        )
    except (OidcRefusedError, OidcUnavailableError) as exc:
        return _login_page(request, settings, HOME, refused=exc.code, status_code=exc.status_code)
    target = safe_next(arrival.target)
    if isinstance(arrival.outcome, CodeWanted):
        return _ask_for_code(settings, arrival.outcome, target)
    return await _enter(
        auth,
        settings,
        token=arrival.outcome.token,
        old_token=old_token,
        target=target,
    )


@router.post("/logout", dependencies=[OwnForm])
async def log_out(auth: Auth, settings: SettingsDep, token: SessionToken) -> Response:
    """End the session."""
    await auth.end_session(token)
    response = RedirectResponse(f"{LOGIN}?done=logged_out", 303)
    clear_session_cookie(response, settings)
    return response
