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
)
from desk.auth.rights import can_manage_users, can_write
from desk.auth.service import AuthService, SignedIn
from desk.config import Settings

COOKIE = "jinjibu_session"
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


Auth = Annotated[AuthService, Depends(auth_service)]
SettingsDep = Annotated[Settings, Depends(settings_of)]


async def find_signed_in(request: Request, auth: Auth) -> SignedIn | None:
    """Who acts, if there is a session."""
    return await auth.find_session(request.cookies.get(COOKIE))


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


def get_staff(signed: AnySignedIn) -> SignedIn:
    """Who acts, once the one-time password is replaced.

    Raises:
        PasswordChangeRequiredError: It is not replaced yet.
    """
    if signed.user.must_change_password:
        raise PasswordChangeRequiredError("Change the one-time password first.")
    return signed


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
        is_own = urlsplit(origin).netloc == request.headers.get("host")
    else:
        is_own = True
    if not is_own:
        raise CrossSiteError("Another site sent this request.")


def set_session_cookie(response: Response, token: str, settings: Settings) -> None:
    """Hand the session's token to the browser, for the console and the staff API."""
    response.set_cookie(
        COOKIE,
        token,
        path=COOKIE_PATH,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
    )


def clear_session_cookie(response: Response, settings: Settings) -> None:
    """Have the browser forget the token."""
    response.delete_cookie(
        COOKIE, path=COOKIE_PATH, httponly=True, samesite="lax", secure=settings.secure_cookies
    )
