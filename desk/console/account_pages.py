"""The own account: password, authenticator app, where one is logged in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from desk.auth import totp
from desk.auth.dependencies import (
    AnySignedIn,
    Auth,
    OwnForm,
    SettingsDep,
    lacks_second_factor,
    must_change_password,
    set_session_cookie,
)
from desk.auth.errors import (
    CodeRefusedError,
    PasswordChangeRequiredError,
    PasswordFlaw,
    PasswordRefusedError,
    StaleLoginError,
)
from desk.auth.passwords import MIN_LENGTH
from desk.auth.sessions import SignedIn
from desk.auth.visitor import visitor_of
from desk.console.labels import labels
from desk.console.pages import render
from desk.console.route import HOME, SECOND_FACTOR, SESSIONS, ConsoleRoute

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)


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
        token = await auth.change_password(
            signed.user.id, old=current_password, new=new_password, signed=signed
        )
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


def _require_own_password(signed: SignedIn) -> None:
    """Refuse while the one-time password holds; it is replaced first.

    Raises:
        PasswordChangeRequiredError: It is not replaced yet.
    """
    if must_change_password(signed):
        raise PasswordChangeRequiredError("Change the one-time password first.")


@router.get("/second-factor")
async def show_second_factor(
    *, request: Request, signed: AnySignedIn, auth: Auth, settings: SettingsDep, new: str = ""
) -> Response:
    """Whether there is an authenticator app; without one, or with `?new=1`, how to set it up."""
    _require_own_password(signed)
    if not new and await auth.second_factor.is_set_up(signed.user.id):
        left = await auth.second_factor.count_recovery_codes(signed.user.id)
        return render(request, "second_factor.html", signed=signed, left=left)
    is_required = lacks_second_factor(signed, settings)
    try:
        return await _enrolment_page(request, signed, auth, is_required=is_required)
    except StaleLoginError as exc:
        return _log_in_again(request, signed, exc)


def _log_in_again(request: Request, signed: SignedIn, exc: StaleLoginError) -> Response:
    """Ask for a new login; the page has the button to log out."""
    error = labels()["errors"][exc.code]
    return render(
        request,
        "error.html",
        signed=signed,
        status_code=exc.status_code,
        error=error,
        reference=None,
        case_path=None,
    )


async def _enrolment_page(
    request: Request,
    signed: SignedIn,
    auth: Auth,
    *,
    is_required: bool,
    error: str | None = None,
    status_code: int = 200,
) -> Response:
    enrolment = await auth.second_factor.begin(signed)
    groups = [enrolment.secret[i : i + 4] for i in range(0, len(enrolment.secret), 4)]
    return render(
        request,
        "second_factor_new.html",
        signed=signed,
        status_code=status_code,
        is_required=is_required,
        # Ours from end to end: made of the secret and the login name, without free text.
        qr_code=Markup(totp.qr_code(enrolment.address)),  # noqa: S704
        secret=" ".join(groups),
        error=error,
    )


@router.post("/second-factor", dependencies=[OwnForm])
async def confirm_second_factor(
    *,
    request: Request,
    signed: AnySignedIn,
    auth: Auth,
    settings: SettingsDep,
    code: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Take the app into use if the code is its own; shows the recovery codes, once."""
    _require_own_password(signed)
    try:
        done = await auth.second_factor.confirm(signed, code, visitor=visitor_of(request))
    except StaleLoginError as exc:
        return _log_in_again(request, signed, exc)
    except CodeRefusedError:
        error = labels()["login"]["enrolment_refused"]
        is_required = lacks_second_factor(signed, settings)
        return await _enrolment_page(
            request, signed, auth, is_required=is_required, error=error, status_code=422
        )
    now_signed = await auth.find_session(done.token)
    response = render(
        request, "recovery_codes.html", signed=now_signed or signed, codes=done.codes, is_new=True
    )
    set_session_cookie(response, done.token, settings)
    return response


@router.post("/second-factor/codes", dependencies=[OwnForm])
async def renew_recovery_codes(request: Request, signed: AnySignedIn, auth: Auth) -> Response:
    """Recovery codes in place of the old ones, shown once."""
    _require_own_password(signed)
    if not await auth.second_factor.is_set_up(signed.user.id):
        return RedirectResponse(SECOND_FACTOR, 303)
    try:
        codes = await auth.second_factor.renew_codes(signed)
    except StaleLoginError as exc:
        return _log_in_again(request, signed, exc)
    return render(request, "recovery_codes.html", signed=signed, codes=codes, is_new=False)


@router.get("/sessions")
async def show_sessions(request: Request, signed: AnySignedIn, auth: Auth) -> Response:
    """Where the person is logged in now."""
    rows = await auth.sessions.list_of(signed.user.id)
    return render(request, "sessions.html", signed=signed, sessions=rows)


@router.post("/sessions/{session_id}/end", dependencies=[OwnForm])
async def end_session(signed: AnySignedIn, auth: Auth, session_id: UUID) -> Response:
    """End one of the person's own sessions."""
    await auth.sessions.revoke(signed.user.id, session_id)
    return RedirectResponse(f"{SESSIONS}?done=session_ended", 303)


@router.post("/sessions/end-others", dependencies=[OwnForm])
async def end_other_sessions(signed: AnySignedIn, auth: Auth) -> Response:
    """End every session of the person but this one."""
    await auth.sessions.revoke_others(signed)
    return RedirectResponse(f"{SESSIONS}?done=sessions_ended", 303)
