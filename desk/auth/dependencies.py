"""Who sends a request, for endpoints: the session cookie, the form's token, the role."""

import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request, Response

from desk.auth.errors import (
    CrossSiteError,
    CsrfError,
    NotAllowedError,
    NotSignedInError,
    PasswordChangeRequiredError,
    SecondFactorRequiredError,
    TooManyLoginsError,
)
from desk.auth.models import Factor, Method
from desk.auth.rights import can_manage_users, can_write, needs_second_factor
from desk.auth.service import AuthService, SignedIn
from desk.config import Settings
from desk.db import Database

COOKIE = "jinjibu_session"
LOGIN_COOKIE = "jinjibu_login"
"""Holds a login together between its first and its second factor, and on its way to the
organisation and back."""
HOST_PREFIX = "__Host-"
"""Browsers take such a cookie over TLS only, for the whole host, and from nobody else."""
LOGIN_SECONDS = 600
COOKIE_PATH = "/"
_OWN_SITE = frozenset({"same-origin", "none"})
"""`none` is a person's own doing, such as loading the page again."""


def auth_service(request: Request) -> AuthService:
    """The account service of this application."""
    service: AuthService = request.app.state.auth
    return service


def settings_of(request: Request) -> Settings:
    """The settings of this application."""
    settings: Settings = request.app.state.settings
    return settings


def cookie_name(name: str, settings: Settings) -> str:
    """How the cookie is called where it is sent over TLS only, and elsewhere."""
    return f"{HOST_PREFIX}{name}" if settings.secure_cookies else name


Auth = Annotated[AuthService, Depends(auth_service)]
SettingsDep = Annotated[Settings, Depends(settings_of)]


def database_of(request: Request) -> Database:
    """The database of this application."""
    database: Database = request.app.state.database
    return database


DatabaseDep = Annotated[Database, Depends(database_of)]


def session_token(request: Request, settings: SettingsDep) -> str | None:
    """The token in the session's cookie."""
    return request.cookies.get(cookie_name(COOKIE, settings))


def login_token(request: Request, settings: SettingsDep) -> str | None:
    """The token in the cookie of a login that is not complete."""
    return request.cookies.get(cookie_name(LOGIN_COOKIE, settings))


SessionToken = Annotated[str | None, Depends(session_token)]
LoginToken = Annotated[str | None, Depends(login_token)]


async def find_signed_in(request: Request, token: SessionToken, auth: Auth) -> SignedIn | None:
    """Who acts, if there is a session; the request's log line names them by id."""
    signed = await auth.find_session(token)
    if signed is not None:
        request.state.staff_id = str(signed.user.id)
    return signed


MaybeSignedIn = Annotated[SignedIn | None, Depends(find_signed_in)]


def get_signed_in(signed: MaybeSignedIn) -> SignedIn:
    """Who acts, even if the password must be changed first.

    Raises:
        NotSignedInError: No session, or it has ended.
    """
    if signed is None:
        raise NotSignedInError("Log in first.")
    return signed


AnySignedIn = Annotated[SignedIn, Depends(get_signed_in)]


def get_staff(signed: AnySignedIn, settings: SettingsDep) -> SignedIn:
    """Who acts, once the one-time password is replaced and the second factor given.

    Raises:
        PasswordChangeRequiredError: The password is not replaced yet.
        SecondFactorRequiredError: The role wants an authenticator app; none was used.
    """
    if must_change_password(signed):
        raise PasswordChangeRequiredError("Change the one-time password first.")
    if lacks_second_factor(signed, settings):
        raise SecondFactorRequiredError("Set up an authenticator app first.")
    return signed


def must_change_password(signed: SignedIn) -> bool:
    """Whether the one-time password is still to be replaced.

    Whoever came in by the organisation's login is not asked: they may never use one here.
    """
    return signed.user.must_change_password and signed.session.method == Method.PASSWORD


def lacks_second_factor(signed: SignedIn, settings: Settings) -> bool:
    """Whether the account's role wants a second factor that this session has not seen."""
    return signed.session.second_factor == Factor.NONE and needs_second_factor(
        signed.user, settings.require_totp
    )


Staff = Annotated[SignedIn, Depends(get_staff)]


def get_writer(signed: Staff) -> SignedIn:
    """Who acts, if the role may change cases.

    Raises:
        NotAllowedError: The role may only look.
    """
    if not can_write(signed.user):
        raise NotAllowedError("This role may only look.")
    return signed


def get_admin(signed: Staff) -> SignedIn:
    """Who acts, if the role may manage accounts.

    Raises:
        NotAllowedError: It may not.
    """
    if not can_manage_users(signed.user):
        raise NotAllowedError("Only administrators manage accounts.")
    return signed


Writer = Annotated[SignedIn, Depends(get_writer)]
Admin = Annotated[SignedIn, Depends(get_admin)]


def check_form(signed: AnySignedIn, csrf_token: Annotated[str, Form()] = "") -> None:
    """Refuse a form that was not made for this session.

    Raises:
        CsrfError: The hidden field is missing or is another session's.
    """
    if not secrets.compare_digest(csrf_token.encode(), signed.session.csrf_token.encode()):
        raise CsrfError("The form is not from this session. Load the page again.")


OwnForm = Depends(check_form)
"""Among the dependencies of every endpoint that changes something."""


def check_same_site(request: Request) -> None:
    """Refuse a request that another site had the browser send.

    Browsers say it in Sec-Fetch-Site; old ones only in Origin. What sends neither is no
    browser and has no cookie to abuse.

    Raises:
        CrossSiteError: The request comes from elsewhere.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        is_own = site in _OWN_SITE
    elif origin is not None:
        is_own = _host_of(origin) == request.headers.get("host")
    else:
        is_own = True
    if not is_own:
        raise CrossSiteError("Another site sent this request.")


def _host_of(origin: str) -> str | None:
    """The host that an Origin names; None if it is no address."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def check_login_rate(request: Request, auth: Auth) -> None:
    """Refuse logins from an address that tries too many.

    Raises:
        TooManyLoginsError: Says when to try again.
    """
    wait = auth.login_limiter.seconds_to_wait(request.client.host if request.client else "?")
    if wait > 0:
        raise TooManyLoginsError("Too many logins. Wait a moment.", retry_after_seconds=wait)


LoginRate = Depends(check_login_rate)
"""Among the dependencies of every endpoint that takes a password or a code."""


def set_session_cookie(response: Response, token: str, settings: Settings) -> None:
    """Hand the session's token to the browser, for the console and the staff API."""
    response.set_cookie(
        cookie_name(COOKIE, settings),
        token,
        path=COOKIE_PATH,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
    )


def clear_session_cookie(response: Response, settings: Settings) -> None:
    """Have the browser forget the token."""
    _clear(response, COOKIE, settings)


def set_login_cookie(response: Response, token: str, settings: Settings) -> None:
    """Hand the browser what holds its unfinished login together, for ten minutes."""
    response.set_cookie(
        cookie_name(LOGIN_COOKIE, settings),
        token,
        max_age=LOGIN_SECONDS,
        path=COOKIE_PATH,
        httponly=True,
        # Not `strict`: the way back from the organisation begins on its site.
        samesite="lax",
        secure=settings.secure_cookies,
    )


def clear_login_cookie(response: Response, settings: Settings) -> None:
    """Have the browser forget its unfinished login."""
    _clear(response, LOGIN_COOKIE, settings)


def _clear(response: Response, name: str, settings: Settings) -> None:
    response.delete_cookie(
        cookie_name(name, settings),
        path=COOKIE_PATH,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
    )
