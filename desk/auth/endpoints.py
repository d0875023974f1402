"""`/api/staff`: log in and out, who am I, my sessions."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from desk.auth.api import OwnRequest
from desk.auth.dependencies import (
    AnySignedIn,
    Auth,
    LoginRate,
    SessionToken,
    SettingsDep,
    check_same_site,
    clear_session_cookie,
    lacks_second_factor,
    must_change_password,
    set_session_cookie,
)
from desk.auth.errors import CodeRequiredError, NotSignedInError
from desk.auth.login import CodeWanted
from desk.auth.schemas import CurrentSessionOut, NewSession, SessionOut, SessionsOut
from desk.auth.sessions import SignedIn
from desk.auth.visitor import visitor_of
from desk.config import Settings
from desk.openapi import problems

router = APIRouter(prefix="/api/staff", tags=["staff"])
LOGIN_ANSWERS = problems(
    400,
    422,
    words={
        401: "Refused; `code_required`: send the authenticator app's code too.",
        403: "Another site sent the request.",
        429: "Too many logins from this address.",
    },
)
SIGNED_ANSWERS = problems(401)
CHANGE_ANSWERS = problems(
    401, 422, words={403: "The header X-CSRF-Token is not the session's, or another site's."}
)


def _current(signed: SignedIn, settings: Settings) -> CurrentSessionOut:
    return CurrentSessionOut.of(
        signed,
        must_change=must_change_password(signed),
        lacks_factor=lacks_second_factor(signed, settings),
    )


@router.post(
    "/session",
    status_code=201,
    dependencies=[Depends(check_same_site), LoginRate],
    responses=LOGIN_ANSWERS,
)
async def log_in(
    *,
    request: Request,
    response: Response,
    auth: Auth,
    settings: SettingsDep,
    old_token: SessionToken,
    body: NewSession,
) -> CurrentSessionOut:
    """Log in by password, and by code where the account has one; sets the cookie."""
    visitor = visitor_of(request)
    user = await auth.authenticate(body.login, body.password, visitor=visitor)
    outcome = await auth.logins.go_on(user, visitor=visitor)
    if isinstance(outcome, CodeWanted):
        if not body.code:
            raise CodeRequiredError("Send the code of the authenticator app as well.")
        outcome = await auth.logins.finish(outcome.token, body.code, visitor=visitor)
    await auth.sessions.end(old_token, action="session_replaced")
    signed = await auth.find_session(outcome.token)
    if signed is None:
        raise NotSignedInError("The session has ended at once.")
    set_session_cookie(response, outcome.token, settings)
    return _current(signed, settings)


@router.get("/session", responses=SIGNED_ANSWERS)
async def show_session(signed: AnySignedIn, settings: SettingsDep) -> CurrentSessionOut:
    """Who acts, and the token for the header of changes."""
    return _current(signed, settings)


@router.delete("/session", status_code=204, dependencies=[*OwnRequest], responses=CHANGE_ANSWERS)
async def log_out(auth: Auth, settings: SettingsDep, token: SessionToken) -> Response:
    """End the session."""
    await auth.end_session(token)
    response = Response(status_code=204)
    clear_session_cookie(response, settings)
    return response


@router.get("/sessions", responses=SIGNED_ANSWERS)
async def list_sessions(signed: AnySignedIn, auth: Auth) -> SessionsOut:
    """Where the person is logged in now."""
    rows = await auth.sessions.list_of(signed.user.id)
    return SessionsOut(sessions=[SessionOut.from_row(row, signed.session.id) for row in rows])


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    dependencies=[*OwnRequest],
    responses={**CHANGE_ANSWERS, **problems(words={404: "Not a session of the person."})},
)
async def end_session(signed: AnySignedIn, auth: Auth, session_id: UUID) -> Response:
    """End one of the person's own sessions."""
    await auth.sessions.revoke(signed.user.id, session_id)
    return Response(status_code=204)
