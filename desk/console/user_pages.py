"""Accounts of staff, for administrators."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import Admin, Auth, DatabaseDep, OwnForm
from desk.auth.errors import (
    AccountFlaw,
    AccountRefusedError,
    IdentityTakenError,
    LoginTakenError,
    OwnAccountError,
)
from desk.auth.models import Role
from desk.auth.oidc.service import set_email
from desk.auth.rights import HUB_ROLES
from desk.auth.service import AuthService, SignedIn
from desk.console.labels import labels
from desk.console.pages import render
from desk.console.route import HOME, LOGIN, ConsoleRoute
from desk.db import now

USERS = f"{HOME}/users"
router = APIRouter(prefix=USERS, route_class=ConsoleRoute)


async def _page(
    request: Request, signed: SignedIn, auth: AuthService, *, status_code: int = 200, **more: Any
) -> Response:
    context: dict[str, Any] = {"error": None, "secret": None, "secret_for": "", "typed": {}}
    return render(
        request,
        "users.html",
        signed=signed,
        status_code=status_code,
        users=await auth.list_users(),
        hubs=auth.hubs,
        roles=list(Role),
        hub_roles=HUB_ROLES,
        moment=now(),
        has_organisation=getattr(request.app.state, "oidc", None) is not None,
        **{**context, **more},
    )


@router.get("")
async def show_users(request: Request, signed: Admin, auth: Auth) -> Response:
    """Every account, and the form for a new one."""
    return await _page(request, signed, auth)


@router.post("", dependencies=[OwnForm])
async def add_user(
    *,
    request: Request,
    signed: Admin,
    auth: Auth,
    login: Annotated[str, Form()] = "",
    display_name: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "",
    hub_id: Annotated[str, Form()] = "",
) -> Response:
    """Make an account; the answer shows its one-time password, once."""
    try:
        if role not in set(Role):
            raise AccountRefusedError(AccountFlaw.BAD_ROLE, "Choose a role.")
        secret = await auth.create_user(
            login, display_name, Role(role), hub_id or None, by=signed.user.id
        )
    except (AccountRefusedError, LoginTakenError) as exc:
        flaw = exc.flaw if isinstance(exc, AccountRefusedError) else exc.code
        typed = {"login": login, "display_name": display_name, "role": role, "hub_id": hub_id}
        error = labels()["account_flaws"][flaw]
        return await _page(
            request, signed, auth, status_code=exc.status_code, error=error, typed=typed
        )
    return await _page(
        request, signed, auth, status_code=201, secret=secret, secret_for=display_name.strip()
    )


@router.post("/{user_id}/disable", dependencies=[OwnForm])
async def disable_user(signed: Admin, auth: Auth, user_id: UUID) -> Response:
    """Take an account out of use; what its person has open stops working."""
    _refuse_own(signed, user_id, "Ask another administrator to disable your account.")
    await auth.disable_user(user_id, by=signed.user.id)
    return RedirectResponse(f"{USERS}?done=disabled", 303)


@router.post("/{user_id}/reset-password", dependencies=[OwnForm])
async def reset_password(request: Request, signed: Admin, auth: Auth, user_id: UUID) -> Response:
    """Give an account a new one-time password, shown once, and unlock it."""
    _refuse_own(signed, user_id, "Change your own password on its page.")
    secret = await auth.reset_password(user_id, by=signed.user.id)
    users = await auth.list_users()
    name = next(user.display_name for user in users if user.id == user_id)
    return await _page(request, signed, auth, secret=secret, secret_for=name)


@router.post("/{user_id}/role", dependencies=[OwnForm])
async def change_role(
    *,
    request: Request,
    signed: Admin,
    auth: Auth,
    user_id: UUID,
    role: Annotated[str, Form()] = "",
    hub_id: Annotated[str, Form()] = "",
) -> Response:
    """Give an account another role or hub; its person logs in anew."""
    _refuse_own(signed, user_id, "Ask another administrator to change your role.")
    try:
        if role not in set(Role):
            raise AccountRefusedError(AccountFlaw.BAD_ROLE, "Choose a role.")
        await auth.change_role(user_id, Role(role), hub_id or None, by=signed.user.id)
    except AccountRefusedError as exc:
        return await _refused(request, signed, auth, exc)
    return RedirectResponse(f"{USERS}?done=role_changed", 303)


@router.post("/{user_id}/end-sessions", dependencies=[OwnForm])
async def end_sessions(signed: Admin, auth: Auth, user_id: UUID) -> Response:
    """End every session of somebody."""
    _refuse_own(signed, user_id, "End your own sessions on their page.")
    await auth.sessions.revoke_all_of(user_id, by=signed.user.id)
    return RedirectResponse(f"{USERS}?done=user_sessions_ended", 303)


@router.post("/{user_id}/reset-second-factor", dependencies=[OwnForm])
async def reset_second_factor(signed: Admin, auth: Auth, user_id: UUID) -> Response:
    """Forget somebody's authenticator app and recovery codes, and end their sessions."""
    _refuse_own(signed, user_id, "Set up a new app on the page of your own account.")
    await auth.second_factor.reset(user_id, by=signed.user.id)
    return RedirectResponse(f"{USERS}?done=second_factor_reset", 303)


@router.post("/{user_id}/organisation", dependencies=[OwnForm])
async def set_organisation_email(
    *,
    request: Request,
    signed: Admin,
    auth: Auth,
    database: DatabaseDep,
    user_id: UUID,
    email: Annotated[str, Form()] = "",
) -> Response:
    """Enter the address by which the organisation's login finds the account."""
    try:
        await set_email(database, user_id, email, by=signed.user.id)
    except (AccountRefusedError, IdentityTakenError) as exc:
        return await _refused(request, signed, auth, exc)
    own = user_id == signed.user.id
    return RedirectResponse(LOGIN if own else f"{USERS}?done=organisation_set", 303)


async def _refused(
    request: Request,
    signed: SignedIn,
    auth: AuthService,
    exc: AccountRefusedError | IdentityTakenError,
) -> Response:
    flaw = exc.flaw if isinstance(exc, AccountRefusedError) else exc.code
    error = labels()["account_flaws"][flaw]
    return await _page(request, signed, auth, status_code=exc.status_code, error=error)


def _refuse_own(signed: SignedIn, user_id: UUID, detail: str) -> None:
    """Refuse to let administrators do this to themselves.

    Raises:
        OwnAccountError: It is their own account.
    """
    if user_id == signed.user.id:
        raise OwnAccountError(detail)
