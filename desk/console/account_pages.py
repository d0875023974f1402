"""Login, logout and the change of the own password."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import (
    COOKIE,
    AnySignedIn,
    Auth,
    MaybeSignedIn,
    OwnForm,
    SettingsDep,
    clear_session_cookie,
    set_session_cookie,
)
from desk.auth.errors import LoginRefusedError, PasswordFlaw, PasswordRefusedError
from desk.auth.passwords import MIN_LENGTH
from desk.console.labels import labels
from desk.console.pages import render
from desk.console.route import HOME, LOGIN, PASSWORD, ConsoleRoute, safe_next

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)


@router.get("/login")
async def show_login(
    request: Request,
    signed: MaybeSignedIn,
) -> Response:
    """The login form; whoever is logged in goes on."""
    target = safe_next(request.query_params.get("next"))
    if signed is not None:
        return RedirectResponse(target, 303)
    return render(request, "login.html", signed=None, target=target, login="", error=None)


@router.post("/login")
async def log_in(
    request: Request,
    auth: Auth,
    settings: SettingsDep,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    target: Annotated[str, Form(alias="next")] = "",
) -> Response:
    """Check name and password; begin a new session, ending the one there was."""
    target = safe_next(target)
    try:
        user = await auth.authenticate(login, password)
    except LoginRefusedError as exc:
        error = labels()["login"]["refused"]
        return render(
            request,
            "login.html",
            signed=None,
            status_code=exc.status_code,
            target=target,
            login=login[:120],
            error=error,
        )
    await auth.end_session(request.cookies.get(COOKIE))
    response = RedirectResponse(PASSWORD if user.must_change_password else target, 303)
    set_session_cookie(response, await auth.start_session(user.id), settings)
    return response


@router.post("/logout", dependencies=[OwnForm])
async def log_out(request: Request, auth: Auth, settings: SettingsDep) -> Response:
    """End the session."""
    await auth.end_session(request.cookies.get(COOKIE))
    response = RedirectResponse(f"{LOGIN}?done=logged_out", 303)
    clear_session_cookie(response, settings)
    return response


@router.get("/password")
async def show_password(request: Request, signed: AnySignedIn) -> Response:
    """The form for a new password."""
    return render(request, "password.html", signed=signed, error=None, min_length=MIN_LENGTH)


@router.post("/password", dependencies=[OwnForm])
async def change_password(
    *,
    request: Request,
    signed: AnySignedIn,
    auth: Auth,
    settings: SettingsDep,
    current_password: Annotated[str, Form()] = "",
    new_password: Annotated[str, Form()] = "",
    new_password_again: Annotated[str, Form()] = "",
) -> Response:
    """Replace the password; other sessions of the person end."""
    try:
        if new_password != new_password_again:
            raise PasswordRefusedError(PasswordFlaw.NOT_REPEATED)
        token = await auth.change_password(signed.user.id, old=current_password, new=new_password)
    except PasswordRefusedError as exc:
        error = labels()["password_flaws"][exc.flaw]
        return render(
            request,
            "password.html",
            signed=signed,
            status_code=exc.status_code,
            error=error,
            min_length=MIN_LENGTH,
        )
    response = RedirectResponse(f"{HOME}?done=password_changed", 303)
    set_session_cookie(response, token, settings)
    return response
