"""Accounts of staff, for administrators."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import Admin, Auth, OwnForm
from desk.auth.errors import AccountFlaw, AccountRefusedError, LoginTakenError, OwnAccountError
from desk.auth.models import Role
from desk.auth.rights import HUB_ROLES
from desk.auth.service import AuthService, SignedIn
from desk.console.labels import labels
from desk.console.pages import render
from desk.console.route import HOME, ConsoleRoute
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
        secret = await auth.create_user(login, display_name, Role(role), hub_id or None)
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
    if user_id == signed.user.id:
        raise OwnAccountError("Ask another administrator to disable your account.")
    await auth.disable_user(user_id)
    return RedirectResponse(f"{USERS}?done=disabled", 303)


@router.post("/{user_id}/reset-password", dependencies=[OwnForm])
async def reset_password(request: Request, signed: Admin, auth: Auth, user_id: UUID) -> Response:
    """Give an account a new one-time password, shown once, and unlock it."""
    if user_id == signed.user.id:
        raise OwnAccountError("Change your own password on its page.")
    secret = await auth.reset_password(user_id)
    users = await auth.list_users()
    name = next(user.display_name for user in users if user.id == user_id)
    return await _page(request, signed, auth, secret=secret, secret_for=name)
